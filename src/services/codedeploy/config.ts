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
  DeploymentConfigNameRequiredException,
  GetDeploymentConfig$,
  InvalidDeploymentConfigNameException,
  InvalidMinimumHealthyHostValueException,
  InvalidTrafficRoutingConfigurationException,
  InvalidZonalDeploymentConfigurationException,
  ListDeploymentConfigs$,
  type MinimumHealthyHosts,
  type TrafficRoutingConfig,
  type ZonalConfig,
} from "../../sdk/codedeploy.js";
import { invalidToken } from "./application.ts";
import { groups } from "./group.ts";
import type { Minimum } from "./health.ts";

/** How traffic or instances are moved, by name. */
export interface DeploymentConfig extends Row {
  readonly configId: string;
  readonly platform: ComputePlatform;
  readonly traffic?: Stored<TrafficRoutingConfig>;
  readonly minimumHealthyHosts?: Minimum;
  readonly zonal?: Stored<ZonalConfig>;
  readonly createdAt: number;
}

export const configs = new Table<DeploymentConfig>("codedeploy/config");

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html; OneAtATime is shown as a concurrency. */
const PREDEFINED: Readonly<Record<string, Pick<DeploymentConfig, "platform" | "traffic" | "minimumHealthyHosts">>> = {
  "CodeDeployDefault.OneAtATime": { platform: "Server", minimumHealthyHosts: { type: "MOST_CONCURRENCY", value: 1 } },
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
  // One minute is a Minute on Lambda, and Minutes on ECS.
  const word = (minutes: number): string => `${minutes}Minute${minutes === 1 && platform === "Lambda" ? "" : "s"}`;
  return {
    [`CodeDeployDefault.${platform}AllAtOnce`]: { platform, traffic: { type: "AllAtOnce" } },
    ...Object.fromEntries(
      canaries!.map((minutes) => [`CodeDeployDefault.${platform}Canary10Percent${minutes}Minutes`, { platform, traffic: canary(minutes) }]),
    ),
    ...Object.fromEntries(
      linears!.map((minutes) => [
        `CodeDeployDefault.${platform}Linear10PercentEvery${word(minutes)}`,
        { platform, traffic: linear(minutes) },
      ]),
    ),
  };
}

export const createDeploymentConfig = operation(CreateDeploymentConfig$, (scope, input) => {
  const { deploymentConfigName: name, computePlatform = "Server", trafficRoutingConfig, minimumHealthyHosts, zonalConfig } = input;
  if (!name) return fault(DeploymentConfigNameRequiredException, "The deployment configuration name was not specified.");
  if (findConfig(scope, name))
    fault(DeploymentConfigAlreadyExistsException, `A deployment configuration with the specified name already exists: ${name}`);
  if (name.startsWith("CodeDeployDefault."))
    fault(InvalidDeploymentConfigNameException, "The deployment configuration name cannot start with CodeDeployDefault.");
  if (computePlatform === "Server") checkHosts(minimumHealthyHosts, zonalConfig);
  else checkTraffic(trafficRoutingConfig);
  const config = configs.put(scope, {
    id: name,
    configId: scope.id.uuid(),
    platform: computePlatform,
    ...(trafficRoutingConfig !== undefined && { traffic: stored(trafficRoutingConfig) }),
    ...(minimumHealthyHosts !== undefined && { minimumHealthyHosts: stored(minimumHealthyHosts) }),
    ...(zonalConfig !== undefined && { zonal: stored(zonalConfig) }),
    createdAt: scope.clock.now(),
  });
  return { deploymentConfigId: config.configId };
});

export const getDeploymentConfig = operation(GetDeploymentConfig$, (scope, { deploymentConfigName }) => {
  const { id, configId, platform, traffic, minimumHealthyHosts, zonal, createdAt } = requireConfig(scope, deploymentConfigName!);
  return {
    deploymentConfigInfo: {
      deploymentConfigId: configId,
      deploymentConfigName: id,
      createTime: new Date(createdAt),
      computePlatform: platform,
      ...(traffic && { trafficRoutingConfig: traffic as TrafficRoutingConfig }),
      ...(minimumHealthyHosts && { minimumHealthyHosts: minimumHealthyHosts as MinimumHealthyHosts }),
      ...(zonal && { zonalConfig: zonal as ZonalConfig }),
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

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/instances-health-minimum-healthy-hosts.html */
export function checkHosts(hosts: MinimumHealthyHosts | undefined, zonal: ZonalConfig | undefined): void {
  if (hosts === undefined)
    fault(InvalidMinimumHealthyHostValueException, "The minimum healthy hosts value is required for the Server compute platform.");
  if (!isMinimum(hosts))
    fault(InvalidMinimumHealthyHostValueException, "The minimum healthy instance value was specified in an invalid format.");
  if (zonal === undefined) return;
  const { firstZoneMonitorDurationInSeconds: first = 0, monitorDurationInSeconds: each = 0, minimumHealthyHostsPerZone } = zonal;
  if (first < 0 || each < 0 || (minimumHealthyHostsPerZone !== undefined && !isMinimum(minimumHealthyHostsPerZone)))
    fault(InvalidZonalDeploymentConfigurationException, "The ZonalConfig object is not valid.");
}

const isMinimum = ({ type, value = -1 }: Minimum): boolean =>
  (type === "HOST_COUNT" && value >= 0) || (type === "FLEET_PERCENT" && value >= 0 && value <= 100);

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
