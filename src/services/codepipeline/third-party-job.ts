import { fault } from "../../kernel/fault.ts";
import { stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  AcknowledgeThirdPartyJob$,
  GetThirdPartyJobDetails$,
  InvalidClientTokenException,
  PollForThirdPartyJobs$,
  PutThirdPartyJobFailureResult$,
  PutThirdPartyJobSuccessResult$,
} from "../../sdk/codepipeline.js";
import { actionTypeRow, actionTypes } from "./custom-action-type.ts";
import { type Job, jobs, requireJob, requireOpenJob, succeedJob } from "./job.ts";
import { dataFor } from "./job-data.ts";
import { acknowledge, dispatch, requireActionType, waitingFor } from "./job-poll.ts";

/** Which jobs there are; what is in them a partner's worker has to ask for with his customer's token. */
export const pollForThirdPartyJobs = operation(PollForThirdPartyJobs$, (scope, { actionTypeId, maxBatchSize = 1 }) => {
  const type = requireActionType(scope, actionTypeId!, "ThirdParty");
  const found = waitingFor(scope, type).slice(0, maxBatchSize);
  return { jobs: found.map((job) => ({ clientId: type.partner!.clientId, jobId: dispatch(scope, job).jobId })) };
});

export const getThirdPartyJobDetails = operation(GetThirdPartyJobDetails$, (scope, { jobId, clientToken }) => {
  const job = checked(scope, requireJob(scope, jobId!), clientToken!);
  const data = dataFor(scope, job);
  const { pipelineArn: _, pipelineExecutionId: __, ...pipelineContext } = data.pipelineContext ?? {};
  return { jobDetails: { id: jobId!, data: { ...data, pipelineContext }, nonce: String(job.nonce) } };
});

export const acknowledgeThirdPartyJob = operation(AcknowledgeThirdPartyJob$, (scope, { jobId, nonce, clientToken }) => ({
  status: acknowledge(scope, checked(scope, requireJob(scope, jobId!), clientToken!), nonce!),
}));

export const putThirdPartyJobSuccessResult = operation(PutThirdPartyJobSuccessResult$, (scope, { jobId, clientToken, ...success }) => {
  succeedJob(scope, checked(scope, requireOpenJob(scope, jobId!), clientToken!), success);
  return {};
});

export const putThirdPartyJobFailureResult = operation(PutThirdPartyJobFailureResult$, (scope, { jobId, clientToken, failureDetails }) => {
  const { id } = checked(scope, requireOpenJob(scope, jobId!), clientToken!);
  jobs.patch(scope, id, { status: "Failed", failure: stored(failureDetails!) });
  return {};
});

/** The job, if the token is that of the customer whose it is. */
function checked(scope: Scope, job: Job, clientToken: string): Job {
  const partner = actionTypes.get(scope, actionTypeRow(job.data.actionTypeId!))?.partner;
  return partner?.clientToken === clientToken
    ? job
    : fault(InvalidClientTokenException, `The client token of job '${job.jobId}' is invalid`);
}
