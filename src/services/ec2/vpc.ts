import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Row } from "../../kernel/table.ts";
import { CreateVpc$, DeleteVpc$, DescribeVpcAttribute$, DescribeVpcs$, ModifyVpcAttribute$ } from "../../sdk/ec2.js";
import { parseCidr } from "./cidr.ts";
import { DEFAULT_CIDR, defaultId } from "./default-network.ts";
import { ec2Operation, newId } from "./ec2-operation.ts";
import { fits, paged } from "./filter.ts";
import { securityGroups } from "./security-group.ts";
import { Standing } from "./standing.ts";
import { subnets } from "./subnet.ts";
import { forgetTags, putTags, shownTags, specified, tagsFor } from "./tag.ts";

/** A VPC. It is kept and told of; no packet is filtered or routed by it. */
export interface Vpc extends Row {
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly tenancy: "default" | "dedicated";
  readonly dnsSupport: boolean;
  readonly dnsHostnames: boolean;
}

export const vpcs = new Standing<Vpc>("ec2/vpc", (scope) => [
  { id: defaultId(scope, "vpc"), cidr: DEFAULT_CIDR, isDefault: true, tenancy: "default", dnsSupport: true, dnsHostnames: true },
]);

export const createVpc = ec2Operation(
  CreateVpc$,
  (scope, input) => {
    if (input.Ipv4IpamPoolId !== undefined) notImplemented("An IPAM pool");
    if (input.AmazonProvidedIpv6CidrBlock || input.Ipv6CidrBlock !== undefined) notImplemented("An IPv6 block of a VPC");
    if (input.CidrBlock === undefined) fault("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.");
    const block = parseCidr(input.CidrBlock!);
    if (block === undefined)
      fault("InvalidParameterValue", `Value (${input.CidrBlock}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`);
    if (block!.size > 65_536 || block!.size < 16) fault("InvalidVpc.Range", `The CIDR '${input.CidrBlock}' is invalid.`);
    const tenancy = input.InstanceTenancy === "dedicated" ? "dedicated" : "default";
    const id = newId(scope, "vpc");
    const vpc = vpcs.put(scope, { id, cidr: input.CidrBlock!, isDefault: false, tenancy, dnsSupport: true, dnsHostnames: false });
    putTags(scope, id, specified(input.TagSpecifications, "vpc"));
    return { Vpc: shown(scope, vpc) };
  },
  { partial: "kept and told of; no packet is routed by it" },
);

export const describeVpcs = ec2Operation(DescribeVpcs$, (scope, { VpcIds, Filters, ...paging }) => {
  for (const id of VpcIds ?? []) requireVpc(scope, id);
  const found = vpcs
    .list(scope)
    .filter((vpc) => (VpcIds === undefined || VpcIds.includes(vpc.id)) && fits(Filters, filterable(scope, vpc), tagsFor(scope, vpc.id)));
  const { items, next } = paged(found, ({ id }) => id, paging);
  return { Vpcs: items.map((vpc) => shown(scope, vpc)), ...next };
});

export const deleteVpc = ec2Operation(DeleteVpc$, (scope, { VpcId }) => {
  requireVpc(scope, VpcId!);
  if (isInUse(scope, VpcId!)) fault("DependencyViolation", `The vpc '${VpcId}' has dependencies and cannot be deleted.`);
  vpcs.remove(scope, VpcId!);
  forgetTags(scope, VpcId!);
  return {};
});

export const describeVpcAttribute = ec2Operation(DescribeVpcAttribute$, (scope, { VpcId, Attribute }) => {
  const { id, dnsSupport, dnsHostnames } = requireVpc(scope, VpcId!);
  return {
    VpcId: id,
    ...(Attribute === "enableDnsSupport" && { EnableDnsSupport: { Value: dnsSupport } }),
    ...(Attribute === "enableDnsHostnames" && { EnableDnsHostnames: { Value: dnsHostnames } }),
    ...(Attribute === "enableNetworkAddressUsageMetrics" && { EnableNetworkAddressUsageMetrics: { Value: false } }),
  };
});

export const modifyVpcAttribute = operation(
  ModifyVpcAttribute$,
  (scope, input) => {
    const vpc = requireVpc(scope, input.VpcId!);
    if (input.EnableNetworkAddressUsageMetrics?.Value) notImplemented("Network address usage metrics");
    vpcs.put(scope, {
      ...vpc,
      dnsSupport: input.EnableDnsSupport?.Value ?? vpc.dnsSupport,
      dnsHostnames: input.EnableDnsHostnames?.Value ?? vpc.dnsHostnames,
    });
    return {};
  },
  { partial: "kept and told of; names are not resolved by it" },
);

/** The default group goes with its VPC; all else has to go before. */
const isInUse = (scope: Scope, id: string): boolean =>
  subnets.list(scope).some(({ vpcId }) => vpcId === id) ||
  securityGroups.list(scope).some(({ vpcId, name }) => vpcId === id && name !== "default");

export const requireVpc = (scope: Scope, id: string): Vpc =>
  vpcs.get(scope, id) ?? fault("InvalidVpcID.NotFound", `The vpc ID '${id}' does not exist`);

export const defaultVpc = (scope: Scope): Vpc | undefined => vpcs.list(scope).find(({ isDefault }) => isDefault);

export const notImplemented = (what: string): never => fault("NotImplemented", `${what} is not implemented by Slipway.`, 501);

const filterable = (scope: Scope, { id, cidr, isDefault }: Vpc) => ({
  "vpc-id": id,
  cidr,
  "cidr-block-association.cidr-block": cidr,
  "is-default": isDefault,
  isDefault,
  state: "available",
  "owner-id": scope.account,
});

const shown = (scope: Scope, vpc: Vpc) => ({
  VpcId: vpc.id,
  CidrBlock: vpc.cidr,
  CidrBlockAssociationSet: [
    { AssociationId: vpc.id.replace("vpc-", "vpc-cidr-assoc-"), CidrBlock: vpc.cidr, CidrBlockState: { State: "associated" as const } },
  ],
  DhcpOptionsId: defaultId(scope, "dopt"),
  InstanceTenancy: vpc.tenancy,
  IsDefault: vpc.isDefault,
  OwnerId: scope.account,
  State: "available" as const,
  ...shownTags(scope, vpc.id),
});
