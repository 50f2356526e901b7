import { forgetJob, isOver, jobs } from "../../compute/job.ts";
import type { Loop } from "../../kernel/loop.ts";
import { abandonedJobs } from "./abandoned-job.ts";

/** Forgets what was stopped, once it has stopped. */
export const abandonedJobLoop: Loop = {
  table: abandonedJobs,
  turn(scope, { id }) {
    const job = jobs.get(scope, id);
    if (job !== undefined && !isOver(job)) return { kind: "wait", because: "its process ends" };
    forgetJob(scope, id);
    abandonedJobs.remove(scope, id);
  },
};
