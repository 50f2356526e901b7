import type { JobIdentity } from "../../compute/job.ts";
import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { Instance as InstanceShape, InstanceStateName } from "../../sdk/ec2.js";
import { DescribeInstances$ } from "../../sdk/ec2.js";
import { ec2Operation } from "./ec2-operation.ts";
import { checkNames, fits, type Named, paged } from "./filter.ts";
import { requireImage } from "./image.ts";
import { securityGroups } from "./security-group.ts";
import { shownTags, tagsFor } from "./tag.ts";
import { attachedTo } from "./volume.ts";

/** The instance profile of an instance, and the role that it gives. */
export interface Profile {
  readonly associationId: string;
  readonly arn: string;
  readonly profileId: string;
  readonly roleName?: string;
  readonly identity?: JobIdentity;
}

export interface Instance extends Row {
  readonly reservationId: string;
  readonly state: InstanceStateName;
  /** Why it left the state running, with EC2's code for it. */
  readonly reason?: { readonly code: string; readonly message: string; readonly transition: string };
  /** How often it was started; each start is a job of its own. */
  readonly boot: number;
  readonly rebootRequested?: boolean;
  readonly imageId: string;
  readonly instanceType: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly privateIp: string;
  readonly publicIp?: string;
  readonly keyName?: string;
  readonly securityGroupIds: readonly string[];
  readonly profile?: Profile;
  /** base64 */
  readonly userData?: string;
  readonly metadataTokens: "required" | "optional";
  readonly tagsInMetadata: boolean;
  readonly shutdownBehavior: "stop" | "terminate";
  readonly terminationProtection: boolean;
  readonly stopProtection: boolean;
  readonly sourceDestCheck: boolean;
  readonly ebsOptimized: boolean;
  readonly monitoring: boolean;
  readonly launchIndex: number;
  readonly clientToken?: string;
  /** The digest of the request that the token was used with. */
  readonly request?: string;
  /** How a template says what can be said in several ways. */
  readonly declaredAs?: { readonly groupNames?: boolean; readonly template?: unknown };
  /** Instants, in milliseconds. */
  readonly launchedAt: number;
  readonly terminatedAt?: number;
}

export const instances = new Table<Instance>("ec2/instance", {
  indexes: { clientToken: ({ clientToken }) => clientToken, privateIp: ({ privateIp }) => privateIp },
  arn: ({ id }, { account, region }) => `arn:aws:ec2:${region}:${account}:instance/${id}`,
});

const CODES: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export const describeInstances = ec2Operation(DescribeInstances$, (scope, { InstanceIds, Filters, ...paging }) => {
  checkNames(Filters, FILTERS);
  const asked = InstanceIds === undefined ? instances.list(scope) : requireInstances(scope, InstanceIds);
  const found = asked.filter((instance) => fits(Filters, filterable(scope, instance), tagsFor(scope, instance.id)));
  const { items, next } = paged(found, ({ id }) => id, paging);
  const reservations = Map.groupBy(items, ({ reservationId }) => reservationId);
  const Reservations = [...reservations].map(([ReservationId, members]) => ({
    ReservationId,
    OwnerId: scope.account,
    Groups: [],
    Instances: members.sort((one, other) => one.launchIndex - other.launchIndex).map((instance) => shownInstance(scope, instance)),
  }));
  return { Reservations, ...next };
});

export function requireInstance(scope: Scope, id: string): Instance {
  return requireInstances(scope, [id])[0]!;
}

/** All of them, or a fault that names those that are not there. */
export function requireInstances(scope: Scope, ids: readonly string[]): Instance[] {
  for (const id of ids) if (!/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) fault("InvalidInstanceID.Malformed", `Invalid id: "${id}"`);
  const missing = ids.filter((id) => instances.get(scope, id) === undefined);
  if (missing.length === 1) fault("InvalidInstanceID.NotFound", `The instance ID '${missing[0]}' does not exist`);
  if (missing.length > 1) fault("InvalidInstanceID.NotFound", `The instance IDs '${missing.join(", ")}' do not exist`);
  return ids.map((id) => instances.get(scope, id)!);
}

/** Move an instance to another state and say so. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html */
export function enterState(
  scope: Scope,
  instance: Instance,
  state: InstanceStateName,
  change: { [K in keyof Instance]?: Instance[K] | undefined } = {},
): Instance {
  const next = instances.patch(scope, instance.id, { ...change, state });
  announce(scope, next);
  return next;
}

export const announce = (scope: Scope, { id, state }: Instance): void =>
  scope.emit({
    source: "aws.ec2",
    detailType: "EC2 Instance State-change Notification",
    detail: { "instance-id": id, state },
    resources: [scope.arn("ec2", `instance/${id}`)],
  });

export const stateOf = (state: InstanceStateName) => ({ Code: CODES[state], Name: state });

/** The security groups that instances are in. */
export const groupsInUse = (scope: Scope): ReadonlySet<string> =>
  new Set(instances.list(scope).flatMap(({ state, securityGroupIds }) => (state === "terminated" ? [] : securityGroupIds)));

export const privateName = ({ region }: Scope, address: string): string =>
  `ip-${address.replaceAll(".", "-")}.${region === "us-east-1" ? "ec2" : `${region}.compute`}.internal`;

