import { expect, test } from "vitest";
import type { DeliveryTarget } from "../../kernel/delivery.ts";
import { service } from "../../kernel/service.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { secretsManager } from "./index.ts";
import { cancelRotateSecret, rotateSecret, updateSecretVersionStage } from "./rotation.ts";
import { createSecret, describeSecret, getSecretValue, putSecretValue } from "./secret.ts";

const LAMBDA = "arn:aws:lambda:eu-west-1:111122223333:function:rotate";

/** What a rotation function does, done by the target itself; one named "broken" fails at its test. */
const rotator: DeliveryTarget = {
  service: "lambda",
  deliver(scope, { arn, payload }) {
    const { Step, SecretId, ClientRequestToken } = JSON.parse(payload);
    const { VersionIdsToStages = {} } = describeSecret.handle(scope, { SecretId });
    if (!VersionIdsToStages[ClientRequestToken]?.includes("AWSPENDING"))
      return { state: "failed", reason: "nothing is pending", final: true };
    if (Step === "createSecret")
      putSecretValue.handle(scope, { SecretId, ClientRequestToken, SecretString: `of ${Step}`, VersionStages: ["AWSPENDING"] });
    if (Step === "testSecret" && arn.endsWith("broken")) return { state: "failed", reason: "it does not work", final: true };
    if (Step === "finishSecret") {
      const [RemoveFromVersionId] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes("AWSCURRENT"))!;
      updateSecretVersionStage.handle(scope, {
        SecretId,
        VersionStage: "AWSCURRENT",
        MoveToVersionId: ClientRequestToken,
        RemoveFromVersionId,
      });
    }
    return { state: "done", reply: "null" };
  },
};

const lambda = service({ name: "lambda", operations: [], tables: [], targets: [rotator] });
const world = (): World => new World({ services: [secretsManager, lambda], start: Date.UTC(2026, 0, 1) });
const S = { SecretId: "db" };
const value = async (cloud: World, VersionStage = "AWSCURRENT") => (await cloud.call(getSecretValue, { ...S, VersionStage })).SecretString;

async function secret(): Promise<World> {
  const cloud = world();
  await cloud.call(createSecret, { Name: "db", SecretString: "first" });
  return cloud;
}

test("a rotation puts the function's value in the place of the one before", async () => {
  const cloud = await secret();
  await cloud.call(rotateSecret, { ...S, RotationLambdaARN: LAMBDA, RotationRules: { AutomaticallyAfterDays: 30 } });
  expect([await value(cloud), await value(cloud, "AWSPREVIOUS")]).toEqual(["of createSecret", "first"]);
  expect(await cloud.call(describeSecret, S)).toMatchObject({
    RotationEnabled: true,
    RotationLambdaARN: LAMBDA,
    LastRotatedDate: new Date(Date.UTC(2026, 0, 1)),
    NextRotationDate: new Date(Date.UTC(2026, 0, 31)),
  });
  await cloud.advance("31d");
  expect((await cloud.call(describeSecret, S)).LastRotatedDate).toEqual(new Date(Date.UTC(2026, 0, 31)));
  await cloud.call(cancelRotateSecret, S);
  await cloud.advance("31d");
  expect((await cloud.call(describeSecret, S)).LastRotatedDate).toEqual(new Date(Date.UTC(2026, 0, 31)));
});

test("a rotation that fails leaves the current value, and the new one pending", async () => {
  const cloud = await secret();
  await cloud.call(rotateSecret, { ...S, RotationLambdaARN: `${LAMBDA}-broken` });
  expect([await value(cloud), await value(cloud, "AWSPENDING")]).toEqual(["first", "of createSecret"]);
  expect(await cloud.call(describeSecret, S)).not.toHaveProperty("LastRotatedDate");
});

test("without haste the function is only tried", async () => {
  const cloud = await secret();
  await cloud.call(rotateSecret, { ...S, RotationLambdaARN: LAMBDA, RotateImmediately: false });
  expect(await value(cloud)).toBe("first");
  expect(Object.values((await cloud.call(describeSecret, S)).VersionIdsToStages!)).toEqual([["AWSCURRENT"]]);
});

test.each([
  [{}, "No Lambda rotation function ARN is associated with this secret."],
  [{ RotationLambdaARN: LAMBDA, RotationRules: { ScheduleExpression: "cron(0 8 * * ? *)" } }, "rotation schedules of cron()"],
])("%j is refused", async (said, message) => {
  await expect((await secret()).call(rotateSecret, { ...S, ...said })).rejects.toThrow(message);
});

test("ends the same whenever the power is cut", () =>
  endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
    await cloud.call(createSecret, { Name: "db", SecretString: "first" });
    await cloud.call(rotateSecret, { ...S, RotationLambdaARN: LAMBDA, RotationRules: { ScheduleExpression: "rate(12 hours)" } });
    await cloud.advance("13h");
  }));
