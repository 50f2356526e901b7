import type { Stored } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { BlueGreenDeploymentConfiguration, LoadBalancerInfo } from "../../sdk/codedeploy.js";
import { type Deployment, deployments } from "./deployment.ts";
import type { EcsAppSpec } from "./ecs-appspec.ts";
import type { DeploymentGroup } from "./group.ts";
import type { LifecycleEventRow } from "./lambda.ts";
import type { Shift } from "./shift.ts";

/** What CodeDeploy needs of ECS: whoever keeps the services gives it. A task set's id derives from its deployment's. */
export interface EcsControl {
  /** The service's task set that has the production traffic; undefined where there is no such service that CodeDeploy may deploy. */
  primaryOf(scope: Scope, service: EcsService): { readonly taskSetId: string; readonly targetGroup: string } | undefined;
  /** Make sure that the task set is there, and say whether its tasks run. */
  ensureTaskSet(
    scope: Scope,
    service: EcsService,
    wish: TaskSetWish,
  ):
    | { readonly state: "steady" }
    | { readonly state: "busy"; readonly wakeAt?: number }
    | { readonly state: "failed"; readonly reason: string };
  setPrimary(scope: Scope, service: EcsService, taskSetId: string): void;
  removeTaskSet(scope: Scope, service: EcsService, taskSetId: string): void;
  /** Lead a listener's traffic to target groups, in percent of it. */
  route(scope: Scope, listenerArn: string, weights: Readonly<Record<string, number>>): void;
}

export interface EcsService {
  readonly cluster: string;
  readonly service: string;
}

export interface TaskSetWish {
  readonly id: string;
  readonly spec: EcsAppSpec;
  readonly targetGroup: string;
}

/** How far a deployment to the ECS platform has come. */
export interface EcsProgress extends EcsService {
  readonly spec: EcsAppSpec;
  readonly shifts: readonly Shift[];
  readonly targetGroups: readonly string[];
  readonly listenerArns: readonly string[];
  readonly testListenerArns: readonly string[];
  readonly loadBalancerInfo?: Stored<LoadBalancerInfo>;
  readonly blueGreen: Stored<BlueGreenDeploymentConfiguration>;
  readonly events: readonly (LifecycleEventRow & { readonly name: EcsEvent })[];
  /** The task sets, and the target groups that they are in. */
  readonly blue?: { readonly taskSetId: string; readonly targetGroup: string };
  readonly green?: { readonly taskSetId: string; readonly targetGroup: string };
  /** The share of the production traffic that the replacement has, in percent. */
  readonly percent: number;
  /** Instants: the replacement is ready for traffic, has the first of it, has all of it and was found well. */
  readonly readyAt?: number;
  readonly shiftedAt?: number;
  readonly bakedAt?: number;
  readonly continued?: boolean;
  readonly terminationSkipped?: boolean;
  /** The deployment that it takes back. */
  readonly restores?: string;
}

export type EcsEvent =
  | "BeforeInstall"
  | "Install"
  | "AfterInstall"
  | "AllowTestTraffic"
  | "AfterAllowTestTraffic"
  | "BeforeAllowTraffic"
  | "AllowTraffic"
  | "AfterAllowTraffic";

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#appspec-hooks-ecs */
const EVENTS: readonly EcsEvent[] = [
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "AllowTestTraffic",
  "AfterAllowTestTraffic",
  "BeforeAllowTraffic",
  "AllowTraffic",
  "AfterAllowTraffic",
];
export const ECS_HOOKS = EVENTS.filter((name) => name !== "Install" && name !== "AllowTestTraffic" && name !== "AllowTraffic");

export function newEcsProgress(
  spec: EcsAppSpec,
  shifts: readonly Shift[],
  { settings = {} }: DeploymentGroup,
  restores?: string,
): EcsProgress {
  const [service] = settings.ecsServices ?? [];
  const [pair] = settings.loadBalancerInfo?.targetGroupPairInfoList ?? [];
  const testListenerArns = pair?.testTrafficRoute?.listenerArns ?? [];
  const events =
    restores !== undefined
      ? (["AllowTraffic"] as const)
      : EVENTS.filter((name) => testListenerArns.length > 0 || !/TestTraffic/.test(name));
  return {
    cluster: service?.clusterName ?? "default",
    service: service?.serviceName ?? "",
    spec,
    shifts,
    targetGroups: (pair?.targetGroups ?? []).map(({ name }) => name!),
    listenerArns: pair?.prodTrafficRoute?.listenerArns ?? [],
    testListenerArns,
    ...(settings.loadBalancerInfo !== undefined && { loadBalancerInfo: settings.loadBalancerInfo }),
    blueGreen: settings.blueGreenDeploymentConfiguration ?? {},
    events: events.map((name) => ({ name, status: "Pending" })),
    percent: 0,
    ...(restores !== undefined && { restores }),
  };
}

export const patchEcs = (scope: Scope, { id }: Deployment, change: { [K in keyof EcsProgress]?: EcsProgress[K] }): Deployment =>
  deployments.patch(scope, id, { ecs: { ...deployments.get(scope, id)!.ecs!, ...change } });

export function setEcsEvent(scope: Scope, deployment: Deployment, name: EcsEvent, change: Partial<LifecycleEventRow>): Deployment {
  const { events } = deployments.get(scope, deployment.id)!.ecs!;
  return patchEcs(scope, deployment, { events: events.map((event) => (event.name === name ? { ...event, ...change } : event)) });
}

/** What a hook reports; false where nobody waits for it. */
export function reportEcsHook(scope: Scope, deployment: Deployment, name: EcsEvent, status: "Succeeded" | "Failed"): boolean {
  const event = deployment.ecs!.events.find((one) => one.name === name);
  if (event?.status !== "InProgress") return false;
  const failure =
    status === "Failed" ? { message: `The lifecycle event hook for ${name} reported a failure.`, errorCode: "ScriptFailed" as const } : {};
  setEcsEvent(scope, deployment, name, { status, endedAt: scope.clock.now(), ...failure });
  return true;
}
