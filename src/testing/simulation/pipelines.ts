import { type Job, jobs } from "../../compute/job.ts";
import { type SimulatedOutcome, simulatedHands } from "../../compute/simulated.ts";
import { defects } from "../../kernel/defect.ts";
import { isFault } from "../../kernel/fault.ts";
import type { ActionDeclaration, ExecutionMode, PipelineDeclaration, StageDeclaration } from "../../sdk/codepipeline.js";
import { cloudformation } from "../../services/cloudformation/index.ts";
import { cloudwatch } from "../../services/cloudwatch/index.ts";
import { codebuild } from "../../services/codebuild/index.ts";
import { codecommit } from "../../services/codecommit/index.ts";
import { codeconnections } from "../../services/codeconnections/index.ts";
import { type ActionRun, actionRuns } from "../../services/codepipeline/action-run.ts";
import { putApprovalResult } from "../../services/codepipeline/approval.ts";
import { overrideStageCondition } from "../../services/codepipeline/condition.ts";
import { type Execution, executions, startPipelineExecution } from "../../services/codepipeline/execution.ts";
import { codepipeline } from "../../services/codepipeline/index.ts";
import { createPipeline, pipelines } from "../../services/codepipeline/pipeline.ts";
import { retryStageExecution } from "../../services/codepipeline/retry.ts";
import { rollbackStage } from "../../services/codepipeline/rollback.ts";
import { ruleRuns } from "../../services/codepipeline/rule-run.ts";
import { disableStageTransition, enableStageTransition, stageStates } from "../../services/codepipeline/stage.ts";
import { stopPipelineExecution } from "../../services/codepipeline/stop.ts";
import { eventbridge } from "../../services/eventbridge/index.ts";
import { iam } from "../../services/iam/index.ts";
import { createRole } from "../../services/iam/role.ts";
import { lambda } from "../../services/lambda/index.ts";
import { putObject } from "../../services/s3/api.ts";
import { createBucket } from "../../services/s3/bucket.ts";
import { s3 } from "../../services/s3/index.ts";
import { putBucketVersioning } from "../../services/s3/versioning.ts";
import { sts } from "../../services/sts/index.ts";
import { ConnectionLost, World } from "../world.ts";
import { Chance } from "./chance.ts";
import { broken, type Seen } from "./pipeline-invariants.ts";

export interface PipelineSimulation {
  readonly seed: number;
  /** By default twenty. */
  readonly pipelines?: number;
  /** Virtual ones; by default thirty. */
  readonly days?: number;
  /** How many things somebody does in them. */
  readonly acts?: number;
  readonly powerCuts?: boolean;
}

/** What a simulation of pipelines came to. */
export interface PipelineReport {
  readonly seed: number;
  readonly executions: number;
  /** How many acts AWS would have refused. */
  readonly refused: number;
  readonly powerCuts: number;
  readonly broken: readonly string[];
  readonly image: readonly string[];
}

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const MODES: readonly ExecutionMode[] = ["SUPERSEDED", "QUEUED", "PARALLEL"];
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "codepipeline.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const STAGES = ["Source", "Build", "Agree", "Deploy"];
const SOURCES = 5;
/** To look at all that ever was takes longer than most acts. */
const LOOK_EVERY = 5;
const ROLE = "arn:aws:iam::111122223333:role/pipeline";

/** Pushes, approvals, retries, rollbacks and stops over many pipelines, for days; then what must be true whatever happened. */
export async function simulatePipelines(simulation: PipelineSimulation): Promise<PipelineReport> {
  const { seed, pipelines: count = 20, days = 30, acts = 100, powerCuts = true } = simulation;
  const cloud = worldOf(seed);
  const chance = new Chance(`pipelines ${seed}`);
  const cuts = new Chance(`pipeline power ${seed}`);
  const seen: Seen = new Map();
  let refused = 0;
  const attempt = async (act: () => unknown): Promise<void> => {
    try {
      await act();
    } catch (error) {
      if (!isFault(error) && !(error instanceof ConnectionLost)) throw error;
      refused++;
    }
  };
  const report = (found: readonly string[]): PipelineReport => ({
    seed,
    executions: executions.list(cloud.scope()).length,
    refused,
    powerCuts: cloud.powerCuts,
    broken: found,
    image: cloud.image(),
  });
  try {
    await build(cloud, count);
    for (let act = 0; act < acts; act++) {
      if (powerCuts && cuts.happens(0.1)) cloud.cutPowerAfterCommit(cuts.between(1, 20));
      await attempt(() => something(cloud, new Chance(`${seed} ${act}`), count));
      const found = act % LOOK_EVERY === 0 ? broken(cloud, seen) : [];
      if (found.length > 0) return report([`after act ${act}:`, ...found]);
      await cloud.advance(Math.round(-Math.log(1 - chance.next()) * ((days * DAY) / acts)));
    }
    await comeToAnEnd(cloud, attempt);
    return report([...broken(cloud, seen), ...leftOver(cloud)]);
  } catch (error) {
    return report([(error as Error).stack ?? String(error)]);
  }
}

