import { fault } from "../../kernel/fault.ts";
import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, type ResourceType } from "../../kernel/resource.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { NotFoundException } from "../../sdk/kms.js";
import { aliases, checkAliasName, putAlias } from "./alias.ts";
import { checkPolicy, keyArn, keys, newKey } from "./key.ts";

type Properties = Readonly<Record<string, any>>;

const DAY_MS = 86_400_000;
const PENDING_WINDOW_DAYS = 30;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html; its id is the key's. */
const keyResource: ResourceType<Properties> = {
  type: "AWS::KMS::Key",
  absent: { KeySpec: ["SYMMETRIC_DEFAULT"], KeyUsage: ["ENCRYPT_DECRYPT"], MultiRegion: [false], Origin: ["AWS_KMS"] },
  ensure: (scope, declared, id, { tags }) =>
    attempt(scope, () => {
      const { KeyPolicy, Description = "", PendingWindowInDays: window, RotationPeriodInDays: period } = declared;
      const policy = KeyPolicy && (typeof KeyPolicy === "string" ? KeyPolicy : JSON.stringify(KeyPolicy));
      if (policy) checkPolicy(policy);
      const key =
        id === undefined
          ? newKey(scope, { description: Description, ...(policy && { policy }), tags: {} })
          : (keys.get(scope, id) ?? fault(NotFoundException, `Key '${keyArn(scope, id)}' does not exist`));
      keys.patch(scope, key.id, {
        description: Description,
        ...(policy && { policy }),
        rotates: String(declared["EnableKeyRotation"]) === "true",
        rotationDays: period === undefined ? undefined : Number(period),
        pendingWindowDays: window === undefined ? undefined : Number(window),
        state: String(declared["Enabled"] ?? true) === "true" ? "Enabled" : "Disabled",
        tags: allTags(tags, declared["Tags"]),
      });
      return key.id;
    }),
  read(scope, id) {
    const key = keys.get(scope, id);
    if (key === undefined || key.deletesAt !== undefined) return undefined;
    return present({
      KeyId: id,
      Arn: keyArn(scope, id),
      Description: key.description,
      KeyPolicy: JSON.parse(key.policy),
      EnableKeyRotation: key.rotates,
      Enabled: key.state === "Enabled",
      KeySpec: "SYMMETRIC_DEFAULT",
      KeyUsage: key.usage,
      MultiRegion: false,
      Origin: "AWS_KMS",
      Tags: tagList(key.tags),
    });
  },
  remove(scope, id) {
    const key = keys.get(scope, id);
    const deletesAt = scope.clock.now() + (key?.pendingWindowDays ?? PENDING_WINDOW_DAYS) * DAY_MS;
    if (key !== undefined && key.deletesAt === undefined) keys.patch(scope, id, { state: "PendingDeletion", deletesAt });
    return { state: "done", id };
  },
  list: (scope) => keys.list(scope).flatMap(({ id, deletesAt }) => (deletesAt === undefined ? [id] : [])),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-alias.html; its id is its name. */
const aliasResource: ResourceType<Properties> = {
  type: "AWS::KMS::Alias",
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      const name: string = declared["AliasName"];
      checkAliasName(name);
      if (id === undefined && aliases.get(scope, name) !== undefined) return alreadyExists("AWS::KMS::Alias", name);
      putAlias(scope, name, declared["TargetKeyId"]);
      return name;
    }),
  read(scope, id) {
    const alias = aliases.get(scope, id);
    return alias && { AliasName: id, TargetKeyId: alias.givenAs ?? alias.keyId };
  },
  remove(scope, id) {
    aliases.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => aliases.list(scope).map(({ id }) => id),
};

export const kmsResources = [keyResource, aliasResource];
