import { describe, expect, test } from "vitest";
import { jobs } from "../../compute/job.ts";
import { EVENTS, events } from "../../kernel/facts.ts";
import { handsThat } from "../../testing/hands.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { iam } from "../iam/index.ts";
import { addRoleToInstanceProfile, createInstanceProfile } from "../iam/instance-profile.ts";
import { createRole } from "../iam/role.ts";
import { ssm } from "../ssm/index.ts";
import { getParameter } from "../ssm/parameter.ts";
import { describeImages } from "./image.ts";
import { ec2 } from "./index.ts";
import { describeInstances } from "./instance.ts";
import { describeInstanceCreditSpecifications, modifyInstanceAttribute } from "./instance-attribute.ts";
import { rebootInstances, startInstances, stopInstances, terminateInstances } from "./instance-state.ts";
import { describeInstanceStatus, getConsoleOutput } from "./instance-status.ts";
import { describeInstanceTypes } from "./instance-type.ts";
import { describeKeyPairs } from "./key-pair.ts";
import { createLaunchTemplate, describeLaunchTemplates, modifyLaunchTemplate } from "./launch-template.ts";
import { createLaunchTemplateVersion, describeLaunchTemplateVersions } from "./launch-template-version.ts";
import { describeNetworkInterfaces } from "./network-interface.ts";
import { describeIamInstanceProfileAssociations } from "./profile-association.ts";
import { describeInternetGateways, describeRouteTables } from "./route-table.ts";
import { runInstances } from "./run.ts";
import { createSecurityGroup, deleteSecurityGroup, describeSecurityGroups } from "./security-group.ts";
import { authorizeSecurityGroupIngress, revokeSecurityGroupEgress } from "./security-group-rule.ts";
import { createSubnet, describeSubnets } from "./subnet.ts";
import { describeTags } from "./tag.ts";
import { createTags, deleteTags } from "./tagging.ts";
import { describeVolumes } from "./volume.ts";
import { createVpc, deleteVpc, describeVpcs } from "./vpc.ts";

const AL2023 = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";

const newWorld = (): World => new World({ services: [iam, ssm, ec2], hands: handsThat({}) });

const ami = async (cloud: World): Promise<string> => (await cloud.call(getParameter, { Name: AL2023 })).Parameter!.Value!;

/** Launch some, and answer their ids. */
async function run(cloud: World, more: object = {}, count = 1): Promise<string[]> {
  const input = { ImageId: await ami(cloud), InstanceType: "t3.micro" as const, MinCount: count, MaxCount: count, ...more };
  return (await cloud.call(runInstances, input)).Instances!.map(({ InstanceId }) => InstanceId!);
}

const one = async (cloud: World, id: string) =>
  (await cloud.call(describeInstances, { InstanceIds: [id] })).Reservations![0]!.Instances![0]!;

const states = (cloud: World): string[] =>
  events
    .read(cloud.scope(), EVENTS)
    .filter(({ value }) => value.detailType === "EC2 Instance State-change Notification")
    .map(({ value }) => (value.detail as { state: string }).state);

test("a filter that there is not is refused, also where nothing is there", async () => {
  const cloud = newWorld();
  const Filters = [{ Name: "colour", Values: ["red"] }];
  const all = [describeInstances, describeInstanceStatus, describeNetworkInterfaces, describeVolumes, describeTags, describeKeyPairs];
  for (const describe of [...all, describeLaunchTemplates, describeIamInstanceProfileAssociations])
    await expect(cloud.call(describe as typeof describeInstances, { Filters })).rejects.toThrow("The filter 'colour' is invalid");
  expect((await cloud.call(describeInstances, { Filters: [{ Name: "tag:colour", Values: ["red"] }] })).Reservations).toEqual([]);
});

test("tags are for what is there, and their keys are not AWS's own", async () => {
  const cloud = newWorld();
  const tag = (Resources: string[], Key: string) => cloud.call(createTags, { Resources, Tags: [{ Key, Value: "1" }] });
  await expect(tag(["i-0123456789abcdef0"], "a")).rejects.toThrow("The instance ID 'i-0123456789abcdef0' does not exist");
  await expect(tag(["vpc-0123456789abcdef0"], "a")).rejects.toThrow("The vpc ID 'vpc-0123456789abcdef0' does not exist");
  await expect(tag(await run(cloud), "aws:a")).rejects.toThrow("Tag keys starting with 'aws:' are reserved for internal use");
  const TagSpecifications = [{ ResourceType: "instance" as const, Tags: [{ Key: "AWS:a", Value: "1" }] }];
  await expect(run(cloud, { TagSpecifications })).rejects.toThrow("reserved for internal use");
});

