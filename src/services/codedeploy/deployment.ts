import { createHash } from "node:crypto";
import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type AlarmConfiguration,
  type AutoRollbackConfiguration,
  BatchGetDeployments$,
  BatchGetDeploymentTargets$,
  CreateDeployment$,
  DeploymentAlreadyCompletedException,
  DeploymentDoesNotExistException,
  DeploymentIdRequiredException,
  type DeploymentInfo,
  type DeploymentStatus,
  type DeploymentTarget,
  DeploymentTargetDoesNotExistException,
  type ErrorInformation,
  GetDeployment$,
  GetDeploymentTarget$,
  InvalidLifecycleEventHookExecutionIdException,
  InvalidLifecycleEventHookExecutionStatusException,
  InvalidRevisionException,
  LifecycleEventAlreadyCompletedException,
  type LifecycleEventStatus,
  ListDeployments$,
  ListDeploymentTargets$,
  PutLifecycleEventHookExecutionStatus$,
  type RevisionLocation,
  RevisionRequiredException,
  StopDeployment$,
} from "../../sdk/codedeploy.js";
import { invalidToken, requireApplication } from "./application.ts";
import { type LambdaAppSpec, parseLambdaAppSpec } from "./appspec.ts";
import { requireConfig, type Shift, shiftsOf } from "./config.ts";
import { requireGroup } from "./group.ts";

/** One deployment to the Lambda platform, by its id (d-XXXXXXXXX). */
export interface Deployment extends Row {
  readonly application: string;
  readonly groupName: string;
  /** application/group */
  readonly group: string;
  readonly configName: string;
  readonly shifts: readonly Shift[];
  readonly revision: Stored<RevisionLocation>;
  readonly spec: LambdaAppSpec;
  readonly status: DeploymentStatus;
  readonly creator: NonNullable<DeploymentInfo["creator"]>;
  readonly description?: string;
  /** CloudFormation's name for it. */
  readonly externalId?: string;
  readonly alarms?: Stored<AlarmConfiguration>;
  readonly rollback?: Stored<AutoRollbackConfiguration>;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** When the first share of the traffic moved. */
  readonly shiftedAt?: number;
  /** The share of the traffic that the target version has, in percent. */
  readonly percent: number;
  readonly events: Readonly<Partial<Record<LifecycleName, LifecycleEventRow>>>;
  readonly stop?: { readonly rollBack: boolean };
  readonly error?: Stored<ErrorInformation>;
  /** The deployment that takes this one back, or that this one takes back. */
  readonly rollbackDeploymentId?: string;
  readonly triggeringDeploymentId?: string;
  readonly rollbackMessage?: string;
}

export type LifecycleName = "BeforeAllowTraffic" | "AllowTraffic" | "AfterAllowTraffic";

export interface LifecycleEventRow {
  readonly status: LifecycleEventStatus;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly message?: string;
}

export const LIFECYCLE: readonly LifecycleName[] = ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"];

export const deployments = new Table<Deployment>("codedeploy/deployment", {
  indexes: { group: ({ group }) => group, application: ({ application }) => application },
  arn: ({ id }, { account, region }) => `arn:aws:codedeploy:${region}:${account}:deployment:${id}`,
});

export const isOver = ({ status }: Pick<Deployment, "status">): boolean =>
  status === "Succeeded" || status === "Failed" || status === "Stopped";

export const createDeployment = operation(
  CreateDeployment$,
  (scope, input) => {
    const { applicationName, deploymentGroupName, deploymentConfigName, revision, description } = input;
    const { platform } = requireApplication(scope, applicationName);
    const group = requireGroup(scope, applicationName, deploymentGroupName);
    if (platform !== "Lambda") fault("NotImplemented", `Deployments to the ${platform} platform are not implemented.`, 501);
    if (revision === undefined) return fault(RevisionRequiredException, "The revision was not specified.");
    const deployment = startDeployment(scope, {
      id: `d-${scope.id.text(9)}`,
      application: group.application,
      groupName: group.name,
      configName: deploymentConfigName ?? group.configName,
      revision,
      creator: "user",
      ...(description !== undefined && { description }),
      alarms: input.overrideAlarmConfiguration ?? group.alarms,
      rollback: input.autoRollbackConfiguration ?? group.rollback,
    });
    return { deploymentId: deployment.id };
  },
  { partial: "the Lambda platform" },
);

