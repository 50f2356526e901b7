import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  CancelKeyDeletion$,
  CreateKey$,
  DescribeKey$,
  DisabledException,
  DisableKey$,
  DisableKeyRotation$,
  EnableKey$,
  EnableKeyRotation$,
  GetKeyPolicy$,
  GetKeyRotationStatus$,
  InvalidMarkerException,
  type KeyState,
  type KeyUsageType,
  KMSInvalidStateException,
  ListKeyPolicies$,
  ListKeys$,
  ListResourceTags$,
  MalformedPolicyDocumentException,
  NotFoundException,
  PutKeyPolicy$,
  ScheduleKeyDeletion$,
  TagResource$,
  UnsupportedOperationException,
  UntagResource$,
  UpdateKeyDescription$,
} from "../../sdk/kms.js";
import { aliases, PREDEFINED } from "./alias.ts";

/** A symmetric key, by its id. */
export interface Key extends Row {
  readonly description: string;
  readonly usage: KeyUsageType;
  readonly state: KeyState;
  readonly manager: "CUSTOMER" | "AWS";
  readonly policy: string;
  /** 32 bytes in hex. */
  readonly material: string;
  readonly rotates: boolean;
  /** Between two rotations; 365 where nobody says. */
  readonly rotationDays?: number;
  /** How long it waits when its stack lets it go. */
  readonly pendingWindowDays?: number;
  readonly createdAt: number;
  readonly deletesAt?: number;
  readonly tags: Tags;
}

export const keys = new Table<Key>("kms/key", { arn: ({ id }, { account, region }) => keyArn({ account, region }, id) });

const DAY_MS = 86_400_000;
const ROTATION_DAYS = 365;
const OWN = "alias/aws/";

export const createKey = operation(
  CreateKey$,
  (scope, { Description = "", KeyUsage = "ENCRYPT_DECRYPT", KeySpec = "SYMMETRIC_DEFAULT", Policy, Tags = [] }) => {
    if (KeySpec !== "SYMMETRIC_DEFAULT" || KeyUsage !== "ENCRYPT_DECRYPT") {
      fault(
        "NotImplemented",
        `Keys of ${KeySpec} for ${KeyUsage} are not implemented; only SYMMETRIC_DEFAULT for ENCRYPT_DECRYPT is.`,
        501,
      );
    }
    const tags = Object.fromEntries(Tags.map(({ TagKey, TagValue }) => [TagKey!, TagValue!]));
    return {
      KeyMetadata: described(scope, newKey(scope, { description: Description, ...(Policy !== undefined && { policy: Policy }), tags })),
    };
  },
  { partial: "symmetric encryption keys only" },
);

export const describeKey = operation(DescribeKey$, (scope, { KeyId }) => {
  // The one description that writes, as AWS documents: https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
  if (PREDEFINED.includes(KeyId!)) ensureOwn(scope, KeyId!);
  const { key, scope: home } = requireKey(scope, KeyId!);
  return { KeyMetadata: described(home, key) };
});

export const listKeys = operation(ListKeys$, (scope, { Limit = 100, Marker }) => {
  const invalid = (): never => fault(InvalidMarkerException, "Invalid marker.");
  const { items, nextToken } = page(keys.list(scope), ({ id }) => id, Limit, Marker, invalid);
  const Keys = items.map(({ id }) => ({ KeyId: id, KeyArn: keyArn(scope, id) }));
  return { Keys, Truncated: nextToken !== undefined, ...(nextToken && { NextMarker: nextToken }) };
});

export const enableKey = operation(EnableKey$, (scope, { KeyId }) => changed(scope, KeyId!, { state: "Enabled" }));

export const disableKey = operation(DisableKey$, (scope, { KeyId }) => changed(scope, KeyId!, { state: "Disabled" }));

export const updateKeyDescription = operation(UpdateKeyDescription$, (scope, { KeyId, Description }) =>
  changed(scope, KeyId!, { description: Description! }),
);

