import { createHash } from "node:crypto";
import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Tags } from "../../kernel/tag.ts";
import type { BlockDeviceMapping, RequestLaunchTemplateData, RunInstancesRequest } from "../../sdk/ec2.js";
import { RunInstances$ } from "../../sdk/ec2.js";
import { ec2Operation, newId } from "./ec2-operation.ts";
import { imageIdOf, requireImage } from "./image.ts";
import { announce, type Instance, instances, shownInstance } from "./instance.ts";
import { requireType } from "./instance-type.ts";
import { requireKeyPair } from "./key-pair.ts";
import { requireTemplate, requireVersion } from "./launch-template.ts";
import { takeAddress } from "./network-address.ts";
import { profileOf } from "./profile-association.ts";
import { defaultGroupOf, requireGroup, requireGroupByName } from "./security-group.ts";
import { requireSubnet, type Subnet, subnets } from "./subnet.ts";
import { putTags, specified } from "./tag.ts";
import { devicesOf, makeVolumes } from "./volume.ts";
import { notImplemented } from "./vpc.ts";

/** What an instance is launched with, by whoever launches it. */
export type Launch = RequestLaunchTemplateData & {
  readonly SubnetId?: string | undefined;
  readonly ClientToken?: string | undefined;
  /** The version of a template that it comes from. */
  readonly template?: { readonly id: string; readonly version: number };
};

/** bytes, before base64 */
const USER_DATA_MAX = 16_384;

export const runInstances = ec2Operation(
  RunInstances$,
  (scope, input) => {
    const { MinCount = 1, MaxCount = 1, ClientToken } = input;
    if (MinCount > MaxCount || MinCount < 1)
      fault("InvalidParameterCombination", `Invalid value '${MinCount}' for minCount. Valid values: 1 up to maxCount.`);
    const known = ClientToken === undefined ? [] : instances.by(scope, "clientToken", ClientToken);
    const request = digestOf(input);
    if (known.some((instance) => instance.request !== request))
      fault(
        "IdempotentParameterMismatch",
        "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
      );
    const made =
      known.length > 0
        ? [...known].sort((one, other) => one.launchIndex - other.launchIndex)
        : launch(scope, launchOf(scope, input), MaxCount, {}, request);
    return {
      ReservationId: made[0]!.reservationId,
      OwnerId: scope.account,
      Groups: [],
      Instances: made.map((instance) => shownInstance(scope, instance)),
    };
  },
  {
    partial:
      "an image is a view of this machine; volumes are told of and nothing is stored on them; placement, CPU and market options, and network interfaces beyond the first are not carried out",
  },
);

/** The request over its launch template. */
export function launchOf(scope: Scope, { MinCount: _, MaxCount: __, DryRun: ___, LaunchTemplate, ...own }: RunInstancesRequest): Launch {
  const said = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) as Launch;
  if (LaunchTemplate === undefined) return said;
  const template = requireTemplate(scope, LaunchTemplate);
  const { version, data } = requireVersion(scope, template, LaunchTemplate.Version ?? "$Default");
  // Tags of both are given; of the same key, the request's.
  const TagSpecifications = [...(data.TagSpecifications ?? []), ...(said.TagSpecifications ?? [])];
  return { ...data, ...said, TagSpecifications, template: { id: template.id, version } };
}

/** By these it is told later where an instance came from. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-instances-from-launch-template.html */
const templateTags = ({ template }: Launch): Tags =>
  template === undefined ? {} : { "aws:ec2launchtemplate:id": template.id, "aws:ec2launchtemplate:version": String(template.version) };

