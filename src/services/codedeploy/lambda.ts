import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  InvalidLifecycleEventHookExecutionIdException,
  InvalidLifecycleEventHookExecutionStatusException,
  type LifecycleErrorCode,
  LifecycleEventAlreadyCompletedException,
  type LifecycleEventStatus,
  PutLifecycleEventHookExecutionStatus$,
  UnsupportedActionForDeploymentTypeException,
} from "../../sdk/codedeploy.js";
import type { LambdaAppSpec } from "./appspec.ts";
import { type Deployment, deployments, requireDeployment } from "./deployment.ts";
import { ECS_HOOKS, reportEcsHook } from "./ecs.ts";
import type { Shift } from "./shift.ts";

/** How far a deployment to the Lambda platform has come. */
export interface LambdaProgress {
  readonly shifts: readonly Shift[];
  readonly spec: LambdaAppSpec;
  /** When the first share of the traffic moved. */
  readonly shiftedAt?: number;
  /** The share of the traffic that the target version has, in percent. */
  readonly percent: number;
  readonly events: Readonly<Partial<Record<LambdaEvent, LifecycleEventRow>>>;
}

export type LambdaEvent = "BeforeAllowTraffic" | "AllowTraffic" | "AfterAllowTraffic";

export interface LifecycleEventRow {
  readonly status: LifecycleEventStatus;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly message?: string;
  readonly errorCode?: LifecycleErrorCode;
}

export const LAMBDA_EVENTS: readonly LambdaEvent[] = ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"];

export const newLambdaProgress = (spec: LambdaAppSpec, shifts: readonly Shift[]): LambdaProgress => ({
  shifts,
  spec,
  percent: 0,
  events: Object.fromEntries(
    LAMBDA_EVENTS.filter((name) => name === "AllowTraffic" || spec.hooks[name]).map((name) => [name, { status: "Pending" }]),
  ),
});

export const putLifecycleEventHookExecutionStatus = operation(
  PutLifecycleEventHookExecutionStatus$,
  (scope, { deploymentId, lifecycleEventHookExecutionId, status }) => {
    const deployment = requireDeployment(scope, deploymentId);
    if (deployment.server !== undefined)
      fault(
        UnsupportedActionForDeploymentTypeException,
        "Lifecycle event hooks of the Server platform are scripts; their agent reports them.",
      );
    const names: readonly string[] = deployment.ecs === undefined ? LAMBDA_EVENTS : ECS_HOOKS;
    const name = names.find((event) => executionId(deployment.id, event) === lifecycleEventHookExecutionId);
    if (name === undefined)
      return fault(InvalidLifecycleEventHookExecutionIdException, "The specified lifecycle event hook execution ID is not valid.");
    if (status !== "Succeeded" && status !== "Failed") {
      fault(InvalidLifecycleEventHookExecutionStatusException, "The lifecycle event hook execution status must be Succeeded or Failed.");
    }
    const report = status as "Succeeded" | "Failed";
    const known =
      deployment.ecs === undefined
        ? reportHook(scope, deployment, name as LambdaEvent, report)
        : reportEcsHook(scope, deployment, name as never, report);
    if (!known) fault(LifecycleEventAlreadyCompletedException, "The lifecycle event is already complete.");
    return { lifecycleEventHookExecutionId: lifecycleEventHookExecutionId! };
  },
);

/** False where nobody waits for the report. */
function reportHook(scope: Scope, deployment: Deployment, name: LambdaEvent, status: "Succeeded" | "Failed"): boolean {
  const { events, spec } = deployment.lambda!;
  const event = events[name];
  if (event?.status !== "InProgress" || name === "AllowTraffic") return false;
  const message = status === "Failed" ? `The lifecycle event hook ${spec.hooks[name]} reported a failure.` : undefined;
  setEvent(scope, deployment, name, {
    ...event,
    status,
    endedAt: scope.clock.now(),
    ...(message && { message, errorCode: "ScriptFailed" }),
  });
  return true;
}

export const patchLambda = (scope: Scope, { id, lambda }: Deployment, change: Partial<LambdaProgress>): Deployment =>
  deployments.patch(scope, id, { lambda: { ...lambda!, ...change } });

export const setEvent = (scope: Scope, deployment: Deployment, name: LambdaEvent, event: LifecycleEventRow): Deployment =>
  patchLambda(scope, deployment, { events: { ...deployment.lambda!.events, [name]: event } });

/** The token that a hook answers with. */
export const executionId = (deploymentId: string, name: string): string => Buffer.from(`${deploymentId} ${name}`).toString("base64");

/** The one target of a Lambda deployment. */
export const lambdaTargetId = ({ lambda }: Deployment): string => `${lambda!.spec.functionName}:${lambda!.spec.alias}`;