export const enableKeyRotation = operation(
  EnableKeyRotation$,
  (scope, { KeyId, RotationPeriodInDays: days }) =>
    changed(scope, KeyId!, { rotates: true, ...(days !== undefined && { rotationDays: days }) }),
  { partial: "the setting is kept; the material does not rotate" },
);

export const disableKeyRotation = operation(DisableKeyRotation$, (scope, { KeyId }) => changed(scope, KeyId!, { rotates: false }));

export const getKeyRotationStatus = operation(GetKeyRotationStatus$, (scope, { KeyId }) => {
  const { key, scope: home } = requireKey(scope, KeyId!);
  const RotationPeriodInDays = key.rotationDays ?? ROTATION_DAYS;
  return { KeyRotationEnabled: key.rotates, KeyId: keyArn(home, key.id), ...(key.rotates && { RotationPeriodInDays }) };
});

export const getKeyPolicy = operation(GetKeyPolicy$, (scope, { KeyId }) => ({
  Policy: requireKey(scope, KeyId!).key.policy,
  PolicyName: "default",
}));

export const listKeyPolicies = operation(ListKeyPolicies$, (scope, { KeyId }) => {
  requireKey(scope, KeyId!);
  return { PolicyNames: ["default"], Truncated: false };
});

export const putKeyPolicy = operation(PutKeyPolicy$, (scope, { KeyId, Policy }) => {
  checkPolicy(Policy!);
  return changed(scope, KeyId!, { policy: Policy! });
});

export const scheduleKeyDeletion = operation(ScheduleKeyDeletion$, (scope, { KeyId, PendingWindowInDays = 30 }) => {
  const { key, scope: home } = requireKey(scope, KeyId!);
  if (key.state === "PendingDeletion") fault(KMSInvalidStateException, `${keyArn(home, key.id)} is pending deletion.`);
  const deletesAt = scope.clock.now() + PendingWindowInDays * DAY_MS;
  keys.patch(home, key.id, { state: "PendingDeletion", deletesAt });
  return { KeyId: keyArn(home, key.id), DeletionDate: new Date(deletesAt), KeyState: "PendingDeletion" as const, PendingWindowInDays };
});

export const cancelKeyDeletion = operation(CancelKeyDeletion$, (scope, { KeyId }) => {
  const { key, scope: home } = requireKey(scope, KeyId!);
  if (key.state !== "PendingDeletion") fault(KMSInvalidStateException, `${keyArn(home, key.id)} is not pending deletion.`);
  keys.patch(home, key.id, { state: "Disabled", deletesAt: undefined });
  return { KeyId: keyArn(home, key.id) };
});

export const tagResource = operation(TagResource$, (scope, { KeyId, Tags = [] }) => {
  const { key } = requireKey(scope, KeyId!);
  return changed(scope, KeyId!, {
    tags: withTags(key.tags, tagsOf(Tags.map(({ TagKey, TagValue }) => ({ Key: TagKey, Value: TagValue })))),
  });
});

export const untagResource = operation(UntagResource$, (scope, { KeyId, TagKeys }) => {
  const { key } = requireKey(scope, KeyId!);
  return changed(scope, KeyId!, { tags: withoutTags(key.tags, TagKeys!) });
});

export const listResourceTags = operation(ListResourceTags$, (scope, { KeyId }) => {
  const { tags } = requireKey(scope, KeyId!).key;
  return { Tags: Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })), Truncated: false };
});

