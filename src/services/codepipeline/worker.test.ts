import { describe, expect, test } from "vitest";
import type { ActionDeclaration } from "../../sdk/codepipeline.js";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { putObject } from "../s3/api.ts";
import { putActionRevision } from "./action-revision.ts";
import { getActionType, listActionTypes, putPartnerType, updateActionType } from "./action-type.ts";
import {
  actionsOf,
  allow,
  approval,
  create,
  executionsOf,
  latest,
  pipelineName,
  pipelineOf,
  prepare,
  source,
  start,
  stateOf,
  world,
} from "./codepipeline.fixture.ts";
import { createCustomActionType, deleteCustomActionType } from "./custom-action-type.ts";
import { listDeployActionExecutionTargets } from "./deploy-target.ts";
import { getJobDetails, jobs, putJobFailureResult, putJobSuccessResult } from "./job.ts";
import { acknowledgeJob, pollForJobs } from "./job-poll.ts";
import { getPipeline, updatePipeline } from "./pipeline.ts";
import { stopPipelineExecution } from "./stop.ts";
import { listTagsForResource, tagResource, untagResource } from "./tag.ts";
import {
  acknowledgeThirdPartyJob,
  getThirdPartyJobDetails,
  pollForThirdPartyJobs,
  putThirdPartyJobFailureResult,
  putThirdPartyJobSuccessResult,
} from "./third-party-job.ts";

const TYPE = { category: "Test", provider: "Jenkins", version: "1" } as const;
const ID = { ...TYPE, owner: "Custom" } as const;
const JENKINS = {
  ...TYPE,
  settings: { entityUrlTemplate: "http://jenkins/job/{Config:Project}" },
  configurationProperties: [{ name: "Project", required: true, key: true, secret: false, queryable: true }],
  inputArtifactDetails: { minimumCount: 0, maximumCount: 1 },
  outputArtifactDetails: { minimumCount: 0, maximumCount: 1 },
};

const check: ActionDeclaration = {
  name: "Check",
  actionTypeId: ID,
  configuration: { Project: "shop" },
  inputArtifacts: [{ name: "Source" }],
  outputArtifacts: [{ name: "Report" }],
  namespace: "Check",
};

async function withWorker(cloud = world()): Promise<World> {
  await prepare(cloud);
  await cloud.call(createCustomActionType, JENKINS);
  await create(cloud, pipelineOf([source, check]));
  return cloud;
}
const poll = async (cloud: World, Project = "shop") =>
  (await cloud.call(pollForJobs, { actionTypeId: ID, maxBatchSize: 5, queryParam: { Project } })).jobs!;

describe("the credentials of a job", () => {
  test("are those of the pipeline's role, for its artifacts alone", async () => {
    const cloud = await withWorker();
    await allow(cloud, "s3:*");
    const [job] = await poll(cloud);
    const { jobDetails } = await cloud.call(getJobDetails, { jobId: job!.id! });
    const { inputArtifacts, outputArtifacts, artifactCredentials } = jobDetails!.data!;
    const { accessKeyId } = artifactCredentials!;
    const scope = cloud.scope();
    const { arn, userId, type } = scope.registry.key(scope, accessKeyId!)!;
    expect(arn).toBe(`arn:aws:sts::111122223333:assumed-role/pipeline/${job!.id}`);
    const caller = { ...scope.caller, arn, userId, type, accessKeyId: accessKeyId! };
    const refusal = (action: string, artifact: (typeof inputArtifacts & object)[number]) => {
      const { bucketName, objectKey } = artifact.location!.s3Location!;
      return scope.registry.authorize(scope, caller, action, `arn:aws:s3:::${bucketName}/${objectKey}`);
    };
    expect(refusal("s3:GetObject", inputArtifacts![0]!)).toBeUndefined();
    expect(refusal("s3:PutObject", outputArtifacts![0]!)).toBeUndefined();
    expect(scope.registry.authorize(scope, caller, "sts:GetCallerIdentity", "*")).toBeUndefined();
    expect(refusal("s3:PutObject", inputArtifacts![0]!)).toContain("because no session policy allows the s3:PutObject action");
  });
});

