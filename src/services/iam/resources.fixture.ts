import type { Operation } from "../../kernel/operation.ts";
import type { ResourceExample } from "../../testing/resource-example.ts";
import { updateAccessKey } from "./access-key.ts";
import { removeUserFromGroup, updateGroup } from "./group.ts";
import { holderOperations } from "./holder.ts";
import { oidcOperations } from "./oidc-provider.ts";
import { createPolicyVersion } from "./policy.ts";
import { putRolePermissionsBoundary, tagRole, updateAssumeRolePolicy, updateRole, updateRoleDescription } from "./role.ts";
import { tagUser } from "./user.ts";

const trust = (Service: string) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }],
});
const policy = (Action: string) => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
const managed = (name: string): string => `arn:aws:iam::aws:policy/${name}`;
const Tags = [{ Key: "a", Value: "b" }];
const TAG_UPDATE = { Tags: [{ Key: "a", Value: "c" }] };
const HELD = {
  ManagedPolicyArns: [managed("ReadOnlyAccess"), managed("PowerUserAccess")],
  Policies: [{ PolicyName: "one", PolicyDocument: policy("s3:GetObject") }],
};
const HELD_UPDATES = [
  { ManagedPolicyArns: [managed("PowerUserAccess"), managed("AdministratorAccess")] },
  { Policies: [{ PolicyName: "two", PolicyDocument: policy("s3:PutObject") }] },
  { Policies: undefined, ManagedPolicyArns: undefined },
];
const ROLE = { Type: "AWS::IAM::Role", Properties: { RoleName: "worker", AssumeRolePolicyDocument: trust("lambda.amazonaws.com") } };
const OTHER_ROLE = { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: trust("lambda.amazonaws.com") } };
const USER = { Type: "AWS::IAM::User", Properties: { UserName: "bob" } };
const OTHER_USER = { Type: "AWS::IAM::User" };
const GROUP = { Type: "AWS::IAM::Group", Properties: { GroupName: "testers" } };
const OTHER_GROUP = { Type: "AWS::IAM::Group" };
const HOLDERS = { Role: ROLE, OtherRole: OTHER_ROLE, User: USER, OtherUser: OTHER_USER, Group: GROUP, OtherGroup: OTHER_GROUP };
const ALL = { Roles: [{ Ref: "Role" }], Users: [{ Ref: "User" }], Groups: [{ Ref: "Group" }] };
const HOLDER_UPDATES = [
  { Roles: [{ Ref: "OtherRole" }, { Ref: "Role" }] },
  { Users: [{ Ref: "OtherUser" }] },
  { Groups: [{ Ref: "OtherGroup" }] },
  { Roles: undefined },
];
const OPERATIONS: readonly Operation[] = [...holderOperations, ...oidcOperations];
const call = (name: string): Operation => OPERATIONS.find((operation) => operation.name === name)!;
const PROVIDER = "arn:aws:iam::111122223333:oidc-provider/git.example.com";

/** A policy of one holder. */
const part = (kind: "Role" | "User" | "Group", holder: string): ResourceExample => ({
  type: `AWS::IAM::${kind}Policy`,
  around: HOLDERS,
  properties: { PolicyName: "one", [`${kind}Name`]: { Ref: kind }, PolicyDocument: policy("s3:GetObject") },
  updates: [{ PolicyDocument: policy("s3:PutObject") }],
  byHand: {
    "/PolicyDocument/Statement/0/Action": (cloud) =>
      cloud.call(call(`Put${kind}Policy`), {
        [`${kind}Name`]: holder,
        PolicyName: "one",
        PolicyDocument: JSON.stringify(policy("s3:DeleteObject")),
      }),
  },
});

