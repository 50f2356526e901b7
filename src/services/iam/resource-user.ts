import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { accessKeys, createAccessKey } from "./access-key.ts";
import { addMember, groups, removeMember } from "./group.ts";
import { groupAdditions } from "./resource-group.ts";
import { held, heldRefusal, liveHeld, type Properties } from "./resource-holder.ts";
import { serviceCredentials } from "./service-credential.ts";
import { newUser, type User, userArn, users } from "./user.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-user.html; its id is its name. */
export const userResource: ResourceType<Properties> = {
  type: "AWS::IAM::User",
  absent: { LoginProfile: [] },
  ensure: (scope, declared, id, { generatedName, logicalId, tags, previous = {} }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["UserName"] ?? nameWithin(64, generatedName, logicalId);
      const known = users.get(scope, name);
      if (id === undefined && known !== undefined) return alreadyExists("AWS::IAM::User", name);
      const user = known ?? newUser(scope, name, "/");
      users.put(scope, { ...user, path: declared["Path"] ?? "/", ...held(declared, previous, user) });
      users.patch(scope, name, { boundaryArn: declared["PermissionsBoundary"], tags: allTags(tags, declared["Tags"]) });
      const inGroups: string[] = declared["Groups"] ?? [];
      for (const group of previous["Groups"] ?? []) if (!inGroups.includes(group)) removeMember(scope, group, name);
      for (const group of inGroups) addMember(scope, group, name);
      return name;
    }),
  read(scope, id) {
    const user = users.get(scope, id);
    return user && live(scope, user);
  },
  remove(scope, id, { previous }) {
    const user = users.get(scope, id);
    if (user === undefined) return { state: "done", id };
    const reason = accessKeys.list(scope).some((key) => key.account === scope.account && key.user === id)
      ? "Cannot delete entity, must delete access keys first."
      : heldRefusal(user, previous ?? liveHeld(scope, "users", user));
    if (reason !== undefined) return { state: "failed", id, reason };
    for (const group of groups.by(scope, "member", id)) removeMember(scope, group.id, id);
    for (const credential of serviceCredentials.by(scope, "user", id)) serviceCredentials.remove(scope, credential.id);
    users.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => users.list(scope).map(({ id }) => id),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-accesskey.html; its id is the key's. */
export const accessKeyResource: ResourceType<Properties> = {
  type: "AWS::IAM::AccessKey",
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      const key = id ?? createAccessKey.handle(scope, { UserName: declared["UserName"] }).AccessKey!.AccessKeyId!;
      const serial = declared["Serial"];
      accessKeys.patch(scope, key, { status: declared["Status"] ?? "Active", ...(serial !== undefined && { serial: Number(serial) }) });
      return key;
    }),
  read(scope, id) {
    const key = accessKeys.get(scope, id);
    if (key?.user === undefined) return undefined;
    return present({ Id: id, UserName: key.user, Status: key.status, Serial: key.serial, SecretAccessKey: key.secret });
  },
  remove(scope, id) {
    accessKeys.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) =>
    accessKeys
      .list(scope)
      .filter(({ account, user }) => account === scope.account && user !== undefined)
      .map(({ id }) => id),
};

function live(scope: Scope, user: User): Properties {
  const added = groupAdditions.list(scope).filter((addition) => addition.users.includes(user.id));
  return present({
    UserName: user.id,
    Arn: userArn(scope.account, user),
    Path: user.path,
    PermissionsBoundary: user.boundaryArn,
    Groups: groups
      .by(scope, "member", user.id)
      .map(({ id }) => id)
      .filter((group) => !added.some((addition) => addition.group === group)),
    ...liveHeld(scope, "users", user),
    Tags: tagList(user.tags),
  });
}
