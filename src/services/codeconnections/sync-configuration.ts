import { fault } from "../../kernel/fault.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CreateSyncConfiguration$,
  DeleteSyncConfiguration$,
  GetSyncConfiguration$,
  ListRepositorySyncDefinitions$,
  ListSyncConfigurations$,
  type PublishDeploymentStatus,
  type PullRequestComment,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  type SyncConfiguration as ShownConfiguration,
  type TriggerResourceUpdateOn,
  UpdateSyncConfiguration$,
} from "../../sdk/codeconnections.js";
import * as former from "../../sdk/codestar-connections.js";
import { invalidToken } from "./connection.ts";
import { driftWatches } from "./drift-watch.ts";
import { watchPullRequests } from "./pull-request.ts";
import { repositoryLinks, requireLink } from "./repository-link.ts";
import { forgetRepository } from "./repository-sync.ts";
import { unwatchSource } from "./source.ts";
import { forgetAttempts } from "./sync-attempt.ts";
import { forgetBlockers } from "./sync-blocker.ts";
import { underBothNames } from "./two-names.ts";

/** A stack that follows a branch, by its name. There is one type of sync: CFN_STACK_SYNC. */
export interface SyncConfiguration extends Row {
  readonly linkId: string;
  readonly branch: string;
  readonly configFile: string;
  readonly roleArn: string;
  readonly publishDeploymentStatus: PublishDeploymentStatus;
  readonly triggerOn: TriggerResourceUpdateOn;
  readonly pullRequestComment: PullRequestComment;
  /** Raised whenever the latest commit is to be tried again. */
  readonly generation: number;
}

export const syncConfigurations = new Table<SyncConfiguration>("codeconnections/sync-configuration", {
  indexes: { link: ({ linkId }) => linkId },
});

const PAGE_SIZE = 100;

export const createSyncConfiguration = underBothNames(CreateSyncConfiguration$, former.CreateSyncConfiguration$, (scope, input) => {
  const { ResourceName, RepositoryLinkId, Branch, ConfigFile, RoleArn } = input;
  const declared = { linkId: RepositoryLinkId!, branch: Branch!, configFile: ConfigFile!, roleArn: RoleArn!, ...settingsOf(input) };
  return { SyncConfiguration: shownConfiguration(scope, newConfiguration(scope, ResourceName!, declared)) };
});

export const getSyncConfiguration = underBothNames(GetSyncConfiguration$, former.GetSyncConfiguration$, (scope, { ResourceName }) => ({
  SyncConfiguration: shownConfiguration(scope, requireConfiguration(scope, ResourceName!)),
}));

export const listSyncConfigurations = underBothNames(
  ListSyncConfigurations$,
  former.ListSyncConfigurations$,
  (scope, { RepositoryLinkId, MaxResults = PAGE_SIZE, NextToken }) => {
    const found = syncConfigurations.by(scope, "link", requireLink(scope, RepositoryLinkId!).id);
    const { items, nextToken } = page(found, ({ id }) => id, MaxResults || PAGE_SIZE, NextToken, invalidToken);
    return { SyncConfigurations: items.map((one) => shownConfiguration(scope, one)), ...(nextToken && { NextToken: nextToken }) };
  },
);

/** Of a stack, the parent and the target are the same. */
export const listRepositorySyncDefinitions = underBothNames(
  ListRepositorySyncDefinitions$,
  former.ListRepositorySyncDefinitions$,
  (scope, { RepositoryLinkId }) => ({
    RepositorySyncDefinitions: syncConfigurations
      .by(scope, "link", requireLink(scope, RepositoryLinkId!).id)
      .map(({ id, branch, configFile }) => ({ Branch: branch, Directory: configFile, Parent: id, Target: id })),
  }),
);

export const updateSyncConfiguration = underBothNames(UpdateSyncConfiguration$, former.UpdateSyncConfiguration$, (scope, input) => {
  const known = requireConfiguration(scope, input.ResourceName!);
  if (input.RepositoryLinkId !== undefined) requireLink(scope, input.RepositoryLinkId);
  const changed = changeConfiguration(scope, known, {
    ...(input.RepositoryLinkId !== undefined && { linkId: input.RepositoryLinkId }),
    ...(input.Branch !== undefined && { branch: input.Branch }),
    ...(input.ConfigFile !== undefined && { configFile: input.ConfigFile }),
    ...(input.RoleArn !== undefined && { roleArn: input.RoleArn }),
    ...settingsOf(input, known),
  });
  return { SyncConfiguration: shownConfiguration(scope, changed) };
});