/** The key that an id, an ARN, an alias or an alias's ARN names, and the scope of its partition. AWS's own come to be when they are used. */
export function requireKey(scope: Scope, reference: string): { key: Key; scope: Scope } {
  const home = reference.startsWith("arn:") ? scope.at(reference) : scope;
  const name = reference.startsWith("arn:") ? reference.split(":").slice(5).join(":") : reference;
  if (name.startsWith("alias/")) {
    const target = aliases.get(home, name)?.keyId;
    const key = target === undefined ? undefined : keys.get(home, target);
    if (key === undefined) fault(NotFoundException, `Alias ${home.arn("kms", name)} is not found.`);
    return { key, scope: home };
  }
  const id = name.replace(/^key\//, "");
  return { key: keys.get(home, id) ?? fault(NotFoundException, `Key '${keyArn(home, id)}' does not exist`), scope: home };
}

/** AWS's own key of a service, by its alias, comes to be with its first use. */
function ensureOwn(scope: Scope, name: string): void {
  if (aliases.get(scope, name) !== undefined) return;
  const service = name.slice(OWN.length);
  const description = `Default key that protects my ${service} data when no other key is defined`;
  const key = newKey(scope, { description, tags: {}, manager: "AWS" });
  aliases.put(scope, { id: name, keyId: key.id, createdAt: scope.clock.now(), modifiedAt: scope.clock.now() });
}

/** A key to work with: enabled, or AWS's own. */
export function requireUsable(scope: Scope, reference: string): { key: Key; scope: Scope } {
  const name = reference.startsWith("arn:") ? reference.split(":").slice(5).join(":") : reference;
  const home = reference.startsWith("arn:") ? scope.at(reference) : scope;
  if (name.startsWith(OWN)) ensureOwn(home, name);
  const found = requireKey(scope, reference);
  if (found.key.state === "Disabled") fault(DisabledException, `${keyArn(found.scope, found.key.id)} is disabled.`);
  if (found.key.state !== "Enabled") fault(KMSInvalidStateException, `${keyArn(found.scope, found.key.id)} is pending deletion.`);
  return found;
}

export function newKey(
  scope: Scope,
  { description, policy, tags, manager = "CUSTOMER" }: { description: string; policy?: string; tags: Tags; manager?: Key["manager"] },
): Key {
  if (policy !== undefined) checkPolicy(policy);
  const statement = {
    Sid: "Enable IAM User Permissions",
    Effect: "Allow",
    Principal: { AWS: `arn:aws:iam::${scope.account}:root` },
    Action: "kms:*",
    Resource: "*",
  };
  return keys.put(scope, {
    id: scope.id.uuid(),
    description,
    usage: "ENCRYPT_DECRYPT",
    state: "Enabled",
    manager,
    policy: policy ?? JSON.stringify({ Version: "2012-10-17", Id: "key-default-1", Statement: [statement] }),
    material: scope.id.hex(64),
    rotates: false,
    createdAt: scope.clock.now(),
    tags,
  });
}

export const keyArn = ({ account, region }: { account: string; region: string }, id: string): string =>
  `arn:aws:kms:${region}:${account}:key/${id}`;

function changed(scope: Scope, reference: string, change: Partial<Key>): object {
  const { key, scope: home } = requireKey(scope, reference);
  if (key.manager === "AWS") fault(UnsupportedOperationException, `${keyArn(home, key.id)} is an AWS managed key.`);
  if (key.state === "PendingDeletion") fault(KMSInvalidStateException, `${keyArn(home, key.id)} is pending deletion.`);
  keys.patch(home, key.id, change);
  return {};
}

export function checkPolicy(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    fault(MalformedPolicyDocumentException, "Policy contains invalid JSON");
  }
}

const described = (scope: Scope, { id, description, usage, state, manager, createdAt, deletesAt }: Key) => ({
  AWSAccountId: scope.account,
  KeyId: id,
  Arn: keyArn(scope, id),
  CreationDate: new Date(createdAt),
  Enabled: state === "Enabled",
  Description: description,
  KeyUsage: usage,
  KeyState: state,
  ...(deletesAt !== undefined && { DeletionDate: new Date(deletesAt) }),
  Origin: "AWS_KMS" as const,
  KeyManager: manager,
  CustomerMasterKeySpec: "SYMMETRIC_DEFAULT" as const,
  KeySpec: "SYMMETRIC_DEFAULT" as const,
  EncryptionAlgorithms: ["SYMMETRIC_DEFAULT" as const],
  MultiRegion: false,
});
