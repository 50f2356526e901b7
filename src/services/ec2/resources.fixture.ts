import type { ResourceExample } from "../../testing/resource-example.ts";
import { publicImageId, publicImages } from "../ssm/api.ts";
import { defaultId } from "./default-network.ts";
import { modifyInstanceAttribute } from "./instance-attribute.ts";
import { importKeyPair } from "./key-pair.ts";
import { authorizeSecurityGroupIngress } from "./security-group-rule.ts";

const HERE = { account: "111122223333", region: "eu-west-1" };
const VpcId = defaultId(HERE, "vpc");
const GROUP = { Type: "AWS::EC2::SecurityGroup", Properties: { GroupName: "group", GroupDescription: "a group", VpcId } };
const group = { "Fn::GetAtt": ["Group", "GroupId"] };
const Tags = [{ Key: "a", Value: "b" }];

const data = {
  ImageId: "ami-00000000000000001",
  InstanceType: "t3.micro",
  KeyName: "key",
  UserData: "aGVsbG8=",
  EbsOptimized: true,
  DisableApiStop: false,
  DisableApiTermination: "true",
  InstanceInitiatedShutdownBehavior: "terminate",
  IamInstanceProfile: { Name: "web", Arn: "arn:aws:iam::111122223333:instance-profile/web" },
  SecurityGroups: ["group"],
  SecurityGroupIds: [group],
  Monitoring: { Enabled: true },
  CreditSpecification: { CpuCredits: "standard" },
  Placement: { AvailabilityZone: "eu-west-1a", Tenancy: "default" },
  MetadataOptions: {
    HttpTokens: "required",
    HttpPutResponseHopLimit: 2,
    HttpEndpoint: "enabled",
    HttpProtocolIpv6: "disabled",
    InstanceMetadataTags: "enabled",
  },
  NetworkInterfaces: [
    {
      DeviceIndex: 0,
      Description: "the first",
      AssociatePublicIpAddress: true,
      DeleteOnTermination: true,
      Groups: [group],
      SubnetId: defaultId(HERE, "subnet", "eu-west-1a"),
    },
  ],
  BlockDeviceMappings: [
    {
      DeviceName: "/dev/xvda",
      VirtualName: "ephemeral0",
      NoDevice: "",
      Ebs: {
        VolumeSize: 8,
        VolumeType: "gp3",
        Encrypted: true,
        KmsKeyId: "key",
        SnapshotId: "snap-1",
        Iops: 3000,
        Throughput: 125,
        DeleteOnTermination: true,
        EbsCardIndex: 0,
        VolumeInitializationRate: 100,
      },
    },
  ],
  TagSpecifications: [{ ResourceType: "instance", Tags }],
};

const IMAGE_ID = publicImageId(HERE.region, publicImages[0]!.name);
const ImageId = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
const TEMPLATE = {
  Type: "AWS::EC2::LaunchTemplate",
  Properties: { LaunchTemplateName: "web", LaunchTemplateData: { ImageId, InstanceType: "t3.micro" } },
};
const profile = (InstanceProfileName: string) => ({
  Type: "AWS::IAM::InstanceProfile",
  Properties: { InstanceProfileName, Roles: [{ Ref: "Role" }] },
});
const ROLE = {
  Type: "AWS::IAM::Role",
  Properties: {
    RoleName: "web",
    AssumeRolePolicyDocument: {
      Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
    },
  },
};

