import { idsFrom } from "../../kernel/id.ts";
import { lowerFirst, present, renamed, upperFirst } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type Progress, type ResourceRequest, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import type { RevisionLocation } from "../../sdk/codedeploy.js";
import { requireApplication } from "./application.ts";
import { deployments, newestOf } from "./deployment.ts";
import { startDeployment } from "./deployment-start.ts";
import { type DeploymentGroup, type GroupSettings, groups, putGroup, removeGroup } from "./group.ts";

type Properties = Readonly<Record<string, any>>;

const lowered = (value: unknown): any => renamed(value, lowerFirst);
const capitalized = (value: unknown): any => renamed(value, upperFirst);

/**
 * Its id is APPLICATION|GROUP, and Ref gives the group's name.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codedeploy-deploymentgroup.html
 */
export const groupResource: ResourceType<Properties> = {
  type: "AWS::CodeDeploy::DeploymentGroup",
  absent: { "LoadBalancerInfo/ElbInfoList": [] },
  ensure(scope, declared, id, request) {
    const { generatedName, logicalId, tags } = request;
    const made = attempt(scope, () => {
      const application = requireApplication(scope, declared["ApplicationName"]);
      const name: string = id?.slice(id.indexOf("|") + 1) ?? declared["DeploymentGroupName"] ?? nameWithin(100, generatedName, logicalId);
      const known = groups.get(scope, `${application.id}/${name}`);
      const isOwn = known !== undefined && deployments.get(scope, firstDeploymentId(request)) !== undefined;
      if (id === undefined && known !== undefined && !isOwn)
        return alreadyExists("AWS::CodeDeploy::DeploymentGroup", `${application.id}|${name}`);
      putGroup(scope, application, name, settingsOf(declared), allTags(tags, declared["Tags"]));
      return id ?? `${application.id}|${name}`;
    });
    if (made.state !== "done" || declared["Deployment"] === undefined) return made;
    return deployFirst(scope, declared, made.id, request);
  },
  read(scope, id) {
    const found = groups.get(scope, rowIdOf(scope, id));
    return found && liveGroup(scope, found);
  },
  remove(scope, id) {
    removeGroup(scope, rowIdOf(scope, id));
    return { state: "done", id };
  },
  ref: (_scope, id) => id.slice(id.indexOf("|") + 1),
  list: (scope) => groups.list(scope).map(({ application, name }) => `${application}|${name}`),
};

function settingsOf(declared: Properties): GroupSettings {
  const { Ec2TagFilters, Ec2TagSet, OnPremisesInstanceTagFilters, OnPremisesTagSet, AutoScalingGroups } = declared;
  const { AlarmConfiguration: alarms, TerminationHookEnabled, OutdatedInstancesStrategy } = declared;
  return {
    ...lowered({
      DeploymentConfigName: declared["DeploymentConfigName"],
      ServiceRoleArn: declared["ServiceRoleArn"],
      AlarmConfiguration: alarms && { Alarms: [], ...alarms, Enabled: String(alarms.Enabled ?? true) === "true" },
      AutoRollbackConfiguration: declared["AutoRollbackConfiguration"],
      DeploymentStyle: declared["DeploymentStyle"],
      TriggerConfigurations: declared["TriggerConfigurations"],
      LoadBalancerInfo: declared["LoadBalancerInfo"],
      BlueGreenDeploymentConfiguration: minutesAsNumbers(declared["BlueGreenDeploymentConfiguration"]),
      EcsServices: declared["ECSServices"],
    }),
    ec2TagFilters: Ec2TagFilters,
    ec2TagSet: Ec2TagSet && { ec2TagSetList: (Ec2TagSet.Ec2TagSetList ?? []).map((each: any) => each.Ec2TagGroup ?? []) },
    onPremisesInstanceTagFilters: OnPremisesInstanceTagFilters,
    onPremisesTagSet: OnPremisesTagSet && {
      onPremisesTagSetList: (OnPremisesTagSet.OnPremisesTagSetList ?? []).map((each: any) => each.OnPremisesTagGroup ?? []),
    },
    autoScalingGroups: AutoScalingGroups,
    outdatedInstancesStrategy: OutdatedInstancesStrategy,
    terminationHookEnabled: TerminationHookEnabled === undefined ? undefined : String(TerminationHookEnabled) === "true",
  } as GroupSettings;
}