test("what bursts says what it does with its credits, to Terraform above all", async () => {
  const cloud = newWorld();
  const [id] = await run(cloud);
  await run(cloud, { InstanceType: "m5.large" });
  const { InstanceCreditSpecifications } = await cloud.call(describeInstanceCreditSpecifications, {});
  expect(InstanceCreditSpecifications).toEqual([{ InstanceId: id, CpuCredits: "unlimited" }]);
});

test("who deletes a security group finds what is in it", async () => {
  const cloud = newWorld();
  const { VpcId } = (await cloud.call(describeVpcs, {})).Vpcs![0]!;
  const { GroupId } = await cloud.call(createSecurityGroup, { GroupName: "web", Description: "web", VpcId });
  const [id] = await run(cloud, { SecurityGroupIds: [GroupId!] });
  const inGroup = async () =>
    (await cloud.call(describeNetworkInterfaces, { Filters: [{ Name: "group-id", Values: [GroupId!] }] })).NetworkInterfaces;
  expect(await inGroup()).toMatchObject([{ Attachment: { InstanceId: id }, PrivateIpAddress: "172.31.0.4", Status: "in-use" }]);
  await cloud.call(terminateInstances, { InstanceIds: [id!] });
  await cloud.advance("1m");
  expect(await inGroup()).toEqual([]);
});

test("a launch that is asked for again with its token answers the same instances in their order", async () => {
  const cloud = newWorld();
  const ids = await run(cloud, { ClientToken: "once" }, 8);
  expect(await run(cloud, { ClientToken: "once" }, 8)).toEqual(ids);
  const other = run(cloud, { ClientToken: "once", InstanceType: "t3.small" }, 8);
  await expect(other).rejects.toMatchObject({ name: "IdempotentParameterMismatch" });
});