export const ec2Examples: readonly ResourceExample[] = [
  {
    type: "AWS::EC2::Instance",
    around: { Group: GROUP, Role: ROLE, Web: profile("web"), Other: profile("other") },
    before: (cloud) => cloud.call(importKeyPair, { KeyName: "key", PublicKeyMaterial: Buffer.from("ssh-rsa AAAA") }),
    properties: {
      ImageId: IMAGE_ID,
      InstanceType: "t3.micro",
      KeyName: "key",
      AvailabilityZone: "eu-west-1a",
      SubnetId: defaultId(HERE, "subnet", "eu-west-1a"),
      PrivateIpAddress: "172.31.0.77",
      SecurityGroupIds: [group],
      UserData: "IyEvYmluL3NoCg==",
      IamInstanceProfile: { Ref: "Web" },
      EbsOptimized: true,
      DisableApiTermination: false,
      InstanceInitiatedShutdownBehavior: "terminate",
      Monitoring: true,
      SourceDestCheck: false,
      MetadataOptions: { HttpTokens: "required", InstanceMetadataTags: "enabled" },
      Tags,
    },
    updates: [
      { IamInstanceProfile: { Ref: "Other" } },
      { DisableApiTermination: true },
      { DisableApiTermination: false },
      { InstanceInitiatedShutdownBehavior: "stop" },
      { Monitoring: false },
      { SourceDestCheck: true },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    unchangeable: ["MetadataOptions"],
    byHand: {
      "/SourceDestCheck": (cloud, InstanceId) => cloud.call(modifyInstanceAttribute, { InstanceId, SourceDestCheck: { Value: true } }),
    },
    withoutAttributes: ["State"],
  },
  {
    type: "AWS::EC2::Instance",
    around: { Template: TEMPLATE },
    properties: {
      LaunchTemplate: { LaunchTemplateId: { Ref: "Template" }, Version: { "Fn::GetAtt": ["Template", "LatestVersionNumber"] } },
      SecurityGroups: ["default"],
    },
    withoutAttributes: ["State"],
  },
  {
    type: "AWS::EC2::Instance",
    around: { Template: TEMPLATE },
    properties: { LaunchTemplate: { LaunchTemplateName: "web", Version: { "Fn::GetAtt": ["Template", "LatestVersionNumber"] } } },
    withoutAttributes: ["State"],
  },
  {
    type: "AWS::EC2::LaunchTemplate",
    around: { Group: GROUP },
    properties: {
      LaunchTemplateName: "web",
      LaunchTemplateData: data,
      VersionDescription: "first",
      TagSpecifications: [{ ResourceType: "launch-template", Tags }],
    },
    updates: [
      { LaunchTemplateData: { ...data, InstanceType: "t3.small" } },
      { VersionDescription: "second" },
      { TagSpecifications: [{ ResourceType: "launch-template", Tags: [{ Key: "a", Value: "c" }] }] },
    ],
  },
  {
    type: "AWS::EC2::SecurityGroup",
    around: { Group: GROUP },
    properties: {
      GroupName: "web",
      GroupDescription: "web",
      VpcId,
      SecurityGroupIngress: [
        { IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIp: "0.0.0.0/0", Description: "all" },
        { IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIpv6: "::/0" },
        { IpProtocol: "-1", SourceSecurityGroupId: group },
        { IpProtocol: "udp", FromPort: 1, ToPort: 2, SourcePrefixListId: "pl-1" },
      ],
      SecurityGroupEgress: [
        { IpProtocol: "tcp", FromPort: 443, ToPort: 443, CidrIp: "10.0.0.0/8", Description: "inner" },
        { IpProtocol: "tcp", FromPort: 443, ToPort: 443, CidrIpv6: "::/0" },
        { IpProtocol: "tcp", FromPort: 443, ToPort: 443, DestinationSecurityGroupId: group },
        { IpProtocol: "tcp", FromPort: 443, ToPort: 443, DestinationPrefixListId: "pl-1" },
      ],
      Tags,
    },
    updates: [
      { SecurityGroupIngress: [{ IpProtocol: "tcp", FromPort: 81, ToPort: 81, CidrIp: "0.0.0.0/0" }] },
      { SecurityGroupEgress: [{ IpProtocol: "-1", CidrIp: "0.0.0.0/0" }] },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: {
      "/SecurityGroupIngress/4": (cloud, GroupId) =>
        cloud.call(authorizeSecurityGroupIngress, {
          GroupId,
          IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }],
        }),
    },
  },
  {
    type: "AWS::EC2::SecurityGroupIngress",
    around: { Group: GROUP },
    properties: { GroupId: group, IpProtocol: "tcp", FromPort: 80, ToPort: 80, SourceSecurityGroupId: group, Description: "ours" },
    updates: [{ Description: "mine" }],
  },
  {
    type: "AWS::EC2::SecurityGroupIngress",
    properties: { GroupName: "default", IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIp: "10.0.0.0/8" },
  },
  {
    type: "AWS::EC2::SecurityGroupIngress",
    around: { Group: GROUP },
    properties: { GroupId: group, IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIpv6: "::/0" },
  },
  {
    type: "AWS::EC2::SecurityGroupIngress",
    around: { Group: GROUP },
    properties: { GroupId: group, IpProtocol: "tcp", FromPort: 80, ToPort: 80, SourcePrefixListId: "pl-1" },
  },
  {
    type: "AWS::EC2::SecurityGroupEgress",
    around: { Group: GROUP },
    properties: { GroupId: group, IpProtocol: "tcp", FromPort: 80, ToPort: 80, DestinationSecurityGroupId: group, Description: "ours" },
    updates: [{ Description: "mine" }],
  },
  {
    type: "AWS::EC2::SecurityGroupEgress",
    around: { Group: GROUP },
    properties: { GroupId: group, IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIp: "10.0.0.0/8" },
  },
  {
    type: "AWS::EC2::SecurityGroupEgress",
    around: { Group: GROUP },
    properties: { GroupId: group, IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIpv6: "::/0" },
  },
  {
    type: "AWS::EC2::SecurityGroupEgress",
    around: { Group: GROUP },
    properties: { GroupId: group, IpProtocol: "tcp", FromPort: 80, ToPort: 80, DestinationPrefixListId: "pl-1" },
  },
];
