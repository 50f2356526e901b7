import { expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { createAlias, listAliases } from "./alias.ts";
import { decrypt, encrypt, generateDataKey } from "./cipher.ts";
import { kms } from "./index.ts";
import { createKey, describeKey, disableKey, enableKeyRotation, getKeyRotationStatus, scheduleKeyDeletion } from "./key.ts";

const world = (): World => new World({ services: [kms] });

test("what one key encrypts, it decrypts, in the same context only", async () => {
  const cloud = world();
  const { KeyMetadata } = await cloud.call(createKey, {});
  await cloud.call(createAlias, { AliasName: "alias/shop", TargetKeyId: KeyMetadata!.KeyId });
  const EncryptionContext = { order: "1" };
  const { CiphertextBlob } = await cloud.call(encrypt, { KeyId: "alias/shop", Plaintext: Buffer.from("secret"), EncryptionContext });
  const { Plaintext } = await cloud.call(decrypt, { CiphertextBlob, EncryptionContext });
  expect(Buffer.from(Plaintext!).toString()).toBe("secret");
  await expect(cloud.call(decrypt, { CiphertextBlob })).rejects.toMatchObject({ name: "InvalidCiphertextException" });
  await cloud.call(disableKey, { KeyId: KeyMetadata!.KeyId });
  await expect(cloud.call(decrypt, { CiphertextBlob, EncryptionContext })).rejects.toMatchObject({ name: "DisabledException" });
});

test("AWS's own key comes to be with its first use", async () => {
  const cloud = world();
  const { Plaintext, CiphertextBlob } = await cloud.call(generateDataKey, { KeyId: "alias/aws/s3", KeySpec: "AES_256" });
  expect(Buffer.from((await cloud.call(decrypt, { CiphertextBlob })).Plaintext!)).toEqual(Buffer.from(Plaintext!));
});

test("AWS's aliases are listed before they have a key, which they get when they are described", async () => {
  const cloud = world();
  const listed = async () => (await cloud.call(listAliases, {})).Aliases!.find(({ AliasName }) => AliasName === "alias/aws/s3");
  expect(await listed()).toEqual({ AliasName: "alias/aws/s3", AliasArn: cloud.scope().arn("kms", "alias/aws/s3") });
  const { KeyMetadata } = await cloud.call(describeKey, { KeyId: "alias/aws/s3" });
  expect(KeyMetadata).toMatchObject({ KeyManager: "AWS" });
  expect(await listed()).toMatchObject({ TargetKeyId: KeyMetadata!.KeyId });
  await expect(cloud.call(describeKey, { KeyId: "alias/shop" })).rejects.toMatchObject({ name: "NotFoundException" });
});

test("a key says how often it rotates", async () => {
  const cloud = world();
  const KeyId = (await cloud.call(createKey, {})).KeyMetadata!.KeyId!;
  expect(await cloud.call(getKeyRotationStatus, { KeyId })).not.toHaveProperty("RotationPeriodInDays");
  await cloud.call(enableKeyRotation, { KeyId });
  expect(await cloud.call(getKeyRotationStatus, { KeyId })).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 365 });
  await cloud.call(enableKeyRotation, { KeyId, RotationPeriodInDays: 180 });
  expect(await cloud.call(getKeyRotationStatus, { KeyId })).toMatchObject({ RotationPeriodInDays: 180 });
});

test("a key goes when its waiting period is over, whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
    const { KeyMetadata } = await cloud.call(createKey, {});
    await cloud.call(scheduleKeyDeletion, { KeyId: KeyMetadata!.KeyId, PendingWindowInDays: 7 });
    await cloud.advance("8d");
    await expect(cloud.call(describeKey, { KeyId: KeyMetadata!.KeyId })).rejects.toMatchObject({ name: "NotFoundException" });
  });
});
