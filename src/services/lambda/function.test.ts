import { describe, expect, test } from "vitest";
import { createFunction, deleteFunction, updateFunctionCode, updateFunctionConfiguration } from "./function-change.ts";
import { getFunction, getFunctionConfiguration, listFunctions } from "./function-read.ts";
import { archive, call, createShop, lambdaWorld } from "./lambda.fixture.ts";
import { publishLayerVersion } from "./layer.ts";
import { publishVersion } from "./version.ts";
import { unzippedSize } from "./zip.ts";

describe("a function", () => {
  test("is active at once, with Lambda's defaults", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    const { Configuration, Code } = await cloud.call(getFunction, { FunctionName: "shop" });
    expect(Configuration).toMatchObject({
      FunctionArn: "arn:aws:lambda:eu-west-1:111122223333:function:shop",
      State: "Active",
      LastUpdateStatus: "Successful",
      Timeout: 3,
      MemorySize: 128,
      Version: "$LATEST",
      Architectures: ["x86_64"],
      LoggingConfig: { LogFormat: "Text", LogGroup: "/aws/lambda/shop" },
    });
    expect(Configuration!.CodeSha256).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(Code!.Location).toMatch(/^http:\/\/127\.0\.0\.1:4566\/_lambda\/code\/[0-9a-f]{64}$/);
  });

  test("changes, and refuses who has not seen the last change", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    const before = await cloud.call(getFunctionConfiguration, { FunctionName: "shop" });
    await cloud.advance("1m");
    const after = await cloud.call(updateFunctionConfiguration, {
      FunctionName: "shop",
      Timeout: 10,
      Environment: { Variables: { A: "1" } },
      RevisionId: before.RevisionId,
    });
    expect(after).toMatchObject({ Timeout: 10, Environment: { Variables: { A: "1" } }, Handler: "index.handler" });
    expect(after.RevisionId).not.toBe(before.RevisionId);
    const late = cloud.call(updateFunctionCode, { FunctionName: "shop", ZipFile: archive("two"), RevisionId: before.RevisionId });
    await expect(late).rejects.toThrow("The Revision Id provided does not match the latest Revision Id.");
    const code = await cloud.call(updateFunctionCode, { FunctionName: "shop", ZipFile: archive("two"), Publish: true });
    expect(code.Version).toBe("1");
    expect(code.CodeSha256).not.toBe(before.CodeSha256);
    expect((await call(cloud)).answer.env).toEqual({ A: "1" });
  });

  test("takes everything along when it is deleted", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    await cloud.call(publishVersion, { FunctionName: "shop" });
    await cloud.call(deleteFunction, { FunctionName: "shop" });
    const gone = "Function not found: arn:aws:lambda:eu-west-1:111122223333:function:shop:1";
    await expect(cloud.call(getFunction, { FunctionName: "shop:1" })).rejects.toThrow(gone);
    expect((await cloud.call(listFunctions, {})).Functions).toEqual([]);
  });

  test("is named in many ways", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    for (const FunctionName of [
      "shop",
      "shop:$LATEST",
      "111122223333:function:shop",
      "arn:aws:lambda:eu-west-1:111122223333:function:shop",
    ]) {
      expect((await cloud.call(getFunctionConfiguration, { FunctionName })).FunctionName).toBe("shop");
    }
    const elsewhere = "arn:aws:lambda:us-east-1:111122223333:function:shop";
    await expect(cloud.call(getFunction, { FunctionName: elsewhere })).rejects.toThrow(
      "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')",
    );
  });

  test("uses a layer, even after the layer was deleted", async () => {
    const cloud = lambdaWorld();
    const { LayerVersionArn } = await cloud.call(publishLayerVersion, { LayerName: "tools", Content: { ZipFile: archive("layer") } });
    await createShop(cloud, "one", { Layers: [LayerVersionArn] });
    expect(await cloud.call(getFunctionConfiguration, { FunctionName: "shop" })).toMatchObject({ Layers: [{ Arn: LayerVersionArn }] });
    await expect(
      cloud.call(updateFunctionConfiguration, { FunctionName: "shop", Layers: [LayerVersionArn!.replace(/\d+$/, "9")] }),
    ).rejects.toThrow("Layer version arn:aws:lambda:eu-west-1:111122223333:layer:tools:9 does not exist.");
  });

  test("refuses as Lambda does", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    const good = {
      FunctionName: "other",
      Role: `arn:aws:iam::${cloud.account}:role/worker`,
      Runtime: "python3.13",
      Handler: "index.handler",
      Code: { ZipFile: archive("x") },
    } as const;
    const refusals: [object, string][] = [
      [{ FunctionName: "shop" }, "Function already exist: shop"],
      [{ Role: `arn:aws:iam::${cloud.account}:role/none` }, "The role defined for the function cannot be assumed by Lambda."],
      [{ Runtime: "cobol" }, "Value cobol at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: ["],
      [{ Runtime: undefined }, "Runtime is mandatory for functions created with deployment packages."],
      [{ Code: {} }, "Please provide a source for function code."],
      [{ Code: { ZipFile: Buffer.from("no zip") } }, "Could not unzip uploaded file."],
      [{ Code: { S3Bucket: "b", S3Key: "k" } }, "Error occurred while GetObject. S3 Error Code: NoSuchKey."],
      [{ Environment: { Variables: { AWS_REGION: "x" } } }, "Reserved keys used in this request: AWS_REGION"],
      [{ VpcConfig: { SubnetIds: ["subnet-1"] } }, "VpcConfig of Lambda is not implemented"],
    ];
    for (const [wrong, message] of refusals)
      await expect(cloud.call(createFunction, { ...good, ...wrong } as never), message).rejects.toThrow(message);
  });
});

test("a small archive is a zip", () => {
  expect(unzippedSize(archive("twelve bytes"))).toBe(12);
  expect(unzippedSize(Buffer.from("not one"))).toBeUndefined();
});
