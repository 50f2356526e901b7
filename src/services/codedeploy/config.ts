import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type ComputePlatform,
  CreateDeploymentConfig$,
  DeleteDeploymentConfig$,
  DeploymentConfigAlreadyExistsException,
  DeploymentConfigDoesNotExistException,
  DeploymentConfigInUseException,
  GetDeploymentConfig$,
  InvalidDeploymentConfigNameException,
  InvalidMinimumHealthyHostValueException,
  InvalidTrafficRoutingConfigurationException,
  ListDeploymentConfigs$,
  type MinimumHealthyHosts,
  type TrafficRoutingConfig,
} from "../../sdk/codedeploy.js";
import { invalidToken } from "./application.ts";
import { groups } from "./group.ts";

/** How traffic or instances are moved, by name. */
export interface DeploymentConfig extends Row {
  readonly configId: string;
  readonly platform: ComputePlatform;
  readonly traffic?: Stored<TrafficRoutingConfig>;
  readonly minimumHealthyHosts?: Stored<MinimumHealthyHosts>;
  readonly createdAt: number;
}

export const configs = new Table<DeploymentConfig>("codedeploy/config");

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html */
const PREDEFINED: Readonly<Record<string, Pick<DeploymentConfig, "platform" | "traffic" | "minimumHealthyHosts">>> = {
  "CodeDeployDefault.OneAtATime": { platform: "Server", minimumHealthyHosts: { type: "HOST_COUNT", value: 99 } },
  "CodeDeployDefault.HalfAtATime": { platform: "Server", minimumHealthyHosts: { type: "FLEET_PERCENT", value: 50 } },
  "CodeDeployDefault.AllAtOnce": { platform: "Server", minimumHealthyHosts: { type: "HOST_COUNT", value: 0 } },
  ...shifting("Lambda"),
  ...shifting("ECS"),
};

function shifting(platform: "Lambda" | "ECS"): typeof PREDEFINED {
  const canary = (minutes: number): Stored<TrafficRoutingConfig> => ({
    type: "TimeBasedCanary",
    timeBasedCanary: { canaryPercentage: 10, canaryInterval: minutes },
  });
  const linear = (minutes: number): Stored<TrafficRoutingConfig> => ({
    type: "TimeBasedLinear",
    timeBasedLinear: { linearPercentage: 10, linearInterval: minutes },
  });
  const [canaries, linears] =
    platform === "Lambda"
      ? [
          [5, 10, 15, 30],
          [1, 2, 3, 10],
        ]
      : [
          [5, 15],
          [1, 3],
        ];
  const word = (minutes: number): string => `${minutes}Minute${minutes === 1 || platform === "Lambda" ? "" : "s"}`;
  return {
    [`CodeDeployDefault.${platform}AllAtOnce`]: { platform, traffic: { type: "AllAtOnce" } },
    ...Object.fromEntries(
      canaries!.map((minutes) => [`CodeDeployDefault.${platform}Canary10Percent${minutes}Minutes`, { platform, traffic: canary(minutes) }]),
    ),
    ...Object.fromEntries(
      linears!.map((minutes) => [
        `CodeDeployDefault.${platform}Linear10PercentEvery${word(minutes)}${platform === "Lambda" && minutes > 1 ? "s" : ""}`,
        { platform, traffic: linear(minutes) },
      ]),
    ),
  };
}

export const createDeploymentConfig = operation(CreateDeploymentConfig$, (scope, input) => {
  const { deploymentConfigName: name = "", computePlatform = "Server", trafficRoutingConfig, minimumHealthyHosts } = input;
  if (findConfig(scope, name))
    fault(DeploymentConfigAlreadyExistsException, `A deployment configuration with the specified name already exists: ${name}`);
  if (name.startsWith("CodeDeployDefault."))
    fault(InvalidDeploymentConfigNameException, "The deployment configuration name cannot start with CodeDeployDefault.");
  if (computePlatform === "Server" && minimumHealthyHosts === undefined) {
    fault(InvalidMinimumHealthyHostValueException, "The minimum healthy hosts value is required for the Server compute platform.");
  }
  if (computePlatform !== "Server") checkTraffic(trafficRoutingConfig);
  const config = configs.put(scope, {
    id: name,
    configId: scope.id.uuid(),
    platform: computePlatform,
    ...(trafficRoutingConfig !== undefined && { traffic: stored(trafficRoutingConfig) }),
    ...(minimumHealthyHosts !== undefined && { minimumHealthyHosts: stored(minimumHealthyHosts) }),
    createdAt: scope.clock.now(),
  });
  return { deploymentConfigId: config.configId };
});

