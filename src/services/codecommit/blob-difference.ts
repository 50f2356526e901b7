import { fault } from "../../kernel/fault.ts";
import { page } from "../../kernel/page.ts";
import {
  BlobIdDoesNotExistException,
  type DiffChange,
  type DiffHunk,
  FileTooLargeException,
  GetBlobDifferences$,
  InvalidMaxResultsException,
} from "../../sdk/codecommit.js";
import { invalidToken } from "./difference.ts";
import { Further, gitOperation } from "./errand.ts";
import { checkedBlobId } from "./file.ts";
import { headOf, isBinaryDiff } from "./line-diff.ts";
import { requireRepository } from "./repository.ts";

const CONTEXT_LINES = 3;
const CONTEXT_LINES_MAX = 20;
const PAGE_SIZE = 100;
/** bytes */
const BLOB_MAX = 6 * 1024 * 1024;

/** https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetBlobDifferences.html */
export const getBlobDifferences = gitOperation(GetBlobDifferences$, (scope, input) => {
  const repository = requireRepository(scope, input.repositoryName);
  const after = checkedBlobId(input.afterBlobId);
  const before = input.beforeBlobId === undefined ? undefined : checkedBlobId(input.beforeBlobId);
  const { contextLines = CONTEXT_LINES, ignoreWhitespace = false, MaxResults = PAGE_SIZE, NextToken } = input;
  if (contextLines < 0 || contextLines > CONTEXT_LINES_MAX) fault("ValidationException", "The number of context lines is not valid.");
  if (MaxResults < 1) fault(InvalidMaxResultsException, "The specified number of maximum results is not valid.");
  const blobs = [...(before === undefined ? [] : [before]), after];
  return {
    repository,
    commands: [
      { args: ["cat-file", "--batch-check"], stdin: blobs.map((id) => `${id}\n`).join("") },
      { args: ["hash-object", "-w", "--stdin"], stdin: "" },
    ],
    answer(_, [about, empty]) {
      const sizes = about!.stdout.toString("utf8").trim().split("\n").map(sizeIn);
      const args = ["diff", "--no-color", "--no-ext-diff", "--no-textconv", `-U${contextLines}`, ...(ignoreWhitespace ? ["-w"] : [])];
      return new Further({
        repository,
        commands: [{ args: [...args, before ?? empty!.stdout.toString("utf8").trim(), after] }],
        answer: (_, [diff]) => {
          const text = diff!.stdout.toString("utf8");
          const placed = hunksIn(text).map((hunk, index) => ({ hunk, place: String(index).padStart(9, "0") }));
          const { items, nextToken } = page(placed, ({ place }) => place, MaxResults, NextToken, invalidToken);
          return {
            hunks: items.map(({ hunk }) => hunk),
            isBinary: isBinaryDiff(text),
            beforeBlobSize: before === undefined ? 0 : sizes[0]!,
            afterBlobSize: sizes.at(-1)!,
            ...(nextToken && { NextToken: nextToken }),
          };
        },
      });
    },
  };
});

function sizeIn(line: string): number {
  const [id, type, size] = line.split(" ");
  if (type !== "blob") fault(BlobIdDoesNotExistException, `Blob ID ${id} does not exist`);
  if (Number(size) > BLOB_MAX) fault(FileTooLargeException, `The blob ${id} exceeds the size limit of ${BLOB_MAX} bytes.`);
  return Number(size);
}

function hunksIn(diff: string): DiffHunk[] {
  const hunks: (DiffHunk & { changes: DiffChange[] })[] = [];
  const at = { before: 0, after: 0 };
  for (const line of diff.replace(/\n$/, "").split("\n")) {
    const head = headOf(line);
    if (head !== undefined) {
      [at.before, at.after] = [head.at + 1, head.otherAt + 1];
      const places = { beforeStartLine: at.before, afterStartLine: at.after };
      hunks.push({ ...places, beforeLineCount: head.gone, afterLineCount: head.come, changes: [] });
    } else hunks.at(-1)?.changes.push(...changeIn(line, at));
  }
  return hunks;
}

function changeIn(line: string, at: { before: number; after: number }): DiffChange[] {
  const content = line.slice(1);
  switch (line[0]) {
    case "+":
      return [{ type: "ADD", afterLineNumber: at.after++, content }];
    case "-":
      return [{ type: "DELETE", beforeLineNumber: at.before++, content }];
    case " ":
      return [{ type: "CONTEXT", beforeLineNumber: at.before++, afterLineNumber: at.after++, content }];
    // "\ No newline at end of file"
    default:
      return [];
  }
}
