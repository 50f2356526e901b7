import { fault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { Tags } from "../../kernel/tag.ts";
import type { BlockDeviceMapping, InstanceBlockDeviceMapping, Volume as Shape, VolumeType } from "../../sdk/ec2.js";
import { DeleteVolume$, DescribeVolumes$ } from "../../sdk/ec2.js";
import { ec2Operation } from "./ec2-operation.ts";
import { checkNames, fits, type Named, paged } from "./filter.ts";
import { forgetTags, putTags, shownTags, tagsFor } from "./tag.ts";
import { notImplemented } from "./vpc.ts";

/** A volume that an instance was launched with. Its files lie elsewhere: what is kept is what was asked for. */
export interface Volume extends Row {
  /** None where it has outlived its instance. */
  readonly instanceId?: string;
  readonly device: string;
  readonly sizeGb: number;
  readonly type: VolumeType;
  readonly iops?: number;
  readonly throughput?: number;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string;
  readonly deleteOnTermination: boolean;
  readonly zone: string;
  readonly createdAt: number;
}

type Ebs = NonNullable<BlockDeviceMapping["Ebs"]>;

const ROOT = { VolumeSize: 8, VolumeType: "gp3" } as const;

export const volumes = new Table<Volume>("ec2/volume", {
  indexes: { instance: ({ instanceId }) => instanceId },
  arn: ({ id }, { account, region }) => `arn:aws:ec2:${region}:${account}:volume/${id}`,
});

export const describeVolumes = ec2Operation(
  DescribeVolumes$,
  (scope, { VolumeIds, Filters, ...paging }) => {
    checkNames(Filters, FILTERS);
    const asked = VolumeIds === undefined ? volumes.list(scope) : VolumeIds.map((id) => requireVolume(scope, id));
    const found = asked.filter((volume) => fits(Filters, filterable(volume), tagsFor(scope, volume.id)));
    const { items, next } = paged(found, ({ id }) => id, paging);
    return { Volumes: items.map((volume) => shown(scope, volume)), ...next };
  },
  { partial: "the volumes that instances were launched with; nothing is stored on them" },
);

export const deleteVolume = ec2Operation(
  DeleteVolume$,
  (scope, { VolumeId }) => {
    const { id, instanceId } = requireVolume(scope, VolumeId!);
    if (instanceId !== undefined) fault("VolumeInUse", `Volume ${id} is currently attached to ${instanceId}`);
    removeVolume(scope, id);
    return {};
  },
  { partial: "a volume that has outlived its instance" },
);

export function requireVolume(scope: Scope, id: string): Volume {
  if (!/^vol-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) fault("InvalidParameterValue", `Value (${id}) for parameter volumeId is invalid.`);
  return volumes.get(scope, id) ?? fault("InvalidVolume.NotFound", `The volume '${id}' does not exist.`);
}

/** What an instance will have: the root device, and what its mappings add, change or leave out. */
export function devicesOf(rootDevice: string, mappings: readonly BlockDeviceMapping[]): ReadonlyMap<string, Ebs> {
  const devices = new Map<string, Ebs>([[rootDevice, ROOT]]);
  for (const { DeviceName, NoDevice, Ebs, VirtualName } of mappings) {
    const name = DeviceName ?? fault("MissingParameter", "The request must contain the parameter deviceName");
    if (NoDevice !== undefined) devices.delete(name);
    else if (Ebs !== undefined) devices.set(name, checked({ ...devices.get(name), ...said(Ebs) }));
    // A type that has no disks of its own is given none of these either.
    else if (VirtualName === undefined) fault("InvalidBlockDeviceMapping", `The device '${name}' has no mapping.`);
  }
  return devices;
}

function checked(ebs: Ebs): Ebs {
  if (ebs.SnapshotId !== undefined) notImplemented("A volume from a snapshot");
  if (ebs.VolumeSize === undefined) fault("MissingParameter", "The request must contain the parameter size or snapshotId");
  return ebs;
}

const said = (ebs: Ebs): Ebs => Object.fromEntries(Object.entries(ebs).filter(([, value]) => value !== undefined));

export function makeVolumes(
  scope: Scope,
  { id: instanceId, zone }: { readonly id: string; readonly zone: string },
  devices: ReadonlyMap<string, Ebs>,
  tags: Tags,
): void {
  for (const [device, ebs] of devices) {
    const { VolumeSize: sizeGb = ROOT.VolumeSize, VolumeType: type = "gp2", Encrypted = false, KmsKeyId } = ebs;
    const iops = ebs.Iops ?? defaultIops(type, sizeGb);
    const throughput = ebs.Throughput ?? (type === "gp3" ? 125 : undefined);
    const id = `vol-0${idsFrom(`${instanceId} ${device}`).hex(16)}`;
    putTags(scope, id, tags);
    volumes.put(scope, {
      id,
      instanceId,
      device,
      sizeGb,
      type,
      ...(iops !== undefined && { iops }),
      ...(throughput !== undefined && { throughput }),
      encrypted: Encrypted,
      ...(KmsKeyId !== undefined && { kmsKeyId: KmsKeyId }),
      deleteOnTermination: ebs.DeleteOnTermination ?? true,
      zone,
      createdAt: scope.clock.now(),
    });
  }
}

/** https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html */
function defaultIops(type: VolumeType, sizeGb: number): number | undefined {
  if (type === "gp3") return 3_000;
  return type === "gp2" ? Math.min(16_000, Math.max(100, 3 * sizeGb)) : undefined;
}

/** Of an instance that is terminated: those that shall go with it go. */
export function releaseVolumes(scope: Scope, instanceId: string): void {
  for (const { id, deleteOnTermination } of volumes.by(scope, "instance", instanceId)) {
    if (deleteOnTermination) removeVolume(scope, id);
    else volumes.patch(scope, id, { instanceId: undefined });
  }
}

/** The volumes of an instance, as it is described. */
export const attachedTo = (scope: Scope, instanceId: string): InstanceBlockDeviceMapping[] =>
  volumes.by(scope, "instance", instanceId).map(({ id, device, deleteOnTermination, createdAt }) => ({
    DeviceName: device,
    Ebs: { VolumeId: id, Status: "attached", AttachTime: new Date(createdAt), DeleteOnTermination: deleteOnTermination },
  }));

function removeVolume(scope: Scope, id: string): void {
  forgetTags(scope, id);
  volumes.remove(scope, id);
}

const FILTERS = [
  "volume-id",
  "volume-type",
  "availability-zone",
  "create-time",
  "encrypted",
  "size",
  "status",
  "snapshot-id",
  "attachment.instance-id",
  "attachment.device",
  "attachment.delete-on-termination",
  "attachment.status",
] as const;

const filterable = (volume: Volume): Named<typeof FILTERS> => ({
  "volume-id": volume.id,
  "volume-type": volume.type,
  "availability-zone": volume.zone,
  "create-time": new Date(volume.createdAt).toISOString(),
  encrypted: volume.encrypted,
  size: volume.sizeGb,
  status: volume.instanceId === undefined ? "available" : "in-use",
  "snapshot-id": undefined,
  "attachment.instance-id": volume.instanceId,
  "attachment.device": volume.instanceId && volume.device,
  "attachment.delete-on-termination": volume.instanceId && volume.deleteOnTermination,
  "attachment.status": volume.instanceId && "attached",
});

const shown = (scope: Scope, volume: Volume): Shape => ({
  VolumeId: volume.id,
  Size: volume.sizeGb,
  VolumeType: volume.type,
  ...(volume.iops !== undefined && { Iops: volume.iops }),
  ...(volume.throughput !== undefined && { Throughput: volume.throughput }),
  Encrypted: volume.encrypted,
  ...(volume.kmsKeyId !== undefined && { KmsKeyId: volume.kmsKeyId }),
  SnapshotId: "",
  AvailabilityZone: volume.zone,
  State: volume.instanceId === undefined ? "available" : "in-use",
  CreateTime: new Date(volume.createdAt),
  MultiAttachEnabled: false,
  Attachments:
    volume.instanceId === undefined
      ? []
      : [
          {
            VolumeId: volume.id,
            InstanceId: volume.instanceId,
            Device: volume.device,
            State: "attached",
            AttachTime: new Date(volume.createdAt),
            DeleteOnTermination: volume.deleteOnTermination,
          },
        ],
  ...shownTags(scope, volume.id),
});