export const iamExamples: readonly ResourceExample[] = [
  {
    type: "AWS::IAM::Role",
    around: {
      Own: { Type: "AWS::IAM::Policy", Properties: { PolicyName: "other", PolicyDocument: policy("s3:*"), Roles: [{ Ref: "It" }] } },
      Managed: { Type: "AWS::IAM::ManagedPolicy", Properties: { PolicyDocument: policy("s3:*"), Roles: [{ Ref: "It" }] } },
    },
    properties: {
      RoleName: "builder",
      Path: "/ci/",
      Description: "It builds",
      AssumeRolePolicyDocument: trust("codebuild.amazonaws.com"),
      MaxSessionDuration: 7200,
      PermissionsBoundary: managed("PowerUserAccess"),
      ...HELD,
      Tags,
    },
    updates: [
      { Description: "It deploys" },
      { AssumeRolePolicyDocument: trust("codedeploy.amazonaws.com") },
      { MaxSessionDuration: 3600 },
      { PermissionsBoundary: managed("ReadOnlyAccess") },
      ...HELD_UPDATES,
      TAG_UPDATE,
    ],
    byHand: {
      "/Description": (cloud, RoleName) => cloud.call(updateRoleDescription, { RoleName, Description: "by hand" }),
      "/MaxSessionDuration": (cloud, RoleName) => cloud.call(updateRole, { RoleName, Description: "It builds", MaxSessionDuration: 3600 }),
      "/AssumeRolePolicyDocument/Statement/0/Principal/Service": (cloud, RoleName) =>
        cloud.call(updateAssumeRolePolicy, { RoleName, PolicyDocument: JSON.stringify(trust("ec2.amazonaws.com")) }),
      "/PermissionsBoundary": (cloud, RoleName) =>
        cloud.call(putRolePermissionsBoundary, { RoleName, PermissionsBoundary: managed("ReadOnlyAccess") }),
      "/ManagedPolicyArns/2": (cloud, RoleName) =>
        cloud.call(call("AttachRolePolicy"), { RoleName, PolicyArn: managed("AdministratorAccess") }),
      "/Policies/1": (cloud, RoleName) =>
        cloud.call(call("PutRolePolicy"), { RoleName, PolicyName: "by hand", PolicyDocument: JSON.stringify(policy("s3:*")) }),
      "/Tags/0/Value": (cloud, RoleName) => cloud.call(tagRole, { RoleName, Tags: [{ Key: "a", Value: "by hand" }] }),
    },
  },
  {
    type: "AWS::IAM::ServiceLinkedRole",
    properties: { AWSServiceName: "autoscaling.amazonaws.com", CustomSuffix: "shop", Description: "It scales" },
    updates: [{ Description: "It does not scale" }],
    byHand: { "/Description": (cloud, RoleName) => cloud.call(updateRoleDescription, { RoleName, Description: "by hand" }) },
  },
  {
    type: "AWS::IAM::User",
    around: { Group: GROUP, OtherGroup: OTHER_GROUP },
    properties: {
      UserName: "alice",
      Path: "/ci/",
      PermissionsBoundary: managed("PowerUserAccess"),
      Groups: [{ Ref: "Group" }],
      ...HELD,
      Tags,
    },
    updates: [
      { Path: "/cd/" },
      { PermissionsBoundary: managed("ReadOnlyAccess") },
      { Groups: [{ Ref: "OtherGroup" }] },
      ...HELD_UPDATES,
      TAG_UPDATE,
    ],
    byHand: {
      "/Groups": (cloud, UserName) => cloud.call(removeUserFromGroup, { GroupName: "testers", UserName }),
      "/Tags/0/Value": (cloud, UserName) => cloud.call(tagUser, { UserName, Tags: [{ Key: "a", Value: "by hand" }] }),
    },
  },
  {
    type: "AWS::IAM::AccessKey",
    around: { User: USER },
    properties: { UserName: { Ref: "User" }, Status: "Active", Serial: 1 },
    updates: [{ Status: "Inactive" }],
    byHand: { "/Status": (cloud, AccessKeyId) => cloud.call(updateAccessKey, { AccessKeyId, Status: "Inactive" }) },
  },
  {
    type: "AWS::IAM::Group",
    properties: { GroupName: "builders", Path: "/ci/", ...HELD },
    updates: [{ Path: "/cd/" }, ...HELD_UPDATES],
    byHand: { "/Path": (cloud, GroupName) => cloud.call(updateGroup, { GroupName, NewPath: "/by-hand/" }) },
  },
  {
    type: "AWS::IAM::UserToGroupAddition",
    around: HOLDERS,
    properties: { GroupName: { Ref: "Group" }, Users: [{ Ref: "OtherUser" }, { Ref: "User" }] },
    updates: [{ Users: [{ Ref: "OtherUser" }] }, { GroupName: { Ref: "OtherGroup" } }],
    byHand: { [["/Users", 1].join("/")]: (cloud) => cloud.call(removeUserFromGroup, { GroupName: "testers", UserName: "bob" }) },
  },
  {
    type: "AWS::IAM::ManagedPolicy",
    around: HOLDERS,
    properties: { ManagedPolicyName: "reading", Path: "/ci/", Description: "Reads", PolicyDocument: policy("s3:GetObject"), ...ALL },
    updates: [{ PolicyDocument: policy("s3:PutObject") }, ...HOLDER_UPDATES],
    byHand: {
      "/PolicyDocument/Statement/0/Action": (cloud, PolicyArn) =>
        cloud.call(createPolicyVersion, { PolicyArn, PolicyDocument: JSON.stringify(policy("s3:*")), SetAsDefault: true }),
      "/Users": (cloud, PolicyArn) => cloud.call(call("DetachUserPolicy"), { UserName: "bob", PolicyArn }),
    },
  },
  {
    type: "AWS::IAM::Policy",
    around: HOLDERS,
    properties: { PolicyName: "reading", PolicyDocument: policy("s3:GetObject"), ...ALL },
    updates: [{ PolicyDocument: policy("s3:PutObject") }, { PolicyName: "writing" }, ...HOLDER_UPDATES],
    byHand: {
      "/PolicyDocument/Statement/0/Action": (cloud) =>
        cloud.call(call("PutUserPolicy"), { UserName: "bob", PolicyName: "reading", PolicyDocument: JSON.stringify(policy("s3:*")) }),
      "/Groups": (cloud) => cloud.call(call("DeleteGroupPolicy"), { GroupName: "testers", PolicyName: "reading" }),
    },
  },
  part("Role", "worker"),
  part("User", "bob"),
  part("Group", "testers"),
  {
    type: "AWS::IAM::InstanceProfile",
    around: { Role: ROLE, OtherRole: OTHER_ROLE },
    properties: { InstanceProfileName: "workers", Path: "/ci/", Roles: [{ Ref: "Role" }] },
    updates: [{ Roles: [{ Ref: "OtherRole" }] }],
  },
  {
    type: "AWS::IAM::OIDCProvider",
    properties: { Url: "https://git.example.com", ClientIdList: ["sts.amazonaws.com"], ThumbprintList: ["0".repeat(40)], Tags },
    updates: [{ ClientIdList: ["one", "two"] }, { ThumbprintList: ["1".repeat(40)] }, TAG_UPDATE],
    byHand: {
      "/ClientIdList/1": (cloud) =>
        cloud.call(call("AddClientIDToOpenIDConnectProvider"), { OpenIDConnectProviderArn: PROVIDER, ClientID: "by hand" }),
      "/Tags/0/Value": (cloud) =>
        cloud.call(call("TagOpenIDConnectProvider"), { OpenIDConnectProviderArn: PROVIDER, Tags: [{ Key: "a", Value: "by hand" }] }),
    },
  },
];