describe("an instance", () => {
  test("comes up, and says where it is", async () => {
    const cloud = newWorld();
    const [id] = await run(cloud, { TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "web" }] }] });
    const instance = await one(cloud, id!);
    expect(instance).toMatchObject({
      State: { Code: 16, Name: "running" },
      Placement: { AvailabilityZone: "eu-west-1a" },
      PrivateIpAddress: "172.31.0.4",
      PrivateDnsName: "ip-172-31-0-4.eu-west-1.compute.internal",
      SecurityGroups: [{ GroupName: "default" }],
      Tags: [{ Key: "Name", Value: "web" }],
    });
    const { InstanceStatuses } = await cloud.call(describeInstanceStatus, {});
    expect(InstanceStatuses).toMatchObject([{ InstanceId: id, InstanceStatus: { Status: "ok" } }]);
    expect(states(cloud)).toEqual(["pending", "running"]);
  });

  test("stops, starts, reboots and ends, each start a new life of the same files", async () => {
    const cloud = newWorld();
    const [id] = (await run(cloud)) as [string];
    const InstanceIds = [id];
    const { StoppingInstances } = await cloud.call(stopInstances, { InstanceIds });
    expect(StoppingInstances).toEqual([
      { InstanceId: id, PreviousState: { Code: 16, Name: "running" }, CurrentState: { Code: 64, Name: "stopping" } },
    ]);
    expect(await one(cloud, id)).toMatchObject({ State: { Name: "stopped" }, StateReason: { Code: "Client.UserInitiatedShutdown" } });
    const alive = (): string[] => jobs.list(cloud.scope(), `ec2/${id}/`).map(({ id: job, status }) => `${job.slice(-1)} ${status}`);
    expect(alive()).toEqual(["1 STOPPED"]);
    await cloud.call(startInstances, { InstanceIds });
    expect(alive()).toEqual(["2 RUNNING"]);
    await cloud.call(rebootInstances, { InstanceIds });
    expect(alive()).toEqual(["3 RUNNING"]);
    await cloud.call(terminateInstances, { InstanceIds });
    expect(alive()).toEqual([]);
    expect(await one(cloud, id)).toMatchObject({ State: { Name: "terminated" }, NetworkInterfaces: [] });
    expect(states(cloud)).toEqual(["pending", "running", "stopping", "stopped", "pending", "running", "shutting-down", "terminated"]);
    await cloud.advance("61m");
    await expect(cloud.call(describeInstances, { InstanceIds })).rejects.toThrow(`The instance ID '${id}' does not exist`);
  });

  test("comes up again after the machine was lost, and does as it was told when it ends by itself", async () => {
    const cloud = newWorld();
    const [kept, gone] = [(await run(cloud))[0]!, (await run(cloud, { InstanceInitiatedShutdownBehavior: "terminate" }))[0]!];
    const end = (id: string, nth: number, status: "LOST" | "FAILED"): void =>
      cloud.change((scope) => void jobs.patch(scope, `ec2/${id}/00000${nth}`, { status, endedAt: scope.clock.now() }));
    end(kept, 1, "LOST");
    expect([(await one(cloud, kept)).State!.Name, jobs.list(cloud.scope(), `ec2/${kept}/`).length]).toEqual(["running", 1]);
    end(kept, 2, "FAILED");
    end(gone, 1, "FAILED");
    expect((await one(cloud, kept)).State!.Name).toBe("stopped");
    expect((await one(cloud, gone)).StateReason!.Code).toBe("Client.InstanceInitiatedShutdown");
    expect((await one(cloud, gone)).State!.Name).toBe("terminated");
  });

  test("is launched once for a token, refused for what is not there, and protected where asked", async () => {
    const cloud = newWorld();
    const [first, again] = [await run(cloud, { ClientToken: "once" }), await run(cloud, { ClientToken: "once" })];
    expect(again).toEqual(first);
    await expect(run(cloud, { ImageId: "ami-00000000" })).rejects.toThrow("The image id '[ami-00000000]' does not exist");
    await expect(run(cloud, { KeyName: "k" })).rejects.toThrow("The key pair 'k' does not exist");
    await expect(run(cloud, { InstanceMarketOptions: { MarketType: "spot" } })).rejects.toThrow("A spot instance is not implemented");
    await expect(run(cloud, { DryRun: true })).rejects.toThrow("Request would have succeeded, but DryRun flag is set.");
    expect((await cloud.call(describeInstances, {})).Reservations).toHaveLength(1);
    const InstanceIds = first;
    await cloud.call(modifyInstanceAttribute, { InstanceId: first[0]!, DisableApiTermination: { Value: true } });
    await expect(cloud.call(terminateInstances, { InstanceIds })).rejects.toThrow(
      "may not be terminated. Modify its 'disableApiTermination'",
    );
  });

  test("is told about itself: tags, role, user data", async () => {
    const cloud = newWorld();
    await cloud.call(createRole, {
      RoleName: "web",
      AssumeRolePolicyDocument: JSON.stringify({
        Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
      }),
    });
    await cloud.call(createInstanceProfile, { InstanceProfileName: "web" });
    await cloud.call(addRoleToInstanceProfile, { InstanceProfileName: "web", RoleName: "web" });
    const UserData = Buffer.from("#!/bin/sh\necho hello\n").toString("base64");
    const options = { IamInstanceProfile: { Name: "web" }, UserData, MetadataOptions: { InstanceMetadataTags: "enabled" } };
    const [id] = (await run(cloud, options)) as [string];
    await cloud.call(createTags, { Resources: [id], Tags: [{ Key: "Stage", Value: "prod" }] });
    expect(jobs.list(cloud.scope(), `ec2/${id}/`)[0]!.spec).toMatchObject({
      hostName: "ip-172-31-0-4",
      metadata: { "meta-data/instance-id": id, "meta-data/tags/instance/Stage": "prod", "meta-data/placement/region": "eu-west-1" },
      role: { name: "web", identity: { roleArn: "arn:aws:iam::111122223333:role/web", sessionName: id } },
      userData: UserData,
    });
    const { Output } = await cloud.call(getConsoleOutput, { InstanceId: id });
    expect(Buffer.from(Output!, "base64").toString()).toContain("echo hello");
  });

  test("comes to the same end whenever the power is cut", async () => {
    const commits = await endsTheSameWheneverThePowerIsCut(newWorld, async (cloud) => {
      const [id, other] = await run(cloud, {}, 2);
      await cloud.call(stopInstances, { InstanceIds: [id!] });
      await cloud.call(startInstances, { InstanceIds: [id!] });
      await cloud.call(rebootInstances, { InstanceIds: [id!] });
      await cloud.call(terminateInstances, { InstanceIds: [id!, other!] });
      await cloud.advance("2h");
    });
    expect(commits).toBeGreaterThan(8);
  });
});

