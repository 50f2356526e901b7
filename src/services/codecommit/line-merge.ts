import { type LineChange, linesOf } from "./line-diff.ts";

/** Lines of one version, from `at` on. */
export interface Lines {
  readonly at: number;
  readonly lines: readonly string[];
}

/** A place where at least one side changed lines. */
export interface Hunk {
  readonly isConflict: boolean;
  readonly base: Lines;
  readonly source: Lines;
  readonly destination: Lines;
}

/** Which side a hunk's lines are taken from. */
type Side = "source" | "destination";

/** A text, and how it differs from the base. */
export interface Changed {
  readonly content: Buffer;
  readonly changes: readonly LineChange[];
}

/**
 * Where two sides changed a text, in order. What overlaps or touches is one hunk; it is a conflict where both sides changed
 * it, and not to the same. Git's own merge draws the line there.
 */
export function hunksOf(base: Buffer, source: Changed, destination: Changed): Hunk[] {
  const baseLines = linesOf(base);
  const sides = { source: new Walk(source), destination: new Walk(destination) };
  const hunks: Hunk[] = [];
  for (;;) {
    const start = Math.min(sides.source.next, sides.destination.next);
    if (start === Number.POSITIVE_INFINITY) return hunks;
    const end = Math.max(start, endOf(sides, start));
    const parts = { source: sides.source.take(start, end), destination: sides.destination.take(start, end) };
    const touched = (side: Side): boolean => parts[side].count > 0;
    const isConflict = touched("source") && touched("destination") && !isSame(parts.source.lines.lines, parts.destination.lines.lines);
    hunks.push({
      isConflict,
      base: { at: start, lines: baseLines.slice(start, end) },
      source: parts.source.lines,
      destination: parts.destination.lines,
    });
  }
}

/** The text that comes of a merge; `prefer` says whose lines stand where both sides changed them. */
export function merged(base: Buffer, hunks: readonly Hunk[], prefer: Side = "source"): Buffer {
  const baseLines = linesOf(base);
  const lines: string[] = [];
  let at = 0;
  for (const hunk of hunks) {
    lines.push(...baseLines.slice(at, hunk.base.at), ...hunk[sideOf(hunk, prefer)].lines);
    at = hunk.base.at + hunk.base.lines.length;
  }
  return Buffer.from([...lines, ...baseLines.slice(at)].join(""), "latin1");
}

const sideOf = ({ isConflict, base, source }: Hunk, prefer: Side): Side => {
  if (isConflict) return prefer;
  return isSame(source.lines, base.lines) ? "destination" : "source";
};

/** The end of what hangs together with a change at the line. */
function endOf(sides: Readonly<Record<Side, Walk>>, start: number): number {
  let end = start;
  for (let next = end; ; end = next) {
    next = Math.max(sides.source.reach(end), sides.destination.reach(end), end);
    if (next === end) return end;
  }
}

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((line, index) => line === other[index]);

/** The changes of one side, taken from front to back. */
class Walk {
  readonly #lines: readonly string[];
  readonly #changes: readonly LineChange[];
  #taken = 0;
  /** By how much this side's lines are further on than the base's. */
  #shift = 0;

  constructor({ content, changes }: Changed) {
    this.#lines = linesOf(content);
    this.#changes = changes;
  }

  /** The line of the next change. */
  get next(): number {
    return this.#changes[this.#taken]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** How far changes go that begin at the line or before. */
  reach(line: number): number {
    let end = line;
    for (const { at, gone } of this.#changes.slice(this.#taken)) {
      if (at > end) return end;
      end = Math.max(end, at + gone);
    }
    return end;
  }

  /** This side's lines for a part of the base. */
  take(start: number, end: number): { readonly count: number; readonly lines: Lines } {
    const at = start + this.#shift;
    let count = 0;
    for (; this.next <= end && this.#taken < this.#changes.length; this.#taken++, count++) {
      const { gone, come } = this.#changes[this.#taken]!;
      this.#shift += come - gone;
    }
    return { count, lines: { at, lines: this.#lines.slice(at, end + this.#shift) } };
  }
}
