import { idsFrom } from "../../../kernel/id.ts";
import type { Scope } from "../../../kernel/scope.ts";
import { invokeEvent } from "../../lambda/api.ts";
import { assumeForService } from "../../sts/api.ts";
import type { ActionRun } from "../action-run.ts";
import type { Artifact } from "../artifact.ts";
import { type Job, jobs } from "../job.ts";
import { declarationOf } from "../pipeline.ts";
import { type ActionProgress, type ActionProvider, type ExternalExecution, failed } from "../provider.ts";

const TIMEOUT_MINUTES = 1440;

/** A function that says itself how it went. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html */
export const lambdaInvoke: ActionProvider = {
  type: { category: "Invoke", owner: "AWS", provider: "Lambda", version: "1" },
  inputs: [0, 5],
  outputs: [0, 0],
  properties: [{ name: "FunctionName", required: true }, { name: "UserParameters" }],
  timeoutMinutes: TIMEOUT_MINUTES,
  observe(scope, run) {
    const known = jobs.list(scope, `${run.id}/`);
    const job = known.at(-1);
    if (job === undefined) return invoke(scope, run, 1);
    if (job.status === "Succeeded" && job.continuationToken !== undefined)
      return invoke(scope, run, known.length + 1, job.continuationToken);
    if (job.status === "InProgress") return working(job);
    for (const { id } of known) jobs.remove(scope, id);
    return ended(job);
  },
  stop(scope, run) {
    for (const { id } of jobs.list(scope, `${run.id}/`)) jobs.remove(scope, id);
  },
  entityUrl: ({ region }, { FunctionName }) =>
    `https://${region}.console.aws.amazon.com/lambda/home?region=${region}#/functions/${FunctionName}`,
};

function invoke(scope: Scope, run: ActionRun, number: number, continuationToken?: string): ActionProgress {
  const jobId = idsFrom(`${run.actionExecutionId}/${number}`).uuid();
  const data = {
    actionTypeId: run.type,
    actionConfiguration: { configuration: run.configuration },
    pipelineContext: {
      pipelineName: run.pipeline,
      stage: { name: run.stage },
      action: { name: run.action, actionExecutionId: run.actionExecutionId },
      pipelineArn: scope.arn("codepipeline", run.pipeline),
      pipelineExecutionId: run.executionId,
    },
    inputArtifacts: run.inputs.map(told),
    outputArtifacts: [],
    ...(continuationToken !== undefined && { continuationToken }),
  };
  const job = jobs.put(scope, {
    id: `${run.id}/${String(number).padStart(6, "0")}`,
    jobId,
    run: run.id,
    status: "InProgress",
    data,
  } as Job);
  invokeEvent(scope, run.configuration["FunctionName"]!, payloadOf(scope, run, job));
  return working(job);
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html#action-reference-Lambda-event */
function payloadOf(scope: Scope, run: ActionRun, { jobId, data }: Job): string {
  const { actionConfiguration, inputArtifacts, outputArtifacts, continuationToken } = data;
  const role = run.roleArn ?? declarationOf(scope, run.pipeline, run.pipelineVersion).roleArn!;
  const { accessKeyId, secretAccessKey, sessionToken } = assumeForService(scope, role, jobId);
  return JSON.stringify({
    "CodePipeline.job": {
      id: jobId,
      accountId: scope.account,
      data: {
        actionConfiguration,
        inputArtifacts,
        outputArtifacts,
        artifactCredentials: { accessKeyId, secretAccessKey, sessionToken },
        ...(continuationToken !== undefined && { continuationToken }),
      },
    },
  });
}

const working = ({ jobId, data }: Job): ActionProgress => ({
  status: "InProgress",
  because: `function ${data.actionConfiguration!.configuration!["FunctionName"]} has not reported on job ${jobId}`,
  externalExecutionId: jobId,
});

function ended({ status, details, failure, variables }: Job): ActionProgress {
  const external: ExternalExecution = {
    ...(details?.externalExecutionId !== undefined && { externalExecutionId: details.externalExecutionId }),
    ...(details?.summary !== undefined && { summary: details.summary }),
  };
  if (status === "Succeeded") return { status, ...external, ...(variables && { variables }) };
  const { type = "JobFailed", message = "", externalExecutionId } = failure ?? {};
  return failed(type, message, { ...(externalExecutionId !== undefined && { externalExecutionId }), summary: message });
}

const told = ({ name, bucket, key, revision }: Artifact) => ({
  name,
  revision: revision ?? null,
  location: { type: "S3", s3Location: { bucketName: bucket, objectKey: key } },
});