describe("a custom action", () => {
  test("is carried out by a worker, who continues, leaves an artifact, and says what came of it", async () => {
    const cloud = await withWorker();
    expect((await stateOf(cloud, "Test")).actionStates![0]).toMatchObject({ entityUrl: "http://jenkins/job/shop" });
    expect(await poll(cloud, "other")).toEqual([]);
    const [job] = await poll(cloud);
    expect(job).toMatchObject({
      nonce: "1",
      accountId: cloud.account,
      data: { actionTypeId: ID, pipelineContext: { pipelineName }, artifactCredentials: { accessKeyId: expect.any(String) } },
    });
    expect(await poll(cloud)).toEqual([]);
    const jobId = job!.id!;
    await expect(cloud.call(acknowledgeJob, { jobId, nonce: "9" })).rejects.toMatchObject({ name: "InvalidNonceException" });
    expect(await cloud.call(acknowledgeJob, { jobId, nonce: job!.nonce! })).toEqual({ status: "InProgress" });
    await cloud.call(putJobSuccessResult, { jobId, continuationToken: "later" });
    const [next] = await poll(cloud);
    expect(next!.data!.continuationToken).toBe("later");
    const { bucketName, objectKey } = next!.data!.outputArtifacts![0]!.location!.s3Location!;
    cloud.change((scope) => putObject(scope, bucketName!, objectKey!, scope.blobs.write(Buffer.from("report"))));
    await cloud.call(acknowledgeJob, { jobId: next!.id!, nonce: next!.nonce! });
    const currentRevision = { revision: "r7", changeIdentifier: "7", revisionSummary: "Seven" };
    const executionDetails = { summary: "green", externalExecutionId: "77", percentComplete: 100 };
    await cloud.call(putJobSuccessResult, { jobId: next!.id!, currentRevision, executionDetails, outputVariables: { Tests: "12" } });
    expect((await latest(cloud)).status).toBe("Succeeded");
    const [done] = await actionsOf(cloud);
    expect(done!.output).toMatchObject({
      executionResult: { externalExecutionId: "77", externalExecutionSummary: "green" },
      outputArtifacts: [{ name: "Report", s3location: { bucket: bucketName, key: objectKey } }],
      outputVariables: { Tests: "12" },
    });
    expect((await stateOf(cloud, "Test")).actionStates![0]!.currentRevision).toMatchObject({ revisionId: "r7" });
    const actionExecutionId = done!.actionExecutionId!;
    expect(await cloud.call(listDeployActionExecutionTargets, { actionExecutionId })).toEqual({ targets: [] });
    await expect(cloud.call(listDeployActionExecutionTargets, { actionExecutionId: "none" })).rejects.toMatchObject({
      name: "ActionExecutionNotFoundException",
    });
  });

  test("fails with the worker's words, or where he leaves nothing", async () => {
    const cloud = await withWorker();
    const [job] = await poll(cloud);
    await cloud.call(putJobFailureResult, { jobId: job!.id!, failureDetails: { type: "JobFailed", message: "It is red" } });
    expect((await actionsOf(cloud))[0]).toMatchObject({ output: { executionResult: { errorDetails: { message: "It is red" } } } });
    await create(cloud, { ...pipelineOf([source, check]), name: "second" });
    const [other] = await poll(cloud);
    await cloud.call(putJobSuccessResult, { jobId: other!.id! });
    await expect(cloud.call(getJobDetails, { jobId: other!.id! })).rejects.toMatchObject({ name: "JobNotFoundException" });
  });

  test("is handed out again to whoever asks, where nobody acknowledges it, and gone when it is stopped", async () => {
    const cloud = await withWorker();
    const [job] = await poll(cloud);
    await cloud.advance("1m");
    expect((await poll(cloud))[0]).toMatchObject({ id: job!.id, nonce: "2" });
    const { pipelineExecutionId } = await latest(cloud);
    await cloud.call(stopPipelineExecution, { pipelineName, pipelineExecutionId: pipelineExecutionId!, abandon: true });
    await expect(cloud.call(acknowledgeJob, { jobId: job!.id!, nonce: "2" })).rejects.toMatchObject({ name: "JobNotFoundException" });
  });

  test("times out after a day", async () => {
    const cloud = await withWorker();
    await cloud.advance("1d");
    expect((await actionsOf(cloud))[0]).toMatchObject({ output: { executionResult: { errorDetails: { code: "Timeout" } } } });
  });

  test("has a type that goes, and comes back only as it was", async () => {
    const cloud = await withWorker();
    const listed = async () => (await cloud.call(listActionTypes, { actionOwnerFilter: "Custom" })).actionTypes!;
    expect(await listed()).toMatchObject([{ id: ID }]);
    await cloud.call(deleteCustomActionType, TYPE);
    expect(await listed()).toEqual([]);
    await expect(poll(cloud)).rejects.toMatchObject({ name: "ActionTypeNotFoundException" });
    expect((await latest(cloud)).status).toBe("Failed");
    const changed = { ...JENKINS, outputArtifactDetails: { minimumCount: 0, maximumCount: 2 } };
    await expect(cloud.call(createCustomActionType, changed)).rejects.toMatchObject({ name: "ValidationException" });
    await cloud.call(createCustomActionType, JENKINS);
    await expect(cloud.call(createCustomActionType, JENKINS)).rejects.toMatchObject({ name: "ValidationException" });
    await expect(cloud.call(pollForJobs, { actionTypeId: { ...ID, owner: "AWS" } })).rejects.toMatchObject({ name: "ValidationException" });
  });

  test("of a type that has tags", async () => {
    const cloud = await withWorker();
    const resourceArn = cloud.scope().arn("codepipeline", `actiontype:Custom/${ID.category}/${ID.provider}/${ID.version}`);
    await cloud.call(tagResource, { resourceArn, tags: [{ key: "team", value: "shop" }] });
    expect((await cloud.call(listTagsForResource, { resourceArn })).tags).toEqual([{ key: "team", value: "shop" }]);
    await cloud.call(untagResource, { resourceArn, tagKeys: ["team"] });
    expect((await cloud.call(listTagsForResource, { resourceArn })).tags).toEqual([]);
    await cloud.call(deleteCustomActionType, { category: ID.category, provider: ID.provider, version: ID.version });
    await expect(cloud.call(listTagsForResource, { resourceArn })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  test("ends the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await withWorker(cloud);
      // Whoever polls gets credentials, which expire on a real clock.
      const jobId = (): string => jobs.list(cloud.scope()).at(-1)!.jobId;
      await cloud.call(putJobSuccessResult, { jobId: jobId(), continuationToken: "later" });
      await cloud.call(putJobFailureResult, { jobId: jobId(), failureDetails: { type: "JobFailed", message: "It is red" } });
      expect((await latest(cloud)).status).toBe("Failed");
    });
  });
});

