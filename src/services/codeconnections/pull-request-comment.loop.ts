import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type ChangeSummary, changesIn, createChangeSet, deleteChangeSet } from "../cloudformation/api.ts";
import { readFile } from "./commit-file.ts";
import { providerFor } from "./connection.ts";
import { DeploymentFileProblem, readDeploymentFile } from "./deployment-file.ts";
import { commentRequest } from "./git-provider.ts";
import { ask } from "./provider-question.ts";
import { type PullRequestComment, pullRequestComments, pullRequestWatches } from "./pull-request.ts";
import { latestSuccess, wishOf } from "./sync-attempt.ts";

/**
 * Says below a pull request what its commit would do to a stack: a change set is made, told, and taken away again.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/git-sync.html
 */
export const pullRequestCommentLoop: Loop<PullRequestComment> = {
  table: pullRequestComments,
  turn(scope, comment) {
    const { id, resourceName, status, deployment, files, text } = comment;
    if (status !== "IN_PROGRESS") {
      // It is remembered as long as the pull request is open, so that it is said once.
      if (!pullRequestWatches.get(scope, resourceName)?.open.includes(id)) pullRequestComments.remove(scope, id);
      return;
    }
    if (text !== undefined) return say(scope, comment, text);
    if (deployment === undefined) return readDeployment(scope, comment);
    if (files!.template === undefined) return readTemplate(scope, comment, deployment.templatePath);
    return plan(scope, comment);
  },
};

function readDeployment(scope: Scope, comment: PullRequestComment): Rest | undefined {
  const { id, configFile } = comment;
  const file = readFile(scope, `pull-request/${id}`, comment, configFile);
  if (file === "busy") return { kind: "wait", because: `${configFile} is read` };
  if (file === undefined) return conclude(scope, comment, `Deployment file ${configFile} was not found.`);
  try {
    const deployment = readDeploymentFile(file.text, configFile);
    pullRequestComments.patch(scope, id, { deployment, files: { deployment: file.blob.digest } });
  } catch (error) {
    if (!(error instanceof DeploymentFileProblem)) throw error;
    conclude(scope, comment, error.message);
  }
}

function readTemplate(scope: Scope, comment: PullRequestComment, path: string): Rest | undefined {
  const { id, files } = comment;
  const file = readFile(scope, `pull-request/${id}`, comment, path);
  if (file === "busy") return { kind: "wait", because: `${path} is read` };
  if (file === undefined) return conclude(scope, comment, `Template file ${path} was not found.`);
  const read = { ...files!, template: file.blob.digest };
  pullRequestComments.patch(scope, id, { files: read, ...(isKnown(scope, comment.resourceName, read) && { status: "SKIPPED" as const }) });
}

/** Whether the stack has these files already: there is nothing to say. */
function isKnown(scope: Scope, resourceName: string, files: NonNullable<PullRequestComment["files"]>): boolean {
  const good = latestSuccess(scope, resourceName)?.files;
  return good !== undefined && good.deployment === files.deployment && good.template === files.template;
}

function plan(scope: Scope, comment: PullRequestComment): Rest | undefined {
  const { resourceName: stackName, commit, number, deployment, files, roleArn } = comment;
  const names = { stackName, changeSetName: `git-sync-pull-request-${number}-${commit.slice(0, 8)}` };
  const set = createChangeSet(scope, {
    ...names,
    token: `pull-request/${comment.id}`,
    ...wishOf(scope, deployment!, files!.template!, roleArn),
  });
  if (set.state === "busy") return { kind: "wait", because: set.because };
  const changes = set.state === "done" ? changesIn(scope, names) : [];
  deleteChangeSet(scope, names);
  if (set.state === "failed") return conclude(scope, comment, `No change set can be created: ${set.reason}`);
  return conclude(scope, comment, changes.length === 0 ? "The stack would not change." : tableOf(changes));
}

function tableOf(changes: readonly ChangeSummary[]): string {
  const rows = changes.map(({ action, logicalId, type, replacement }) => `| ${action} | ${logicalId} | ${type} | ${replacement ?? "-"} |`);
  return ["| Action | Logical ID | Resource type | Replacement |", "|---|---|---|---|", ...rows].join("\n");
}

function conclude(scope: Scope, { id, resourceName, commit, configFile }: PullRequestComment, finding: string): undefined {
  const head = `**CloudFormation Git sync**: stack \`${resourceName}\`, deployment file \`${configFile}\`, commit ${commit}`;
  pullRequestComments.patch(scope, id, { text: `${head}\n\n${finding}` });
}

function say(scope: Scope, { id, source, number, asking }: PullRequestComment, text: string): Rest | undefined {
  const provider = providerFor(scope, source.connectionArn);
  if (typeof provider === "string") return void pullRequestComments.patch(scope, id, { status: "FAILED", reason: provider });
  const answer = ask(scope, `pull-request/${id}`, asking, commentRequest(provider, source.fullRepositoryId, number, text));
  switch (answer.state) {
    case "busy":
      return answer.rest;
    case "again":
      pullRequestComments.patch(scope, id, { asking: answer.asking });
      return;
    case "done":
      pullRequestComments.patch(scope, id, { status: "COMMENTED" });
      return;
    case "failed":
      pullRequestComments.patch(scope, id, { status: "FAILED", reason: answer.reason });
  }
}