/** Whatever waits for somebody is let go. */
async function comeToAnEnd(cloud: World, attempt: (act: () => unknown) => Promise<void>): Promise<void> {
  for (const { id } of stageStates.list(cloud.scope())) {
    const [pipelineName, stageName] = id.split("/") as [string, string];
    for (const transitionType of ["Inbound", "Outbound"] as const) {
      await attempt(() => cloud.call(enableStageTransition, { pipelineName, stageName, transitionType }));
    }
  }
  for (let round = 0; round < 300 && active(cloud).length > 0; round++) {
    for (const run of actionRuns.list(cloud.scope()))
      if (run.status === "InProgress" && run.token) await attempt(() => agree(cloud, run, true));
    await cloud.advance(DAY);
  }
}

function leftOver(cloud: World): string[] {
  const scope = cloud.scope();
  return [
    ...active(cloud).map(({ id }) => `execution ${id} does not end`),
    ...[...actionRuns.list(scope), ...ruleRuns.list(scope)]
      .filter(({ status }) => status === "InProgress")
      .map(({ id }) => `run ${id} does not end`),
    ...jobs.list(scope).map(({ id, status }) => `job ${id} is left behind, ${status}`),
    ...defects.list(scope).map(({ id, error }) => `${id}: ${error}`),
  ];
}

const active = (cloud: World): Execution[] => pipelines.list(cloud.scope()).flatMap(({ id }) => executions.by(cloud.scope(), "active", id));

const waitingApprovals = (cloud: World): ActionRun[] =>
  active(cloud)
    .flatMap(({ id }) => actionRuns.list(cloud.scope(), `${id}/`))
    .filter(({ token, status }) => token !== undefined && status === "InProgress");

const anyExecution = (cloud: World, chance: Chance, name: string): Execution | undefined =>
  chance.oneOf(executions.list(cloud.scope(), `${name}/`, { limit: 6 }));

/** One thing that somebody does. What AWS would refuse is refused. */
function something(cloud: World, chance: Chance, count: number): unknown {
  const name = `p${String(chance.between(0, count - 1)).padStart(2, "0")}`;
  const stageName = chance.oneOf(STAGES)!;
  const execution = anyExecution(cloud, chance, name);
  const pipelineExecutionId = execution?.executionId;
  switch (chance.weighed(ACTS).name) {
    case "push":
      return push(cloud, chance);
    case "start":
      return cloud.call(startPipelineExecution, { name });
    case "approve": {
      const run = chance.oneOf(waitingApprovals(cloud));
      return run && agree(cloud, run, chance.happens(0.8));
    }
    case "stop":
      return cloud.call(stopPipelineExecution, { pipelineName: name, pipelineExecutionId, abandon: chance.happens(0.5) });
    case "retry": {
      const retryMode = chance.happens(0.5) ? "FAILED_ACTIONS" : "ALL_ACTIONS";
      return cloud.call(retryStageExecution, { pipelineName: name, stageName: execution?.stage, pipelineExecutionId, retryMode });
    }
    case "roll back":
      return cloud.call(rollbackStage, { pipelineName: name, stageName, targetPipelineExecutionId: pipelineExecutionId });
    case "override":
      return cloud.call(overrideStageCondition, {
        pipelineName: name,
        stageName: "Deploy",
        pipelineExecutionId,
        conditionType: chance.happens(0.5) ? "BEFORE_ENTRY" : "ON_SUCCESS",
      });
    default: {
      const where = { pipelineName: name, stageName, transitionType: chance.happens(0.5) ? "Inbound" : "Outbound" } as const;
      return chance.happens(0.3)
        ? cloud.call(disableStageTransition, { ...where, reason: "Thrown" })
        : cloud.call(enableStageTransition, where);
    }
  }
}

const ACTS = [
  { name: "push", weight: 4 },
  { name: "start", weight: 4 },
  { name: "approve", weight: 12 },
  { name: "stop", weight: 2 },
  { name: "retry", weight: 4 },
  { name: "roll back", weight: 3 },
  { name: "override", weight: 2 },
  { name: "transition", weight: 2 },
] as const;

