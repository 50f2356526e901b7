import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  BatchGetDeploymentInstances$,
  BatchGetDeploymentTargets$,
  BatchLimitExceededException,
  DeploymentNotStartedException,
  type DeploymentTarget,
  DeploymentTargetDoesNotExistException,
  DeploymentTargetIdRequiredException,
  DeploymentTargetListSizeExceededException,
  type Diagnostics,
  GetDeploymentInstance$,
  GetDeploymentTarget$,
  InstanceDoesNotExistException,
  InstanceIdRequiredException,
  type InstanceSummary,
  InvalidComputePlatformException,
  InvalidDeploymentInstanceTypeException,
  InvalidTargetFilterNameException,
  type LifecycleEvent,
  ListDeploymentInstances$,
  ListDeploymentTargets$,
} from "../../sdk/codedeploy.js";
import { invalidToken } from "./application.ts";
import { type Deployment, requireDeployment } from "./deployment.ts";
import { type DeploymentInstance, deploymentInstances, type InstanceEvent, instancesOf } from "./deployment-instance.ts";
import { LAMBDA_EVENTS, type LifecycleEventRow, lambdaTargetId } from "./lambda.ts";

const BATCH_MAX = 25;
const INSTANCE_BATCH_MAX = 25;

export const listDeploymentTargets = operation(ListDeploymentTargets$, (scope, { deploymentId, targetFilters, nextToken }) => {
  const deployment = requireDeployment(scope, deploymentId);
  for (const name of Object.keys(targetFilters ?? {}))
    if (name !== "TargetStatus" && name !== "ServerInstanceLabel")
      fault(InvalidTargetFilterNameException, `The target filter name is not valid: ${name}`);
  const wants = (name: "TargetStatus" | "ServerInstanceLabel", value: string | undefined): boolean =>
    targetFilters?.[name] === undefined || targetFilters[name].includes(value ?? "");
  const found = targetsOf(scope, deployment).filter((target) => {
    const { status } = (target.instanceTarget ?? target.lambdaTarget ?? target.ecsTarget)!;
    return wants("TargetStatus", status) && wants("ServerInstanceLabel", target.instanceTarget?.instanceLabel);
  });
  const paged = page(found.map(idOf), (id) => id, 100, nextToken, invalidToken);
  return { targetIds: paged.items, ...(paged.nextToken && { nextToken: paged.nextToken }) };
});

export const getDeploymentTarget = operation(GetDeploymentTarget$, (scope, { deploymentId, targetId }) => {
  const deployment = requireDeployment(scope, deploymentId);
  if (!targetId) fault(DeploymentTargetIdRequiredException, "The deployment target ID was not specified.");
  const found = targetsOf(scope, deployment).find((target) => idOf(target) === targetId);
  return {
    deploymentTarget: found ?? fault(DeploymentTargetDoesNotExistException, `The specified deployment target does not exist: ${targetId}`),
  };
});

export const batchGetDeploymentTargets = operation(BatchGetDeploymentTargets$, (scope, { deploymentId, targetIds = [] }) => {
  const deployment = requireDeployment(scope, deploymentId);
  if (targetIds.length === 0) fault(DeploymentTargetIdRequiredException, "At least one deployment target ID must be specified.");
  if (targetIds.length > BATCH_MAX)
    fault(DeploymentTargetListSizeExceededException, `The maximum number of targets in a batch (${BATCH_MAX}) was exceeded.`);
  return { deploymentTargets: targetsOf(scope, deployment).filter((target) => targetIds.includes(idOf(target))) };
});

export const listDeploymentInstances = operation(
  ListDeploymentInstances$,
  (scope, { deploymentId, instanceStatusFilter = [], instanceTypeFilter = [], nextToken }) => {
    const deployment = requireServer(scope, deploymentId);
    if (deployment.startedAt === undefined) fault(DeploymentNotStartedException, `The deployment has not started: ${deployment.id}`);
    if (instanceTypeFilter.length > 0 && deployment.server!.type !== "BLUE_GREEN")
      fault(
        InvalidDeploymentInstanceTypeException,
        "An instance type was specified for an in-place deployment. Instance types are supported for blue/green deployments only.",
      );
    const found = instancesOf(scope, deployment.id).filter(
      ({ status, label }) =>
        (instanceStatusFilter.length === 0 || instanceStatusFilter.includes(status)) &&
        (instanceTypeFilter.length === 0 || instanceTypeFilter.includes(label!)),
    );
    const paged = page(found, ({ id }) => id, 100, nextToken, invalidToken);
    return { instancesList: paged.items.map(({ targetId }) => targetId), ...(paged.nextToken && { nextToken: paged.nextToken }) };
  },
);

export const getDeploymentInstance = operation(GetDeploymentInstance$, (scope, { deploymentId, instanceId }) => {
  const deployment = requireServer(scope, deploymentId);
  if (!instanceId) fault(InstanceIdRequiredException, "The instance ID was not specified.");
  const found = deploymentInstances.get(scope, `${deployment.id}/${nameOf(instanceId!)}`);
  return {
    instanceSummary:
      found === undefined
        ? fault(InstanceDoesNotExistException, `The specified instance does not exist in the deployment group: ${instanceId}`)
        : summaryOf(found),
  };
});

