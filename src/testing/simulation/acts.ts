import { listeners } from "../../compute/listener.ts";
import { startTraffic } from "../../compute/traffic.ts";
import { cancelUpdateStack, createStack, deleteStack, updateStack } from "../../services/cloudformation/operation.ts";
import { setAlarmState } from "../../services/cloudwatch/alarm.ts";
import { putMetricData } from "../../services/cloudwatch/metric.ts";
import { builds } from "../../services/codebuild/build.ts";
import { stopBuild } from "../../services/codebuild/build-operations.ts";
import { mirrorRefs, repositoryOf } from "../../services/codecommit/api.ts";
import { lambdaAppSpec } from "../../services/codedeploy/appspec.ts";
import { deployments } from "../../services/codedeploy/deployment.ts";
import { stopDeployment } from "../../services/codedeploy/deployment-control.ts";
import { createDeployment } from "../../services/codedeploy/deployment-create.ts";
import { actionRuns } from "../../services/codepipeline/action-run.ts";
import { putApprovalResult } from "../../services/codepipeline/approval.ts";
import { executions, startPipelineExecution } from "../../services/codepipeline/execution.ts";
import { retryStageExecution } from "../../services/codepipeline/retry.ts";
import { disableStageTransition, enableStageTransition } from "../../services/codepipeline/stage.ts";
import { stopPipelineExecution } from "../../services/codepipeline/stop.ts";
import { getAlias } from "../../services/lambda/alias.ts";
import { updateFunctionConfiguration } from "../../services/lambda/function-change.ts";
import { invoke } from "../../services/lambda/invoke.ts";
import { publishVersion } from "../../services/lambda/version.ts";
import { deleteMessage, receiveMessage, sendMessage } from "../../services/sqs/exchange.ts";
import { getQueueUrl } from "../../services/sqs/queue.ts";
import type { World } from "../world.ts";
import type { Chance } from "./chance.ts";
import { templateOf } from "./town.ts";

/** What the driver knows of its own deeds, for the reckoning. */
export interface Deeds {
  /** The bodies of orders that a queue has taken, and of those that somebody deleted. */
  readonly sent: Set<string>;
  readonly deleted: Set<string>;
  acts: number;
}

/** One thing that somebody may do. What AWS refuses is refused; nobody minds. */
export interface Act {
  readonly name: string;
  /** How often, against the others. */
  readonly weight: number;
  do(cloud: World, chance: Chance, deeds: Deeds): unknown;
}

const PIPELINE = "shop";
const STACKS = ["Blue", "Green", "Red"];
const STAGES = ["Source", "Build", "Agree", "Deploy"];
const canary = { applicationName: "shop", deploymentGroupName: "live" };

const template = (chance: Chance): string =>
  templateOf(`text ${chance.between(1, 9)}`, {
    Seconds: chance.between(0, 300),
    Resists: chance.oneOf(["nothing", "nothing", "nothing", "create", "update"])!,
  });

const anyExecution = (cloud: World, chance: Chance) => chance.oneOf(executions.list(cloud.scope(), `${PIPELINE}/`, { limit: 5 }));

const queueUrl = async (cloud: World, QueueName: string) => (await cloud.call(getQueueUrl, { QueueName })).QueueUrl!;