export const getDeploymentConfig = operation(GetDeploymentConfig$, (scope, { deploymentConfigName }) => {
  const { id, configId, platform, traffic, minimumHealthyHosts, createdAt } = requireConfig(scope, deploymentConfigName!);
  return {
    deploymentConfigInfo: {
      deploymentConfigId: configId,
      deploymentConfigName: id,
      createTime: new Date(createdAt),
      computePlatform: platform,
      ...(traffic && { trafficRoutingConfig: traffic as TrafficRoutingConfig }),
      ...(minimumHealthyHosts && { minimumHealthyHosts: minimumHealthyHosts as MinimumHealthyHosts }),
    },
  };
});

export const listDeploymentConfigs = operation(ListDeploymentConfigs$, (scope, { nextToken }) => {
  const names = [...Object.keys(PREDEFINED), ...configs.list(scope).map(({ id }) => id)].sort();
  const paged = page(names, (name) => name, 100, nextToken, invalidToken);
  return { deploymentConfigsList: paged.items, ...(paged.nextToken && { nextToken: paged.nextToken }) };
});

export const deleteDeploymentConfig = operation(DeleteDeploymentConfig$, (scope, { deploymentConfigName: name }) => {
  if (PREDEFINED[name!]) fault("InvalidOperationException", "Predefined deployment configurations cannot be deleted.");
  if (groups.list(scope).some(({ configName }) => configName === name)) {
    fault(DeploymentConfigInUseException, `The deployment configuration is still in use: ${name}`);
  }
  configs.remove(scope, name!);
  return {};
});

export function findConfig(scope: Scope, name: string): DeploymentConfig | undefined {
  const predefined = PREDEFINED[name];
  if (predefined === undefined) return configs.get(scope, name);
  return { id: name, configId: "00000000-0000-0000-0000-000000000000", createdAt: 0, ...predefined };
}

export const requireConfig = (scope: Scope, name: string): DeploymentConfig =>
  findConfig(scope, name) ?? fault(DeploymentConfigDoesNotExistException, `No Deployment Configuration found for name: ${name}`);

export function checkTraffic(traffic: TrafficRoutingConfig | undefined): void {
  const refuse = (message: string): never => fault(InvalidTrafficRoutingConfigurationException, message);
  const share = (percentage = 0): boolean => percentage >= 1 && percentage <= 99;
  const wait = (minutes = 0): boolean => minutes >= 1 && minutes <= 2880;
  switch (traffic?.type) {
    case "AllAtOnce":
      return;
    case "TimeBasedCanary":
      if (!share(traffic.timeBasedCanary?.canaryPercentage) || !wait(traffic.timeBasedCanary?.canaryInterval))
        refuse("The canary percentage must be from 1 to 99 and the canary interval from 1 to 2880 minutes.");
      return;
    case "TimeBasedLinear":
      if (!share(traffic.timeBasedLinear?.linearPercentage) || !wait(traffic.timeBasedLinear?.linearInterval))
        refuse("The linear percentage must be from 1 to 99 and the linear interval from 1 to 2880 minutes.");
      return;
    default:
      refuse("Traffic routing configuration is required for this compute platform.");
  }
}

/** A share of the traffic, in percent, and how long after the first step it moves, in milliseconds. */
export interface Shift {
  readonly percent: number;
  readonly afterMs: number;
}

const MINUTE_MS = 60_000;

/** The steps by which a configuration moves all of the traffic. */
export function shiftsOf({ traffic }: DeploymentConfig): Shift[] {
  if (traffic?.timeBasedCanary !== undefined) {
    const { canaryPercentage = 10, canaryInterval = 5 } = traffic.timeBasedCanary;
    return [
      { percent: canaryPercentage, afterMs: 0 },
      { percent: 100, afterMs: canaryInterval * MINUTE_MS },
    ];
  }
  if (traffic?.timeBasedLinear !== undefined) {
    const { linearPercentage = 10, linearInterval = 1 } = traffic.timeBasedLinear;
    const steps = Math.ceil(100 / linearPercentage);
    return Array.from({ length: steps }, (_, index) => ({
      percent: Math.min(100, (index + 1) * linearPercentage),
      afterMs: index * linearInterval * MINUTE_MS,
    }));
  }
  return [{ percent: 100, afterMs: 0 }];
}
