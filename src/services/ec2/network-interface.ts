import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { DescribeNetworkInterfaces$, type NetworkInterface } from "../../sdk/ec2.js";
import { ec2Operation } from "./ec2-operation.ts";
import { checkNames, fits, type Named, paged } from "./filter.ts";
import { type Instance, instances, privateName } from "./instance.ts";
import { securityGroups } from "./security-group.ts";

/**
 * The interfaces by which instances are in their subnets: each has one, which comes and goes with it.
 * Who deletes a security group asks for those that are in it.
 */
export const describeNetworkInterfaces = ec2Operation(
  DescribeNetworkInterfaces$,
  (scope, { NetworkInterfaceIds, Filters, ...paging }) => {
    checkNames(Filters, FILTERS);
    const all = instances.list(scope).filter(({ state }) => state !== "terminated");
    const missing = NetworkInterfaceIds?.find((id) => !all.some((instance) => idOf(instance) === id));
    if (missing !== undefined) fault("InvalidNetworkInterfaceID.NotFound", `The networkInterface ID '${missing}' does not exist`);
    const found = all.filter(
      (instance) =>
        (NetworkInterfaceIds === undefined || NetworkInterfaceIds.includes(idOf(instance))) && fits(Filters, filterable(scope, instance)),
    );
    const { items, next } = paged(found, idOf, paging);
    return { NetworkInterfaces: items.map((instance) => shown(scope, instance)), ...next };
  },
  { partial: "the one interface that each instance has; it cannot be detached or changed, and DescribeInstances leaves it out" },
);

const idOf = ({ id }: Instance): string => id.replace(/^i-/, "eni-");

const FILTERS = [
  "network-interface-id",
  "attachment.instance-id",
  "attachment.instance-owner-id",
  "attachment.device-index",
  "attachment.status",
  "availability-zone",
  "group-id",
  "group-name",
  "interface-type",
  "owner-id",
  "private-ip-address",
  "addresses.private-ip-address",
  "association.public-ip",
  "requester-managed",
  "requester-id",
  "description",
  "status",
  "subnet-id",
  "vpc-id",
] as const;

const filterable = (scope: Scope, instance: Instance): Named<typeof FILTERS> => ({
  "network-interface-id": idOf(instance),
  "attachment.instance-id": instance.id,
  "attachment.instance-owner-id": scope.account,
  "attachment.device-index": 0,
  "attachment.status": "attached",
  "availability-zone": instance.zone,
  "group-id": instance.securityGroupIds,
  "group-name": instance.securityGroupIds.map((id) => securityGroups.get(scope, id)?.name),
  "interface-type": "interface",
  "owner-id": scope.account,
  "private-ip-address": instance.privateIp,
  "addresses.private-ip-address": instance.privateIp,
  "association.public-ip": instance.publicIp,
  "requester-managed": false,
  "requester-id": undefined,
  description: "",
  status: "in-use",
  "subnet-id": instance.subnetId,
  "vpc-id": instance.vpcId,
});

function shown(scope: Scope, instance: Instance): NetworkInterface {
  return {
    NetworkInterfaceId: idOf(instance),
    Attachment: {
      AttachmentId: instance.id.replace(/^i-/, "eni-attach-"),
      AttachTime: new Date(instance.launchedAt),
      DeleteOnTermination: true,
      DeviceIndex: 0,
      InstanceId: instance.id,
      InstanceOwnerId: scope.account,
      NetworkCardIndex: 0,
      Status: "attached",
    },
    AvailabilityZone: instance.zone,
    Description: "",
    Groups: instance.securityGroupIds.flatMap((GroupId) => {
      const GroupName = securityGroups.get(scope, GroupId)?.name;
      return GroupName === undefined ? [] : [{ GroupId, GroupName }];
    }),
    InterfaceType: "interface",
    OwnerId: scope.account,
    PrivateDnsName: privateName(scope, instance.privateIp),
    PrivateIpAddress: instance.privateIp,
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: instance.privateIp, PrivateDnsName: privateName(scope, instance.privateIp) }],
    RequesterManaged: false,
    SourceDestCheck: instance.sourceDestCheck,
    Status: "in-use",
    SubnetId: instance.subnetId,
    VpcId: instance.vpcId,
  };
}
