import { lowerFirst, present, renamed, upperFirst } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { applications, newApplication, removeApplication, requireApplication } from "./application.ts";
import { checkTraffic, configs } from "./config.ts";
import { type DeploymentGroup, type GroupSettings, groups, putGroup, removeGroup } from "./group.ts";

type Properties = Readonly<Record<string, any>>;

const lowered = (value: unknown): any => renamed(value, lowerFirst);
const capitalized = (value: unknown): any => renamed(value, upperFirst);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codedeploy-application.html; its id is its name. */
const application: ResourceType<Properties> = {
  type: "AWS::CodeDeploy::Application",
  ensure: (scope, declared, id, { generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["ApplicationName"] ?? nameWithin(100, generatedName, logicalId);
      const all = allTags(tags, declared["Tags"]);
      const known = applications.get(scope, name);
      if (id === undefined && known !== undefined) return alreadyExists("AWS::CodeDeploy::Application", name);
      if (known === undefined) newApplication(scope, name, declared["ComputePlatform"] ?? "Server", all);
      else applications.patch(scope, name, { tags: all });
      return name;
    }),
  read(scope, id) {
    const found = applications.get(scope, id);
    return found && present({ ApplicationName: id, ComputePlatform: found.platform, Tags: tagList(found.tags) });
  },
  remove(scope, id) {
    removeApplication(scope, id);
    return { state: "done", id };
  },
  list: (scope) => applications.list(scope).map(({ id }) => id),
};

/** What is for instances and tasks: there are no deployments to them. */
const GROUP_ABSENT = {
  AutoScalingGroups: [],
  BlueGreenDeploymentConfiguration: [],
  Deployment: [],
  ECSServices: [],
  Ec2TagFilters: [],
  Ec2TagSet: [],
  LoadBalancerInfo: [],
  OnPremisesInstanceTagFilters: [],
  OnPremisesTagSet: [],
  OutdatedInstancesStrategy: ["UPDATE"],
  TerminationHookEnabled: [false],
};

/**
 * Its id is APPLICATION|GROUP, and Ref gives the group's name.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codedeploy-deploymentgroup.html
 */
const group: ResourceType<Properties> = {
  type: "AWS::CodeDeploy::DeploymentGroup",
  absent: GROUP_ABSENT,
  ensure: (scope, declared, id, { generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const application = requireApplication(scope, declared["ApplicationName"]);
      const name: string = id?.slice(id.indexOf("|") + 1) ?? declared["DeploymentGroupName"] ?? nameWithin(100, generatedName, logicalId);
      if (id === undefined && groups.get(scope, `${application.id}/${name}`) !== undefined)
        return alreadyExists("AWS::CodeDeploy::DeploymentGroup", `${application.id}|${name}`);
      const alarms = declared["AlarmConfiguration"];
      const settings = lowered({
        DeploymentConfigName: declared["DeploymentConfigName"],
        ServiceRoleArn: declared["ServiceRoleArn"],
        AlarmConfiguration: alarms && { Alarms: [], ...alarms, Enabled: String(alarms.Enabled ?? true) === "true" },
        AutoRollbackConfiguration: declared["AutoRollbackConfiguration"],
        DeploymentStyle: declared["DeploymentStyle"],
        TriggerConfigurations: declared["TriggerConfigurations"],
      }) as GroupSettings;
      putGroup(scope, application, name, settings, allTags(tags, declared["Tags"]));
      return id ?? `${application.id}|${name}`;
    }),
  read(scope, id) {
    const found = groups.get(scope, rowIdOf(scope, id));
    return found && liveGroup(found);
  },
  remove(scope, id) {
    removeGroup(scope, rowIdOf(scope, id));
    return { state: "done", id };
  },
  ref: (_scope, id) => id.slice(id.indexOf("|") + 1),
  list: (scope) => groups.list(scope).map(({ application, name }) => `${application}|${name}`),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codedeploy-deploymentconfig.html; its id is its name. */
const config: ResourceType<Properties> = {
  type: "AWS::CodeDeploy::DeploymentConfig",
  absent: { ZonalConfig: [] },
  ensure: (scope, declared, id, { generatedName, logicalId }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["DeploymentConfigName"] ?? nameWithin(100, generatedName, logicalId);
      if (id === undefined && configs.get(scope, name) !== undefined) return alreadyExists("AWS::CodeDeploy::DeploymentConfig", name);
      const { TrafficRoutingConfig, MinimumHealthyHosts, ComputePlatform = "Server" } = declared;
      const traffic = natural(lowered(TrafficRoutingConfig));
      if (ComputePlatform !== "Server") checkTraffic(traffic);
      configs.put(scope, {
        id: name,
        configId: configs.get(scope, name)?.configId ?? scope.id.uuid(),
        platform: ComputePlatform,
        ...(traffic && { traffic }),
        ...(MinimumHealthyHosts && { minimumHealthyHosts: { type: MinimumHealthyHosts.Type, value: Number(MinimumHealthyHosts.Value) } }),
        createdAt: scope.clock.now(),
      });
      return name;
    }),
  read(scope, id) {
    const found = configs.get(scope, id);
    if (found === undefined) return undefined;
    return present({
      DeploymentConfigName: id,
      ComputePlatform: found.platform,
      TrafficRoutingConfig: capitalized(found.traffic),
      MinimumHealthyHosts: capitalized(found.minimumHealthyHosts),
    });
  },
  remove(scope, id) {
    configs.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => configs.list(scope).map(({ id }) => id),
};

export const codedeployResources = [application, group, config];

/** Of APPLICATION|GROUP; stacks of earlier versions know groups by their names alone. */
const rowIdOf = (scope: Scope, id: string): string =>
  id.includes("|") ? id.replace("|", "/") : (groups.list(scope).find(({ name }) => name === id)?.id ?? id);

const liveGroup = ({ application, name, configName, roleArn, alarms, rollback, style, triggers, tags }: DeploymentGroup): Properties =>
  present({
    ApplicationName: application,
    DeploymentGroupName: name,
    DeploymentConfigName: configName,
    ServiceRoleArn: roleArn,
    AlarmConfiguration: capitalized(alarms),
    AutoRollbackConfiguration: capitalized(rollback),
    DeploymentStyle: capitalized(style),
    TriggerConfigurations: capitalized(triggers),
    OutdatedInstancesStrategy: "UPDATE",
    TerminationHookEnabled: false,
    Tags: tagList(tags),
  });

/** Percentages and minutes as numbers, which a template may give as texts. */
const natural = (traffic: any): any =>
  traffic &&
  Object.fromEntries(
    Object.entries(traffic).map(([name, value]) => [
      name,
      typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([member, number]) => [member, Number(number)]))
        : value,
    ]),
  );