/** Launch instances. Their ids derive from the scope; `tags` come on top of the specified ones. */
export function launch(scope: Scope, wish: Launch, count: number, tags: Tags = {}, request?: string): Instance[] {
  refuseWhatIsAbsent(wish);
  const imageId = imageIdOf(scope, wish.ImageId ?? fault("MissingParameter", "The request must contain the parameter ImageId"));
  const { rootDevice } = requireImage(scope, imageId);
  const devices = devicesOf(rootDevice, (wish.BlockDeviceMappings ?? []) as BlockDeviceMapping[]);
  const volumeTags = specified(wish.TagSpecifications as never, "volume");
  const instanceType = wish.InstanceType ?? "m1.small";
  requireType(instanceType);
  if (wish.KeyName !== undefined) requireKeyPair(scope, wish.KeyName);
  if (Buffer.from(wish.UserData ?? "", "base64").length > USER_DATA_MAX)
    fault("InvalidParameterValue", "User data is limited to 16384 bytes");
  const subnet = subnetOf(scope, wish);
  const securityGroupIds = groupsOf(scope, wish, subnet);
  const network = wish.NetworkInterfaces?.[0];
  const isPublic = network?.AssociatePublicIpAddress ?? subnet.mapPublicIp;
  const reservationId = newId(scope, "r");
  return Array.from({ length: count }, (_, launchIndex) => {
    const id = newId(scope, "i");
    const wantedIp = count === 1 ? ((wish as RunInstancesRequest).PrivateIpAddress ?? network?.PrivateIpAddress) : undefined;
    const privateIp =
      takeAddress(scope, subnet, id, wantedIp) ??
      fault(
        "InsufficientFreeAddressesInSubnet",
        `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`,
      );
    putTags(scope, id, { ...specified(wish.TagSpecifications as never, "instance"), ...templateTags(wish), ...tags });
    const profile = profileOf(scope, wish.IamInstanceProfile, id);
    const instance = instances.put(scope, {
      id,
      reservationId,
      state: "pending",
      boot: 1,
      imageId,
      instanceType,
      vpcId: subnet.vpcId,
      subnetId: subnet.id,
      zone: subnet.zone,
      privateIp,
      ...(isPublic && { publicIp: publicIpOf(privateIp) }),
      ...(wish.KeyName !== undefined && { keyName: wish.KeyName }),
      securityGroupIds,
      ...(profile !== undefined && { profile }),
      ...(wish.UserData !== undefined && wish.UserData !== "" && { userData: wish.UserData }),
      metadataTokens: wish.MetadataOptions?.HttpTokens === "optional" ? "optional" : "required",
      tagsInMetadata: wish.MetadataOptions?.InstanceMetadataTags === "enabled",
      shutdownBehavior: wish.InstanceInitiatedShutdownBehavior === "terminate" ? "terminate" : "stop",
      terminationProtection: wish.DisableApiTermination ?? false,
      stopProtection: wish.DisableApiStop ?? false,
      sourceDestCheck: true,
      ebsOptimized: wish.EbsOptimized ?? false,
      monitoring: wish.Monitoring?.Enabled ?? false,
      launchIndex,
      ...(wish.ClientToken !== undefined && { clientToken: wish.ClientToken }),
      ...(request !== undefined && { request }),
      launchedAt: scope.clock.now(),
    });
    makeVolumes(scope, instance, devices, volumeTags);
    announce(scope, instance);
    return instance;
  });
}

const digestOf = (request: RunInstancesRequest): string => createHash("sha256").update(JSON.stringify(request)).digest("hex");

function refuseWhatIsAbsent(wish: Launch): void {
  if ((wish.NetworkInterfaces?.length ?? 0) > 1) notImplemented("A second network interface of an instance");
  if (wish.NetworkInterfaces?.[0]?.NetworkInterfaceId !== undefined) notImplemented("An existing network interface for an instance");
  if (wish.InstanceMarketOptions?.MarketType !== undefined) notImplemented("A spot instance");
  if (wish.HibernationOptions?.Configured) notImplemented("Hibernation");
  if (wish.EnclaveOptions?.Enabled) notImplemented("An enclave");
}

/** The subnet that was named, or the default one of the zone. */
function subnetOf(scope: Scope, wish: Launch): Subnet {
  const named = wish.SubnetId ?? wish.NetworkInterfaces?.[0]?.SubnetId;
  if (named !== undefined) return requireSubnet(scope, named);
  // Terraform sends an empty text where its user says nothing.
  const zone = wish.Placement?.AvailabilityZone || undefined;
  const found = subnets.list(scope).find((subnet) => subnet.isDefault && (zone === undefined || subnet.zone === zone));
  return found ?? fault("MissingInput", "No subnets found for the default VPC. Please specify a subnet.");
}

function groupsOf(scope: Scope, wish: Launch, { vpcId }: Subnet): string[] {
  const ids = wish.SecurityGroupIds ?? wish.NetworkInterfaces?.[0]?.Groups;
  if (ids !== undefined && ids.length > 0) return ids.map((id) => requireGroup(scope, id).id);
  if (wish.SecurityGroups !== undefined && wish.SecurityGroups.length > 0)
    return wish.SecurityGroups.map((name) => requireGroupByName(scope, name).id);
  return [defaultGroupOf(scope, vpcId).id];
}

/** Of the addresses that nobody has (TEST-NET-3 and its like are too few): 203.0.0.0/8 stands for the internet's. */
const publicIpOf = (privateIp: string): string => `203.${privateIp.split(".").slice(1).join(".")}`;