export const getDeployment = operation(GetDeployment$, (scope, { deploymentId }) => ({
  deploymentInfo: shown(scope, requireDeployment(scope, deploymentId)),
}));

export const batchGetDeployments = operation(BatchGetDeployments$, (scope, { deploymentIds = [] }) => ({
  deploymentsInfo: deploymentIds.flatMap((id) => {
    const deployment = deployments.get(scope, id);
    return deployment === undefined ? [] : [shown(scope, deployment)];
  }),
}));

export const listDeployments = operation(ListDeployments$, (scope, input) => {
  const { applicationName, deploymentGroupName, includeOnlyStatuses, createTimeRange, externalId, nextToken } = input;
  if (applicationName !== undefined) requireApplication(scope, applicationName);
  const all =
    deploymentGroupName === undefined
      ? deployments.list(scope)
      : deployments.by(scope, "group", `${applicationName}/${deploymentGroupName}`);
  const found = all.filter((deployment) => {
    if (applicationName !== undefined && deployment.application !== applicationName) return false;
    if (includeOnlyStatuses !== undefined && !includeOnlyStatuses.includes(deployment.status)) return false;
    if (externalId !== undefined && deployment.externalId !== externalId) return false;
    const { start, end } = createTimeRange ?? {};
    return (start === undefined || deployment.createdAt >= start.getTime()) && (end === undefined || deployment.createdAt <= end.getTime());
  });
  const newestFirst = found.sort((one, other) => other.createdAt - one.createdAt);
  const keys = new Map(newestFirst.map(({ id, createdAt }) => [id, `${String(9e15 - createdAt).padStart(16, "0")} ${id}`]));
  const paged = page(newestFirst, ({ id }) => keys.get(id)!, 100, nextToken, invalidToken);
  return { deployments: paged.items.map(({ id }) => id), ...(paged.nextToken && { nextToken: paged.nextToken }) };
});

export const stopDeployment = operation(StopDeployment$, (scope, { deploymentId, autoRollbackEnabled }) => {
  const deployment = requireDeployment(scope, deploymentId);
  if (isOver(deployment)) fault(DeploymentAlreadyCompletedException, `The deployment is already complete: ${deployment.id}`);
  const rollBack = autoRollbackEnabled ?? false;
  deployments.patch(scope, deployment.id, { stop: { rollBack } });
  return { status: "Pending" as const, statusMessage: "Deployment stop is pending." };
});

export const putLifecycleEventHookExecutionStatus = operation(
  PutLifecycleEventHookExecutionStatus$,
  (scope, { deploymentId, lifecycleEventHookExecutionId, status }) => {
    const deployment = requireDeployment(scope, deploymentId);
    const name = LIFECYCLE.find((event) => executionId(deployment.id, event) === lifecycleEventHookExecutionId);
    if (name === undefined)
      return fault(InvalidLifecycleEventHookExecutionIdException, "The specified lifecycle event hook execution ID is not valid.");
    if (status !== "Succeeded" && status !== "Failed") {
      fault(InvalidLifecycleEventHookExecutionStatusException, "The lifecycle event hook execution status must be Succeeded or Failed.");
    }
    const event = deployment.events[name];
    if (event?.status !== "InProgress") fault(LifecycleEventAlreadyCompletedException, "The lifecycle event is already complete.");
    const message =
      status === "Failed"
        ? `The lifecycle event hook ${deployment.spec.hooks[name as "BeforeAllowTraffic"]} reported a failure.`
        : undefined;
    setEvent(scope, deployment, name, {
      ...event!,
      status: status as LifecycleEventStatus,
      endedAt: scope.clock.now(),
      ...(message && { message }),
    });
    return { lifecycleEventHookExecutionId: lifecycleEventHookExecutionId! };
  },
);

export const listDeploymentTargets = operation(ListDeploymentTargets$, (scope, { deploymentId }) => ({
  targetIds: [targetId(requireDeployment(scope, deploymentId))],
}));

