import * as connection from "./connection.ts";
import * as host from "./host.ts";
import * as link from "./repository-link.ts";
import { getRepositorySyncStatus } from "./repository-sync.ts";
import { getResourceSyncStatus } from "./sync-attempt.ts";
import * as blocker from "./sync-blocker.ts";
import * as configuration from "./sync-configuration.ts";
import * as tag from "./tag.ts";
import type { TwoNames } from "./two-names.ts";

/** Every operation, under both names of the service. */
export const operations: readonly TwoNames[] = [
  connection.createConnection,
  connection.deleteConnection,
  connection.getConnection,
  connection.listConnections,
  host.createHost,
  host.deleteHost,
  host.getHost,
  host.listHosts,
  host.updateHost,
  link.createRepositoryLink,
  link.deleteRepositoryLink,
  link.getRepositoryLink,
  link.listRepositoryLinks,
  link.updateRepositoryLink,
  getRepositorySyncStatus,
  getResourceSyncStatus,
  blocker.getSyncBlockerSummary,
  blocker.updateSyncBlocker,
  configuration.createSyncConfiguration,
  configuration.deleteSyncConfiguration,
  configuration.getSyncConfiguration,
  configuration.listRepositorySyncDefinitions,
  configuration.listSyncConfigurations,
  configuration.updateSyncConfiguration,
  tag.listTagsForResource,
  tag.tagResource,
  tag.untagResource,
];
