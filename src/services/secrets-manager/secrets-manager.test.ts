import { expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { secretsManager } from "./index.ts";
import { deleteResourcePolicy, getResourcePolicy, putResourcePolicy } from "./resource-policy.ts";
import { updateSecretVersionStage } from "./rotation.ts";
import { createSecret, deleteSecret, getRandomPassword, getSecretValue, putSecretValue, secretReference, secrets } from "./secret.ts";

const world = (): World => new World({ services: [secretsManager] });

test("a new value is current, the one before it previous", async () => {
  const cloud = world();
  const { ARN } = await cloud.call(createSecret, { Name: "db", SecretString: '{"password":"one"}' });
  await cloud.call(putSecretValue, { SecretId: "db", SecretString: '{"password":"two"}' });
  expect((await cloud.call(getSecretValue, { SecretId: ARN })).SecretString).toBe('{"password":"two"}');
  expect((await cloud.call(getSecretValue, { SecretId: "db", VersionStage: "AWSPREVIOUS" })).SecretString).toBe('{"password":"one"}');
  expect(secretReference.resolve(cloud.scope(), `${ARN}:SecretString:password`)).toEqual({ state: "value", value: "two" });
});

test("a stage moves from version to version", async () => {
  const cloud = world();
  const SecretId = "db";
  const one = (await cloud.call(createSecret, { Name: SecretId, SecretString: "one" })).VersionId!;
  const two = (await cloud.call(putSecretValue, { SecretId, SecretString: "two" })).VersionId!;
  const stages = () => secrets.get(cloud.scope(), SecretId)!.versions;
  const move = (VersionStage: string, RemoveFromVersionId?: string, MoveToVersionId?: string) =>
    cloud.call(updateSecretVersionStage, { SecretId, VersionStage, RemoveFromVersionId, MoveToVersionId });
  await expect(move("AWSCURRENT", undefined, one)).rejects.toThrow(`currently attached to version ${two}, so you must explicitly`);
  await expect(move("AWSCURRENT", two)).rejects.toThrow("You can only move staging label AWSCURRENT to a different secret version.");
  await move("AWSCURRENT", two, one);
  expect(stages()).toMatchObject({ [one]: { stages: ["AWSCURRENT"] }, [two]: { stages: ["AWSPREVIOUS"] } });
  await move("MINE", undefined, two);
  expect(stages()).toMatchObject({ [two]: { stages: ["AWSPREVIOUS", "MINE"] } });
  await move("MINE", two);
  expect(stages()).toMatchObject({ [one]: { stages: ["AWSCURRENT"] }, [two]: { stages: ["AWSPREVIOUS"] } });
});

test("a secret has a resource policy until it is taken away", async () => {
  const cloud = world();
  await cloud.call(createSecret, { Name: "db" });
  expect(await cloud.call(getResourcePolicy, { SecretId: "db" })).not.toHaveProperty("ResourcePolicy");
  const allow = (Principal: string) =>
    JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal, Action: "secretsmanager:*", Resource: "*" }] });
  const put = (ResourcePolicy: string) => cloud.call(putResourcePolicy, { SecretId: "db", ResourcePolicy, BlockPublicPolicy: true });
  await expect(put("{")).rejects.toMatchObject({ name: "MalformedPolicyDocumentException" });
  await expect(put(allow("*"))).rejects.toMatchObject({ name: "PublicPolicyException" });
  await put(allow("arn:aws:iam::111122223333:root"));
  expect((await cloud.call(getResourcePolicy, { SecretId: "db" })).ResourcePolicy).toBe(allow("arn:aws:iam::111122223333:root"));
  await cloud.call(deleteResourcePolicy, { SecretId: "db" });
  expect(await cloud.call(getResourcePolicy, { SecretId: "db" })).not.toHaveProperty("ResourcePolicy");
});

test("a password has what it must have", async () => {
  const { RandomPassword } = await world().call(getRandomPassword, { PasswordLength: 8, ExcludePunctuation: true });
  expect(RandomPassword).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9]{8}$/);
});

test("a deleted secret goes when its window is over, whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
    await cloud.call(createSecret, { Name: "db", SecretString: "x" });
    await cloud.call(deleteSecret, { SecretId: "db", RecoveryWindowInDays: 7 });
    await expect(cloud.call(getSecretValue, { SecretId: "db" })).rejects.toThrow("marked for deletion");
    await cloud.advance("7d");
    await expect(cloud.call(getSecretValue, { SecretId: "db" })).rejects.toThrow("can't find the specified secret");
  });
});