/** Numbers, which a template may give as texts. */
function minutesAsNumbers(said: any): any {
  if (said === undefined) return undefined;
  const { DeploymentReadyOption: ready, TerminateBlueInstancesOnDeploymentSuccess: terminate } = said;
  return {
    ...said,
    ...(ready?.WaitTimeInMinutes !== undefined && {
      DeploymentReadyOption: { ...ready, WaitTimeInMinutes: Number(ready.WaitTimeInMinutes) },
    }),
    ...(terminate?.TerminationWaitTimeInMinutes !== undefined && {
      TerminateBlueInstancesOnDeploymentSuccess: {
        ...terminate,
        TerminationWaitTimeInMinutes: Number(terminate.TerminationWaitTimeInMinutes),
      },
    }),
  };
}

const firstDeploymentId = ({ token }: ResourceRequest): string => `d-${idsFrom(token).text(9)}`;

/** What is to be deployed with the group: the stack waits for it. */
function deployFirst(scope: Scope, declared: Properties, id: string, request: ResourceRequest): Progress {
  const { Revision, Description, IgnoreApplicationStopFailures } = declared["Deployment"];
  const { previous, stackId } = request;
  // An update of something else deploys nothing.
  if (previous !== undefined && JSON.stringify(previous["Deployment"]) === JSON.stringify(declared["Deployment"]))
    return { state: "done", id };
  const group = groups.get(scope, rowIdOf(scope, id))!;
  const deploymentId = firstDeploymentId(request);
  const started = attempt(scope, () => {
    startDeployment(scope, {
      id: deploymentId,
      application: group.application,
      groupName: group.name,
      configName: group.configName,
      revision: lowered(Revision) as RevisionLocation,
      creator: "CloudFormation",
      externalId: stackId,
      ...(Description !== undefined && { description: String(Description) }),
      alarms: group.alarms,
      rollback: group.rollback,
      server: String(IgnoreApplicationStopFailures) === "true" ? { ignoresStopFailures: true } : {},
    });
    return id;
  });
  if (started.state !== "done") return { ...started, id };
  const { status, error } = deployments.get(scope, deploymentId)!;
  if (status === "Succeeded") return { state: "done", id };
  if (status === "Failed" || status === "Stopped")
    return { state: "failed", id, reason: `Deployment ${deploymentId} was not successful: ${error?.message ?? status}` };
  return { state: "busy", id, because: `deployment ${deploymentId} is on its way` };
}

/** Of APPLICATION|GROUP; stacks of earlier versions know groups by their names alone. */
const rowIdOf = (scope: Scope, id: string): string =>
  id.includes("|") ? id.replace("|", "/") : (groups.list(scope).find(({ name }) => name === id)?.id ?? id);

/** The last deployment that a stack asked for with the group. */
function liveDeployment(scope: Scope, id: string): Properties | undefined {
  const found = newestOf(scope, id, ({ creator, server }) => creator === "CloudFormation" && server !== undefined);
  if (found === undefined) return undefined;
  const { description, revision, server } = found;
  return present({
    Description: description,
    IgnoreApplicationStopFailures: server!.ignoresStopFailures,
    Revision: capitalized(revision),
  });
}

function liveGroup(scope: Scope, group: DeploymentGroup): Properties {
  const { application, name, configName, roleArn, alarms, rollback, style, triggers, settings = {}, tags } = group;
  const { ec2TagFilters, ec2TagSet, onPremisesInstanceTagFilters, onPremisesTagSet } = settings;
  return present({
    ApplicationName: application,
    DeploymentGroupName: name,
    DeploymentConfigName: configName,
    ServiceRoleArn: roleArn,
    AlarmConfiguration: capitalized(alarms),
    AutoRollbackConfiguration: capitalized(rollback),
    DeploymentStyle: capitalized(style),
    TriggerConfigurations: capitalized(triggers),
    Deployment: liveDeployment(scope, group.id),
    AutoScalingGroups: settings.autoScalingGroups,
    Ec2TagFilters: ec2TagFilters,
    Ec2TagSet: ec2TagSet && { Ec2TagSetList: (ec2TagSet.ec2TagSetList ?? []).map((Ec2TagGroup) => ({ Ec2TagGroup })) },
    OnPremisesInstanceTagFilters: onPremisesInstanceTagFilters,
    OnPremisesTagSet: onPremisesTagSet && {
      OnPremisesTagSetList: (onPremisesTagSet.onPremisesTagSetList ?? []).map((OnPremisesTagGroup) => ({ OnPremisesTagGroup })),
    },
    LoadBalancerInfo: capitalized(settings.loadBalancerInfo),
    BlueGreenDeploymentConfiguration: capitalized(settings.blueGreenDeploymentConfiguration),
    ECSServices: capitalized(settings.ecsServices),
    OutdatedInstancesStrategy: settings.outdatedInstancesStrategy ?? "UPDATE",
    TerminationHookEnabled: settings.terminationHookEnabled ?? false,
    Tags: tagList(tags),
  });
}