describe("what instances are launched with", () => {
  test("a version of a template, under what the request says", async () => {
    const cloud = newWorld();
    const LaunchTemplateName = "web";
    const tags = (Value: string) => [{ ResourceType: "instance" as const, Tags: [{ Key: "v", Value }] }];
    const data = { ImageId: await ami(cloud), InstanceType: "t3.small" as const, TagSpecifications: tags("1") };
    const { LaunchTemplate } = await cloud.call(createLaunchTemplate, { LaunchTemplateName, LaunchTemplateData: data });
    await cloud.call(createLaunchTemplateVersion, {
      LaunchTemplateName,
      SourceVersion: "1",
      LaunchTemplateData: { TagSpecifications: tags("2") },
    });
    const start = async (template: object): Promise<unknown> => {
      const { Instances } = await cloud.call(runInstances, { MinCount: 1, MaxCount: 1, LaunchTemplate: template });
      return [Instances![0]!.InstanceType, Object.fromEntries(Instances![0]!.Tags!.map(({ Key, Value }) => [Key, Value]))];
    };
    const id = LaunchTemplate!.LaunchTemplateId;
    const first = ["t3.small", { v: "1", "aws:ec2launchtemplate:id": id, "aws:ec2launchtemplate:version": "1" }];
    const second = ["t3.small", { v: "2", "aws:ec2launchtemplate:id": id, "aws:ec2launchtemplate:version": "2" }];
    expect(await start({ LaunchTemplateName })).toEqual(first);
    expect(await start({ LaunchTemplateName, Version: "$Latest" })).toEqual(second);
    await cloud.call(modifyLaunchTemplate, { LaunchTemplateName, DefaultVersion: "2" });
    expect(await start({ LaunchTemplateName })).toEqual(second);
    const { LaunchTemplateVersions } = await cloud.call(describeLaunchTemplateVersions, { LaunchTemplateName, Versions: ["$Default"] });
    expect(LaunchTemplateVersions).toMatchObject([{ VersionNumber: 2, DefaultVersion: true }]);
    const numbers = async (Name: string, value: string) =>
      (
        await cloud.call(describeLaunchTemplateVersions, { LaunchTemplateName, Filters: [{ Name, Values: [value] }] })
      ).LaunchTemplateVersions!.map(({ VersionNumber }) => VersionNumber);
    expect(await numbers("is-default-version", "true")).toEqual([2]);
    expect(await numbers("instance-type", "t3.medium")).toEqual([]);
    await expect(numbers("colour", "red")).rejects.toThrow("The filter 'colour' is invalid");
    await expect(start({ LaunchTemplateName: "none" })).rejects.toThrow("with template name none, does not exist");
  });

  test("an image that everybody may use", async () => {
    const cloud = newWorld();
    const named = async (name: string) =>
      (await cloud.call(describeImages, { Owners: ["amazon"], Filters: [{ Name: "name", Values: [name] }] })).Images;
    expect(await named("al2023-ami-2023.*-x86_64")).toMatchObject([
      { ImageId: await ami(cloud), Architecture: "x86_64", State: "available" },
    ]);
    const Name = "/aws/service/ami-amazon-linux-latest/amzn2-ami-minimal-hvm-x86_64-ebs";
    const { Value: minimal } = (await cloud.call(getParameter, { Name })).Parameter!;
    expect(await named("amzn2-ami-minimal-hvm-*-x86_64-ebs")).toMatchObject([{ ImageId: minimal }]);
    // The newest of those with a name is not a minimal one.
    const [newest] = (await named("al2023-ami-*-x86_64"))!.sort((one, other) => (one.CreationDate! > other.CreationDate! ? -1 : 1));
    expect(newest!.ImageId).toBe(await ami(cloud));
  });
});

test("types of a previous generation are there, and say what they are", async () => {
  const cloud = newWorld();
  const Filters = [{ Name: "current-generation", Values: ["false"] }];
  const { InstanceTypes } = await cloud.call(describeInstanceTypes, { Filters });
  expect(InstanceTypes!.map(({ InstanceType, CurrentGeneration }) => [InstanceType, CurrentGeneration])).toEqual([
    ["m1.small", false],
    ["m3.medium", false],
    ["t1.micro", false],
  ]);
  expect(await run(cloud, { InstanceType: "t1.micro" })).toHaveLength(1);
});

