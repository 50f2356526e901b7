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
  ApplicationNameRequiredException,
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
  InvalidAutoScalingGroupException,
  InvalidBlueGreenDeploymentConfigurationException,
  InvalidComputePlatformException,
  InvalidDeploymentStyleException,
  InvalidEC2TagCombinationException,
  InvalidLoadBalancerInfoException,
  InvalidOnPremisesTagCombinationException,
  InvalidRoleException,
  ListDeploymentGroups$,
  RoleRequiredException,
  type TriggerConfig,
  TriggerTargetsLimitExceededException,
  UpdateDeploymentGroup$,
} from "../../sdk/codedeploy.js";
import { groupOf as scalingGroupOf } from "../auto-scaling/api.ts";
import { roleIdOf } from "../iam/api.ts";
import { type Application, invalidToken, requireApplication } from "./application.ts";
import { requireConfig } from "./config.ts";
import { deploymentCounts, deployments, isForInstances, lastGoodOf, newestOf, shownBrief } from "./deployment.ts";
import { instanceHealths } from "./health.ts";
import { hook, launchHookOf, syncHooks, terminationHookOf, unhook } from "./scaling-hook.ts";

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
  /** What it says of instances, services and load balancers. */
  readonly settings?: Stored<PlatformSettings>;
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

const ALARMS_MAX = 10;
const TRIGGERS_MAX = 10;

export type PlatformSettings = Pick<CreateDeploymentGroupInput, (typeof PLATFORM_SETTINGS)[number] | "autoScalingGroups">;