describe("a partner's action", () => {
  const id = { category: "Test", owner: "ThirdParty", provider: "Lab", version: "1" } as const;
  const declaration = {
    id,
    executor: { type: "JobWorker", configuration: { jobWorkerExecutorConfiguration: { pollingAccounts: ["444455556666"] } } },
    inputArtifactDetails: { minimumCount: 0, maximumCount: 1 },
    outputArtifactDetails: { minimumCount: 0, maximumCount: 0 },
    properties: [{ name: "Key", optional: false, key: true, noEcho: true }],
  } as const;
  const action: ActionDeclaration = { name: "Lab", actionTypeId: id, configuration: { Key: "k" } };
  const refusal = { name: "InvalidClientTokenException" };

  test("is worked on by whoever shows the customer's token", async () => {
    const cloud = world();
    await prepare(cloud);
    await expect(cloud.call(getActionType, id)).rejects.toMatchObject({ name: "ActionTypeNotFoundException" });
    const { clientId, clientToken } = cloud.change((scope) => putPartnerType(scope, declaration as never)).partner!;
    await cloud.call(updateActionType, { actionType: { ...declaration, description: "A lab" } as never });
    expect((await cloud.call(getActionType, id)).actionType).toMatchObject({ description: "A lab", executor: { type: "JobWorker" } });
    await create(cloud, pipelineOf([source, action]));
    const { jobs } = await cloud.call(pollForThirdPartyJobs, { actionTypeId: id });
    expect(jobs).toMatchObject([{ clientId }]);
    const jobId = jobs![0]!.jobId!;
    await expect(cloud.call(getThirdPartyJobDetails, { jobId, clientToken: "guess" })).rejects.toMatchObject(refusal);
    const { jobDetails } = await cloud.call(getThirdPartyJobDetails, { jobId, clientToken });
    expect(jobDetails!.data!.pipelineContext).not.toHaveProperty("pipelineExecutionId");
    const acknowledged = await cloud.call(acknowledgeThirdPartyJob, { jobId, nonce: jobDetails!.nonce!, clientToken });
    expect(acknowledged).toEqual({ status: "InProgress" });
    const failureDetails = { type: "JobFailed", message: "No" } as const;
    await expect(cloud.call(putThirdPartyJobFailureResult, { jobId, clientToken: "guess", failureDetails })).rejects.toMatchObject(refusal);
    await cloud.call(putThirdPartyJobSuccessResult, { jobId, clientToken });
    expect((await latest(cloud)).status).toBe("Succeeded");
  });
});

