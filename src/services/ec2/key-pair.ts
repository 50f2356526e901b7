import { createHash } from "node:crypto";
import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { DeleteKeyPair$, DescribeKeyPairs$, ImportKeyPair$ } from "../../sdk/ec2.js";
import { ec2Operation, newId } from "./ec2-operation.ts";
import { checkNames, fits, paged } from "./filter.ts";
import { forgetTags, putTags, shownTags, specified, tagsFor } from "./tag.ts";

/** A public key that somebody imported, by its name. No instance has a door for it. */
interface KeyPair extends Row {
  readonly keyPairId: string;
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly createdAt: number;
}

export const keyPairs = new Table<KeyPair>("ec2/key-pair");

export const importKeyPair = ec2Operation(
  ImportKeyPair$,
  (scope, { KeyName, PublicKeyMaterial, TagSpecifications }) => {
    if (keyPairs.get(scope, KeyName!) !== undefined) fault("InvalidKeyPair.Duplicate", `The keypair '${KeyName}' already exists.`);
    const publicKey = Buffer.from(PublicKeyMaterial!).toString();
    const fingerprint = createHash("md5")
      .update(publicKey)
      .digest("hex")
      .replace(/..(?!$)/g, "$&:");
    const pair = keyPairs.put(scope, {
      id: KeyName!,
      keyPairId: newId(scope, "key"),
      publicKey,
      fingerprint,
      createdAt: scope.clock.now(),
    });
    putTags(scope, pair.keyPairId, specified(TagSpecifications, "key-pair"));
    return { KeyName: pair.id, KeyPairId: pair.keyPairId, KeyFingerprint: fingerprint, ...shownTags(scope, pair.keyPairId) };
  },
  { partial: "the key is kept; instances have no SSH server that would take it" },
);

export const describeKeyPairs = ec2Operation(DescribeKeyPairs$, (scope, { KeyNames, KeyPairIds, Filters, IncludePublicKey }) => {
  for (const name of KeyNames ?? []) requireKeyPair(scope, name);
  checkNames(Filters, ["key-name", "key-pair-id", "fingerprint"]);
  const found = keyPairs
    .list(scope)
    .filter(
      ({ id, keyPairId, fingerprint }) =>
        (KeyNames === undefined || KeyNames.includes(id)) &&
        (KeyPairIds === undefined || KeyPairIds.includes(keyPairId)) &&
        fits(Filters, { "key-name": id, "key-pair-id": keyPairId, fingerprint }, tagsFor(scope, keyPairId)),
    );
  const KeyPairs = paged(found, ({ id }) => id, {}).items.map(({ id, keyPairId, fingerprint, publicKey, createdAt }) => ({
    KeyName: id,
    KeyPairId: keyPairId,
    KeyFingerprint: fingerprint,
    KeyType: publicKey.includes("ed25519") ? ("ed25519" as const) : ("rsa" as const),
    ...(IncludePublicKey && { PublicKey: publicKey }),
    CreateTime: new Date(createdAt),
    ...shownTags(scope, keyPairId),
  }));
  return { KeyPairs };
});

export const deleteKeyPair = ec2Operation(DeleteKeyPair$, (scope, { KeyName, KeyPairId }) => {
  const pair = keyPairs.list(scope).find(({ id, keyPairId }) => (KeyName === undefined ? keyPairId === KeyPairId : id === KeyName));
  if (pair === undefined) return { Return: true };
  keyPairs.remove(scope, pair.id);
  forgetTags(scope, pair.keyPairId);
  return { Return: true, KeyPairId: pair.keyPairId };
});

export const requireKeyPair = (scope: Scope, name: string): KeyPair =>
  keyPairs.get(scope, name) ?? fault("InvalidKeyPair.NotFound", `The key pair '${name}' does not exist`);
