import type { Scope } from "../../../kernel/scope.ts";
import {
  ensureSource,
  findConnection,
  forgetSource,
  type Source,
  watchedHead,
  watchedRefs,
  watchSource,
} from "../../codeconnections/api.ts";
import { toWrite } from "../permission.ts";
import { type ActionProvider, NOTHING, refuseAction } from "../provider.ts";
import type { Run } from "../run.ts";
import { type CommitFound, checkFormat, commitAsked, forgetCommit, instant, sourceJob, takeCommit } from "./git-source.ts";

/** A branch behind a connection. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodestarConnectionSource.html */
export const connectionSource: ActionProvider = {
  type: { category: "Source", owner: "AWS", provider: "CodeStarSourceConnection", version: "1" },
  inputs: [0, 0],
  outputs: [1, 1],
  properties: [
    { name: "ConnectionArn", required: true },
    { name: "FullRepositoryId", required: true },
    { name: "BranchName", required: true },
    { name: "OutputArtifactFormat" },
    { name: "DetectChanges" },
  ],
  timeoutMinutes: 60,
  check(configuration, action) {
    checkFormat(configuration, action);
    const { DetectChanges = "true" } = configuration;
    if (!["true", "false"].includes(DetectChanges))
      refuseAction(`Action configuration for action '${action}' has an invalid value '${DetectChanges}' for 'DetectChanges'`);
  },
  needs(scope, run) {
    const arn = run.configuration["ConnectionArn"]!;
    return [{ action: `${arn.split(":")[2]}:UseConnection`, resource: arn }, ...toWrite(scope, run)];
  },
  observe(scope, run) {
    const source = sourceOf(run.configuration);
    const { connectionArn, fullRepositoryId, branch } = source;
    const progress = takeCommit(scope, run, fetchedCommit(scope, run, source), (commit, { authoredAt }, message) => ({
      summary: JSON.stringify({ ProviderType: findConnection(scope, connectionArn)?.providerType, CommitMessage: message }),
      url: `https://${scope.region}.console.aws.amazon.com/codesuite/settings/connections/redirect?connectionArn=${connectionArn}&referenceType=COMMIT&FullRepositoryId=${fullRepositoryId}&Commit=${commit}`,
      variables: {
        AuthorDate: instant(authoredAt),
        BranchName: run.pushed?.branch ?? branch,
        CommitId: commit,
        CommitMessage: message,
        ConnectionArn: connectionArn,
        FullRepositoryName: fullRepositoryId,
        ...(run.pushed?.tag !== undefined && { TagName: run.pushed.tag }),
        ...run.pushed?.pullRequest,
      },
    }));
    if (progress.status !== "InProgress") forgetFetch(scope, run);
    return progress;
  },
  stop: forgetFetch,
  watch: (scope, id, configuration) => watchSource(scope, id, sourceOf(configuration)),
  polled: (scope, configuration) =>
    configuration["DetectChanges"] === "false" ? undefined : watchedCommit(scope, sourceOf(configuration)),
  pollTrigger: ({ ConnectionArn }) => ({ triggerType: "WebhookV2", triggerDetail: ConnectionArn! }),
  entityUrl: ({ region }, { ConnectionArn, FullRepositoryId, BranchName }) =>
    `https://${region}.console.aws.amazon.com/codesuite/settings/connections/redirect?connectionArn=${ConnectionArn}&referenceType=BRANCH&FullRepositoryId=${FullRepositoryId}&Branch=${BranchName}`,
};

export const sourceOf = ({ ConnectionArn = "", FullRepositoryId = "", BranchName = "" }: Readonly<Record<string, string>>): Source => ({
  connectionArn: ConnectionArn,
  fullRepositoryId: FullRepositoryId,
  branch: BranchName,
});

/** The commit that the execution is about, once the repository was fetched; the branch's head where it is about none. */
export function fetchedCommit(scope: Scope, run: Run, source: Source): CommitFound {
  const head = ensureSource(scope, sourceJob(run), source);
  const commit = commitAsked(run);
  if (commit === undefined || head.state === "busy") return head;
  const repositoryId = head.state === "done" ? head.repositoryId : watchedRefs(scope, source)?.repositoryId;
  return repositoryId === undefined ? (head as CommitFound) : { state: "done", repositoryId, commit };
}

/** Where a watched branch stands; undefined as long as nobody knows what would be a change. */
export function watchedCommit(scope: Scope, source: Source): string | undefined {
  const head = watchedHead(scope, source);
  if (head.state === "busy") return undefined;
  return head.state === "done" ? head.commit : NOTHING;
}

/** Nobody waits for the repository, nor for its files. */
export function forgetFetch(scope: Scope, run: Run): void {
  forgetSource(scope, sourceJob(run));
  forgetCommit(scope, run);
}
