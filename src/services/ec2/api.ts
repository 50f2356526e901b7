import type { Scope } from "../../kernel/scope.ts";
import type { Tags } from "../../kernel/tag.ts";
import type { InstanceStateName, LaunchTemplateSpecification } from "../../sdk/ec2.js";
import { type Instance, instances, privateName } from "./instance.ts";
import { terminate } from "./instance-state.ts";
import { statusOf } from "./instance-status.ts";
import { type LaunchTemplateVersion, requireTemplate, requireVersion } from "./launch-template.ts";
import { type Launch, launch } from "./run.ts";
import { securityGroups } from "./security-group.ts";
import { subnets } from "./subnet.ts";
import { tagsFor } from "./tag.ts";
import { vpcs } from "./vpc.ts";

export type { Launch } from "./run.ts";
export { putTags } from "./tag.ts";
export { zonesOf } from "./zone.ts";

/** An instance as other services see it. */
export interface InstanceView {
  readonly id: string;
  readonly state: InstanceStateName;
  /** Whether its first process has said that it is there. */
  readonly isReady: boolean;
  readonly privateIp: string;
  readonly privateDnsName: string;
  readonly zone: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly tags: Tags;
  /** The role of its instance profile: its ARN. */
  readonly roleArn?: string;
  readonly launchedAt: number;
}

/** An instance, also a terminated one that is still told of. */
export const instanceOf = (scope: Scope, id: string): InstanceView | undefined => {
  const instance = instances.get(scope, id);
  return instance && viewOf(scope, instance);
};

export const hasSecurityGroup = (scope: Scope, id: string): boolean => securityGroups.get(scope, id) !== undefined;

/** The instance that has an address, where one has. */
export const instanceAt = (scope: Scope, address: string): string | undefined =>
  instances.by(scope, "privateIp", address).find(({ state }) => state !== "terminated")?.id;

/** The instances that are there: all but those that are terminated or about to be. */
export const liveInstances = (scope: Scope): InstanceView[] =>
  instances
    .list(scope)
    .filter(({ state }) => state !== "terminated" && state !== "shutting-down")
    .map((instance) => viewOf(scope, instance));

/** Launch instances; what cannot be launched is a fault, as of RunInstances. */
export const launchInstances = (scope: Scope, wish: Launch, count: number, tags: Tags = {}): InstanceView[] =>
  launch(scope, wish, count, tags).map((instance) => viewOf(scope, instance));

/** Terminate an instance, protected or not; one that is gone is gone. */
export function terminateInstance(scope: Scope, id: string): void {
  const instance = instances.get(scope, id);
  if (instance !== undefined) terminate(scope, instance);
}

/** What a launch takes from a template, and which template and version that is. */
export function launchTemplateOf(
  scope: Scope,
  specification: LaunchTemplateSpecification,
): { id: string; name: string; version: number; data: LaunchTemplateVersion["data"] } {
  const template = requireTemplate(scope, specification);
  const { version, data } = requireVersion(scope, template, specification.Version ?? "$Default");
  return { id: template.id, name: template.name, version, data };
}

/** A subnet by its id. */
export const subnetOf = (scope: Scope, id: string): { id: string; vpcId: string; zone: string; cidr: string } | undefined =>
  subnets.get(scope, id);

/** A VPC by its id. */
export const vpcOf = (scope: Scope, id: string): { id: string; cidr: string } | undefined => vpcs.get(scope, id);

/** A security group by its id. */
export const securityGroupOf = (scope: Scope, id: string): { id: string; vpcId: string } | undefined => securityGroups.get(scope, id);

export const defaultSubnets = (scope: Scope): { id: string; vpcId: string; zone: string }[] =>
  subnets.list(scope).filter(({ isDefault }) => isDefault);

const viewOf = (scope: Scope, instance: Instance): InstanceView => ({
  id: instance.id,
  state: instance.state,
  isReady: statusOf(scope, instance) === "ok",
  privateIp: instance.privateIp,
  privateDnsName: privateName(scope, instance.privateIp),
  zone: instance.zone,
  vpcId: instance.vpcId,
  subnetId: instance.subnetId,
  imageId: instance.imageId,
  instanceType: instance.instanceType,
  tags: tagsFor(scope, instance.id),
  ...(instance.profile?.identity?.roleArn !== undefined && { roleArn: instance.profile.identity.roleArn }),
  launchedAt: instance.launchedAt,
});
