import type { Job } from "../../compute/job.ts";
import { type SimulatedOutcome, simulatedHands } from "../../compute/simulated.ts";
import { insights } from "../../insights/service.ts";
import { digestOf } from "../../kernel/blob.ts";
import { EVENTS, events } from "../../kernel/facts.ts";
import type { Operation } from "../../kernel/operation.ts";
import type { ActionDeclaration, PipelineDeclaration } from "../../sdk/codepipeline.js";
import { World } from "../../testing/world.ts";
import { cloudformation } from "../cloudformation/index.ts";
import { cloudwatch } from "../cloudwatch/index.ts";
import { codebuild } from "../codebuild/index.ts";
import { createProject } from "../codebuild/project.ts";
import { codecommit } from "../codecommit/index.ts";
import { codeconnections } from "../codeconnections/index.ts";
import { eventbridge } from "../eventbridge/index.ts";
import { holderOperations } from "../iam/holder.ts";
import { iam } from "../iam/index.ts";
import { createRole } from "../iam/role.ts";
import { lambda } from "../lambda/index.ts";
import { putObject } from "../s3/api.ts";
import { createBucket } from "../s3/bucket.ts";
import { s3 } from "../s3/index.ts";
import { putBucketVersioning } from "../s3/versioning.ts";
import { sns } from "../sns/index.ts";
import { ssm } from "../ssm/index.ts";
import { sts } from "../sts/index.ts";
import { listActionExecutions } from "./action-run.ts";
import { putApprovalResult } from "./approval.ts";
import { startPipelineExecution } from "./execution.ts";
import { getPipelineExecution, listPipelineExecutions } from "./history.ts";
import { codepipeline } from "./index.ts";
import { createPipeline } from "./pipeline.ts";
import { getPipelineState } from "./state.ts";
import { zipOf } from "./zip.ts";

const BUILT = zipOf("index.js", Buffer.from("built"));
const BUILDSPEC =
  "version: 0.2\nenv: { exported-variables: [RELEASE] }\nphases: { build: { commands: [make] } }\nartifacts: { files: '**/*' }\n";

/** What git says of any commit. */
const COMMIT_ID = "c".repeat(40);
const COMMIT_TEXT =
  "tree 1\nauthor Ann <ann@example.com> 1767225600 +0000\ncommitter Ann <ann@example.com> 1767225600 +0000\n\nDiscounts\n";
const COMMIT = `${COMMIT_ID} commit ${COMMIT_TEXT.length}\n${COMMIT_TEXT}\n`;

/** What the hands come to: a build's commands take a minute, and fail where the test says so; a function answers nothing. */
const handsOf =
  (isBroken: (job: Job) => boolean) =>
  (job: Job): SimulatedOutcome => {
    const { id, spec } = job;
    if (spec.type === "invoke") {
      return { afterMs: 0, status: "SUCCEEDED", result: { invocation: { payload: "null", logTail: "", durationMs: 1, maxMemoryMb: 1 } } };
    }
    if (spec.type === "git")
      return { afterMs: 0, status: "SUCCEEDED", result: { git: spec.commands.map(() => ({ exitCode: 0, stdout: COMMIT, stderr: "" })) } };
    if (id.endsWith("/shell")) {
      const isLong = spec.type === "command" && spec.script.includes("sleep");
      const outputs = { "variable/RELEASE": { text: "7" }, "artifact/Built": { digest: digestOf(BUILT), size: BUILT.length } };
      return { afterMs: isLong ? 60_000 : 0, status: "SUCCEEDED", result: { outputs } };
    }
    if (id.endsWith("/commands")) {
      const told = ["INSTALL 0 -", "PRE_BUILD 0 -", `BUILD ${isBroken(job) ? "1 build:0" : "0 -"}`, "POST_BUILD 0 -"];
      const progress = told
        .flatMap((phase) => [`enter ${phase.split(" ")[0]}`, `leave ${phase}`])
        .map((text) => ({ afterMs: 60_000, text }));
      return { afterMs: 60_000, status: "SUCCEEDED", progress, result: { outputs: { "exported/RELEASE": { text: "7" } } } };
    }
    const packed = { digest: digestOf(BUILT), size: BUILT.length };
    const asked = spec.type === "command" ? (spec.outputs ?? []) : [];
    const outputs = asked.map(({ name, type }) => [name, type === "zip" ? packed : name === "buildspec" ? { text: BUILDSPEC } : {}]);
    return { afterMs: 0, status: "SUCCEEDED", result: { outputs: Object.fromEntries(outputs) } };
  };

