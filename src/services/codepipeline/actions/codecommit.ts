import type { Scope } from "../../../kernel/scope.ts";
import { ensureSourceArchive, forgetSourceArchive, headOf, repositoryOf } from "../../codecommit/api.ts";
import { toWrite } from "../permission.ts";
import { type ActionProgress, type ActionProvider, failed, NOTHING } from "../provider.ts";
import type { Run } from "../run.ts";
import { checkFormat, isClone } from "./clone.ts";

/** The head of a branch. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeCommit.html */
export const codeCommit: ActionProvider = {
  type: { category: "Source", owner: "AWS", provider: "CodeCommit", version: "1" },
  inputs: [0, 0],
  outputs: [1, 1],
  properties: [
    { name: "RepositoryName", required: true },
    { name: "BranchName", required: true },
    { name: "PollForSourceChanges" },
    { name: "OutputArtifactFormat" },
  ],
  timeoutMinutes: 60,
  check: checkFormat,
  needs(scope, run) {
    const name = run.configuration["RepositoryName"]!;
    const resource = `arn:aws:codecommit:${run.region}:${scope.account}:${name}`;
    const message = `Could not access the CodeCommit repository ${name}. Make sure that the pipeline IAM role has sufficient permissions to access the repository.`;
    const actions = ["GetBranch", "GetCommit", "UploadArchive"].map((one) => ({ action: `codecommit:${one}`, resource, message }));
    return [...actions, ...toWrite(scope, run)];
  },
  observe(scope, run) {
    const { RepositoryName: name = "", BranchName: branch = "" } = run.configuration;
    const repository = repositoryOf(scope, name);
    if (repository === undefined) {
      return failed(
        "ConfigurationError",
        `The service role does not have access to the repository '${name}', or the repository does not exist.`,
      );
    }
    const commit = run.externalExecutionId ?? run.overrides?.[0]?.revisionValue ?? headOf(scope, repository.repositoryId, branch);
    if (commit === undefined) {
      return failed("ConfigurationError", `No branch with name '${branch}' was found in the repository '${name}'.`);
    }
    const archive = ensureSourceArchive(scope, archiveId(run), repository.repositoryId, commit, isClone(run));
    switch (archive.state) {
      case "busy":
        return { status: "InProgress", because: archive.because, externalExecutionId: commit };
      case "failed":
        forgetSourceArchive(scope, archiveId(run));
        return failed("JobFailed", archive.reason, { externalExecutionId: commit });
      case "done":
        forgetSourceArchive(scope, archiveId(run));
        return found(scope, run, commit, archive);
    }
  },
  stop: (scope, run) => forgetSourceArchive(scope, archiveId(run)),
  polled(scope, { RepositoryName = "", BranchName = "", PollForSourceChanges = "true" }) {
    if (PollForSourceChanges === "false") return undefined;
    const repository = repositoryOf(scope, RepositoryName);
    return (repository && headOf(scope, repository.repositoryId, BranchName)) ?? NOTHING;
  },
  entityUrl: ({ region }, { RepositoryName, BranchName }) =>
    `https://${region}.console.aws.amazon.com/codesuite/codecommit/repositories/${RepositoryName}/browse/refs/heads/${BranchName}/--/?region=${region}`,
};

function found(
  { region }: Scope,
  run: Run,
  commit: string,
  { archive, summary }: Extract<ReturnType<typeof ensureSourceArchive>, { state: "done" }>,
): ActionProgress {
  const { RepositoryName, BranchName } = run.configuration;
  const url = `https://${region}.console.aws.amazon.com/codesuite/codecommit/repositories/${RepositoryName}/commit/${commit}?region=${region}`;
  const text = summary.message.trimEnd();
  return {
    status: "Succeeded",
    externalExecutionId: commit,
    externalExecutionUrl: url,
    summary: text,
    revision: { id: commit, summary: text, url, createdAt: summary.committedAt },
    artifacts: Object.fromEntries(run.outputs.map((name) => [name, archive])),
    variables: {
      AuthorDate: instant(summary.authoredAt),
      BranchName: BranchName!,
      CommitId: commit,
      CommitMessage: text,
      CommitterDate: instant(summary.committedAt),
      RepositoryName: RepositoryName!,
    },
  };
}

const archiveId = ({ actionExecutionId }: Run): string => `codepipeline/${actionExecutionId}`;

/** Without milliseconds: 2026-01-01T00:00:00Z. */
const instant = (at: number): string => new Date(at).toISOString().replace(/\.\d{3}Z$/, "Z");
