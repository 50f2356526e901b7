import { describe, expect, test } from "vitest";
import { handsThat } from "../../testing/hands.ts";
import { World } from "../../testing/world.ts";
import { iam } from "../iam/index.ts";
import { ssm } from "../ssm/index.ts";
import { getParameter } from "../ssm/parameter.ts";
import { ec2 } from "./index.ts";
import { describeInstances } from "./instance.ts";
import { terminateInstances } from "./instance-state.ts";
import { runInstances } from "./run.ts";
import { describeTags } from "./tag.ts";
import { createTags } from "./tagging.ts";
import { deleteVolume, describeVolumes } from "./volume.ts";

const AL2023 = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
const TAGS = [{ ResourceType: "volume" as const, Tags: [{ Key: "Name", Value: "disk" }] }];

const newWorld = (): World => new World({ services: [iam, ssm, ec2], hands: handsThat({}) });

async function run(cloud: World, more: object): Promise<string> {
  const ImageId = (await cloud.call(getParameter, { Name: AL2023 })).Parameter!.Value!;
  const { Instances } = await cloud.call(runInstances, { ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, ...more });
  return Instances![0]!.InstanceId!;
}

const volumesOf = async (cloud: World) => (await cloud.call(describeVolumes, {})).Volumes!;

describe("the volumes of an instance", () => {
  test("are the root device and what its mappings say, with their tags", async () => {
    const cloud = newWorld();
    const BlockDeviceMappings = [
      { DeviceName: "/dev/xvda", Ebs: { VolumeSize: 30, Encrypted: true } },
      { DeviceName: "/dev/sdf", Ebs: { VolumeSize: 100, VolumeType: "io2", Iops: 4000, DeleteOnTermination: false } },
    ];
    const id = await run(cloud, { BlockDeviceMappings, TagSpecifications: TAGS });
    const found = (await volumesOf(cloud)).sort((one, other) => one.Size! - other.Size!);
    expect(found).toMatchObject([
      { Size: 30, VolumeType: "gp3", Iops: 3000, Throughput: 125, Encrypted: true, State: "in-use", Tags: TAGS[0]!.Tags },
      { Size: 100, VolumeType: "io2", Iops: 4000, Attachments: [{ InstanceId: id, Device: "/dev/sdf", DeleteOnTermination: false }] },
    ]);
    const { Reservations } = await cloud.call(describeInstances, { InstanceIds: [id] });
    const { RootDeviceName, BlockDeviceMappings: mapped } = Reservations![0]!.Instances![0]!;
    expect(RootDeviceName).toBe("/dev/xvda");
    expect(mapped!.map(({ DeviceName, Ebs }) => [DeviceName, Ebs!.Status])).toEqual(
      expect.arrayContaining([
        ["/dev/xvda", "attached"],
        ["/dev/sdf", "attached"],
      ]),
    );
    const Filters = [{ Name: "attachment.device", Values: ["/dev/sdf"] }];
    expect((await cloud.call(describeVolumes, { Filters })).Volumes).toHaveLength(1);
  });

  test("go with it, with their tags, unless they shall outlive it", async () => {
    const cloud = newWorld();
    const BlockDeviceMappings = [{ DeviceName: "/dev/sdf", Ebs: { VolumeSize: 1, DeleteOnTermination: false } }];
    const id = await run(cloud, { BlockDeviceMappings, TagSpecifications: TAGS });
    const VolumeId = (await volumesOf(cloud)).find(({ Size }) => Size === 1)!.VolumeId!;
    await expect(cloud.call(deleteVolume, { VolumeId })).rejects.toThrow(`Volume ${VolumeId} is currently attached to ${id}`);
    await cloud.call(createTags, { Resources: [VolumeId], Tags: [{ Key: "kept", Value: "yes" }] });
    await cloud.call(terminateInstances, { InstanceIds: [id] });
    expect(await volumesOf(cloud)).toMatchObject([{ VolumeId, State: "available", Attachments: [] }]);
    expect(new Set((await cloud.call(describeTags, {})).Tags!.map(({ ResourceId }) => ResourceId))).toEqual(new Set([VolumeId]));
    await cloud.call(deleteVolume, { VolumeId });
    expect((await cloud.call(describeTags, {})).Tags).toEqual([]);
    await expect(cloud.call(deleteVolume, { VolumeId })).rejects.toThrow(`The volume '${VolumeId}' does not exist.`);
  });

  test("can be left out, and need a size", async () => {
    const cloud = newWorld();
    await run(cloud, { BlockDeviceMappings: [{ DeviceName: "/dev/xvda", NoDevice: "" }] });
    expect(await volumesOf(cloud)).toEqual([]);
    const without = run(cloud, { BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { VolumeType: "gp3" } }] });
    await expect(without).rejects.toThrow("The request must contain the parameter size or snapshotId");
    const snapshot = run(cloud, { BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { SnapshotId: "snap-0123456789abcdef0" } }] });
    await expect(snapshot).rejects.toThrow("A volume from a snapshot is not implemented");
  });
});
