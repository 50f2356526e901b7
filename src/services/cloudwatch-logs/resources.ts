import { isFault } from "../../kernel/fault.ts";
import type { ResourceType } from "../../kernel/resource.ts";
import { tagList, tagsOf } from "../../kernel/tag.ts";
import { checkRetention, groupArn, logGroups, newGroup, removeGroup } from "./group.ts";

type Properties = Readonly<Record<string, any>>;

const logGroup: ResourceType<Properties> = {
  type: "AWS::Logs::LogGroup",
  ensure(scope, declared, id, { generatedName, tags }) {
    const name = id ?? declared["LogGroupName"] ?? generatedName;
    const known = logGroups.get(scope, name);
    if (id === undefined && known !== undefined && declared["LogGroupName"] !== undefined) {
      return {
        state: "failed",
        reason: `Resource of type 'AWS::Logs::LogGroup' with identifier '{"/properties/LogGroupName":"${name}"}' already exists.`,
      };
    }
    const days = declared["RetentionInDays"] === undefined ? undefined : Number(declared["RetentionInDays"]);
    try {
      if (days !== undefined) checkRetention(days);
    } catch (error) {
      if (!isFault(error)) throw error;
      return { state: "failed", reason: error.message };
    }
    const { id: group } = known ?? newGroup(scope, name);
    logGroups.patch(scope, group, {
      retentionDays: days,
      keyId: declared["KmsKeyId"],
      tags: { ...tagsOf(tags), ...tagsOf(declared["Tags"]) },
    });
    return { state: "done", id: name };
  },
  read(scope, id) {
    const group = logGroups.get(scope, id);
    if (group === undefined) return undefined;
    const { retentionDays, keyId, tags } = group;
    return {
      LogGroupName: id,
      ...(retentionDays !== undefined && { RetentionInDays: retentionDays }),
      ...(keyId !== undefined && { KmsKeyId: keyId }),
      ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
    };
  },
  remove(scope, id) {
    removeGroup(scope, id);
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ Arn: `${groupArn(scope, id)}:*` }),
};

export const logsResources = [logGroup];