export const getDeploymentTarget = operation(GetDeploymentTarget$, (scope, { deploymentId, targetId: wanted }) => {
  const deployment = requireDeployment(scope, deploymentId);
  if (wanted !== targetId(deployment))
    fault(DeploymentTargetDoesNotExistException, `The specified deployment target does not exist: ${wanted}`);
  return { deploymentTarget: shownTarget(scope, deployment) };
});

export const batchGetDeploymentTargets = operation(BatchGetDeploymentTargets$, (scope, { deploymentId, targetIds = [] }) => {
  const deployment = requireDeployment(scope, deploymentId);
  return { deploymentTargets: targetIds.includes(targetId(deployment)) ? [shownTarget(scope, deployment)] : [] };
});

/** What is known of a deployment before it begins. */
export interface DeploymentRequest {
  readonly id: string;
  readonly application: string;
  readonly groupName: string;
  readonly configName: string;
  readonly revision: RevisionLocation;
  readonly creator: Deployment["creator"];
  readonly description?: string;
  readonly externalId?: string;
  readonly alarms?: AlarmConfiguration | undefined;
  readonly rollback?: AutoRollbackConfiguration | undefined;
  readonly triggeringDeploymentId?: string;
}

/** Make sure that the deployment was begun; its loop does the rest. */
export function startDeployment(scope: Scope, request: DeploymentRequest): Deployment {
  const known = deployments.get(scope, request.id);
  if (known !== undefined) return known;
  const { alarms, rollback, revision, ...said } = request;
  const spec = specOf(scope, revision);
  return deployments.put(scope, {
    ...said,
    group: `${request.application}/${request.groupName}`,
    shifts: shiftsOf(requireConfig(scope, request.configName)),
    revision: stored(revision),
    spec,
    status: "Created",
    ...(alarms !== undefined && { alarms: stored(alarms) }),
    ...(rollback !== undefined && { rollback: stored(rollback) }),
    createdAt: scope.clock.now(),
    percent: 0,
    events: Object.fromEntries(
      LIFECYCLE.filter((name) => name === "AllowTraffic" || spec.hooks[name]).map((name) => [name, { status: "Pending" }]),
    ),
  });
}

/** A revision that holds an AppSpec, as CodeDeploy keeps it. */
export const revisionOf = (content: string): RevisionLocation => ({
  revisionType: "AppSpecContent",
  appSpecContent: { content, sha256: createHash("sha256").update(content).digest("hex") },
});

export function setEvent(scope: Scope, { id, events }: Deployment, name: LifecycleName, event: LifecycleEventRow): Deployment {
  return deployments.patch(scope, id, { events: { ...events, [name]: event } });
}

export function requireDeployment(scope: Scope, id: string | undefined): Deployment {
  if (!id) return fault(DeploymentIdRequiredException, "The deployment ID was not specified.");
  return deployments.get(scope, id) ?? fault(DeploymentDoesNotExistException, `The deployment ${id} could not be found`);
}

/** The token that a hook answers with. */
export const executionId = (deploymentId: string, name: LifecycleName): string => Buffer.from(`${deploymentId} ${name}`).toString("base64");

function specOf(scope: Scope, { revisionType, appSpecContent, string: text, s3Location }: RevisionLocation): LambdaAppSpec {
  const content = revisionType === "S3" ? fromS3(scope, s3Location ?? {}) : (appSpecContent?.content ?? text?.content);
  if (content === undefined) return fault(InvalidRevisionException, "The revision for a Lambda deployment must be an AppSpec file.");
  const sha256 = appSpecContent?.sha256 ?? text?.sha256;
  if (sha256 !== undefined && sha256 !== createHash("sha256").update(content).digest("hex")) {
    fault(InvalidRevisionException, "The SHA256 hash of the revision's content does not match the specified one.");
  }
  const spec = parseLambdaAppSpec(content);
  return typeof spec === "string" ? fault(InvalidRevisionException, spec) : spec;
}

function fromS3(
  scope: Scope,
  { bucket, key, version }: { bucket?: string | undefined; key?: string | undefined; version?: string | undefined },
): string {
  const found = scope.registry.reference("s3")?.resolve(scope, `${bucket}/${key}${version ? `?versionId=${version}` : ""}`);
  if (found?.state !== "value") return fault(InvalidRevisionException, `The revision s3://${bucket}/${key} could not be found.`);
  return scope.blobs.read(found.value).toString();
}

