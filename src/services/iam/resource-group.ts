import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { addMember, groupArn, groups, newGroup, removeMember } from "./group.ts";
import { held, heldRefusal, liveHeld, type Properties } from "./resource-holder.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-group.html; its id is its name. */
export const groupResource: ResourceType<Properties> = {
  type: "AWS::IAM::Group",
  ensure: (scope, declared, id, { generatedName, logicalId, previous = {} }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["GroupName"] ?? nameWithin(128, generatedName, logicalId);
      const known = groups.get(scope, name);
      if (id === undefined && known !== undefined) return alreadyExists("AWS::IAM::Group", name);
      const group = known ?? newGroup(scope, name, "/");
      groups.put(scope, { ...group, path: declared["Path"] ?? "/", ...held(declared, previous, group) });
      return name;
    }),
  read(scope, id) {
    const group = groups.get(scope, id);
    return group && present({ GroupName: id, Arn: groupArn(scope.account, group), Path: group.path, ...liveHeld(scope, "groups", group) });
  },
  remove(scope, id, { previous }) {
    const group = groups.get(scope, id);
    if (group === undefined) return { state: "done", id };
    const reason =
      group.members.length > 0
        ? "Cannot delete entity, must remove users from group first."
        : heldRefusal(group, previous ?? liveHeld(scope, "groups", group));
    if (reason !== undefined) return { state: "failed", id, reason };
    groups.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => groups.list(scope).map(({ id }) => id),
};

/** Users that a resource of its own puts into a group; its id is a name that stands for it. */
interface GroupAddition extends Row {
  readonly group: string;
  readonly users: readonly string[];
}

export const groupAdditions = new Table<GroupAddition>("iam/group-addition", { reach: "account" });

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-usertogroupaddition.html */
export const groupAdditionResource: ResourceType<Properties> = {
  type: "AWS::IAM::UserToGroupAddition",
  ensure: (scope, declared, id, { generatedName }) =>
    attempt(scope, () => {
      const name = id ?? generatedName;
      const { GroupName: group, Users: users } = declared as { GroupName: string; Users: string[] };
      const before = groupAdditions.get(scope, name);
      for (const user of before?.users ?? [])
        if (before!.group !== group || !users.includes(user)) removeMember(scope, before!.group, user);
      for (const user of users) addMember(scope, group, user);
      groupAdditions.put(scope, { id: name, group, users });
      return name;
    }),
  read(scope, id) {
    const addition = groupAdditions.get(scope, id);
    const members = addition && groups.get(scope, addition.group)?.members;
    if (addition === undefined || members === undefined) return undefined;
    return { Id: id, GroupName: addition.group, Users: addition.users.filter((user) => members.includes(user)) };
  },
  remove(scope, id) {
    const addition = groupAdditions.get(scope, id);
    for (const user of addition?.users ?? []) removeMember(scope, addition!.group, user);
    groupAdditions.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => groupAdditions.list(scope).map(({ id }) => id),
};
