import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  type AlarmConfiguration,
  AlarmsLimitExceededException,
  type AutoRollbackConfiguration,
  BatchGetDeploymentGroups$,
  CreateDeploymentGroup$,
  type CreateDeploymentGroupInput,
  DeleteDeploymentGroup$,
  DeploymentGroupAlreadyExistsException,
  DeploymentGroupDoesNotExistException,
  type DeploymentGroupInfo,
  DeploymentGroupNameRequiredException,
  type DeploymentStyle,
  GetDeploymentGroup$,
  InvalidAlarmConfigException,
  InvalidDeploymentStyleException,
  InvalidRoleException,
  ListDeploymentGroups$,
  RoleRequiredException,
  type TriggerConfig,
  UpdateDeploymentGroup$,
} from "../../sdk/codedeploy.js";
import { roleIdOf } from "../iam/api.ts";
import { type Application, invalidToken, requireApplication } from "./application.ts";
import { requireConfig } from "./config.ts";
import { deployments, shownBrief } from "./deployment.ts";

/** Where an application is deployed to and how, by application and name: `shop/live`. */
export interface DeploymentGroup extends Row {
  readonly application: string;
  readonly name: string;
  readonly groupId: string;
  readonly configName: string;
  readonly roleArn: string;
  readonly alarms?: Stored<AlarmConfiguration>;
  readonly rollback?: Stored<AutoRollbackConfiguration>;
  readonly style?: Stored<DeploymentStyle>;
  readonly triggers?: Stored<TriggerConfig>[];
  /** What it says of servers, services and load balancers; kept and shown, for nothing is deployed to them. */
  readonly platformSettings?: Stored<PlatformSettings>;
  readonly tags: Tags;
}

/** The settings of the Server and ECS platforms that are answered as they are given; those of Auto Scaling are not. */
const PLATFORM_SETTINGS = [
  "ec2TagFilters",
  "ec2TagSet",
  "onPremisesInstanceTagFilters",
  "onPremisesTagSet",
  "ecsServices",
  "loadBalancerInfo",
  "blueGreenDeploymentConfiguration",
  "outdatedInstancesStrategy",
  "terminationHookEnabled",
] as const;

type PlatformSettings = Pick<CreateDeploymentGroupInput, (typeof PLATFORM_SETTINGS)[number] | "autoScalingGroups">;

export const groups = new Table<DeploymentGroup>("codedeploy/group", {
  arn: ({ id }, { account, region }) => `arn:aws:codedeploy:${region}:${account}:deploymentgroup:${id}`,
});

/** What a call or a template says of a group. */
export interface GroupSettings extends PlatformSettings {
  readonly deploymentConfigName?: string | undefined;
  readonly serviceRoleArn?: string | undefined;
  readonly alarmConfiguration?: AlarmConfiguration | undefined;
  readonly autoRollbackConfiguration?: AutoRollbackConfiguration | undefined;
  readonly deploymentStyle?: DeploymentStyle | undefined;
  readonly triggerConfigurations?: TriggerConfig[] | undefined;
}

export const createDeploymentGroup = operation(
  CreateDeploymentGroup$,
  (scope, { applicationName, deploymentGroupName, tags, ...settings }) => {
    const application = requireApplication(scope, applicationName);
    if (!deploymentGroupName) fault(DeploymentGroupNameRequiredException, "Deployment Group name is missing");
    if (groups.get(scope, `${applicationName}/${deploymentGroupName}`)) {
      fault(DeploymentGroupAlreadyExistsException, `Deployment group name already exists: ${deploymentGroupName}`);
    }
    return { deploymentGroupId: putGroup(scope, application, deploymentGroupName!, settings, tagsOf(tags)).groupId };
  },
  { partial: "the Lambda platform; groups of the other platforms can be made and not deployed to" },
);

export const getDeploymentGroup = operation(GetDeploymentGroup$, (scope, { applicationName, deploymentGroupName }) => ({
  deploymentGroupInfo: shown(scope, requireGroup(scope, applicationName, deploymentGroupName)),
}));

export const batchGetDeploymentGroups = operation(BatchGetDeploymentGroups$, (scope, { applicationName, deploymentGroupNames = [] }) => {
  requireApplication(scope, applicationName);
  const found = deploymentGroupNames.flatMap((name) => groups.get(scope, `${applicationName}/${name}`) ?? []);
  return { deploymentGroupsInfo: found.map((group) => shown(scope, group)) };
});

export const listDeploymentGroups = operation(ListDeploymentGroups$, (scope, { applicationName, nextToken }) => {
  requireApplication(scope, applicationName);
  const paged = page(groups.list(scope, `${applicationName}/`), ({ id }) => id, 100, nextToken, invalidToken);
  return {
    applicationName: applicationName!,
    deploymentGroups: paged.items.map(({ name }) => name),
    ...(paged.nextToken && { nextToken: paged.nextToken }),
  };
});

export const updateDeploymentGroup = operation(
  UpdateDeploymentGroup$,
  (scope, { applicationName, currentDeploymentGroupName, newDeploymentGroupName, ...settings }) => {
    const group = requireGroup(scope, applicationName, currentDeploymentGroupName);
    const { alarms, rollback, style, triggers, configName, roleArn, platformSettings } = group;
    const merged: GroupSettings = {
      ...(platformSettings as PlatformSettings | undefined),
      ...platformSettingsOf(settings),
      deploymentConfigName: settings.deploymentConfigName ?? configName,
      serviceRoleArn: settings.serviceRoleArn ?? roleArn,
      alarmConfiguration: settings.alarmConfiguration ?? alarms,
      autoRollbackConfiguration: settings.autoRollbackConfiguration ?? rollback,
      deploymentStyle: settings.deploymentStyle ?? style,
      triggerConfigurations: settings.triggerConfigurations ?? triggers,
    };
    if (newDeploymentGroupName !== undefined && newDeploymentGroupName !== group.name) groups.remove(scope, group.id);
    putGroup(scope, requireApplication(scope, applicationName), newDeploymentGroupName ?? group.name, merged, group.tags);
    return { hooksNotCleanedUp: [] };
  },
);

