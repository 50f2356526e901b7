import { ensureJob, forgetJob, isOver, type Job } from "../../compute/job.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { certificateOf, connections } from "./connection.ts";
import { addressOf, parseRepository, withoutPassword } from "./git-server.ts";
import { type Mirror, mirrors, repositoryIdOf, watches, writeRefs } from "./mirror.ts";

/** How often a repository is looked at that somebody watches: where nobody tells us of pushes, and where somebody does. */
const POLL_MS = 60_000;
const POLL_TOLD_MS = 600_000;

/** A server that says nothing for half a minute is given up, and nothing is tidied behind our back. */
const PATIENCE = { "http.lowSpeedLimit": "1", "http.lowSpeedTime": "30", "gc.autoDetach": "false" };

/** Fetches a repository when somebody wants to know, and again and again while somebody watches it. */
export const mirrorLoop: Loop<Mirror> = {
  table: mirrors,
  turn(scope, mirror) {
    const { id, wanted, started, fetched, fetchedAt = 0, fullRepositoryId } = mirror;
    if (started > fetched) return take(scope, mirror);
    if (wanted > fetched) return startFetch(scope, mirrors.patch(scope, id, { started: wanted }));
    if (watches.by(scope, "mirror", id).length === 0) return;
    const lookAt = fetchedAt + (mirror.told ? POLL_TOLD_MS : POLL_MS);
    if (scope.clock.now() < lookAt) return { wakeAt: lookAt, kind: "tick", because: `${fullRepositoryId} is looked at now and then` };
    mirrors.patch(scope, id, { wanted: started + 1 });
  },
};

function startFetch(scope: Scope, mirror: Mirror): Rest | undefined {
  const connection = connections.get(scope, mirror.connectionId);
  const { server } = connection ?? {};
  if (server === undefined || server.type === "codecommit") return end(scope, mirror, "The connection is not available.");
  const address = addressOf(server, parseRepository(mirror.fullRepositoryId));
  const certificate = certificateOf(scope, connection!);
  ensureJob(scope, jobId(mirror), {
    type: "git",
    repositoryId: repositoryIdOf(mirror),
    ...(certificate !== undefined && { certificate }),
    commands: [
      {
        args: ["fetch", "--quiet", "--prune", "--force", "--", address, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"],
        config: PATIENCE,
      },
      { args: ["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags"] },
    ],
  });
  return waiting(mirror);
}

function take(scope: Scope, mirror: Mirror): Rest | undefined {
  const job = ensureJob(scope, jobId(mirror), { type: "git", repositoryId: repositoryIdOf(mirror), commands: [] });
  if (!isOver(job)) return waiting(mirror);
  forgetJob(scope, job.id);
  // The process died with the fetch: fetch again.
  if (job.status === "LOST") return startFetch(scope, mirror);
  if (job.status !== "SUCCEEDED") return end(scope, mirror, withoutPassword(job.reason ?? `The fetch is ${job.status}.`));
  writeRefs(scope, mirror, refsIn(job));
  return end(scope, mirror, undefined);
}

function end(scope: Scope, { id, started }: Mirror, failure: string | undefined): undefined {
  mirrors.patch(scope, id, { fetched: started, fetchedAt: scope.clock.now(), failure });
}

function refsIn({ result }: Job): Map<string, string> {
  const lines = result!.git![1]!.stdout.split("\n").filter(Boolean);
  return new Map(lines.map((line) => line.split(" ") as [string, string]));
}

const jobId = ({ id, started }: Mirror): string => `codeconnections/${id}/${started}`;

const waiting = ({ fullRepositoryId }: Mirror): Rest => ({ kind: "wait", because: `git fetches ${fullRepositoryId}` });
