import type { BlobRef } from "../../kernel/blob.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { JobData } from "../../sdk/codepipeline.js";
import { readObject } from "../s3/api.ts";
import { assumeForService } from "../sts/api.ts";
import { type Artifact, artifactKey, storeOf } from "./artifact.ts";
import { type Job, jobs } from "./job.ts";
import { roleOf } from "./permission.ts";
import { declarationOf } from "./pipeline.ts";
import { type ActionProgress, type ExternalExecution, failed } from "./provider.ts";
import type { Run } from "./run.ts";

/** The jobs of a run, oldest first: one that continues has several. */
export const jobsOf = (scope: Scope, { id }: Run): Job[] => jobs.list(scope, `${id}/`);

export function forgetJobs(scope: Scope, run: Run): void {
  for (const { id } of jobsOf(scope, run)) jobs.remove(scope, id);
}

/** Write down what there is to be done for a run. */
export function putJob(scope: Scope, run: Run, number: number, more: Pick<Job, "status"> & Partial<Job>): Job {
  const { continuationToken, ...rest } = more;
  return jobs.put(scope, {
    id: `${run.id}/${String(number).padStart(6, "0")}`,
    jobId: idsFrom(`${run.actionExecutionId}/${number}`).uuid(),
    run: run.id,
    nonce: 0,
    data: dataOf(scope, run, continuationToken),
    ...rest,
  });
}

/** Credentials for the artifacts of a job and nothing else: those of its action's role, or the pipeline's. */
export function credentialsFor(
  scope: Scope,
  run: Pick<Run, "roleArn" | "pipeline" | "pipelineVersion">,
  { jobId, data }: Job,
): NonNullable<JobData["artifactCredentials"]> {
  const role = roleOf(scope, run);
  const { accessKeyId, secretAccessKey, sessionToken } = assumeForService(scope, role, jobId, { policy: artifactPolicy(data) });
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_AWSSessionCredentials.html */
function artifactPolicy({ inputArtifacts = [], outputArtifacts = [], encryptionKey }: Job["data"]): string {
  const statement = (Action: readonly string[], Resource: readonly string[]) =>
    Resource.length === 0 ? [] : [{ Effect: "Allow", Action, Resource }];
  const objectOf = ({ location }: (typeof inputArtifacts)[number]): string =>
    `arn:aws:s3:::${location!.s3Location!.bucketName}/${location!.s3Location!.objectKey}`;
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      ...statement(["s3:GetObject", "s3:GetObjectVersion"], inputArtifacts.map(objectOf)),
      ...statement(["s3:PutObject", "s3:AbortMultipartUpload"], outputArtifacts.map(objectOf)),
      ...statement(["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*"], encryptionKey ? [encryptionKey.id!] : []),
    ],
  });
}

function dataOf(scope: Scope, run: Run, continuationToken: string | undefined): Job["data"] {
  const store = storeOf(declarationOf(scope, run.pipeline, run.pipelineVersion), run.region);
  const outputs = run.outputs.map((name) => ({
    name,
    location: { type: "S3" as const, s3Location: { bucketName: store?.location ?? "", objectKey: keyOf(run, name) } },
  }));
  return {
    actionTypeId: run.type as NonNullable<Job["data"]["actionTypeId"]>,
    actionConfiguration: { configuration: run.configuration },
    pipelineContext: {
      pipelineName: run.pipeline,
      stage: { name: run.stage },
      action: { name: run.action, actionExecutionId: run.actionExecutionId },
      pipelineArn: scope.arn("codepipeline", run.pipeline),
      pipelineExecutionId: run.executionId,
    },
    inputArtifacts: run.inputs.map(told),
    outputArtifacts: outputs,
    ...(continuationToken !== undefined && { continuationToken }),
    ...(store?.encryptionKey && { encryptionKey: store.encryptionKey }),
  };
}

/** How a job ended that does not continue, with what was put where the output artifacts belong. */
export function endOfJob(scope: Scope, { status, details, failure, variables, revision, data }: Job): ActionProgress {
  if (status !== "Succeeded") {
    const { type = "JobFailed", message = "", externalExecutionId } = failure ?? {};
    return failed(type, message, { ...(externalExecutionId !== undefined && { externalExecutionId }), summary: message });
  }
  const external: ExternalExecution = {
    ...(details?.externalExecutionId !== undefined && { externalExecutionId: details.externalExecutionId }),
    ...(details?.summary !== undefined && { summary: details.summary }),
  };
  const artifacts: Record<string, BlobRef> = {};
  for (const { name, location } of data.outputArtifacts ?? []) {
    const { bucketName, objectKey } = location!.s3Location!;
    const object = readObject(scope, bucketName!, objectKey!);
    if (object === undefined)
      return failed("JobFailed", `The output artifact ${name} was not put to s3://${bucketName}/${objectKey}.`, external);
    artifacts[name!] = { digest: object.digest, size: object.size };
  }
  const found = revision && {
    id: revision.revision!,
    ...(revision.revisionSummary !== undefined && { summary: revision.revisionSummary }),
    ...(revision.created !== undefined && { createdAt: revision.created }),
  };
  return { status: "Succeeded", ...external, artifacts, ...(variables && { variables }), ...(found && { revision: found }) };
}

const keyOf = ({ pipeline, actionExecutionId, type }: Run, name: string): string =>
  artifactKey({ name, pipeline, actionExecutionId, isSource: type.category === "Source" });

const told = ({ name, bucket, key, revision }: Artifact) => ({
  name,
  ...(revision !== undefined && { revision }),
  location: { type: "S3" as const, s3Location: { bucketName: bucket, objectKey: key } },
});