/** A cloud whose builds fail where the test says so. */
export function world(isBroken: (job: Job) => boolean = () => false, trust: "open" | "enforced" = "open"): World {
  const services = [
    iam,
    sts,
    ssm,
    cloudwatch,
    s3,
    lambda,
    sns,
    eventbridge,
    codecommit,
    codeconnections,
    codebuild,
    codepipeline,
    cloudformation,
  ];
  const cloud = new World({ services: [insights, ...services], hands: simulatedHands(handsOf(isBroken)), trust });
  cloud.blobs.write(BUILT);
  return cloud;
}

export const roleArn = "arn:aws:iam::111122223333:role/pipeline";

const TEMPLATE = JSON.stringify({
  Parameters: { Bucket: { Type: "String" }, Execution: { Type: "String", Default: "none" } },
  Resources: { P: { Type: "AWS::SSM::Parameter", Properties: { Name: "/released", Type: "String", Value: { Ref: "Bucket" } } } },
  Outputs: { Released: { Value: { Ref: "P" } } },
});

/** The trust policy of a role for pipelines. */
export const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "codepipeline.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** Let the pipeline's role do something. */
export async function allow(cloud: World, ...Action: string[]): Promise<void> {
  const put = holderOperations.find(({ name }) => name === "PutRolePolicy") as Operation<any, any>;
  const PolicyDocument = JSON.stringify({ Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
  await cloud.call(put, { RoleName: "pipeline", PolicyName: "allowed", PolicyDocument });
}

/** A role, and the artifact store. */
export async function prepareStore(cloud: World): Promise<void> {
  await cloud.call(createRole, { RoleName: "pipeline", AssumeRolePolicyDocument: TRUST });
  await cloud.call(createBucket, { Bucket: "artifacts", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
}

/** A role, the artifact store, a project, and a source bucket with a template in an archive. */
export async function prepare(cloud: World): Promise<void> {
  await prepareStore(cloud);
  await cloud.call(createBucket, { Bucket: "source", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  await cloud.call(putBucketVersioning, { Bucket: "source", VersioningConfiguration: { Status: "Enabled" } });
  await cloud.call(createProject, {
    name: "shop",
    source: { type: "CODEPIPELINE" },
    artifacts: { type: "CODEPIPELINE" },
    buildBatchConfig: { serviceRole: roleArn },
    environment: { type: "LINUX_CONTAINER", image: "aws/codebuild/standard:7.0", computeType: "BUILD_GENERAL1_SMALL" },
    serviceRole: roleArn,
  });
  putSource(cloud);
}

/** Put another version of the source. */
export const putSource = (cloud: World, template = TEMPLATE): void => {
  cloud.change((scope) => putObject(scope, "source", "app.zip", scope.blobs.write(zipOf("template.json", Buffer.from(template)))));
};

export const source: ActionDeclaration = {
  name: "App",
  actionTypeId: { category: "Source", owner: "AWS", provider: "S3", version: "1" },
  configuration: { S3Bucket: "source", S3ObjectKey: "app.zip", PollForSourceChanges: "false" },
  outputArtifacts: [{ name: "Source" }],
  namespace: "App",
};

/** The head of a branch, as an event says that it moved. */
export const commitSource: ActionDeclaration = {
  name: "Commit",
  actionTypeId: { category: "Source", owner: "AWS", provider: "CodeCommit", version: "1" },
  configuration: { RepositoryName: "shop", BranchName: "main", PollForSourceChanges: "false" },
  outputArtifacts: [{ name: "Source" }],
  namespace: "Commit",
};

export const build: ActionDeclaration = {
  name: "Make",
  actionTypeId: { category: "Build", owner: "AWS", provider: "CodeBuild", version: "1" },
  configuration: { ProjectName: "shop" },
  inputArtifacts: [{ name: "Source" }],
  outputArtifacts: [{ name: "Built" }],
};

export const approval: ActionDeclaration = {
  name: "Agree",
  actionTypeId: { category: "Approval", owner: "AWS", provider: "Manual", version: "1" },
  configuration: { CustomData: "Version #{App.VersionId}" },
};

export const deploy: ActionDeclaration = {
  name: "Stack",
  actionTypeId: { category: "Deploy", owner: "AWS", provider: "CloudFormation", version: "1" },
  configuration: {
    ActionMode: "CREATE_UPDATE",
    StackName: "Shop",
    RoleArn: roleArn,
    TemplatePath: "Source::template.json",
    ParameterOverrides: '{"Bucket":{"Fn::GetArtifactAtt":["Source","BucketName"]},"Execution":"#{codepipeline.PipelineExecutionId}"}',
  },
  inputArtifacts: [{ name: "Source" }],
  namespace: "Stack",
};

export const invoke: ActionDeclaration = {
  name: "Check",
  actionTypeId: { category: "Invoke", owner: "AWS", provider: "Lambda", version: "1" },
  configuration: { FunctionName: "check", UserParameters: "now" },
  inputArtifacts: [{ name: "Source" }],
};

/** A pipeline of stages with an action each. */
export const pipelineOf = (
  actions: readonly (ActionDeclaration | ActionDeclaration[])[],
  more: Partial<PipelineDeclaration> = {},
): PipelineDeclaration => ({
  name: "shop",
  roleArn,
  artifactStore: { type: "S3", location: "artifacts" },
  stages: actions.map((action) => {
    const list = [action].flat();
    return { name: `${list[0]!.actionTypeId!.category}`, actions: list };
  }),
  ...more,
});

/** How an execution stands. */
export const statusIn = async (cloud: World, pipelineExecutionId: string) =>
  (await cloud.call(getPipelineExecution, { pipelineName: "shop", pipelineExecutionId })).pipelineExecution!.status;

/** How the stages stand, by their names, each with the last action. */
export async function stagesIn(cloud: World): Promise<Record<string, string | undefined>> {
  const { stageStates } = await cloud.call(getPipelineState, { name: "shop" });
  return Object.fromEntries(stageStates!.map(({ stageName, latestExecution }) => [stageName, latestExecution?.status]));
}

export const pipelineName = "shop";
export const create = (cloud: World, pipeline: PipelineDeclaration) => cloud.call(createPipeline, { pipeline });
export const executionsOf = async (cloud: World) =>
  (await cloud.call(listPipelineExecutions, { pipelineName })).pipelineExecutionSummaries!;
export const latest = async (cloud: World) => (await executionsOf(cloud))[0]!;
export const start = async (cloud: World) => (await cloud.call(startPipelineExecution, { name: pipelineName })).pipelineExecutionId!;
export const actionsOf = async (cloud: World) => (await cloud.call(listActionExecutions, { pipelineName })).actionExecutionDetails!;
export const stateOf = async (cloud: World, stage: string) =>
  (await cloud.call(getPipelineState, { name: pipelineName })).stageStates!.find(({ stageName }) => stageName === stage)!;

export async function answer(cloud: World, status: "Approved" | "Rejected" = "Approved"): Promise<void> {
  const { token } = (await stateOf(cloud, "Approval")).actionStates![0]!.latestExecution!;
  const result = { status, summary: "Looked at it" };
  await cloud.call(putApprovalResult, { pipelineName, stageName: "Approval", actionName: "Agree", result, token: token! });
}

/** Those of the world's events that CodePipeline told, in order. */
export const told = (cloud: World, what: string): Record<string, any>[] =>
  events
    .read(cloud.scope(), EVENTS)
    .filter(({ value }) => value.detailType === `CodePipeline ${what} Execution State Change`)
    .map(({ value }) => value.detail);
