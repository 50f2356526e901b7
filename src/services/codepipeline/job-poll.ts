import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  AcknowledgeJob$,
  type ActionTypeId,
  ActionTypeNotFoundException,
  InvalidNonceException,
  type JobStatus,
  PollForJobs$,
} from "../../sdk/codepipeline.js";
import { actionTypeRow, actionTypes, type CustomActionType } from "./custom-action-type.ts";
import { type Job, jobs, requireJob } from "./job.ts";
import { dataFor } from "./job-data.ts";

/** A job that a worker was handed and has not acknowledged is handed out again. */
const HANDED_OUT_MS = 60_000;

/** https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PollForJobs.html */
export const pollForJobs = operation(PollForJobs$, (scope, { actionTypeId, maxBatchSize = 1, queryParam = {} }) => {
  const type = requireActionType(scope, actionTypeId!, "Custom");
  const queryable = type.shown.actionConfigurationProperties?.find((property) => property.queryable)?.name;
  const keys = Object.keys(queryParam);
  if (queryable === undefined ? keys.length > 0 : keys[0] !== queryable) {
    fault("ValidationException", `Query parameters must be the queryable properties of the action type: [${queryable ?? ""}]`);
  }
  const found = waitingFor(scope, type).filter(({ query }) => queryable === undefined || query === queryParam[queryable]);
  return { jobs: found.slice(0, maxBatchSize).map((job) => handOut(scope, job)) };
});

export const acknowledgeJob = operation(AcknowledgeJob$, (scope, { jobId, nonce }) => ({
  status: acknowledge(scope, requireJob(scope, jobId!), nonce!),
}));

/** The jobs of the type that nobody works on, oldest execution first. */
export function waitingFor(scope: Scope, { id }: CustomActionType): Job[] {
  const isFree = ({ status, dispatchedAt = 0 }: Job): boolean => status === "Queued" || scope.clock.now() - dispatchedAt >= HANDED_OUT_MS;
  return jobs.by(scope, "wanted", id).filter(isFree).reverse();
}

export function requireActionType(scope: Scope, typeId: ActionTypeId, owner: "Custom" | "ThirdParty"): CustomActionType {
  if (typeId.owner !== owner) fault("ValidationException", `The owner of the action type must be ${owner}: ${typeId.owner}`);
  const type = actionTypes.get(scope, actionTypeRow(typeId));
  if (type !== undefined && !type.isDeleted) return type;
  const { category, provider, version } = typeId;
  return fault(
    ActionTypeNotFoundException,
    `Could not find action type for category: '${category}', owner: '${owner}', provider: '${provider}', version: '${version}'`,
  );
}

/** The job is somebody's from now on, if his nonce is that of the last time it was handed out. */
export function acknowledge(scope: Scope, job: Job, nonce: string): JobStatus {
  if (nonce !== String(job.nonce)) fault(InvalidNonceException, `Nonce '${nonce}' of job '${job.jobId}' is invalid`);
  if (job.status === "Queued" || job.status === "Dispatched") return jobs.patch(scope, job.id, { status: "InProgress" }).status;
  return job.status;
}

/** The next nonce of a job. */
export const dispatch = (scope: Scope, { id, nonce }: Job): Job =>
  jobs.patch(scope, id, { status: "Dispatched", nonce: nonce + 1, dispatchedAt: scope.clock.now() });

function handOut(scope: Scope, job: Job) {
  const { jobId, nonce } = dispatch(scope, job);
  return { id: jobId, data: dataFor(scope, job), nonce: String(nonce), accountId: scope.account };
}
