import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Row } from "../../kernel/table.ts";
import { CreateSubnet$, DeleteSubnet$, DescribeSubnets$, ModifySubnetAttribute$ } from "../../sdk/ec2.js";
import { contains, overlaps, parseCidr } from "./cidr.ts";
import { DEFAULT_SUBNET_CIDRS, defaultId } from "./default-network.ts";
import { ec2Operation, newId } from "./ec2-operation.ts";
import { fits, paged } from "./filter.ts";
import { addressesIn } from "./network-address.ts";
import { Standing } from "./standing.ts";
import { forgetTags, putTags, shownTags, specified, tagsFor } from "./tag.ts";
import { notImplemented, requireVpc, vpcs } from "./vpc.ts";
import { zoneId, zonesOf } from "./zone.ts";

/** A subnet: the zone and the addresses that instances in it say they have. */
export interface Subnet extends Row {
  readonly vpcId: string;
  readonly cidr: string;
  readonly zone: string;
  readonly isDefault: boolean;
  readonly mapPublicIp: boolean;
}

export const subnets = new Standing<Subnet>("ec2/subnet", (scope) =>
  vpcs.get(scope, defaultId(scope, "vpc")) === undefined
    ? []
    : zonesOf(scope).map((zone, index) => ({
        id: defaultId(scope, "subnet", zone),
        vpcId: defaultId(scope, "vpc"),
        cidr: DEFAULT_SUBNET_CIDRS[index]!,
        zone,
        isDefault: true,
        mapPublicIp: true,
      })),
);

/** AWS keeps five addresses of each subnet for itself. */
const RESERVED = 5;

export const createSubnet = ec2Operation(
  CreateSubnet$,
  (scope, input) => {
    const vpc = requireVpc(scope, input.VpcId!);
    if (input.Ipv6CidrBlock !== undefined || input.Ipv6Native) notImplemented("An IPv6 block of a subnet");
    const block = parseCidr(input.CidrBlock ?? "");
    if (block === undefined)
      fault("InvalidParameterValue", `Value (${input.CidrBlock}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`);
    if (!contains(parseCidr(vpc.cidr)!, block!)) fault("InvalidSubnet.Range", `The CIDR '${input.CidrBlock}' is invalid.`);
    const others = subnets.list(scope).filter(({ vpcId }) => vpcId === vpc.id);
    if (others.some(({ cidr }) => overlaps(parseCidr(cidr)!, block!)))
      fault("InvalidSubnet.Conflict", `The CIDR '${input.CidrBlock}' conflicts with another subnet`);
    const zones = zonesOf(scope);
    const zone = input.AvailabilityZone ?? zones.find((_, index) => zoneId(scope.region, index) === input.AvailabilityZoneId) ?? zones[0]!;
    if (!zones.includes(zone))
      fault(
        "InvalidParameterValue",
        `Value (${zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${zones.join(", ")}.`,
      );
    const id = newId(scope, "subnet");
    const subnet = subnets.put(scope, { id, vpcId: vpc.id, cidr: input.CidrBlock!, zone, isDefault: false, mapPublicIp: false });
    putTags(scope, id, specified(input.TagSpecifications, "subnet"));
    return { Subnet: shown(scope, subnet) };
  },
  { partial: "kept and told of; no packet is routed by it" },
);

export const describeSubnets = ec2Operation(DescribeSubnets$, (scope, { SubnetIds, Filters, ...paging }) => {
  for (const id of SubnetIds ?? []) requireSubnet(scope, id);
  const found = subnets
    .list(scope)
    .filter(
      (subnet) =>
        (SubnetIds === undefined || SubnetIds.includes(subnet.id)) && fits(Filters, filterable(scope, subnet), tagsFor(scope, subnet.id)),
    );
  const { items, next } = paged(found, ({ id }) => id, paging);
  return { Subnets: items.map((subnet) => shown(scope, subnet)), ...next };
});

export const deleteSubnet = ec2Operation(DeleteSubnet$, (scope, { SubnetId }) => {
  requireSubnet(scope, SubnetId!);
  if (addressesIn(scope, SubnetId!) > 0) fault("DependencyViolation", `The subnet '${SubnetId}' has dependencies and cannot be deleted.`);
  subnets.remove(scope, SubnetId!);
  forgetTags(scope, SubnetId!);
  return {};
});

export const modifySubnetAttribute = operation(ModifySubnetAttribute$, (scope, { SubnetId, MapPublicIpOnLaunch, ...others }) => {
  const other = Object.entries(others).find(([, value]) => value !== undefined);
  if (other !== undefined) notImplemented(`${other[0]} of a subnet`);
  const subnet = requireSubnet(scope, SubnetId!);
  subnets.put(scope, { ...subnet, mapPublicIp: MapPublicIpOnLaunch?.Value ?? subnet.mapPublicIp });
  return {};
});

export const requireSubnet = (scope: Scope, id: string): Subnet =>
  subnets.get(scope, id) ?? fault("InvalidSubnetID.NotFound", `The subnet ID '${id}' does not exist`);

const filterable = (scope: Scope, subnet: Subnet) => ({
  "subnet-id": subnet.id,
  "vpc-id": subnet.vpcId,
  "availability-zone": subnet.zone,
  availabilityZone: subnet.zone,
  "availability-zone-id": zoneId(scope.region, zonesOf(scope).indexOf(subnet.zone)),
  cidr: subnet.cidr,
  "cidr-block": subnet.cidr,
  cidrBlock: subnet.cidr,
  "default-for-az": subnet.isDefault,
  defaultForAz: subnet.isDefault,
  "map-public-ip-on-launch": subnet.mapPublicIp,
  state: "available",
  "owner-id": scope.account,
});

const shown = (scope: Scope, subnet: Subnet) => ({
  SubnetId: subnet.id,
  SubnetArn: scope.arn("ec2", `subnet/${subnet.id}`),
  VpcId: subnet.vpcId,
  CidrBlock: subnet.cidr,
  AvailabilityZone: subnet.zone,
  AvailabilityZoneId: zoneId(scope.region, zonesOf(scope).indexOf(subnet.zone)),
  AvailableIpAddressCount: parseCidr(subnet.cidr)!.size - RESERVED - addressesIn(scope, subnet.id),
  DefaultForAz: subnet.isDefault,
  MapPublicIpOnLaunch: subnet.mapPublicIp,
  MapCustomerOwnedIpOnLaunch: false,
  AssignIpv6AddressOnCreation: false,
  Ipv6CidrBlockAssociationSet: [],
  Ipv6Native: false,
  EnableDns64: false,
  OwnerId: scope.account,
  State: "available" as const,
  PrivateDnsNameOptionsOnLaunch: {
    HostnameType: "ip-name" as const,
    EnableResourceNameDnsARecord: false,
    EnableResourceNameDnsAAAARecord: false,
  },
  ...shownTags(scope, subnet.id),
});
