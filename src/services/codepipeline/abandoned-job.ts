import { forgetJob, isOver, jobs, stopJob } from "../../compute/job.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";

/** A job whose action does not wait for it any more, by its id: somebody has to forget it when its process is gone. */
interface AbandonedJob extends Row {}

export const abandonedJobs = new Table<AbandonedJob>("codepipeline/abandoned-job");

/** The job of a run that runs commands. */
export const shellJob = (actionExecutionId: string): string => `codepipeline/${actionExecutionId}/shell`;

/** End a job without waiting for it. */
export function abandonJob(scope: Scope, id: string): void {
  stopJob(scope, id);
  const job = jobs.get(scope, id);
  if (job === undefined) return;
  if (isOver(job)) forgetJob(scope, id);
  else abandonedJobs.put(scope, { id });
}