export const deleteDeploymentGroup = operation(DeleteDeploymentGroup$, (scope, { applicationName, deploymentGroupName }) => {
  removeGroup(scope, `${applicationName}/${deploymentGroupName}`);
  return { hooksNotCleanedUp: [] };
});

/** Make the group be as said. */
export function putGroup(scope: Scope, application: Application, name: string, settings: GroupSettings, tags: Tags): DeploymentGroup {
  const { alarmConfiguration, autoRollbackConfiguration, deploymentStyle, triggerConfigurations, serviceRoleArn } = settings;
  const byDefault = {
    Lambda: "CodeDeployDefault.LambdaAllAtOnce",
    ECS: "CodeDeployDefault.ECSAllAtOnce",
    Server: "CodeDeployDefault.OneAtATime",
    Kubernetes: "CodeDeployDefault.OneAtATime",
  };
  const config = requireConfig(scope, settings.deploymentConfigName ?? byDefault[application.platform as keyof typeof byDefault]);
  if (!serviceRoleArn) fault(RoleRequiredException, "The role ID was not specified.");
  if (roleIdOf(scope, serviceRoleArn!) === undefined) fault(InvalidRoleException, `Cannot assume role provided: ${serviceRoleArn}`);
  if (
    application.platform === "Lambda" &&
    deploymentStyle !== undefined &&
    (deploymentStyle.deploymentType !== "BLUE_GREEN" || deploymentStyle.deploymentOption !== "WITH_TRAFFIC_CONTROL")
  ) {
    fault(
      InvalidDeploymentStyleException,
      "For Lambda deployment group, deployment type can only be BLUE_GREEN and deployment option can only be WITH_TRAFFIC_CONTROL",
    );
  }
  if ((alarmConfiguration?.alarms?.length ?? 0) > 10)
    fault(AlarmsLimitExceededException, "The maximum number of alarms for a deployment group (10) was exceeded.");
  if (alarmConfiguration?.enabled && (alarmConfiguration.alarms ?? []).length === 0)
    fault(InvalidAlarmConfigException, "The alarm configuration is enabled and has no alarms.");
  const id = `${application.id}/${name}`;
  const platformSettings = platformSettingsOf(settings);
  return groups.put(scope, {
    id,
    application: application.id,
    name,
    groupId: groups.get(scope, id)?.groupId ?? scope.id.uuid(),
    configName: config.id,
    roleArn: serviceRoleArn!,
    ...(alarmConfiguration !== undefined && { alarms: stored(alarmConfiguration) }),
    ...(autoRollbackConfiguration !== undefined && { rollback: stored(autoRollbackConfiguration) }),
    ...(deploymentStyle !== undefined && { style: stored(deploymentStyle) }),
    ...(triggerConfigurations !== undefined && { triggers: stored(triggerConfigurations) }),
    ...(Object.keys(platformSettings).length > 0 && { platformSettings: stored(platformSettings) }),
    tags,
  });
}

export const removeGroup = (scope: Scope, id: string): void => groups.remove(scope, id);

export function requireGroup(scope: Scope, application: string | undefined, name: string | undefined): DeploymentGroup {
  requireApplication(scope, application);
  if (!name) fault(DeploymentGroupNameRequiredException, "Deployment Group name is missing");
  return (
    groups.get(scope, `${application}/${name}`) ??
    fault(DeploymentGroupDoesNotExistException, `No Deployment Group found for name: ${name}`)
  );
}

/** Those that are said. */
function platformSettingsOf(settings: GroupSettings): PlatformSettings {
  const names = [...PLATFORM_SETTINGS, "autoScalingGroups"] as const;
  return Object.fromEntries(names.flatMap((name) => (settings[name] === undefined ? [] : [[name, settings[name]]])));
}

function shown(scope: Scope, group: DeploymentGroup): DeploymentGroupInfo {
  const history = deployments.by(scope, "group", group.id).sort((one, other) => one.createdAt - other.createdAt);
  const attempted = history.at(-1);
  const successful = history.findLast(({ status }) => status === "Succeeded");
  const { alarms, rollback, style, triggers } = group;
  const { autoScalingGroups, ...platformSettings } = (group.platformSettings ?? {}) as PlatformSettings;
  return {
    applicationName: group.application,
    deploymentGroupId: group.groupId,
    deploymentGroupName: group.name,
    deploymentConfigName: group.configName,
    serviceRoleArn: group.roleArn,
    computePlatform: requireApplication(scope, group.application).platform,
    ...(alarms && { alarmConfiguration: alarms as AlarmConfiguration }),
    ...(rollback && { autoRollbackConfiguration: rollback as AutoRollbackConfiguration }),
    ...(style && { deploymentStyle: style as DeploymentStyle }),
    triggerConfigurations: (triggers ?? []) as TriggerConfig[],
    ...(successful && { targetRevision: successful.revision, lastSuccessfulDeployment: shownBrief(successful) }),
    ...(attempted && { lastAttemptedDeployment: shownBrief(attempted) }),
    outdatedInstancesStrategy: "UPDATE",
    terminationHookEnabled: false,
    ...platformSettings,
    ...(autoScalingGroups !== undefined && { autoScalingGroups: autoScalingGroups.map((name) => ({ name })) }),
  } as DeploymentGroupInfo;
}