/** What is not there is deleted. The stack stays. */
export const deleteSyncConfiguration = underBothNames(
  DeleteSyncConfiguration$,
  former.DeleteSyncConfiguration$,
  (scope, { ResourceName }) => {
    removeConfiguration(scope, ResourceName!);
    return {};
  },
);

export type Settings = Pick<SyncConfiguration, "publishDeploymentStatus" | "triggerOn" | "pullRequestComment">;

const DEFAULTS: Settings = { publishDeploymentStatus: "DISABLED", triggerOn: "ANY_CHANGE", pullRequestComment: "DISABLED" };

interface SettingsInput {
  readonly PublishDeploymentStatus?: PublishDeploymentStatus | undefined;
  readonly TriggerResourceUpdateOn?: TriggerResourceUpdateOn | undefined;
  readonly PullRequestComment?: PullRequestComment | undefined;
}

export const settingsOf = (input: SettingsInput, known: Settings = DEFAULTS): Settings => ({
  publishDeploymentStatus: input.PublishDeploymentStatus ?? known.publishDeploymentStatus,
  triggerOn: input.TriggerResourceUpdateOn ?? known.triggerOn,
  pullRequestComment: input.PullRequestComment ?? known.pullRequestComment,
});

/** Have a stack follow a branch. */
export function newConfiguration(scope: Scope, id: string, declared: Omit<SyncConfiguration, "id" | "generation">): SyncConfiguration {
  if (syncConfigurations.get(scope, id) !== undefined)
    fault(ResourceAlreadyExistsException, `A sync configuration already exists for resource ${id} of sync type CFN_STACK_SYNC.`);
  requireLink(scope, declared.linkId);
  if (declared.pullRequestComment === "ENABLED") watchPullRequests(scope, id);
  return syncConfigurations.put(scope, { id, ...declared, generation: 1 });
}

/** What was changed is tried with the latest commit. */
export function changeConfiguration(scope: Scope, known: SyncConfiguration, change: Partial<SyncConfiguration>): SyncConfiguration {
  const changed = syncConfigurations.patch(scope, known.id, { ...change, generation: known.generation + 1 });
  if (changed.pullRequestComment === "ENABLED") watchPullRequests(scope, known.id);
  forgetUnfollowed(scope, known);
  return changed;
}

export function removeConfiguration(scope: Scope, id: string): void {
  const known = syncConfigurations.get(scope, id);
  if (known === undefined) return;
  unwatchSource(scope, watchId(id));
  driftWatches.remove(scope, id);
  forgetAttempts(scope, id);
  forgetBlockers(scope, id);
  syncConfigurations.remove(scope, id);
  forgetUnfollowed(scope, known);
}

/** A branch that no stack follows any more is not looked at. */
function forgetUnfollowed(scope: Scope, { linkId, branch }: SyncConfiguration): void {
  if (!syncConfigurations.by(scope, "link", linkId).some((one) => one.branch === branch)) forgetRepository(scope, linkId, branch);
}

/** Who watches the repository for a stack. */
export const watchId = (resourceName: string): string => `sync/${resourceName}`;

export const requireConfiguration = (scope: Scope, resourceName: string): SyncConfiguration =>
  syncConfigurations.get(scope, resourceName) ??
  fault(ResourceNotFoundException, `Sync configuration not found for resource ${resourceName} of sync type CFN_STACK_SYNC.`);

export function shownConfiguration(scope: Scope, configuration: SyncConfiguration): ShownConfiguration {
  const { ownerId, repositoryName, providerType } = repositoryLinks.get(scope, configuration.linkId)!;
  return {
    Branch: configuration.branch,
    ConfigFile: configuration.configFile,
    OwnerId: ownerId,
    ProviderType: providerType,
    RepositoryLinkId: configuration.linkId,
    RepositoryName: repositoryName,
    ResourceName: configuration.id,
    RoleArn: configuration.roleArn,
    SyncType: "CFN_STACK_SYNC",
    PublishDeploymentStatus: configuration.publishDeploymentStatus,
    TriggerResourceUpdateOn: configuration.triggerOn,
    PullRequestComment: configuration.pullRequestComment,
  };
}
