import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type CurrentRevision,
  type ExecutionDetails,
  type FailureDetails,
  GetJobDetails$,
  InvalidJobStateException,
  type JobData,
  JobNotFoundException,
  type JobStatus,
  OutputVariablesSizeExceededException,
  PutJobFailureResult$,
  PutJobSuccessResult$,
} from "../../sdk/codepipeline.js";
import { dataFor } from "./job-data.ts";

/** What a function was invoked for, or a worker polls for, by the run of its action and a number: one that continues gets the next. */
export interface Job extends Row {
  readonly jobId: string;
  readonly run: string;
  readonly status: JobStatus;
  /** Without credentials. */
  readonly data: Stored<JobData>;
  /** The action type's, and the value of its queryable property: workers find the job by them. */
  readonly wanted?: string;
  readonly query?: string;
  /** Raised whenever a worker is handed the job. */
  readonly nonce: number;
  readonly dispatchedAt?: number;
  readonly continuationToken?: string;
  readonly details?: Stored<ExecutionDetails>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly revision?: Stored<CurrentRevision>;
  readonly failure?: Stored<FailureDetails>;
}

/** How a worker says that his job went well. */
export interface JobSuccess {
  readonly continuationToken?: string | undefined;
  readonly executionDetails?: ExecutionDetails | undefined;
  readonly currentRevision?: CurrentRevision | undefined;
  readonly outputVariables?: Readonly<Record<string, string>> | undefined;
}

export const jobs = new Table<Job>("codepipeline/job", {
  indexes: {
    jobId: ({ jobId }) => jobId,
    wanted: ({ wanted, status }) => (status === "Queued" || status === "Dispatched" ? wanted : undefined),
  },
});

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const VARIABLES_BYTES_MAX = 122_880;

export const putJobSuccessResult = operation(PutJobSuccessResult$, (scope, { jobId, ...success }) => {
  succeedJob(scope, requireOpenJob(scope, jobId!), success);
  return {};
});

export const putJobFailureResult = operation(PutJobFailureResult$, (scope, { jobId, failureDetails }) => {
  jobs.patch(scope, requireOpenJob(scope, jobId!).id, { status: "Failed", failure: stored(failureDetails!) });
  return {};
});

export const getJobDetails = operation(GetJobDetails$, (scope, { jobId }) => {
  const job = requireJob(scope, jobId!);
  return { jobDetails: { id: jobId!, data: dataFor(scope, job), accountId: scope.account } };
});

export function succeedJob(
  scope: Scope,
  job: Job,
  { continuationToken, executionDetails, currentRevision, outputVariables }: JobSuccess,
): void {
  if (outputVariables !== undefined && continuationToken !== undefined) {
    fault("ValidationException", "outputVariables cannot be included when there is a continuation token on the request");
  }
  if (Buffer.byteLength(JSON.stringify(outputVariables ?? {})) > VARIABLES_BYTES_MAX) {
    fault(OutputVariablesSizeExceededException, "Exceeded the total size limit for all variables in the pipeline.");
  }
  jobs.patch(scope, job.id, {
    status: "Succeeded",
    ...(continuationToken !== undefined && { continuationToken }),
    ...(executionDetails && { details: stored(executionDetails) }),
    ...(currentRevision && { revision: stored(currentRevision) }),
    ...(outputVariables && { variables: outputVariables }),
  });
}

/** The job, where nobody has said yet how it went. */
export function requireOpenJob(scope: Scope, jobId: string): Job {
  const job = requireJob(scope, jobId);
  if (job.status !== "Succeeded" && job.status !== "Failed") return job;
  return fault(InvalidJobStateException, `Job with id '${jobId}' is in a terminal state: ${job.status}`);
}

export function requireJob(scope: Scope, jobId: string): Job {
  const [job] = jobs.by(scope, "jobId", jobId);
  return job ?? fault(JobNotFoundException, `Could not find job with id '${jobId}'`);
}
