import { ensureReading, forgetJob, isOver, type Job } from "../../compute/job.ts";
import type { BlobRef } from "../../kernel/blob.ts";
import type { Scope } from "../../kernel/scope.ts";
import { objectsIn, parseCommit } from "./commit.ts";

/** What a commit says of itself. */
export interface CommitSummary {
  readonly message: string;
  readonly authorName: string;
  readonly authorEmail: string;
  /** milliseconds */
  readonly authoredAt: number;
  readonly committerName: string;
  readonly committerEmail: string;
  /** milliseconds */
  readonly committedAt: number;
}

export type SourceArchive =
  | { readonly state: "busy"; readonly because: string }
  | { readonly state: "done"; readonly archive: BlobRef; readonly summary: CommitSummary }
  | { readonly state: "failed"; readonly reason: string };

const TIMEOUT_MS = 600_000;

/**
 * Make sure that a commit's files are being packed into a zip (CODE_ZIP: without history; `full` has a whole clone in it), and say
 * how that stands. The id says for whom; call `forgetSourceArchive` with it when the archive's digest is in a row.
 */
export function ensureSourceArchive(scope: Scope, id: string, repositoryId: string, commit: string, full = false): SourceArchive {
  const packing = ensureReading(scope, archiveJob(id), {
    type: "command",
    identity: { accountId: scope.account, region: scope.region, sessionName: "codecommit" },
    workspace: archiveJob(id),
    checkout: { repositoryId, commit, path: "src", ...(full && { full }) },
    script: "exit 0",
    env: {},
    timeoutMs: TIMEOUT_MS,
    outputs: [{ name: "archive", type: "zip", base: "src", files: ["**/*"], ...(!full && { exclude: [".git/**"] }) }],
  });
  const reading = readCommit(scope, id, repositoryId, commit);
  if (!isOver(packing) || !isOver(reading)) return { state: "busy", because: `the files of commit ${commit} are packed` };
  const failed = [packing, reading].find(({ status }) => status !== "SUCCEEDED");
  if (failed !== undefined) return { state: "failed", reason: failed.reason ?? `The job ${failed.id} is ${failed.status}.` };
  const zip = packing.result?.outputs?.["archive"];
  if (zip?.digest === undefined) return { state: "failed", reason: `The commit ${commit} has no files.` };
  return { state: "done", archive: { digest: zip.digest, size: zip.size! }, summary: summaryOf(reading) };
}

export type CommitReading =
  | { readonly state: "busy"; readonly because: string }
  | { readonly state: "done"; readonly summary: CommitSummary }
  | { readonly state: "failed"; readonly reason: string };

/** Make sure that it is being read what a commit says of itself, for whoever clones it; call `forgetSourceArchive` at the end. */
export function ensureCommitSummary(scope: Scope, id: string, repositoryId: string, commit: string): CommitReading {
  const reading = readCommit(scope, id, repositoryId, commit);
  if (!isOver(reading)) return { state: "busy", because: `commit ${commit} is read` };
  if (reading.status === "SUCCEEDED") return { state: "done", summary: summaryOf(reading) };
  return { state: "failed", reason: reading.reason ?? `The job ${reading.id} is ${reading.status}.` };
}

const readCommit = (scope: Scope, id: string, repositoryId: string, commit: string): Job =>
  ensureReading(scope, commitJob(id), { type: "git", repositoryId, commands: [{ args: ["cat-file", "--batch"], stdin: `${commit}\n` }] });

/** Forget the work of `ensureSourceArchive` and `ensureCommitSummary`. */
export function forgetSourceArchive(scope: Scope, id: string): void {
  forgetJob(scope, archiveJob(id));
  forgetJob(scope, commitJob(id));
}

function summaryOf({ result }: Job): CommitSummary {
  const [said] = result!.git!;
  const [object] = objectsIn(Buffer.from(said!.stdout, said!.base64 ? "base64" : "utf8"));
  const { message = "", author = {}, committer = {} } = object ? parseCommit(object.id, object.content.toString("utf8")) : {};
  return {
    message,
    authorName: author.name ?? "",
    authorEmail: author.email ?? "",
    authoredAt: instantOf(author.date),
    committerName: committer.name ?? "",
    committerEmail: committer.email ?? "",
    committedAt: instantOf(committer.date),
  };
}

/** Git's dates are seconds and an offset. */
const instantOf = (date = "0"): number => Number(date.split(" ")[0]) * 1000;

const archiveJob = (id: string): string => `${id}/archive`;
const commitJob = (id: string): string => `${id}/commit`;
