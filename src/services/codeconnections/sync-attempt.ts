import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  GetResourceSyncStatus$,
  ResourceNotFoundException,
  type ResourceSyncAttempt,
  type ResourceSyncStatus,
  type Revision,
} from "../../sdk/codeconnections.js";
import * as former from "../../sdk/codestar-connections.js";
import type { StackWish } from "../cloudformation/api.ts";
import { forgetStatus, publishStatus, statusFailure } from "./commit-status.ts";
import type { DeploymentFile } from "./deployment-file.ts";
import type { CommitStatus } from "./git-provider.ts";
import { repositoryLinks, sourceOf } from "./repository-link.ts";
import { requireConfiguration, type SyncConfiguration } from "./sync-configuration.ts";
import { underBothNames } from "./two-names.ts";

/** A try to bring a stack to what a commit says; its id is the stack's name, a slash and a number. */
export interface SyncAttempt extends Row {
  readonly resourceName: string;
  readonly generation: number;
  readonly repositoryId: string;
  readonly commit: string;
  /** What the stack was before, as far as Git sync made it so. */
  readonly initialCommit?: string;
  readonly status: ResourceSyncStatus;
  readonly events: readonly SyncEvent[];
  readonly startedAt: number;
  /** What was read from the commit. */
  readonly deployment?: DeploymentFile;
  /** The digests of the blobs with the two files' texts. */
  readonly files?: { readonly deployment: string; readonly template?: string };
  readonly planned?: true;
  /** It brings back what was changed by hand, at the commit that the stack has anyway. */
  readonly revertsDrift?: true;
}

/** Something that happened to an attempt, in a sentence. */
export interface SyncEvent {
  readonly type: string;
  readonly event: string;
  readonly at: number;
  readonly externalId?: string;
}

export const syncAttempts = new Table<SyncAttempt>("codeconnections/sync-attempt");

/** How many of the newest are kept, besides the last that succeeded. */
const KEPT = 10;

export const getResourceSyncStatus = underBothNames(GetResourceSyncStatus$, former.GetResourceSyncStatus$, (scope, { ResourceName }) => {
  const configuration = requireConfiguration(scope, ResourceName!);
  const latest =
    latestAttempt(scope, ResourceName!) ?? fault(ResourceNotFoundException, `No sync has been attempted for resource ${ResourceName}.`);
  const good = latestSuccess(scope, ResourceName!);
  return {
    DesiredState: revision(scope, configuration, latest.commit),
    ...(good && { LatestSuccessfulSync: shownAttempt(scope, configuration, good) }),
    LatestSync: shownAttempt(scope, configuration, latest),
  };
});

const attemptsOf = (scope: Scope, resourceName: string): SyncAttempt[] => syncAttempts.list(scope, `${resourceName}/`);

export const latestAttempt = (scope: Scope, resourceName: string): SyncAttempt | undefined => attemptsOf(scope, resourceName).at(-1);

export const latestSuccess = (scope: Scope, resourceName: string): SyncAttempt | undefined =>
  attemptsOf(scope, resourceName).findLast(({ status }) => status === "SUCCEEDED");

export const isOver = ({ status }: SyncAttempt): boolean => status === "SUCCEEDED" || status === "FAILED";

type Start = Pick<SyncAttempt, "generation" | "repositoryId" | "commit" | "revertsDrift">;

/** Try to bring the stack to a commit. */
export function startAttempt(scope: Scope, configuration: SyncConfiguration, start: Start, because: SyncEvent["event"]): SyncAttempt {
  const { id: resourceName } = configuration;
  const known = attemptsOf(scope, resourceName);
  const good = latestSuccess(scope, resourceName);
  const nth = Number(known.at(-1)?.id.split("/")[1] ?? 0) + 1;
  for (const old of known.slice(0, Math.max(0, known.length + 1 - KEPT))) if (old.id !== good?.id) forget(scope, old);
  const at = scope.clock.now();
  const attempt = syncAttempts.put(scope, {
    id: `${resourceName}/${String(nth).padStart(8, "0")}`,
    resourceName,
    ...start,
    ...(good && { initialCommit: good.commit }),
    status: "INITIATED",
    events: [{ type: "SYNC_INITIATED", event: because, at }],
    startedAt: at,
  });
  tell(scope, attempt, known.at(-1)?.status);
  return attempt;
}

