import { service } from "../../kernel/service.ts";
import { commitStatusLoop } from "./commit-status.loop.ts";
import { publishedStatuses } from "./commit-status.ts";
import { connections } from "./connection.ts";
import { driftWatchLoop } from "./drift-watch.loop.ts";
import { driftWatches } from "./drift-watch.ts";
import { hosts } from "./host.ts";
import { mirrorLoop } from "./mirror.loop.ts";
import { mirrors, remoteRefs, watches } from "./mirror.ts";
import { operations } from "./operations.ts";
import { pullRequestComments, pullRequestWatches } from "./pull-request.ts";
import { pullRequestCommentLoop } from "./pull-request-comment.loop.ts";
import { pullRequestWatchLoop } from "./pull-request-watch.loop.ts";
import { repositoryLinks } from "./repository-link.ts";
import { repositorySyncs } from "./repository-sync.ts";
import { connectionResources } from "./resources.ts";
import { sourceRequests } from "./source.ts";
import { syncAttemptLoop } from "./sync-attempt.loop.ts";
import { syncAttempts } from "./sync-attempt.ts";
import { syncBlockers } from "./sync-blocker.ts";
import { syncConfigurationLoop } from "./sync-configuration.loop.ts";
import { syncConfigurations } from "./sync-configuration.ts";

export const codeconnections = service({
  name: "codeconnections",
  operations: operations.map(({ current }) => current),
  tables: [
    connections,
    hosts,
    mirrors,
    remoteRefs,
    watches,
    sourceRequests,
    repositoryLinks,
    repositorySyncs,
    syncConfigurations,
    syncAttempts,
    syncBlockers,
    driftWatches,
    publishedStatuses,
    pullRequestWatches,
    pullRequestComments,
  ],
  loops: [
    mirrorLoop,
    syncConfigurationLoop,
    syncAttemptLoop,
    driftWatchLoop,
    commitStatusLoop,
    pullRequestWatchLoop,
    pullRequestCommentLoop,
  ],
  resources: connectionResources,
});
