import type { Scope } from "../../../kernel/scope.ts";
import {
  ensureSource,
  ensureSourceArchive,
  findConnection,
  forgetSource,
  forgetSourceArchive,
  type Source,
  type SourceArchive,
  watchedHead,
  watchedRefs,
  watchSource,
} from "../../codeconnections/api.ts";
import { toWrite } from "../permission.ts";
import { type ActionProgress, type ActionProvider, failed, NOTHING, refuseAction } from "../provider.ts";
import type { Run } from "../run.ts";
import { checkFormat, isClone } from "./clone.ts";

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
    const found = commitOf(scope, run, source);
    if (found.state === "busy") return { status: "InProgress", because: found.because };
    if (found.state === "failed") return forgotten(scope, run, failed("ConfigurationError", found.reason));
    const archive = ensureSourceArchive(scope, jobId(run), found.repositoryId, found.commit, isClone(run));
    switch (archive.state) {
      case "busy":
        return { status: "InProgress", because: archive.because, externalExecutionId: found.commit };
      case "failed":
        return forgotten(scope, run, failed("JobFailed", archive.reason, { externalExecutionId: found.commit }));
      case "done":
        return forgotten(scope, run, given(scope, run, source, found.commit, archive));
    }
  },
  stop(scope, run) {
    forgotten(scope, run, undefined);
  },
  watch: (scope, id, configuration) => watchSource(scope, id, sourceOf(configuration)),
  polled(scope, configuration) {
    if (configuration["DetectChanges"] === "false") return undefined;
    const head = watchedHead(scope, sourceOf(configuration));
    // Until the repository was fetched nobody knows what would be a change.
    if (head.state === "busy") return undefined;
    return head.state === "done" ? head.commit : NOTHING;
  },
  pollTrigger: ({ ConnectionArn }) => ({ triggerType: "WebhookV2", triggerDetail: ConnectionArn! }),
  entityUrl: ({ region }, { ConnectionArn, FullRepositoryId, BranchName }) =>
    `https://${region}.console.aws.amazon.com/codesuite/settings/connections/redirect?connectionArn=${ConnectionArn}&referenceType=BRANCH&FullRepositoryId=${FullRepositoryId}&Branch=${BranchName}`,
};

export const sourceOf = ({ ConnectionArn = "", FullRepositoryId = "", BranchName = "" }: Readonly<Record<string, string>>): Source => ({
  connectionArn: ConnectionArn,
  fullRepositoryId: FullRepositoryId,
  branch: BranchName,
});

type Found =
  | { readonly state: "busy"; readonly because: string }
  | { readonly state: "failed"; readonly reason: string }
  | { readonly state: "done"; readonly repositoryId: string; readonly commit: string };

/** The commit that the execution is about, once the repository was fetched; the branch's head where it is about none. */
function commitOf(scope: Scope, run: Run, source: Source): Found {
  const head = ensureSource(scope, jobId(run), source);
  const commit = run.externalExecutionId ?? run.overrides?.[0]?.revisionValue;
  if (commit === undefined || head.state === "busy") return head;
  const repositoryId = head.state === "done" ? head.repositoryId : watchedRefs(scope, source)?.repositoryId;
  return repositoryId === undefined ? (head as Found) : { state: "done", repositoryId, commit };
}

function forgotten<T>(scope: Scope, run: Run, progress: T): T {
  forgetSource(scope, jobId(run));
  forgetSourceArchive(scope, jobId(run));
  return progress;
}

function given(
  scope: Scope,
  run: Run,
  { connectionArn, fullRepositoryId, branch }: Source,
  commit: string,
  { archive, summary }: Extract<SourceArchive, { state: "done" }>,
): ActionProgress {
  const text = summary.message.trimEnd();
  const providerType = findConnection(scope, connectionArn)?.providerType;
  const told = JSON.stringify({ ProviderType: providerType, CommitMessage: text });
  const url = `https://${scope.region}.console.aws.amazon.com/codesuite/settings/connections/redirect?connectionArn=${connectionArn}&referenceType=COMMIT&FullRepositoryId=${fullRepositoryId}&Commit=${commit}`;
  return {
    status: "Succeeded",
    externalExecutionId: commit,
    externalExecutionUrl: url,
    summary: told,
    revision: { id: commit, summary: told, url, createdAt: summary.committedAt },
    artifacts: Object.fromEntries(run.outputs.map((name) => [name, archive])),
    variables: {
      AuthorDate: new Date(summary.authoredAt).toISOString().replace(/\.\d{3}Z$/, "Z"),
      BranchName: run.pushed?.branch ?? branch,
      CommitId: commit,
      CommitMessage: text,
      ConnectionArn: connectionArn,
      FullRepositoryName: fullRepositoryId,
      ...(run.pushed?.tag !== undefined && { TagName: run.pushed.tag }),
      ...run.pushed?.pullRequest,
    },
  };
}

const jobId = ({ actionExecutionId }: Run): string => `codepipeline/${actionExecutionId}`;
