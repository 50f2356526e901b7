import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { findConnection, providerFor } from "./connection.ts";
import { type OpenPullRequest, pullRequestsIn, pullRequestsRequest } from "./git-provider.ts";
import { fetchedRefs, mirrorId, mirrors, repositoryIdOf } from "./mirror.ts";
import { ask } from "./provider-question.ts";
import { commentId, type PullRequestWatch, pullRequestComments, pullRequestWatches } from "./pull-request.ts";
import { repositoryLinks, sourceOf } from "./repository-link.ts";
import type { Source } from "./source.ts";
import { type SyncConfiguration, syncConfigurations } from "./sync-configuration.ts";

/** Looks which pull requests are open, whenever the repository was fetched, and has each new commit of them commented. */
export const pullRequestWatchLoop: Loop<PullRequestWatch> = {
  table: pullRequestWatches,
  turn(scope, watch) {
    const { id, looked, looking, failure } = watch;
    const configuration = syncConfigurations.get(scope, id);
    if (looking !== undefined) return look(scope, watch, looking, configuration);
    if (configuration?.pullRequestComment !== "ENABLED") return pullRequestWatches.remove(scope, id);
    const source = sourceOf(repositoryLinks.get(scope, configuration.linkId)!, configuration.branch);
    const mirror = mirrorOf(scope, source);
    const fetched = mirror === undefined || mirror.failure !== undefined ? looked : mirror.fetched;
    if (fetched === looked) return { kind: "wait", because: failure ?? `${source.fullRepositoryId} is to be fetched again` };
    pullRequestWatches.patch(scope, id, { looking: { nth: fetched, source, asking: { attempt: 0 } } });
  },
};

function look(
  scope: Scope,
  { id }: PullRequestWatch,
  looking: NonNullable<PullRequestWatch["looking"]>,
  configuration: SyncConfiguration | undefined,
): Rest | undefined {
  const { nth, source, asking } = looking;
  const provider = providerFor(scope, source.connectionArn);
  const over = (change: Partial<PullRequestWatch>): undefined =>
    void pullRequestWatches.patch(scope, id, { looked: nth, looking: undefined, failure: undefined, ...change });
  if (typeof provider === "string") return over({ failure: provider });
  const question = pullRequestsRequest(provider, source.fullRepositoryId, source.branch);
  const answer = ask(scope, `pull-requests/${id}/${nth}`, asking, question);
  if (answer.state === "busy") return answer.rest;
  if (answer.state === "again") return void pullRequestWatches.patch(scope, id, { looking: { ...looking, asking: answer.asking } });
  // What cannot be asked now is asked after the next fetch.
  if (answer.state === "failed") return over({ failure: answer.reason });
  const found = pullRequestsIn(provider, answer.body, source.branch);
  if (configuration !== undefined) for (const one of found) begin(scope, configuration, source, one);
  return over({ open: found.map(({ number, commit }) => commentId(id, number, commit)) });
}

/** What was pushed after the fetch is seen after the next. */
function begin(scope: Scope, { id, configFile, roleArn }: SyncConfiguration, source: Source, { number, commit }: OpenPullRequest): void {
  const mirror = mirrorOf(scope, source);
  const comment = commentId(id, number, commit);
  if (mirror === undefined || pullRequestComments.get(scope, comment) !== undefined) return;
  if (![...fetchedRefs(scope, mirror.id).values()].includes(commit)) return;
  const { connectionArn, fullRepositoryId } = source;
  pullRequestComments.put(scope, {
    id: comment,
    resourceName: id,
    source: { connectionArn, fullRepositoryId },
    configFile,
    roleArn,
    number,
    repositoryId: repositoryIdOf(mirror),
    commit,
    status: "IN_PROGRESS",
    asking: { attempt: 0 },
  });
}

function mirrorOf(scope: Scope, { connectionArn, fullRepositoryId }: Source) {
  const connection = findConnection(scope, connectionArn);
  return connection && mirrors.get(scope, mirrorId(connection.id, fullRepositoryId));
}
