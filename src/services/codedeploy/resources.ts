import { alreadyExists, attempt, type ResourceType } from "../../kernel/resource.ts";
import { tagList, tagsOf } from "../../kernel/tag.ts";
import { applications, newApplication, removeApplication, requireApplication } from "./application.ts";
import { configs, findConfig } from "./config.ts";
import { groups, putGroup, removeGroup } from "./group.ts";

type Properties = Readonly<Record<string, any>>;

const application: ResourceType<Properties> = {
  type: "AWS::CodeDeploy::Application",
  ensure: (scope, declared, id, { generatedName, tags }) =>
    attempt(scope, () => {
      const name = id ?? declared["ApplicationName"] ?? generatedName.slice(-100);
      const allTags = { ...tagsOf(tags), ...tagsOf(declared["Tags"]) };
      const known = applications.get(scope, name);
      if (id === undefined && known !== undefined) return alreadyExists("AWS::CodeDeploy::Application", name);
      if (known === undefined) newApplication(scope, name, declared["ComputePlatform"] ?? "Server", allTags);
      else applications.patch(scope, name, { tags: allTags });
      return name;
    }),
  read(scope, id) {
    const found = applications.get(scope, id);
    return (
      found && {
        ApplicationName: id,
        ComputePlatform: found.platform,
        ...(Object.keys(found.tags).length > 0 && { Tags: tagList(found.tags) }),
      }
    );
  },
  remove(scope, id) {
    removeApplication(scope, id);
    return { state: "done", id };
  },
};

/** Its id is the group's name alone. */
const group: ResourceType<Properties> = {
  type: "AWS::CodeDeploy::DeploymentGroup",
  ensure: (scope, declared, id, { generatedName, tags }) =>
    attempt(scope, () => {
      const name = id ?? declared["DeploymentGroupName"] ?? generatedName.slice(-100);
      const {
        DeploymentConfigName,
        ServiceRoleArn,
        AlarmConfiguration,
        AutoRollbackConfiguration,
        DeploymentStyle,
        TriggerConfigurations,
      } = declared;
      const settings = {
        deploymentConfigName: DeploymentConfigName,
        serviceRoleArn: ServiceRoleArn,
        alarmConfiguration: AlarmConfiguration && {
          enabled: String(AlarmConfiguration.Enabled ?? true) === "true",
          alarms: (AlarmConfiguration.Alarms ?? []).map(({ Name }: Properties) => ({ name: Name })),
          ...(AlarmConfiguration.IgnorePollAlarmFailure !== undefined && {
            ignorePollAlarmFailure: String(AlarmConfiguration.IgnorePollAlarmFailure) === "true",
          }),
        },
        autoRollbackConfiguration: AutoRollbackConfiguration && {
          enabled: String(AutoRollbackConfiguration.Enabled) === "true",
          events: AutoRollbackConfiguration.Events ?? [],
        },
        deploymentStyle: DeploymentStyle && {
          deploymentType: DeploymentStyle.DeploymentType,
          deploymentOption: DeploymentStyle.DeploymentOption,
        },
        triggerConfigurations: TriggerConfigurations?.map(({ TriggerName, TriggerTargetArn, TriggerEvents }: Properties) => ({
          triggerName: TriggerName,
          triggerTargetArn: TriggerTargetArn,
          triggerEvents: TriggerEvents,
        })),
      };
      const allTags = { ...tagsOf(tags), ...tagsOf(declared["Tags"]) };
      const application = requireApplication(scope, declared["ApplicationName"]);
      const taken = groups.list(scope).some((group) => group.name === name && group.application === application.id);
      if (id === undefined && taken) return alreadyExists("AWS::CodeDeploy::DeploymentGroup", name);
      return putGroup(scope, application, name, settings, allTags).name;
    }),
  read(scope, id) {
    const found = groups.list(scope).find(({ name }) => name === id);
    if (found === undefined) return undefined;
    const { alarms, rollback, style, tags } = found;
    return {
      ApplicationName: found.application,
      DeploymentGroupName: id,
      DeploymentConfigName: found.configName,
      ServiceRoleArn: found.roleArn,
      ...(alarms && { AlarmConfiguration: { Enabled: alarms.enabled, Alarms: (alarms.alarms ?? []).map(({ name }) => ({ Name: name })) } }),
      ...(rollback && { AutoRollbackConfiguration: { Enabled: rollback.enabled, Events: rollback.events } }),
      ...(style && { DeploymentStyle: { DeploymentType: style.deploymentType, DeploymentOption: style.deploymentOption } }),
      ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
    };
  },
  remove(scope, id, { previous }) {
    const name = previous?.["ApplicationName"] ?? groups.list(scope).find((one) => one.name === id)?.application;
    removeGroup(scope, `${name}/${id}`);
    return { state: "done", id };
  },
};

const config: ResourceType<Properties> = {
  type: "AWS::CodeDeploy::DeploymentConfig",
  ensure: (scope, declared, id, { generatedName }) =>
    attempt(scope, () => {
      const name = id ?? declared["DeploymentConfigName"] ?? generatedName.slice(-100);
      if (id === undefined && configs.get(scope, name) !== undefined) return alreadyExists("AWS::CodeDeploy::DeploymentConfig", name);
      const { Type, TimeBasedCanary, TimeBasedLinear } = declared["TrafficRoutingConfig"] ?? {};
      const traffic = {
        type: Type,
        ...(TimeBasedCanary && {
          timeBasedCanary: {
            canaryPercentage: Number(TimeBasedCanary.CanaryPercentage),
            canaryInterval: Number(TimeBasedCanary.CanaryInterval),
          },
        }),
        ...(TimeBasedLinear && {
          timeBasedLinear: {
            linearPercentage: Number(TimeBasedLinear.LinearPercentage),
            linearInterval: Number(TimeBasedLinear.LinearInterval),
          },
        }),
      };
      const hosts = declared["MinimumHealthyHosts"];
      configs.put(scope, {
        id: name,
        configId: configs.get(scope, name)?.configId ?? scope.id.uuid(),
        platform: declared["ComputePlatform"] ?? "Server",
        ...(Type !== undefined && { traffic }),
        ...(hosts && { minimumHealthyHosts: { type: hosts.Type, value: Number(hosts.Value) } }),
        createdAt: scope.clock.now(),
      });
      return name;
    }),
  read(scope, id) {
    const found = findConfig(scope, id);
    if (found === undefined) return undefined;
    const { traffic, minimumHealthyHosts } = found;
    const { timeBasedCanary: canary, timeBasedLinear: linear } = traffic ?? {};
    return {
      DeploymentConfigName: id,
      ComputePlatform: found.platform,
      ...(traffic && {
        TrafficRoutingConfig: {
          Type: traffic.type,
          ...(canary && { TimeBasedCanary: { CanaryPercentage: canary.canaryPercentage, CanaryInterval: canary.canaryInterval } }),
          ...(linear && { TimeBasedLinear: { LinearPercentage: linear.linearPercentage, LinearInterval: linear.linearInterval } }),
        },
      }),
      ...(minimumHealthyHosts && { MinimumHealthyHosts: { Type: minimumHealthyHosts.type, Value: minimumHealthyHosts.value } }),
    };
  },
  remove(scope, id) {
    configs.remove(scope, id);
    return { state: "done", id };
  },
};

export const codedeployResources = [application, group, config];