/** The attempt goes on, or is over: say what happened, and tell of a new status. */
export function note(
  scope: Scope,
  attempt: SyncAttempt,
  type: string,
  event: string,
  change: Partial<SyncAttempt> = {},
  externalId?: string,
) {
  const noted = syncAttempts.patch(scope, attempt.id, {
    ...change,
    events: [...attempt.events, { type, event, at: scope.clock.now(), ...(externalId !== undefined && { externalId }) }],
  });
  if (noted.status !== attempt.status) {
    tell(scope, noted, attempt.status);
    publish(scope, noted);
  }
  return noted;
}

export function forgetAttempts(scope: Scope, resourceName: string): void {
  for (const attempt of attemptsOf(scope, resourceName)) forget(scope, attempt);
}

function forget(scope: Scope, { id }: SyncAttempt): void {
  forgetStatus(scope, statusId(id));
  syncAttempts.remove(scope, id);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-resource-sync-status-change.html */
function tell(scope: Scope, { resourceName, commit, status }: SyncAttempt, previous: ResourceSyncStatus | undefined): void {
  const { branch, linkId } = requireConfiguration(scope, resourceName);
  const { providerType, repositoryName } = repositoryLinks.get(scope, linkId)!;
  scope.emit({
    source: "aws.codeconnections",
    detailType: "Git Sync Resource Sync Status Change",
    detail: {
      providerType,
      commit,
      repositoryName,
      branch,
      syncType: "CFN_STACK_SYNC",
      syncTarget: resourceName,
      status,
      ...(previous !== undefined && { previousSync: previous }),
    },
  });
}

const AT_PROVIDER: Readonly<Record<ResourceSyncStatus, CommitStatus["state"]>> = {
  INITIATED: "pending",
  IN_PROGRESS: "pending",
  SUCCEEDED: "success",
  FAILED: "failure",
};

/** Have the git server show at the commit how the attempt stands, where the stack's configuration asks for it. */
function publish(scope: Scope, { id, resourceName, commit, status, events }: SyncAttempt): void {
  const { publishDeploymentStatus, linkId, branch } = requireConfiguration(scope, resourceName);
  if (publishDeploymentStatus !== "ENABLED") return;
  publishStatus(scope, statusId(id), sourceOf(repositoryLinks.get(scope, linkId)!, branch), {
    commit,
    context: `CloudFormation Git sync: ${resourceName}`,
    state: AT_PROVIDER[status],
    description: events.at(-1)!.event,
  });
}

const statusId = (attemptId: string): string => `sync/${attemptId}`;

/** What Git sync acknowledges for whoever commits. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/git-sync-prereq.html */
const CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"];

/** What a deployment file, and the template that it names, want of CloudFormation. */
export const wishOf = (
  scope: Scope,
  { parameters, tags }: DeploymentFile,
  template: string,
  roleArn: string,
): Omit<StackWish, "stackName" | "token"> => ({
  templateBody: scope.blobs.read(template).toString("utf8"),
  parameters: Object.entries(parameters).map(([key, value]) => ({ key, value })),
  tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  capabilities: CAPABILITIES,
  roleArn,
});

function revision(scope: Scope, { linkId, branch, configFile }: SyncConfiguration, commit: string): Revision {
  const { ownerId, repositoryName, providerType } = repositoryLinks.get(scope, linkId)!;
  return {
    Branch: branch,
    Directory: configFile,
    OwnerId: ownerId,
    RepositoryName: repositoryName,
    ProviderType: providerType,
    Sha: commit,
  };
}

/** Its own, and that the git server could not be told. */
function eventsOf(scope: Scope, { id, events }: SyncAttempt): readonly SyncEvent[] {
  const failure = statusFailure(scope, statusId(id));
  if (failure === undefined) return events;
  return [...events, { type: "DEPLOYMENT_STATUS_NOT_PUBLISHED", event: failure.reason, at: failure.at }];
}

const shownAttempt = (scope: Scope, configuration: SyncConfiguration, attempt: SyncAttempt): ResourceSyncAttempt => ({
  Events: eventsOf(scope, attempt).map(({ type, event, at, externalId }) => ({
    Type: type,
    Event: event,
    Time: new Date(at),
    ...(externalId !== undefined && { ExternalId: externalId }),
  })),
  InitialRevision: revision(scope, configuration, attempt.initialCommit ?? attempt.commit),
  StartedAt: new Date(attempt.startedAt),
  Status: attempt.status,
  TargetRevision: revision(scope, configuration, attempt.commit),
  Target: attempt.resourceName,
});
