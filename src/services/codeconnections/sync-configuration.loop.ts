import type { Loop } from "../../kernel/loop.ts";
import { repositoryLinks, sourceOf } from "./repository-link.ts";
import { noteRepository } from "./repository-sync.ts";
import { fetchOf, watchedHead, watchSource } from "./source.ts";
import { isOver, latestAttempt, startAttempt } from "./sync-attempt.ts";
import { activeBlocker } from "./sync-blocker.ts";
import { type SyncConfiguration, syncConfigurations, watchId } from "./sync-configuration.ts";

/** Watches the branch of a stack, and tries each commit that it comes to, one after the other. */
export const syncConfigurationLoop: Loop<SyncConfiguration> = {
  table: syncConfigurations,
  turn(scope, configuration) {
    const { id, linkId, branch, generation } = configuration;
    const link = repositoryLinks.get(scope, linkId)!;
    const source = sourceOf(link, branch);
    watchSource(scope, watchId(id), source);
    const head = watchedHead(scope, source);
    if (head.state === "busy") return { kind: "wait", because: head.because };
    if (head.state === "failed") {
      noteRepository(scope, link, branch, { failure: head.reason });
      return { kind: "wait", because: head.reason };
    }
    const fetch = fetchOf(scope, source);
    noteRepository(scope, link, branch, fetch.failure === undefined ? { commit: head.commit } : { failure: fetch.failure });
    const blocker = activeBlocker(scope, id);
    if (blocker !== undefined) return { kind: "wait", because: `its sync is blocked: ${blocker.createdReason}` };
    const latest = latestAttempt(scope, id);
    if (latest !== undefined && !isOver(latest)) return { kind: "wait", because: `commit ${latest.commit} is on its way` };
    if (latest?.commit === head.commit && latest.generation === generation) return { kind: "wait", because: `${branch} has nothing new` };
    if (fetch.busy) return { kind: "wait", because: `${source.fullRepositoryId} is fetched` };
    const { commit, repositoryId } = head;
    startAttempt(scope, configuration, { generation, repositoryId, commit }, `Sync of ${id} to commit ${commit} was initiated.`);
  },
};
