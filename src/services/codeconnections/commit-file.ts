import { ensureJob, forgetJob, isOver } from "../../compute/job.ts";
import type { BlobRef } from "../../kernel/blob.ts";
import type { Scope } from "../../kernel/scope.ts";

/** A file of a commit in a repository of ours. */
export interface CommitFile {
  readonly text: string;
  readonly blob: BlobRef;
}

/** Read a file of a commit, for whoever the id says; undefined where there is none. */
export function readFile(
  scope: Scope,
  id: string,
  { repositoryId, commit }: { readonly repositoryId: string; readonly commit: string },
  path: string,
): "busy" | CommitFile | undefined {
  const jobId = `codeconnections/sync/${id}/${path}`;
  const job = ensureJob(scope, jobId, { type: "git", repositoryId, commands: [{ args: ["cat-file", "blob", `${commit}:${path}`] }] });
  if (!isOver(job)) return "busy";
  forgetJob(scope, jobId);
  // It died with the process: the next turn reads again.
  if (job.status === "LOST") return "busy";
  if (job.status !== "SUCCEEDED") return undefined;
  const [said] = job.result!.git!;
  const bytes = Buffer.from(said!.stdout, said!.base64 ? "base64" : "utf8");
  return { text: bytes.toString("utf8"), blob: scope.blobs.write(bytes) };
}
