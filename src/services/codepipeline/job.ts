import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type ExecutionDetails,
  type FailureDetails,
  GetJobDetails$,
  InvalidJobStateException,
  type JobData,
  JobNotFoundException,
  PutJobFailureResult$,
  PutJobSuccessResult$,
} from "../../sdk/codepipeline.js";

/** What a function was invoked for, by the run of its action and a number: a function that continues gets the next. */
export interface Job extends Row {
  readonly jobId: string;
  readonly run: string;
  readonly status: "InProgress" | "Succeeded" | "Failed";
  /** Without credentials. */
  readonly data: Stored<JobData>;
  readonly continuationToken?: string;
  readonly details?: Stored<ExecutionDetails>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly failure?: Stored<FailureDetails>;
}

export const jobs = new Table<Job>("codepipeline/job", { indexes: { jobId: ({ jobId }) => jobId } });

export const putJobSuccessResult = operation(
  PutJobSuccessResult$,
  (scope, { jobId, continuationToken, executionDetails, outputVariables }) => {
    const job = requireOpenJob(scope, jobId!);
    jobs.patch(scope, job.id, {
      status: "Succeeded",
      ...(continuationToken !== undefined && { continuationToken }),
      ...(executionDetails && { details: stored(executionDetails) }),
      ...(outputVariables && { variables: outputVariables }),
    });
    return {};
  },
  { partial: "currentRevision is not kept" },
);

export const putJobFailureResult = operation(PutJobFailureResult$, (scope, { jobId, failureDetails }) => {
  const job = requireOpenJob(scope, jobId!);
  jobs.patch(scope, job.id, { status: "Failed", failure: stored(failureDetails!) });
  return {};
});

export const getJobDetails = operation(GetJobDetails$, (scope, { jobId }) => {
  const { data } = requireJob(scope, jobId!);
  return { jobDetails: { id: jobId!, data: data as JobData, accountId: scope.account } };
});

function requireOpenJob(scope: Scope, jobId: string): Job {
  const job = requireJob(scope, jobId);
  if (job.status === "InProgress") return job;
  return fault(InvalidJobStateException, `Job with id '${jobId}' is in a terminal state: ${job.status}`);
}

function requireJob(scope: Scope, jobId: string): Job {
  const [job] = jobs.by(scope, "jobId", jobId);
  return job ?? fault(JobNotFoundException, `Could not find job with id '${jobId}'`);
}
