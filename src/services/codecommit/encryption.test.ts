import { expect, test } from "vitest";
import { simulatedHands } from "../../compute/simulated.ts";
import { World } from "../../testing/world.ts";
import { kms } from "../kms/index.ts";
import { createKey, disableKey, enableKey, scheduleKeyDeletion } from "../kms/key.ts";
import { whyUnreadable } from "./api.ts";
import { getFolder } from "./file.ts";
import { codecommit } from "./index.ts";
import { createRepository, getRepository, repositories, updateRepositoryEncryptionKey } from "./repository.ts";

const hands = simulatedHands(() => ({ afterMs: 1, status: "SUCCEEDED", result: { git: [{ exitCode: 0, stdout: "", stderr: "" }] } }));
const SHOP = { repositoryName: "shop" };

test("what a repository holds is out of reach while its key is; the repository is told of all the same", async () => {
  const cloud = new World({ services: [kms, codecommit], hands, start: 0 });
  await expect(cloud.call(createRepository, { ...SHOP, kmsKeyId: "none" })).rejects.toMatchObject({
    name: "EncryptionKeyNotFoundException",
  });
  const { KeyId, Arn } = (await cloud.call(createKey, {})).KeyMetadata!;
  await cloud.call(createRepository, { ...SHOP, kmsKeyId: Arn });
  const read = () => cloud.call(getFolder, { ...SHOP, folderPath: "/", commitSpecifier: "1".repeat(40) });
  const why = () => whyUnreadable(cloud.scope(), repositories.get(cloud.scope(), "shop")!);
  expect(why()).toBeUndefined();
  await cloud.call(disableKey, { KeyId });
  await expect(read()).rejects.toMatchObject({ name: "EncryptionKeyDisabledException" });
  expect(why()).toBe(`The encryption key is disabled: ${Arn}`);
  expect((await cloud.call(getRepository, SHOP)).repositoryMetadata).toMatchObject({ kmsKeyId: Arn });
  await cloud.call(enableKey, { KeyId });
  expect(why()).toBeUndefined();
  await cloud.call(scheduleKeyDeletion, { KeyId });
  await expect(read()).rejects.toMatchObject({ name: "EncryptionKeyUnavailableException" });
  await cloud.call(updateRepositoryEncryptionKey, { ...SHOP, kmsKeyId: "alias/aws/codecommit" });
  expect(why()).toBeUndefined();
});
