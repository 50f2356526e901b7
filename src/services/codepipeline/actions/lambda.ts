import type { Scope } from "../../../kernel/scope.ts";
import { invokeEvent } from "../../lambda/api.ts";
import type { Job } from "../job.ts";
import { credentialsFor, endOfJob, forgetJobs, jobsOf, putJob } from "../job-run.ts";
import type { ActionProgress, ActionProvider } from "../provider.ts";
import type { Run } from "../run.ts";

const TIMEOUT_MINUTES = 1440;

/** A function that says itself how it went. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html */
export const lambdaInvoke: ActionProvider = {
  type: { category: "Invoke", owner: "AWS", provider: "Lambda", version: "1" },
  inputs: [0, 5],
  outputs: [0, 5],
  properties: [{ name: "FunctionName", required: true }, { name: "UserParameters" }],
  timeoutMinutes: TIMEOUT_MINUTES,
  needs({ account }, { region, configuration: { FunctionName = "" } }) {
    const resource = FunctionName.startsWith("arn:") ? FunctionName : `arn:aws:lambda:${region}:${account}:function:${FunctionName}`;
    return [{ action: "lambda:InvokeFunction", resource }];
  },
  observe: (scope, run) => observeFunction(scope, run, run.configuration["FunctionName"]!),
  stop: forgetJobs,
  entityUrl: ({ region }, { FunctionName }) =>
    `https://${region}.console.aws.amazon.com/lambda/home?region=${region}#/functions/${FunctionName}`,
};

/** Have a function work on the run, again as often as it continues. */
export function observeFunction(scope: Scope, run: Run, functionName: string): ActionProgress {
  const known = jobsOf(scope, run);
  const job = known.at(-1);
  if (job === undefined) return invoke(scope, run, functionName, 1);
  if (job.status === "Succeeded" && job.continuationToken !== undefined)
    return invoke(scope, run, functionName, known.length + 1, job.continuationToken);
  if (job.status === "InProgress") return working(job, functionName);
  forgetJobs(scope, run);
  return endOfJob(scope, job);
}

function invoke(scope: Scope, run: Run, functionName: string, number: number, continuationToken?: string): ActionProgress {
  const job = putJob(scope, run, number, { status: "InProgress", ...(continuationToken !== undefined && { continuationToken }) });
  invokeEvent(scope, functionName, payloadOf(scope, run, job));
  return working(job, functionName);
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html#action-reference-Lambda-event */
function payloadOf(scope: Scope, run: Run, job: Job): string {
  const { actionConfiguration, inputArtifacts, outputArtifacts, continuationToken, encryptionKey } = job.data;
  return JSON.stringify({
    "CodePipeline.job": {
      id: job.jobId,
      accountId: scope.account,
      data: {
        actionConfiguration,
        inputArtifacts: inputArtifacts!.map((artifact) => ({ revision: null, ...artifact })),
        outputArtifacts,
        artifactCredentials: credentialsFor(scope, run, job),
        ...(continuationToken !== undefined && { continuationToken }),
        ...(encryptionKey && { encryptionKey }),
      },
    },
  });
}

const working = ({ jobId }: Job, functionName: string): ActionProgress => ({
  status: "InProgress",
  because: `function ${functionName} has not reported on job ${jobId}`,
  externalExecutionId: jobId,
});
