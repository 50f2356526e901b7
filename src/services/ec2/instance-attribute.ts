import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  DescribeInstanceAttribute$,
  DescribeInstanceCreditSpecifications$,
  ModifyInstanceAttribute$,
  ModifyInstanceMetadataOptions$,
  MonitorInstances$,
  UnmonitorInstances$,
} from "../../sdk/ec2.js";
import { ec2Operation } from "./ec2-operation.ts";
import { paged } from "./filter.ts";
import { requireImage } from "./image.ts";
import { type Instance, instances, requireInstance, requireInstances } from "./instance.ts";
import { requireType } from "./instance-type.ts";
import { requireGroup, securityGroups } from "./security-group.ts";
import { attachedTo } from "./volume.ts";
import { notImplemented } from "./vpc.ts";

export const describeInstanceAttribute = ec2Operation(DescribeInstanceAttribute$, (scope, { InstanceId, Attribute }) => {
  const instance = requireInstance(scope, InstanceId!);
  return { InstanceId: instance.id, ...attributeOf(scope, instance, Attribute!) };
});

export const modifyInstanceAttribute = ec2Operation(ModifyInstanceAttribute$, (scope, input) => {
  const instance = requireInstance(scope, input.InstanceId!);
  const { InstanceId: _, DryRun: __, Attribute, Value, ...named } = input;
  const said = Attribute === undefined ? named : { [Attribute[0]!.toUpperCase() + Attribute.slice(1)]: { Value } };
  for (const [name, value] of Object.entries(said)) if (value !== undefined) modify(scope, instance, name, value);
  return {};
});

export const modifyInstanceMetadataOptions = ec2Operation(ModifyInstanceMetadataOptions$, (scope, input) => {
  const { id, metadataTokens, tagsInMetadata } = requireInstance(scope, input.InstanceId!);
  if (input.HttpEndpoint === "disabled") notImplemented("An instance without metadata");
  const next = instances.patch(scope, id, {
    metadataTokens: input.HttpTokens ?? metadataTokens,
    tagsInMetadata: input.InstanceMetadataTags === undefined ? tagsInMetadata : input.InstanceMetadataTags === "enabled",
  });
  return {
    InstanceId: id,
    InstanceMetadataOptions: {
      State: "pending" as const,
      HttpTokens: next.metadataTokens,
      HttpEndpoint: "enabled" as const,
      HttpPutResponseHopLimit: 2,
      InstanceMetadataTags: next.tagsInMetadata ? ("enabled" as const) : ("disabled" as const),
    },
  };
});

/** Types that burst spend without limit, but for t2: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html */
export const describeInstanceCreditSpecifications = ec2Operation(
  DescribeInstanceCreditSpecifications$,
  (scope, { InstanceIds, ...paging }) => {
    const chosen = InstanceIds === undefined ? instances.list(scope) : requireInstances(scope, InstanceIds);
    const bursting = chosen.filter(({ instanceType }) => requireType(instanceType).burstable);
    const { items, next } = paged(bursting, ({ id }) => id, paging);
    const shown = items.map(({ id, instanceType }) => ({
      InstanceId: id,
      CpuCredits: instanceType.startsWith("t2.") ? "standard" : "unlimited",
    }));
    return { InstanceCreditSpecifications: shown, ...next };
  },
  { partial: "the default of the type, whatever was asked for: nobody counts credits" },
);

export const monitorInstances = ec2Operation(
  MonitorInstances$,
  (scope, { InstanceIds = [] }) => ({
    InstanceMonitorings: monitor(scope, InstanceIds, true),
  }),
  { partial: "the setting is kept; an instance has no detailed metrics" },
);

export const unmonitorInstances = ec2Operation(
  UnmonitorInstances$,
  (scope, { InstanceIds = [] }) => ({
    InstanceMonitorings: monitor(scope, InstanceIds, false),
  }),
  { partial: "the setting is kept; an instance has no detailed metrics" },
);

function monitor(scope: Scope, ids: readonly string[], monitoring: boolean) {
  return requireInstances(scope, ids).map(({ id }) => {
    instances.patch(scope, id, { monitoring });
    return { InstanceId: id, Monitoring: { State: monitoring ? ("enabled" as const) : ("disabled" as const) } };
  });
}

function attributeOf(scope: Scope, instance: Instance, name: string): object {
  switch (name) {
    case "instanceType":
      return { InstanceType: { Value: instance.instanceType } };
    case "userData":
      return { UserData: instance.userData === undefined ? {} : { Value: instance.userData } };
    case "disableApiTermination":
      return { DisableApiTermination: { Value: instance.terminationProtection } };
    case "disableApiStop":
      return { DisableApiStop: { Value: instance.stopProtection } };
    case "instanceInitiatedShutdownBehavior":
      return { InstanceInitiatedShutdownBehavior: { Value: instance.shutdownBehavior } };
    case "sourceDestCheck":
      return { SourceDestCheck: { Value: instance.sourceDestCheck } };
    case "ebsOptimized":
      return { EbsOptimized: { Value: instance.ebsOptimized } };
    case "rootDeviceName":
      return { RootDeviceName: { Value: requireImage(scope, instance.imageId).rootDevice } };
    case "blockDeviceMapping":
      return { BlockDeviceMappings: attachedTo(scope, instance.id) };
    case "productCodes":
      return { ProductCodes: [] };
    case "enaSupport":
      return { EnaSupport: { Value: true } };
    case "groupSet":
      return { Groups: instance.securityGroupIds.map((id) => ({ GroupId: id, GroupName: securityGroups.get(scope, id)?.name ?? id })) };
    default:
      return notImplemented(`The attribute ${name} of an instance`);
  }
}

function modify(scope: Scope, instance: Instance, name: string, given: any): void {
  const value = given?.Value ?? given;
  const isTrue = value === true || value === "true";
  switch (name) {
    case "InstanceType":
      requireStopped(instance, "instanceType");
      requireType(value);
      instances.patch(scope, instance.id, { instanceType: value });
      return;
    case "UserData":
      requireStopped(instance, "userData");
      instances.patch(scope, instance.id, { userData: value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value });
      return;
    case "DisableApiTermination":
      instances.patch(scope, instance.id, { terminationProtection: isTrue });
      return;
    case "DisableApiStop":
      instances.patch(scope, instance.id, { stopProtection: isTrue });
      return;
    case "InstanceInitiatedShutdownBehavior":
      instances.patch(scope, instance.id, { shutdownBehavior: value });
      return;
    case "SourceDestCheck":
      instances.patch(scope, instance.id, { sourceDestCheck: isTrue });
      return;
    case "EbsOptimized":
      instances.patch(scope, instance.id, { ebsOptimized: isTrue });
      return;
    case "Groups":
    case "GroupSet":
      instances.patch(scope, instance.id, { securityGroupIds: (value as string[]).map((id) => requireGroup(scope, id).id) });
      return;
    default:
      notImplemented(`A change of ${name} of an instance`);
  }
}

function requireStopped({ id, state }: Instance, attribute: string): void {
  if (state !== "stopped")
    fault("IncorrectInstanceState", `The instance '${id}' is not in the 'stopped' state. Its ${attribute} cannot be changed.`);
}
