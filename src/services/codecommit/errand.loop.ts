import { ensureReading, forgetJob, isOver } from "../../compute/job.ts";
import type { Loop } from "../../kernel/loop.ts";
import { type Errand, errands, mirror, UNTAKEN_MS } from "./errand.ts";
import { closeAsMerged } from "./pull-request-end.ts";

/**
 * Asks git, tells the mirror of the ref that moved, and cleans up after a caller who has gone. What was lost with the process is asked
 * for again: the same commit made twice is one commit, and a ref that has moved moves no further.
 */
export const errandLoop: Loop<Errand> = {
  table: errands,
  turn(scope, errand) {
    const { id, repositoryId, commands, workTree, moves, removes } = errand;
    const job = ensureReading(scope, id, {
      type: "git",
      repositoryId,
      commands,
      ...(workTree && { workTree }),
      ...(removes && { remove: true }),
    });
    if (!isOver(job)) return { kind: "wait", because: "git works on the repository" };
    if (moves !== undefined && !errand.mirrored && job.status === "SUCCEEDED") {
      const commit = mirror(scope, errand, moves, job);
      if (moves.merge?.pullRequestId !== undefined)
        closeAsMerged(scope, moves.merge.pullRequestId, { ...moves.merge, commit, actorArn: errand.callerArn });
    }
    // Nobody waits to hear of a removal.
    const goesAt = job.endedAt! + (removes ? 0 : UNTAKEN_MS);
    if (scope.clock.now() < goesAt) return { wakeAt: goesAt, kind: "tick", because: "its caller has yet to take the answer" };
    errands.remove(scope, id);
    forgetJob(scope, id);
  },
};
