import type { Stored } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import type {
  BlueGreenDeploymentConfiguration,
  FileExistsBehavior,
  LoadBalancerInfo,
  TargetInstances,
  ZonalConfig,
} from "../../sdk/codedeploy.js";
import type { DeploymentConfig } from "./config.ts";
import { type Deployment, deployments } from "./deployment.ts";
import type { DeploymentGroup } from "./group.ts";
import type { Minimum } from "./health.ts";

/** What a deployment to instances was asked for, and how far it has come. */
export interface ServerProgress extends ServerWish {
  readonly type: "IN_PLACE" | "BLUE_GREEN";
  readonly minimum: Minimum;
  readonly zonal?: Stored<ZonalConfig>;
  /** The target groups whose traffic is led around instances that are deployed to; none where it is not controlled. */
  readonly targetGroups: readonly string[];
  readonly loadBalancerInfo?: Stored<LoadBalancerInfo>;
  readonly blueGreen?: Stored<BlueGreenDeploymentConfiguration>;
  /** The Auto Scaling group that was made for it. */
  readonly greenGroup?: string;
  /** Instants of a blue/green deployment: its replacement environment is there, has the revision, has the traffic, the original may go. */
  readonly provisionedAt?: number;
  readonly installedAt?: number;
  readonly reroutedAt?: number;
  readonly blockedAt?: number;
  /** Somebody does not want to wait: for the traffic to move, for the original to go. */
  readonly continued?: boolean;
  readonly terminationSkipped?: boolean;
}

/** What whoever creates one may say besides the group's settings. */
export interface ServerWish {
  readonly ignoresStopFailures?: boolean;
  readonly fileExistsBehavior?: FileExistsBehavior;
  readonly outdatedOnly?: boolean;
  readonly targetInstances?: Stored<TargetInstances>;
  /** Only to these, whatever the group's filters say. */
  readonly only?: readonly string[];
  /** It runs what stops the application, and installs nothing: the instance is about to go. */
  readonly isFarewell?: boolean;
  /** Of the deployment whose traffic it leads back. */
  readonly restores?: string;
  /** The deployment that left instances outdated. */
  readonly rootDeploymentId?: string;
}

export function newServerProgress(group: DeploymentGroup, config: DeploymentConfig, wish: ServerWish): ServerProgress {
  const { deploymentType = "IN_PLACE", deploymentOption } = group.style ?? {};
  const { loadBalancerInfo, blueGreenDeploymentConfiguration } = group.settings ?? {};
  const isControlled = deploymentOption === "WITH_TRAFFIC_CONTROL" && wish.only === undefined;
  const isBlueGreen = deploymentType === "BLUE_GREEN" && wish.only === undefined && wish.outdatedOnly !== true;
  return {
    ...wish,
    type: isBlueGreen ? "BLUE_GREEN" : "IN_PLACE",
    minimum: config.minimumHealthyHosts ?? { type: "HOST_COUNT", value: 0 },
    ...(config.zonal !== undefined && { zonal: config.zonal }),
    targetGroups: isControlled ? (loadBalancerInfo?.targetGroupInfoList ?? []).map(({ name }) => name!) : [],
    ...(loadBalancerInfo !== undefined && { loadBalancerInfo }),
    ...(isBlueGreen && { blueGreen: blueGreenDeploymentConfiguration ?? {} }),
  };
}

export const patchServer = (scope: Scope, id: string, change: { [K in keyof ServerProgress]?: ServerProgress[K] }): Deployment =>
  deployments.patch(scope, id, { server: { ...deployments.get(scope, id)!.server!, ...change } });
