import type { Scope } from "../../../kernel/scope.ts";
import { headOf, repositoryOf } from "../../codecommit/api.ts";
import { toWrite } from "../permission.ts";
import { type ActionProvider, NOTHING } from "../provider.ts";
import type { Run } from "../run.ts";
import { type CommitFound, checkFormat, commitAsked, forgetCommit, instant, takeCommit } from "./git-source.ts";

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
  observe: (scope, run) =>
    takeCommit(scope, run, commitOf(scope, run), (commit, { authoredAt, committedAt }, message) => {
      const { RepositoryName = "", BranchName = "" } = run.configuration;
      const { region } = scope;
      return {
        summary: message,
        url: `https://${region}.console.aws.amazon.com/codesuite/codecommit/repositories/${RepositoryName}/commit/${commit}?region=${region}`,
        variables: {
          AuthorDate: instant(authoredAt),
          BranchName,
          CommitId: commit,
          CommitMessage: message,
          CommitterDate: instant(committedAt),
          RepositoryName,
        },
      };
    }),
  stop: forgetCommit,
  polled(scope, { RepositoryName = "", BranchName = "", PollForSourceChanges = "true" }) {
    if (PollForSourceChanges === "false") return undefined;
    const repository = repositoryOf(scope, RepositoryName);
    return (repository && headOf(scope, repository.repositoryId, BranchName)) ?? NOTHING;
  },
  entityUrl: ({ region }, { RepositoryName, BranchName }) =>
    `https://${region}.console.aws.amazon.com/codesuite/codecommit/repositories/${RepositoryName}/browse/refs/heads/${BranchName}/--/?region=${region}`,
};

function commitOf(scope: Scope, run: Run): CommitFound {
  const { RepositoryName: name = "", BranchName: branch = "" } = run.configuration;
  const repository = repositoryOf(scope, name);
  if (repository === undefined) {
    const reason = `The service role does not have access to the repository '${name}', or the repository does not exist.`;
    return { state: "failed", reason };
  }
  const commit = commitAsked(run) ?? headOf(scope, repository.repositoryId, branch);
  if (commit === undefined) return { state: "failed", reason: `No branch with name '${branch}' was found in the repository '${name}'.` };
  return { state: "done", repositoryId: repository.repositoryId, commit };
}
