import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { createAlias, getAlias, listAliases, updateAlias } from "./alias.ts";
import { aliasOf, shiftAlias } from "./api.ts";
import { deleteFunction, updateFunctionConfiguration } from "./function-change.ts";
import { invoke } from "./invoke.ts";
import { call, createShop, lambdaWorld, measured } from "./lambda.fixture.ts";
import { listVersionsByFunction, publishVersion } from "./version.ts";

/** A function with two versions, and an alias `live` of the first. */
async function canary(cloud: World): Promise<void> {
  await createShop(cloud);
  await cloud.call(publishVersion, { FunctionName: "shop", Description: "first" });
  await cloud.call(updateFunctionConfiguration, { FunctionName: "shop", Environment: { Variables: { RELEASE: "2" } } });
  await cloud.call(publishVersion, { FunctionName: "shop" });
  await cloud.call(createAlias, { FunctionName: "shop", Name: "live", FunctionVersion: "1" });
}

describe("a version", () => {
  test("freezes the function, and comes to be only with a change", async () => {
    const cloud = lambdaWorld();
    await canary(cloud);
    expect((await cloud.call(publishVersion, { FunctionName: "shop", Description: "again" })).Version).toBe("2");
    const { Versions } = await cloud.call(listVersionsByFunction, { FunctionName: "shop" });
    expect(Versions!.map(({ Version, Description }) => [Version, Description])).toEqual([
      ["$LATEST", ""],
      ["1", "first"],
      ["2", ""],
    ]);
    expect((await call(cloud, "shop:1")).answer).toMatchObject({ version: "1", env: {} });
    expect((await call(cloud, "shop:2")).answer).toMatchObject({ version: "2", env: { RELEASE: "2" } });
  });

  test("is published only of the code that is meant", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    await expect(cloud.call(publishVersion, { FunctionName: "shop", CodeSha256: "x" })).rejects.toThrow(
      "CodeSHA256 (x) is different from current CodeSHA256 in $LATEST",
    );
  });

  test("stays while an alias leads to it, and its number is not used again", async () => {
    const cloud = lambdaWorld();
    await canary(cloud);
    await expect(cloud.call(deleteFunction, { FunctionName: "shop", Qualifier: "1" })).rejects.toThrow("in use by the aliases [live]");
    await cloud.call(deleteFunction, { FunctionName: "shop", Qualifier: "2" });
    expect((await cloud.call(publishVersion, { FunctionName: "shop" })).Version).toBe("3");
  });
});

describe("an alias", () => {
  test("leads some invocations to another version", async () => {
    const cloud = lambdaWorld({ seed: 7 });
    await canary(cloud);
    await cloud.call(updateAlias, { FunctionName: "shop", Name: "live", RoutingConfig: { AdditionalVersionWeights: { "2": 0.1 } } });
    let second = 0;
    for (let count = 0; count < 1000; count++) if ((await call(cloud, "shop:live")).ExecutedVersion === "2") second++;
    expect(second).toBeGreaterThan(70);
    expect(second).toBeLessThan(130);
    const Resource = "shop:live";
    expect(measured(cloud, "Invocations", { FunctionName: "shop", Resource, ExecutedVersion: "2" }).sum).toBe(second);
    expect(measured(cloud, "Invocations", { FunctionName: "shop", Resource }).sum).toBe(1000);
  });

  test("refuses routes as Lambda does", async () => {
    const cloud = lambdaWorld();
    await canary(cloud);
    const change = (weights: Record<string, number>, FunctionVersion = "1") =>
      cloud.call(updateAlias, {
        FunctionName: "shop",
        Name: "live",
        FunctionVersion,
        RoutingConfig: { AdditionalVersionWeights: weights },
      });
    await expect(change({ "1": 0.1 })).rejects.toThrow("Function version 1 is already included in routing configuration.");
    await expect(change({ "2": 0.1 }, "$LATEST")).rejects.toThrow("$LATEST is not supported for an alias pointing to more than 1 version");
    await expect(change({ "9": 0.1 })).rejects.toThrow("Function not found: arn:aws:lambda:eu-west-1:111122223333:function:shop:9");
    await expect(change({ "2": 0.1, "3": 0.1 })).rejects.toThrow("Number of items in AdditionalVersionWeights cannot be greater than 1");
    await expect(cloud.call(getAlias, { FunctionName: "shop", Name: "none" })).rejects.toThrow(
      "Cannot find alias arn: arn:aws:lambda:eu-west-1:111122223333:function:shop:none",
    );
    await expect(cloud.call(createAlias, { FunctionName: "shop", Name: "live", FunctionVersion: "1" })).rejects.toThrow(
      "Alias already exists: arn:aws:lambda:eu-west-1:111122223333:function:shop:live",
    );
  });

  test("is shifted by deployments, which leave it alone where it leads there already", async () => {
    const cloud = lambdaWorld();
    await canary(cloud);
    const shift = () => cloud.change((scope) => shiftAlias(scope, "shop", "live", { version: "1", weights: { "2": 0.1 } }));
    shift();
    expect(aliasOf(cloud.scope(), "shop", "live")).toEqual({ version: "1", weights: { "2": 0.1 } });
    const { Aliases } = await cloud.call(listAliases, { FunctionName: "shop" });
    shift();
    expect((await cloud.call(listAliases, { FunctionName: "shop" })).Aliases).toEqual(Aliases);
  });

  test("shifts the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(lambdaWorld, async (cloud) => {
      await canary(cloud);
      cloud.change((scope) => shiftAlias(scope, "shop", "live", { version: "1", weights: { "2": 0.5 } }));
      for (let count = 0; count < 3; count++) await cloud.call(invoke, { FunctionName: "shop:live", InvocationType: "Event" });
      await cloud.advance("1m");
      cloud.change((scope) => shiftAlias(scope, "shop", "live", { version: "2", weights: {} }));
      await cloud.advance("5m");
    });
  });
});