export const groups = new Table<DeploymentGroup>("codedeploy/group", {
  version: 2,
  upgrade: ({ platformSettings, ...row }) => ({ ...row, ...(platformSettings !== undefined && { settings: platformSettings }) }),
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
  { partial: "groups of the ECS platform can be made and not deployed to; Classic Load Balancers are refused" },
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

export const updateDeploymentGroup = operation(UpdateDeploymentGroup$, (scope, input) => {
  const { applicationName, currentDeploymentGroupName, newDeploymentGroupName, ...settings } = input;
  const application = requireApplication(scope, applicationName);
  const group = requireGroup(scope, applicationName, currentDeploymentGroupName);
  const said = settings as GroupSettings;
  const merged: GroupSettings = {
    ...(group.settings as PlatformSettings | undefined),
    ...platformSettingsOf(said),
    // One way to say which instances takes the place of the other.
    ...(said.ec2TagSet !== undefined && said.ec2TagFilters === undefined && { ec2TagFilters: undefined }),
    ...(said.ec2TagFilters !== undefined && said.ec2TagSet === undefined && { ec2TagSet: undefined }),
    ...(said.onPremisesTagSet !== undefined &&
      said.onPremisesInstanceTagFilters === undefined && { onPremisesInstanceTagFilters: undefined }),
    ...(said.onPremisesInstanceTagFilters !== undefined && said.onPremisesTagSet === undefined && { onPremisesTagSet: undefined }),
    deploymentConfigName: said.deploymentConfigName ?? group.configName,
    serviceRoleArn: said.serviceRoleArn ?? group.roleArn,
    alarmConfiguration: said.alarmConfiguration ?? group.alarms,
    autoRollbackConfiguration: said.autoRollbackConfiguration ?? group.rollback,
    deploymentStyle: said.deploymentStyle ?? group.style,
    triggerConfigurations: said.triggerConfigurations ?? group.triggers,
  };
  if (newDeploymentGroupName !== undefined && newDeploymentGroupName !== group.name) {
    if (groups.get(scope, `${applicationName}/${newDeploymentGroupName}`))
      fault(DeploymentGroupAlreadyExistsException, `Deployment group name already exists: ${newDeploymentGroupName}`);
    moveGroup(scope, group, application.id, newDeploymentGroupName);
  }
  putGroup(scope, application, newDeploymentGroupName ?? group.name, merged, group.tags);
  return { hooksNotCleanedUp: [] };
});

export const deleteDeploymentGroup = operation(DeleteDeploymentGroup$, (scope, { applicationName, deploymentGroupName }) => {
  if (!applicationName) fault(ApplicationNameRequiredException, "Application name is required.");
  if (!deploymentGroupName) fault(DeploymentGroupNameRequiredException, "Deployment Group name is missing");
  removeGroup(scope, `${applicationName}/${deploymentGroupName}`);
  return { hooksNotCleanedUp: [] };
});

/** A group under another name, or of an application with another name: its history goes with it. */
export function moveGroup(scope: Scope, group: DeploymentGroup, application: string, name: string): void {
  const id = `${application}/${name}`;
  for (const hooked of group.settings?.autoScalingGroups ?? []) unhook(scope, group, hooked);
  groups.remove(scope, group.id);
  const moved = groups.put(scope, { ...group, id, application, name });
  for (const hooked of group.settings?.autoScalingGroups ?? []) hook(scope, moved, hooked);
  for (const deployment of deployments.by(scope, "group", group.id))
    deployments.patch(scope, deployment.id, { application, groupName: name, group: id });
}

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
  if (config.platform !== application.platform)
    fault(
      InvalidComputePlatformException,
      `The deployment configuration ${config.id} is for the ${config.platform} compute platform, and the application is for ${application.platform}.`,
    );
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
  checkAlarms(alarmConfiguration);
  if ((triggerConfigurations?.length ?? 0) > TRIGGERS_MAX)
    fault(TriggerTargetsLimitExceededException, `The maximum allowed number of triggers (${TRIGGERS_MAX}) was exceeded.`);
  checkPlatformSettings(scope, application, settings);
  const id = `${application.id}/${name}`;
  const known = groups.get(scope, id);
  const { loadBalancerInfo, ...others } = platformSettingsOf(settings);
  const platformSettings = namesNone(loadBalancerInfo) ? others : { ...others, loadBalancerInfo };
  const group = groups.put(scope, {
    id,
    application: application.id,
    name,
    groupId: known?.groupId ?? scope.id.uuid(),
    configName: config.id,
    roleArn: serviceRoleArn!,
    ...(alarmConfiguration !== undefined && { alarms: stored(alarmConfiguration) }),
    ...(autoRollbackConfiguration !== undefined && { rollback: stored(autoRollbackConfiguration) }),
    ...(deploymentStyle !== undefined && { style: stored(deploymentStyle) }),
    ...(triggerConfigurations !== undefined && { triggers: stored(triggerConfigurations) }),
    ...(Object.keys(platformSettings).length > 0 && { settings: stored(platformSettings) }),
    tags,
  });
  syncHooks(scope, known, group);
  return group;
}

/** A group goes with its hooks, and with what it knows of its instances. */
export function removeGroup(scope: Scope, id: string): void {
  const group = groups.get(scope, id);
  if (group === undefined) return;
  syncHooks(scope, group, undefined);
  for (const health of instanceHealths.list(scope, `${group.groupId}/`)) instanceHealths.remove(scope, health.id);
  deploymentCounts.remove(scope, group.groupId);
  groups.remove(scope, id);
}

export function requireGroup(scope: Scope, application: string | undefined, name: string | undefined): DeploymentGroup {
  requireApplication(scope, application);
  if (!name) fault(DeploymentGroupNameRequiredException, "Deployment Group name is missing");
  return (
    groups.get(scope, `${application}/${name}`) ??
    fault(DeploymentGroupDoesNotExistException, `No Deployment Group found for name: ${name}`)
  );
}

export function checkAlarms(alarms: AlarmConfiguration | undefined): void {
  if ((alarms?.alarms?.length ?? 0) > ALARMS_MAX)
    fault(AlarmsLimitExceededException, `The maximum number of alarms for a deployment group (${ALARMS_MAX}) was exceeded.`);
  if (alarms?.enabled && (alarms.alarms ?? []).length === 0)
    fault(InvalidAlarmConfigException, "The alarm configuration is enabled and has no alarms.");
}

/** What the platforms do not let go together. https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeploymentGroup.html */
function checkPlatformSettings(scope: Scope, { platform }: Application, settings: GroupSettings): void {
  const { ec2TagFilters, ec2TagSet, onPremisesInstanceTagFilters, onPremisesTagSet, autoScalingGroups = [], loadBalancerInfo } = settings;
  if ((ec2TagFilters?.length ?? 0) > 0 && (ec2TagSet?.ec2TagSetList?.length ?? 0) > 0)
    fault(
      InvalidEC2TagCombinationException,
      "A call was submitted that specified both Ec2TagFilters and Ec2TagSet, but only one of these data types can be used in a single call.",
    );
  if ((onPremisesInstanceTagFilters?.length ?? 0) > 0 && (onPremisesTagSet?.onPremisesTagSetList?.length ?? 0) > 0)
    fault(
      InvalidOnPremisesTagCombinationException,
      "A call was submitted that specified both OnPremisesTagFilters and OnPremisesTagSet, but only one of these data types can be used in a single call.",
    );
  if (platform !== "Server") return;
  for (const name of autoScalingGroups)
    if (scalingGroupOf(scope, name) === undefined) fault(InvalidAutoScalingGroupException, `The Auto Scaling group was not found: ${name}`);
  if ((loadBalancerInfo?.elbInfoList?.length ?? 0) > 0)
    fault("NotImplemented", "Classic Load Balancers of deployment groups are not implemented.", 501);
  const { deploymentType, deploymentOption } = settings.deploymentStyle ?? {};
  if (deploymentOption === "WITH_TRAFFIC_CONTROL" && (loadBalancerInfo?.targetGroupInfoList?.length ?? 0) === 0)
    fault(InvalidLoadBalancerInfoException, "A load balancer must be specified where the deployment option is WITH_TRAFFIC_CONTROL.");
  const provisioning = settings.blueGreenDeploymentConfiguration?.greenFleetProvisioningOption?.action;
  if (deploymentType === "BLUE_GREEN" && provisioning === "COPY_AUTO_SCALING_GROUP" && autoScalingGroups.length !== 1)
    fault(
      InvalidBlueGreenDeploymentConfigurationException,
      "Exactly one Auto Scaling group must be specified where the replacement environment is a copy of it.",
    );
}

/** The style of a group that was made without one. */
const styleOf = (platform: Application["platform"]): DeploymentStyle =>
  platform === "Server"
    ? { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" }
    : { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" };

/** Information that names no load balancer takes it from the group. */
const namesNone = (info: PlatformSettings["loadBalancerInfo"]): boolean =>
  Object.values(info ?? {}).every((list) => (list ?? []).length === 0);

/** Those that are said. */
function platformSettingsOf(settings: GroupSettings): PlatformSettings {
  const names = [...PLATFORM_SETTINGS, "autoScalingGroups"] as const;
  return Object.fromEntries(names.flatMap((name) => (settings[name] === undefined ? [] : [[name, settings[name]]])));
}

function shown(scope: Scope, group: DeploymentGroup): DeploymentGroupInfo {
  const attempted = newestOf(scope, group.id, ({ creator }) => !isForInstances(creator));
  const successful = lastGoodOf(scope, group.id);
  const { alarms, rollback, style, triggers } = group;
  const { autoScalingGroups, ...platformSettings } = (group.settings ?? {}) as PlatformSettings;
  const { platform } = requireApplication(scope, group.application);
  return {
    applicationName: group.application,
    deploymentGroupId: group.groupId,
    deploymentGroupName: group.name,
    deploymentConfigName: group.configName,
    serviceRoleArn: group.roleArn,
    computePlatform: platform,
    ...(alarms && { alarmConfiguration: alarms as AlarmConfiguration }),
    ...(rollback && { autoRollbackConfiguration: rollback as AutoRollbackConfiguration }),
    deploymentStyle: (style ?? styleOf(platform)) as DeploymentStyle,
    triggerConfigurations: (triggers ?? []) as TriggerConfig[],
    ...(successful && { targetRevision: successful.revision, lastSuccessfulDeployment: shownBrief(successful) }),
    ...(attempted && { lastAttemptedDeployment: shownBrief(attempted) }),
    outdatedInstancesStrategy: "UPDATE",
    terminationHookEnabled: false,
    ...platformSettings,
    ...(autoScalingGroups !== undefined && {
      autoScalingGroups: autoScalingGroups.map((name) => ({
        name,
        hook: launchHookOf(group),
        ...(platformSettings.terminationHookEnabled && { terminationHook: terminationHookOf(group) }),
      })),
    }),
  } as DeploymentGroupInfo;
}