export const acts: readonly Act[] = [
  {
    name: "push",
    weight: 6,
    do(cloud, chance) {
      const commit = Array.from({ length: 40 }, () => chance.between(0, 15).toString(16)).join("");
      const { repositoryId } = repositoryOf(cloud.scope(), "shop")!;
      cloud.change((scope) => mirrorRefs(scope, repositoryId, new Map([["refs/heads/main", commit]])));
    },
  },
  { name: "start the pipeline", weight: 2, do: (cloud) => cloud.call(startPipelineExecution, { name: PIPELINE }) },
  {
    name: "approve or refuse",
    weight: 8,
    do(cloud, chance) {
      const waiting = actionRuns.list(cloud.scope()).find(({ token, status }) => token !== undefined && status === "InProgress");
      if (waiting === undefined) return undefined;
      const result = { status: chance.happens(0.8) ? "Approved" : "Rejected", summary: "Thrown" } as const;
      const { stage: stageName, action: actionName, token } = waiting;
      return cloud.call(putApprovalResult, { pipelineName: PIPELINE, stageName, actionName, result, token: token! });
    },
  },
  {
    name: "stop an execution",
    weight: 2,
    do(cloud, chance) {
      const pipelineExecutionId = anyExecution(cloud, chance)?.executionId;
      return cloud.call(stopPipelineExecution, { pipelineName: PIPELINE, pipelineExecutionId, abandon: chance.happens(0.5) });
    },
  },
  {
    name: "retry a stage",
    weight: 4,
    do(cloud, chance) {
      const execution = anyExecution(cloud, chance);
      if (execution === undefined) return undefined;
      const retryMode = chance.happens(0.5) ? "FAILED_ACTIONS" : "ALL_ACTIONS";
      const { executionId: pipelineExecutionId, stage: stageName } = execution;
      return cloud.call(retryStageExecution, { pipelineName: PIPELINE, pipelineExecutionId, stageName, retryMode });
    },
  },
  {
    name: "close or open a transition",
    weight: 1,
    do(cloud, chance) {
      const where = { pipelineName: PIPELINE, stageName: chance.oneOf(STAGES.slice(1))!, transitionType: "Inbound" } as const;
      return chance.happens(0.3)
        ? cloud.call(disableStageTransition, { ...where, reason: "Thrown" })
        : Promise.all(STAGES.slice(1).map((stageName) => cloud.call(enableStageTransition, { ...where, stageName })));
    },
  },
  {
    name: "stop a build",
    weight: 1,
    do(cloud) {
      const running = builds.list(cloud.scope()).find(({ endedAt }) => endedAt === undefined);
      return running && cloud.call(stopBuild, { id: running.id });
    },
  },
  {
    name: "create a stack",
    weight: 4,
    do: (cloud, chance) =>
      cloud.call(createStack, {
        StackName: chance.oneOf(STACKS),
        TemplateBody: template(chance),
        OnFailure: chance.oneOf(["ROLLBACK", "DELETE", "DO_NOTHING"] as const),
      }),
  },
  {
    name: "update a stack",
    weight: 5,
    do: (cloud, chance) => cloud.call(updateStack, { StackName: chance.oneOf(STACKS), TemplateBody: template(chance) }),
  },
  { name: "cancel an update", weight: 1, do: (cloud, chance) => cloud.call(cancelUpdateStack, { StackName: chance.oneOf(STACKS) }) },
  { name: "delete a stack", weight: 3, do: (cloud, chance) => cloud.call(deleteStack, { StackName: chance.oneOf(STACKS) }) },
  {
    name: "deploy another version",
    weight: 4,
    async do(cloud, chance) {
      const Environment = { Variables: { RELEASE: String(chance.between(1, 1e9)) } };
      await cloud.call(updateFunctionConfiguration, { FunctionName: "shop", Environment });
      const { Version } = await cloud.call(publishVersion, { FunctionName: "shop" });
      const { FunctionVersion } = await cloud.call(getAlias, { FunctionName: "shop", Name: "live" });
      const spec = { functionName: "shop", alias: "live", currentVersion: FunctionVersion!, targetVersion: Version!, hooks: {} };
      const revision = { revisionType: "AppSpecContent", appSpecContent: { content: lambdaAppSpec(spec) } } as const;
      await cloud.call(createDeployment, { ...canary, revision });
    },
  },
  {
    name: "stop a deployment",
    weight: 4,
    do(cloud, chance) {
      const deploymentId = deployments.list(cloud.scope()).find(({ status }) => status === "InProgress")?.id;
      return deploymentId && cloud.call(stopDeployment, { deploymentId, autoRollbackEnabled: chance.happens(0.5) });
    },
  },
  {
    name: "come as customers",
    weight: 5,
    do(cloud, chance, deeds) {
      const url = listeners.list(cloud.scope()).find(({ port }) => port !== undefined)!;
      const [intervalMs, forMs] = [chance.between(5000, 60_000), chance.between(60_000, 600_000)];
      cloud.change((scope) => startTraffic(scope, `crowd-${deeds.acts}`, { url: `http://127.0.0.1:${url.port}/`, intervalMs, forMs }));
    },
  },
  {
    name: "invoke and wait",
    weight: 6,
    do: (cloud) => cloud.call(invoke, { FunctionName: "shop", Qualifier: "live" }),
  },
  {
    name: "invoke and go",
    weight: 6,
    do: (cloud, chance) =>
      cloud.call(invoke, { FunctionName: "shop", InvocationType: "Event", ...(chance.happens(0.7) && { Qualifier: "live" }) }),
  },
  {
    name: "measure load",
    weight: 4,
    async do(cloud, chance) {
      const load = { MetricName: "Load", Value: chance.between(0, 2) };
      await cloud.call(putMetricData, { Namespace: "Town", MetricData: [load] });
      if (chance.happens(0.5)) return;
      // A datum of a minute or two ago, which comes when the alarm is awake.
      const late = { MetricName: "Load", Value: chance.between(0, 2), Timestamp: new Date(cloud.clock.now() - chance.between(1, 120_000)) };
      await cloud.call(putMetricData, { Namespace: "Town", MetricData: [late] });
    },
  },
  {
    name: "set an alarm",
    weight: 1,
    do: (cloud, chance) =>
      cloud.call(setAlarmState, {
        AlarmName: chance.oneOf(["load", "errors"]),
        StateValue: chance.oneOf(["OK", "ALARM"] as const),
        StateReason: "Thrown",
      }),
  },
  {
    name: "send orders",
    weight: 6,
    async do(cloud, chance, deeds) {
      const QueueUrl = await queueUrl(cloud, "orders");
      for (let left = chance.between(1, 5); left > 0; left--) {
        const MessageBody = `order ${deeds.acts}/${left}`;
        await cloud.call(sendMessage, { QueueUrl, MessageBody, DelaySeconds: chance.oneOf([0, 0, 60]) });
        deeds.sent.add(MessageBody);
      }
    },
  },
  {
    name: "work on orders",
    weight: 6,
    async do(cloud, chance, { deleted }) {
      const QueueUrl = await queueUrl(cloud, chance.oneOf(["orders", "orders", "orders-dead"])!);
      const { Messages = [] } = await cloud.call(receiveMessage, { QueueUrl, MaxNumberOfMessages: 3, VisibilityTimeout: 120 });
      for (const { Body, ReceiptHandle } of Messages) {
        if (chance.happens(0.4)) continue;
        await cloud.call(deleteMessage, { QueueUrl, ReceiptHandle });
        deleted.add(Body!);
      }
    },
  },
];