const targetId = ({ spec }: Deployment): string => `${spec.functionName}:${spec.alias}`;

export const shownBrief = ({ id, status, createdAt, endedAt }: Deployment) => ({
  deploymentId: id,
  status,
  createTime: new Date(createdAt),
  ...(endedAt !== undefined && { endTime: new Date(endedAt) }),
});

function shown(scope: Scope, deployment: Deployment): DeploymentInfo {
  const { alarms, rollback, error, rollbackMessage } = deployment;
  const previous = deployments
    .by(scope, "group", deployment.group)
    .filter((other) => other.status === "Succeeded" && other.createdAt < deployment.createdAt)
    .sort((one, other) => one.createdAt - other.createdAt)
    .at(-1);
  const state = deployment.status;
  return {
    applicationName: deployment.application,
    deploymentGroupName: deployment.groupName,
    deploymentConfigName: deployment.configName,
    deploymentId: deployment.id,
    ...(previous && { previousRevision: previous.revision as RevisionLocation }),
    revision: deployment.revision as RevisionLocation,
    status: state,
    ...(error && { errorInformation: error as ErrorInformation }),
    createTime: new Date(deployment.createdAt),
    ...(deployment.startedAt !== undefined && { startTime: new Date(deployment.startedAt) }),
    ...(deployment.endedAt !== undefined && { completeTime: new Date(deployment.endedAt) }),
    deploymentOverview: {
      Pending: Number(state === "Created" || state === "Queued"),
      InProgress: Number(state === "InProgress"),
      Succeeded: Number(state === "Succeeded"),
      Failed: Number(state === "Failed"),
      Skipped: Number(state === "Stopped"),
      Ready: 0,
    },
    ...(deployment.description !== undefined && { description: deployment.description }),
    creator: deployment.creator,
    ignoreApplicationStopFailures: false,
    ...(rollback && { autoRollbackConfiguration: rollback as AutoRollbackConfiguration }),
    updateOutdatedInstancesOnly: false,
    ...((deployment.rollbackDeploymentId || deployment.triggeringDeploymentId) && {
      rollbackInfo: {
        ...(deployment.rollbackDeploymentId && { rollbackDeploymentId: deployment.rollbackDeploymentId }),
        ...(deployment.triggeringDeploymentId && { rollbackTriggeringDeploymentId: deployment.triggeringDeploymentId }),
        ...(rollbackMessage && { rollbackMessage }),
      },
    }),
    deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
    instanceTerminationWaitTimeStarted: false,
    ...(alarms && { overrideAlarmConfiguration: alarms as AlarmConfiguration }),
    ...(deployment.externalId && { externalId: deployment.externalId }),
    computePlatform: "Lambda",
  };
}

function shownTarget(scope: Scope, deployment: Deployment): DeploymentTarget {
  const { id, spec, events, status, percent, startedAt, endedAt } = deployment;
  const lifecycleEvents = LIFECYCLE.filter((name) => events[name]).map((name) => {
    const event = events[name]!;
    return {
      lifecycleEventName: name,
      status: event.status,
      ...(event.startedAt !== undefined && { startTime: new Date(event.startedAt) }),
      ...(event.endedAt !== undefined && { endTime: new Date(event.endedAt) }),
      ...(event.message !== undefined && { diagnostics: { errorCode: "ScriptFailed" as const, message: event.message } }),
    };
  });
  const state =
    status === "Succeeded"
      ? ("Succeeded" as const)
      : status === "Failed"
        ? ("Failed" as const)
        : status === "Stopped"
          ? ("Skipped" as const)
          : startedAt === undefined
            ? ("Pending" as const)
            : ("InProgress" as const);
  return {
    deploymentTargetType: "LambdaTarget",
    lambdaTarget: {
      deploymentId: id,
      targetId: targetId(deployment),
      targetArn: scope.arn("lambda", `function:${targetId(deployment)}`),
      status: state,
      lastUpdatedAt: new Date(endedAt ?? scope.clock.now()),
      lifecycleEvents,
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
