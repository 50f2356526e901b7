/** One change of lines between two versions, as `git diff -U0` tells it: from `at` on, `gone` lines are replaced by `come` lines from `otherAt` on. */
export interface LineChange {
  /** The first line, counted from 0. */
  readonly at: number;
  readonly gone: number;
  readonly otherAt: number;
  readonly come: number;
}

/** A hunk's head in git's words: "@@ -a,b +c,d @@". */
const HEAD = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** The changes that `git diff -U0` prints. */
export const changesIn = (diff: string): LineChange[] => diff.split("\n").flatMap((line) => headOf(line) ?? []);

/** Whether git took one of the two for binary. */
export const isBinaryDiff = (diff: string): boolean => /^Binary files .* differ$/m.test(diff);

/** Git names the line before, where there are none: lines are counted from 0 here. */
export function headOf(line: string): LineChange | undefined {
  const [found, a, b = "1", c, d = "1"] = HEAD.exec(line) ?? [];
  if (found === undefined) return undefined;
  const [gone, come] = [Number(b), Number(d)];
  return { at: Number(a) - (gone === 0 ? 0 : 1), gone, otherAt: Number(c) - (come === 0 ? 0 : 1), come };
}

/** The lines of a text, each with its end; bytes are kept as they are in Latin-1. */
export const linesOf = (content: Buffer): string[] => content.toString("latin1").split(/(?<=\n)/);
