import { attempt, type ResourceType } from "../../kernel/resource.ts";
import { tagList, tagsOf } from "../../kernel/tag.ts";
import { aliases, putAlias } from "./alias.ts";
import { keyArn, keys, newKey } from "./key.ts";

type Properties = Readonly<Record<string, any>>;

const DAY_MS = 86_400_000;

export const keyResource: ResourceType<Properties> = {
  type: "AWS::KMS::Key",
  ensure: (scope, declared, id, { tags }) =>
    attempt(scope, () => {
      const { KeySpec = "SYMMETRIC_DEFAULT", KeyUsage = "ENCRYPT_DECRYPT", Description = "", KeyPolicy } = declared;
      if (KeySpec !== "SYMMETRIC_DEFAULT" || KeyUsage !== "ENCRYPT_DECRYPT")
        throw new NotImplemented(`Keys of ${KeySpec} for ${KeyUsage} are not implemented`);
      const policy = KeyPolicy && (typeof KeyPolicy === "string" ? KeyPolicy : JSON.stringify(KeyPolicy));
      const allTags = { ...tagsOf(tags), ...tagsOf(declared["Tags"]) };
      const key =
        id === undefined ? newKey(scope, { description: Description, ...(policy && { policy }), tags: allTags }) : keys.get(scope, id)!;
      keys.patch(scope, key.id, {
        description: Description,
        ...(policy && { policy }),
        rotates: String(declared["EnableKeyRotation"]) === "true",
        state: String(declared["Enabled"] ?? true) === "true" ? "Enabled" : "Disabled",
        tags: allTags,
      });
      return key.id;
    }),
  read(scope, id) {
    const key = keys.get(scope, id);
    if (key === undefined || key.state === "PendingDeletion") return undefined;
    return {
      KeyId: id,
      Arn: keyArn(scope, id),
      Description: key.description,
      KeyPolicy: JSON.parse(key.policy),
      EnableKeyRotation: key.rotates,
      Enabled: key.state === "Enabled",
      KeySpec: "SYMMETRIC_DEFAULT",
      KeyUsage: key.usage,
      ...(Object.keys(key.tags).length > 0 && { Tags: tagList(key.tags) }),
    };
  },
  remove(scope, id, { previous = {} }) {
    const key = keys.get(scope, id);
    const days = Number(previous["PendingWindowInDays"] ?? 30);
    if (key !== undefined && key.deletesAt === undefined)
      keys.patch(scope, id, { state: "PendingDeletion", deletesAt: scope.clock.now() + days * DAY_MS });
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ Arn: keyArn(scope, id), KeyId: id }),
};

export const aliasResource: ResourceType<Properties> = {
  type: "AWS::KMS::Alias",
  ensure: (scope, declared) => attempt(scope, () => putAlias(scope, declared["AliasName"], declared["TargetKeyId"]).id),
  read(scope, id) {
    const alias = aliases.get(scope, id);
    return alias && { AliasName: id, TargetKeyId: alias.keyId };
  },
  remove(scope, id) {
    aliases.remove(scope, id);
    return { state: "done", id };
  },
};

class NotImplemented extends Error {
  readonly $fault = "server";
}