describe("a secret of an action", () => {
  test("is shown to its worker alone, and stays where an update has not seen it", async () => {
    const cloud = world();
    await prepare(cloud);
    const secret = { name: "Password", required: true, key: false, secret: true };
    await cloud.call(createCustomActionType, { ...JENKINS, configurationProperties: [...JENKINS.configurationProperties, secret] });
    await create(cloud, pipelineOf([source, { ...check, configuration: { Project: "shop", Password: "hush" } }]));
    const { pipeline } = await cloud.call(getPipeline, { name: "shop" });
    expect(pipeline!.stages![1]!.actions![0]!.configuration).toEqual({ Project: "shop", Password: "****" });
    expect((await actionsOf(cloud))[0]!.input!.resolvedConfiguration).toMatchObject({ Password: "****" });
    await cloud.call(putJobSuccessResult, { jobId: (await poll(cloud))[0]!.id! });
    await cloud.call(updatePipeline, { pipeline: pipeline! });
    await start(cloud);
    expect((await poll(cloud))[0]!.data!.actionConfiguration!.configuration).toMatchObject({ Password: "hush" });
  });
});

describe("a revision that a worker tells of", () => {
  test("starts the pipeline once", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, pipelineOf([source, approval]));
    const versionId = (await latest(cloud)).sourceRevisions![0]!.revisionId!;
    const actionRevision = { revisionId: versionId, revisionChangeId: "1", created: new Date(0) };
    const request = { pipelineName, stageName: "Source", actionName: "App", actionRevision };
    expect(await cloud.call(putActionRevision, request)).toMatchObject({ newRevision: true });
    expect(await cloud.call(putActionRevision, request)).toMatchObject({ newRevision: false });
    expect(await executionsOf(cloud)).toHaveLength(2);
    expect((await latest(cloud)).trigger).toMatchObject({ triggerType: "PutActionRevision" });
    await expect(cloud.call(putActionRevision, { ...request, stageName: "Approval" })).rejects.toMatchObject({
      name: "ActionNotFoundException",
    });
  });
});