describe("tags and filters", () => {
  test("find what they say", async () => {
    const cloud = newWorld();
    const [a, b] = (await run(cloud, {}, 2)) as [string, string];
    await cloud.call(createTags, { Resources: [a, b], Tags: [{ Key: "app", Value: "shop-a" }] });
    await cloud.call(createTags, { Resources: [b], Tags: [{ Key: "app", Value: "shop-b" }] });
    const found = async (...Filters: { Name: string; Values: string[] }[]): Promise<string[]> =>
      (await cloud.call(describeInstances, { Filters })).Reservations!.flatMap(({ Instances }) => Instances!.map((one) => one.InstanceId!));
    expect(await found({ Name: "tag:app", Values: ["shop-?"] })).toEqual([a, b].sort());
    expect(await found({ Name: "tag:app", Values: ["*-b"] }, { Name: "instance-state-name", Values: ["running"] })).toEqual([b]);
    await expect(found({ Name: "colour", Values: ["red"] })).rejects.toThrow("The filter 'colour' is invalid");
    await cloud.call(deleteTags, { Resources: [b], Tags: [{ Key: "app", Value: "shop-a" }] });
    const tags = async () => (await cloud.call(describeTags, { Filters: [{ Name: "resource-type", Values: ["instance"] }] })).Tags;
    expect(await tags()).toHaveLength(2);
    await cloud.call(deleteTags, { Resources: [b] });
    expect(await tags()).toEqual([{ ResourceId: a, ResourceType: "instance", Key: "app", Value: "shop-a" }]);
    const page = await cloud.call(describeInstances, { MaxResults: 1 });
    const rest = await cloud.call(describeInstances, { MaxResults: 5, NextToken: page.NextToken });
    expect([page.Reservations!.length, rest.Reservations!.length, rest.NextToken]).toEqual([1, 1, undefined]);
  });
});

describe("a network", () => {
  test("is there from the start, the same whenever one looks, and looking writes nothing", async () => {
    const cloud = newWorld();
    const before = cloud.image();
    const { Vpcs } = await cloud.call(describeVpcs, { Filters: [{ Name: "is-default", Values: ["true"] }] });
    const { Subnets } = await cloud.call(describeSubnets, { Filters: [{ Name: "vpc-id", Values: [Vpcs![0]!.VpcId!] }] });
    expect(Subnets!.map(({ AvailabilityZone }) => AvailabilityZone).sort()).toEqual(["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
    expect(cloud.image()).toEqual(before);
    expect((await cloud.call(describeVpcs, {})).Vpcs).toEqual(Vpcs);
    const { RouteTables } = await cloud.call(describeRouteTables, { Filters: [{ Name: "association.main", Values: ["true"] }] });
    const { InternetGateways } = await cloud.call(describeInternetGateways, {});
    expect(RouteTables![0]!.Routes!.map(({ GatewayId }) => GatewayId)).toEqual(["local", InternetGateways![0]!.InternetGatewayId]);
  });

  test("is made of parts that hold each other", async () => {
    const cloud = newWorld();
    const { Vpc } = await cloud.call(createVpc, { CidrBlock: "10.0.0.0/16" });
    const VpcId = Vpc!.VpcId!;
    const { Subnet } = await cloud.call(createSubnet, { VpcId, CidrBlock: "10.0.1.0/24" });
    await expect(cloud.call(createSubnet, { VpcId, CidrBlock: "10.0.1.128/25" })).rejects.toThrow("conflicts with another subnet");
    await expect(cloud.call(createSubnet, { VpcId, CidrBlock: "10.1.1.0/24" })).rejects.toThrow("The CIDR '10.1.1.0/24' is invalid.");
    const { GroupId } = await cloud.call(createSecurityGroup, { GroupName: "web", Description: "web", VpcId });
    const http = { GroupId, IpPermissions: [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }] };
    await cloud.call(authorizeSecurityGroupIngress, http);
    await expect(cloud.call(authorizeSecurityGroupIngress, http)).rejects.toThrow(
      'the specified rule "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW" already exists',
    );
    await cloud.call(revokeSecurityGroupEgress, { GroupId, IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }] });
    const { SecurityGroups } = await cloud.call(describeSecurityGroups, { GroupIds: [GroupId!] });
    expect(SecurityGroups).toMatchObject([{ IpPermissions: [{ FromPort: 80 }], IpPermissionsEgress: [] }]);
    const [id] = await run(cloud, { SubnetId: Subnet!.SubnetId, SecurityGroupIds: [GroupId] });
    expect((await one(cloud, id!)).PrivateIpAddress).toBe("10.0.1.4");
    const interfaces = [{ DeviceIndex: 0, SubnetId: Subnet!.SubnetId, PrivateIpAddress: "10.0.1.42" }];
    const [other] = await run(cloud, { NetworkInterfaces: interfaces });
    expect((await one(cloud, other!)).PrivateIpAddress).toBe("10.0.1.42");
    await expect(cloud.call(deleteSecurityGroup, { GroupId })).rejects.toThrow(`resource ${GroupId} has a dependent object`);
    await expect(cloud.call(deleteVpc, { VpcId })).rejects.toThrow(`The vpc '${VpcId}' has dependencies and cannot be deleted.`);
  });
});
