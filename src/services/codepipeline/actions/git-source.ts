import type { Scope } from "../../../kernel/scope.ts";
import { type CommitSummary, ensureSourceArchive, forgetSourceArchive } from "../../codecommit/api.ts";
import { type ActionProgress, failed, refuseAction } from "../provider.ts";
import type { Run } from "../run.ts";

const FORMATS = ["CODE_ZIP", "CODEBUILD_CLONE_REF"];

/** Which commit a source is to take, as far as is known. */
export type CommitFound =
  | { readonly state: "busy"; readonly because: string }
  | { readonly state: "failed"; readonly reason: string }
  | { readonly state: "done"; readonly repositoryId: string; readonly commit: string };

/** How a kind of source tells of the commit that it took. */
export interface CommitTold {
  readonly summary: string;
  readonly url: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** What a git source gives: the files, or a whole clone. */
export function checkFormat({ OutputArtifactFormat = "CODE_ZIP" }: Readonly<Record<string, string>>, action: string): void {
  if (FORMATS.includes(OutputArtifactFormat)) return;
  refuseAction(`Action configuration for action '${action}' has an invalid value '${OutputArtifactFormat}' for 'OutputArtifactFormat'`);
}

/** The commit that the execution is about, where it is about one; a run keeps to the one that it began with. */
export const commitAsked = (run: Run): string | undefined => run.externalExecutionId ?? run.overrides?.[0]?.revisionValue;

/** Take a commit: its files become the artifact. `tell` says what the source makes of it. */
export function takeCommit(
  scope: Scope,
  run: Run,
  found: CommitFound,
  tell: (commit: string, summary: CommitSummary, message: string) => CommitTold,
): ActionProgress {
  if (found.state === "busy") return { status: "InProgress", because: found.because };
  if (found.state === "failed") return failed("ConfigurationError", found.reason);
  const { commit, repositoryId } = found;
  const external = { externalExecutionId: commit };
  const archive = ensureSourceArchive(scope, sourceJob(run), repositoryId, commit, isClone(run));
  if (archive.state === "busy") return { status: "InProgress", because: archive.because, ...external };
  forgetCommit(scope, run);
  if (archive.state === "failed") return failed("JobFailed", archive.reason, external);
  const { summary, url, variables } = tell(commit, archive.summary, archive.summary.message.trimEnd());
  return {
    status: "Succeeded",
    ...external,
    externalExecutionUrl: url,
    summary,
    revision: { id: commit, summary, url, createdAt: archive.summary.committedAt },
    artifacts: Object.fromEntries(run.outputs.map((name) => [name, archive.archive])),
    variables,
  };
}

/** Nobody waits for the files any more. */
export const forgetCommit = (scope: Scope, run: Run): void => forgetSourceArchive(scope, sourceJob(run));

/** What is asked for on behalf of a source. */
export const sourceJob = ({ actionExecutionId }: Run): string => `codepipeline/${actionExecutionId}`;

/** Without milliseconds: 2026-01-01T00:00:00Z. */
export const instant = (at: number): string => new Date(at).toISOString().replace(/\.\d{3}Z$/, "Z");

/** AWS hands a reference on, which CodeBuild clones; here the artifact is the clone. */
const isClone = ({ configuration }: Run): boolean => configuration["OutputArtifactFormat"] === "CODEBUILD_CLONE_REF";