export const publicName = ({ region }: Scope, address: string): string =>
  `ec2-${address.replaceAll(".", "-")}.${region === "us-east-1" ? "compute-1" : `${region}.compute`}.amazonaws.com`;

const isGone = ({ state }: Instance): boolean => state === "terminated";

const FILTERS = [
  "instance-id",
  "instance-state-name",
  "instance-state-code",
  "instance-type",
  "image-id",
  "availability-zone",
  "subnet-id",
  "vpc-id",
  "private-ip-address",
  "private-dns-name",
  "ip-address",
  "dns-name",
  "key-name",
  "reservation-id",
  "owner-id",
  "client-token",
  "architecture",
  "root-device-type",
  "instance.group-id",
  "group-id",
  "instance.group-name",
  "group-name",
  "iam-instance-profile.arn",
  "iam-instance-profile.id",
  "launch-time",
  "monitoring-state",
  "state-reason-code",
  "tenancy",
] as const;

function filterable(scope: Scope, instance: Instance): Named<typeof FILTERS> {
  const names = instance.securityGroupIds.map((id) => securityGroups.get(scope, id)?.name);
  return {
    "instance-id": instance.id,
    "instance-state-name": instance.state,
    "instance-state-code": CODES[instance.state],
    "instance-type": instance.instanceType,
    "image-id": instance.imageId,
    "availability-zone": instance.zone,
    "subnet-id": isGone(instance) ? undefined : instance.subnetId,
    "vpc-id": isGone(instance) ? undefined : instance.vpcId,
    "private-ip-address": isGone(instance) ? undefined : instance.privateIp,
    "private-dns-name": isGone(instance) ? undefined : privateName(scope, instance.privateIp),
    "ip-address": instance.publicIp,
    "dns-name": instance.publicIp && publicName(scope, instance.publicIp),
    "key-name": instance.keyName,
    "reservation-id": instance.reservationId,
    "owner-id": scope.account,
    "client-token": instance.clientToken,
    architecture: "x86_64",
    "root-device-type": "ebs",
    "instance.group-id": instance.securityGroupIds,
    "group-id": instance.securityGroupIds,
    "instance.group-name": names,
    "group-name": names,
    "iam-instance-profile.arn": instance.profile?.arn,
    "iam-instance-profile.id": instance.profile?.profileId,
    "launch-time": new Date(instance.launchedAt).toISOString(),
    "monitoring-state": instance.monitoring ? "enabled" : "disabled",
    "state-reason-code": instance.reason?.code,
    tenancy: "default",
  };
}

export function shownInstance(scope: Scope, instance: Instance): InstanceShape {
  const groups = instance.securityGroupIds.map(
    (id) => ({ GroupId: id, GroupName: securityGroups.get(scope, id)?.name }) as { GroupId: string; GroupName: string },
  );
  const { reason, publicIp, profile } = instance;
  const network = isGone(instance)
    ? { PrivateDnsName: "", PublicDnsName: "", SecurityGroups: [], NetworkInterfaces: [] }
    : {
        PrivateDnsName: privateName(scope, instance.privateIp),
        PrivateIpAddress: instance.privateIp,
        PublicDnsName: publicIp === undefined ? "" : publicName(scope, publicIp),
        ...(publicIp !== undefined && { PublicIpAddress: publicIp }),
        SubnetId: instance.subnetId,
        VpcId: instance.vpcId,
        SecurityGroups: groups,
        NetworkInterfaces: [],
      };
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    InstanceType: instance.instanceType as never,
    State: stateOf(instance.state),
    StateTransitionReason: reason?.transition ?? "",
    ...(reason !== undefined && { StateReason: { Code: reason.code, Message: reason.message } }),
    ...network,
    ...(instance.keyName !== undefined && { KeyName: instance.keyName }),
    ...(profile !== undefined && { IamInstanceProfile: { Arn: profile.arn, Id: profile.profileId } }),
    AmiLaunchIndex: instance.launchIndex,
    ProductCodes: [],
    LaunchTime: new Date(instance.launchedAt),
    Placement: { AvailabilityZone: instance.zone, GroupName: "", Tenancy: "default" },
    Monitoring: { State: instance.monitoring ? "enabled" : "disabled" },
    Architecture: "x86_64",
    BlockDeviceMappings: attachedTo(scope, instance.id),
    ...(instance.clientToken !== undefined && { ClientToken: instance.clientToken }),
    EbsOptimized: instance.ebsOptimized,
    EnaSupport: true,
    Hypervisor: "xen",
    VirtualizationType: "hvm",
    RootDeviceType: "ebs",
    RootDeviceName: requireImage(scope, instance.imageId).rootDevice,
    SourceDestCheck: instance.sourceDestCheck,
    CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 },
    MetadataOptions: {
      State: "applied",
      HttpTokens: instance.metadataTokens,
      HttpPutResponseHopLimit: 2,
      HttpEndpoint: "enabled",
      HttpProtocolIpv6: "disabled",
      InstanceMetadataTags: instance.tagsInMetadata ? "enabled" : "disabled",
    },
    EnclaveOptions: { Enabled: false },
    HibernationOptions: { Configured: false },
    MaintenanceOptions: { AutoRecovery: "default" },
    PlatformDetails: "Linux/UNIX",
    UsageOperation: "RunInstances",
    CurrentInstanceBootMode: "legacy-bios",
    ...shownTags(scope, instance.id),
  };
}