export const batchGetDeploymentInstances = operation(BatchGetDeploymentInstances$, (scope, { deploymentId, instanceIds = [] }) => {
  const deployment = requireServer(scope, deploymentId);
  if (instanceIds.length === 0) fault(InstanceIdRequiredException, "At least one instance ID must be specified.");
  if (instanceIds.length > INSTANCE_BATCH_MAX)
    fault(BatchLimitExceededException, `The maximum number of items in a batch (${INSTANCE_BATCH_MAX}) was exceeded.`);
  const found = instanceIds.map((id) => deploymentInstances.get(scope, `${deployment.id}/${nameOf(id)}`));
  const missing = instanceIds.filter((_, index) => found[index] === undefined);
  return {
    instancesSummary: found.flatMap((instance) => (instance === undefined ? [] : [summaryOf(instance)])),
    ...(missing.length > 0 && { errorMessage: `The following instances do not exist in the deployment: ${missing.join(", ")}` }),
  };
});

/** Instances are asked for by their id or by their ARN. */
const nameOf = (said: string): string => (said.startsWith("arn:") ? said.slice(said.lastIndexOf("/") + 1) : said);

function requireServer(scope: Scope, deploymentId: string | undefined): Deployment {
  const deployment = requireDeployment(scope, deploymentId);
  if (deployment.server === undefined)
    fault(
      InvalidComputePlatformException,
      `The ${deployment.platform} compute platform has no instances. Use the operations for deployment targets.`,
    );
  return deployment;
}

const idOf = ({ lambdaTarget, instanceTarget, ecsTarget }: DeploymentTarget): string =>
  (lambdaTarget ?? instanceTarget ?? ecsTarget)!.targetId!;

function targetsOf(scope: Scope, deployment: Deployment): DeploymentTarget[] {
  if (deployment.lambda !== undefined) return [lambdaTarget(scope, deployment)];
  if (deployment.ecs !== undefined) return [ecsTarget(scope, deployment)];
  return instancesOf(scope, deployment.id).map((instance) => ({
    deploymentTargetType: "InstanceTarget",
    instanceTarget: {
      deploymentId: deployment.id,
      targetId: instance.targetId,
      targetArn: instance.arn,
      status: instance.status,
      lastUpdatedAt: new Date(instance.updatedAt),
      lifecycleEvents: instance.events.map(shownEvent),
      ...(instance.label !== undefined && { instanceLabel: instance.label }),
    },
  }));
}

const summaryOf = ({ deploymentId, arn, status, updatedAt, events, label }: DeploymentInstance): InstanceSummary => ({
  deploymentId,
  instanceId: arn,
  status,
  lastUpdatedAt: new Date(updatedAt),
  lifecycleEvents: events.map(shownEvent),
  ...(label !== undefined && { instanceType: label }),
});

function shownEvent({ name, status, startedAt, sentAt, endedAt, diagnostics }: InstanceEvent): LifecycleEvent {
  const begun = startedAt ?? (status === "Pending" ? undefined : sentAt);
  return {
    lifecycleEventName: name,
    status,
    ...(diagnostics && { diagnostics: diagnostics as Diagnostics }),
    ...(begun !== undefined && { startTime: new Date(begun) }),
    ...(endedAt !== undefined && { endTime: new Date(endedAt) }),
  };
}

const shownHookEvent = (
  name: string,
  { status, startedAt, endedAt, message, errorCode = "ScriptFailed" }: LifecycleEventRow,
): LifecycleEvent => ({
  lifecycleEventName: name,
  status,
  ...(startedAt !== undefined && { startTime: new Date(startedAt) }),
  ...(endedAt !== undefined && { endTime: new Date(endedAt) }),
  ...(message !== undefined && { diagnostics: { errorCode, message } }),
});

/** A target of a deployment that has one only. */
function statusOf({ status, startedAt }: Deployment) {
  if (status === "Succeeded" || status === "Failed" || status === "Ready") return status;
  if (status === "Stopped") return "Skipped";
  return startedAt === undefined ? "Pending" : "InProgress";
}

function lambdaTarget(scope: Scope, deployment: Deployment): DeploymentTarget {
  const { id, lambda, endedAt } = deployment;
  const { spec, events, percent } = lambda!;
  return {
    deploymentTargetType: "LambdaTarget",
    lambdaTarget: {
      deploymentId: id,
      targetId: lambdaTargetId(deployment),
      targetArn: scope.arn("lambda", `function:${lambdaTargetId(deployment)}`),
      status: statusOf(deployment),
      lastUpdatedAt: new Date(endedAt ?? scope.clock.now()),
      lifecycleEvents: LAMBDA_EVENTS.flatMap((name) => (events[name] === undefined ? [] : [shownHookEvent(name, events[name])])),
      lambdaFunctionInfo: {
        functionName: spec.functionName,
        functionAlias: spec.alias,
        currentVersion: spec.currentVersion,
        targetVersion: spec.targetVersion,
        targetVersionWeight: percent / 100,
      },
    },
  };
}

function ecsTarget(scope: Scope, deployment: Deployment): DeploymentTarget {
  const { id, ecs, endedAt } = deployment;
  const { cluster, service, events, percent, blue, green } = ecs!;
  const taskSets = [
    { at: blue, label: "Blue" as const, weight: 100 - percent },
    { at: green, label: "Green" as const, weight: percent },
  ];
  return {
    deploymentTargetType: "ECSTarget",
    ecsTarget: {
      deploymentId: id,
      targetId: `${cluster}:${service}`,
      targetArn: scope.arn("ecs", `service/${cluster}/${service}`),
      status: statusOf(deployment),
      lastUpdatedAt: new Date(endedAt ?? scope.clock.now()),
      lifecycleEvents: events.map((event) => shownHookEvent(event.name, event)),
      taskSetsInfo: taskSets.flatMap(({ at, label, weight }) =>
        at === undefined
          ? []
          : [{ identifer: at.taskSetId, trafficWeight: weight, targetGroup: { name: at.targetGroup }, taskSetLabel: label }],
      ),
    },
  };
}