function agree(cloud: World, run: { pipeline: string; stage: string; action: string; token?: string }, isApproved: boolean): unknown {
  const { pipeline: pipelineName, stage: stageName, action: actionName, token } = run;
  const result = { status: isApproved ? "Approved" : "Rejected", summary: "" } as const;
  return cloud.call(putApprovalResult, { pipelineName, stageName, actionName, result, token: token! });
}

function push(cloud: World, chance: Chance): void {
  const key = `source${chance.between(0, SOURCES - 1)}.zip`;
  cloud.change((scope) => putObject(scope, "source", key, scope.blobs.write(Buffer.from(`version ${chance.between(0, 1e9)}`))));
}

async function build(cloud: World, count: number): Promise<void> {
  await cloud.call(createRole, { RoleName: "pipeline", AssumeRolePolicyDocument: TRUST });
  for (const Bucket of ["artifacts", "source"]) {
    await cloud.call(createBucket, { Bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  }
  await cloud.call(putBucketVersioning, { Bucket: "source", VersioningConfiguration: { Status: "Enabled" } });
  for (let source = 0; source < SOURCES; source++) {
    cloud.change((scope) => putObject(scope, "source", `source${source}.zip`, scope.blobs.write(Buffer.from(`source ${source}`))));
  }
  for (let index = 0; index < count; index++) await cloud.call(createPipeline, { pipeline: declared(index) });
}

function declared(index: number): PipelineDeclaration {
  const executionMode = MODES[index % MODES.length]!;
  const source = { S3Bucket: "source", S3ObjectKey: `source${index % SOURCES}.zip`, PollForSourceChanges: "true" };
  return {
    name: `p${String(index).padStart(2, "0")}`,
    roleArn: ROLE,
    artifactStore: { type: "S3", location: "artifacts" },
    pipelineType: "V2",
    executionMode,
    stages: [
      {
        name: "Source",
        actions: [action("App", "Source", "S3", { configuration: source, outputArtifacts: [{ name: "App" }], namespace: "App" })],
      },
      {
        name: "Build",
        actions: [shell("Make", 1), shell("Lint", 1), shell("Pack", 2)],
        ...(index % 4 === 0 && { onFailure: { result: "RETRY" } }),
      },
      { name: "Agree", actions: [action("Agree", "Approval", "Manual", {})] },
      { name: "Deploy", actions: [shell("Put", 1)], ...conditionsOf(index, executionMode) },
    ],
  };
}

const action = (
  name: string,
  category: "Source" | "Approval" | "Compute",
  provider: string,
  more: Partial<ActionDeclaration>,
): ActionDeclaration => ({
  name,
  actionTypeId: { category, owner: "AWS", provider, version: "1" },
  ...more,
});
const shell = (name: string, runOrder: number): ActionDeclaration =>
  action(name, "Compute", "Commands", { commands: ["make"], inputArtifacts: [{ name: "App" }], runOrder });

function conditionsOf(index: number, mode: ExecutionMode): Partial<StageDeclaration> {
  const rule = (provider: string, configuration: Record<string, string>) => ({
    name: provider,
    ruleTypeId: { category: "Rule" as const, owner: "AWS" as const, provider, version: "1" },
    configuration,
  });
  const isBack = mode !== "PARALLEL";
  switch (index % 5) {
    case 0:
      return { beforeEntry: { conditions: [{ result: "FAIL", rules: [rule("DeploymentWindow", { Cron: "0 * 8-18 ? * MON-FRI *" })] }] } };
    case 1:
      return isBack ? { onFailure: { result: "ROLLBACK" } } : {};
    case 2: {
      const odd = rule("VariableCheck", { Variable: "#{App.ETag}", Value: ".*[13579bdf]", Operator: "MATCHES" });
      return { onSuccess: { conditions: [{ result: isBack ? "ROLLBACK" : "FAIL", rules: [odd] }] } };
    }
    default:
      return {};
  }
}

function worldOf(seed: number): World {
  const outcomeOf = ({ id }: Job): SimulatedOutcome => {
    const chance = new Chance(`${seed} ${id}`);
    const afterMs = chance.between(10_000, 3_600_000);
    if (chance.happens(0.02)) return { afterMs, status: "LOST", reason: "It was lost." };
    return chance.happens(0.1)
      ? { afterMs, status: "FAILED", reason: "exit status 1" }
      : { afterMs, status: "SUCCEEDED", result: { outputs: {} } };
  };
  const services = [iam, sts, cloudwatch, s3, lambda, eventbridge, codecommit, cloudformation, codeconnections, codebuild, codepipeline];
  return new World({ services, hands: simulatedHands(outcomeOf), seed });
}
