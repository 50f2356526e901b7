import { describe, expect, it } from "vitest";
import { sdkCatalog } from "../../src/wire/catalog.ts";
import { Validator } from "../../src/wire/constraints.ts";
import { WireFault } from "../../src/wire/errors.ts";
import type { ProtocolName } from "../../src/wire/model.ts";

const catalog = sdkCatalog();

/** The code and the sentence that an input is refused with. */
async function refusal(
  service: string,
  operation: string,
  input: unknown,
  protocol: ProtocolName = "awsJson1_1",
): Promise<string | undefined> {
  const model = await catalog.model(service);
  try {
    new Validator(model).validate(model.operations.get(operation)!, input, protocol);
    return undefined;
  } catch (error) {
    if (!(error instanceof WireFault)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

describe("validation", () => {
  it("lets a good input pass", async () => {
    expect(await refusal("codepipeline", "StartPipelineExecution", { name: "release" })).toBeUndefined();
  });

  it("names what is absent", async () => {
    expect(await refusal("codepipeline", "StartPipelineExecution", {})).toBe(
      "ValidationException: 1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
    );
  });

  it("names the path to a member deep inside, and lists every violation", async () => {
    const actionTypeId = { category: "Nope", owner: "AWS", provider: "S3", version: "1" };
    const stages = [{ name: "Source", actions: [{ name: "bad name!", actionTypeId }] }];
    expect(
      await refusal("codepipeline", "CreatePipeline", { pipeline: { name: "p", roleArn: "arn:aws:iam::111122223333:role/r", stages } }),
    ).toBe(
      "ValidationException: 2 validation errors detected: " +
        "Value 'bad name!' at 'pipeline.stages.1.member.actions.1.member.name' failed to satisfy constraint: " +
        "Member must satisfy regular expression pattern: [A-Za-z0-9.@\\-_]+; " +
        "Value 'Nope' at 'pipeline.stages.1.member.actions.1.member.actionTypeId.category' failed to satisfy constraint: " +
        "Member must satisfy enum value set: [Source, Build, Deploy, Test, Invoke, Approval, Compute]",
    );
  });

  it("starts every segment of a path in lower case", async () => {
    expect(await refusal("cloudformation", "DeleteStack", { StackName: "s", RoleARN: "short" }, "awsQuery")).toBe(
      "ValidationError: 1 validation error detected: Value 'short' at 'roleARN' failed to satisfy constraint: " +
        "Member must have length greater than or equal to 20",
    );
  });

  it("lists the rules of a list's items", async () => {
    expect(await refusal("secrets-manager", "BatchGetSecretValue", { SecretIdList: [""] })).toBe(
      "ValidationException: 1 validation error detected: Value '[]' at 'secretIdList' failed to satisfy constraint: " +
        "Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 1]",
    );
  });

  it("says value of numbers and length of texts", async () => {
    expect(await refusal("kms", "ListKeys", { Limit: 0 })).toContain(
      "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater",
    );
  });

  it("does not repeat what is sensitive", async () => {
    expect(await refusal("secrets-manager", "CreateSecret", { Name: "n", SecretString: "" })).toContain("Value at 'secretString' failed");
  });

  it("has each service's own code and words", async () => {
    expect(await refusal("cloudwatch-logs", "CreateLogGroup", { logGroupName: "?" })).toMatch(
      /^InvalidParameterException: 1 validation error detected/,
    );
    expect(await refusal("sqs", "SendMessage", { QueueUrl: "q" })).toBe(
      "MissingParameter: The request must contain the parameter MessageBody.",
    );
    expect(await refusal("ecr", "DescribeImages", { repositoryName: "A" })).toMatch(
      /^InvalidParameterException: Invalid parameter at 'repositoryName' failed to satisfy constraint: 'Member must/,
    );
  });

  it("leaves alone what services refuse in words of their own", async () => {
    expect(await refusal("s3", "PutObject", {})).toBeUndefined();
    expect(await refusal("codecommit", "CreateRepository", {})).toBeUndefined();
    expect(
      await refusal("lambda", "CreateFunction", {
        FunctionName: "f",
        Role: "arn:aws:iam::111122223333:role/r",
        Code: {},
        Runtime: "cobol",
      }),
    ).toBeUndefined();
  });

  it("costs little", async () => {
    const model = await catalog.model("cloudwatch");
    const validator = new Validator(model);
    const operation = model.operations.get("PutMetricData")!;
    const MetricData = Array.from({ length: 20 }, () => ({
      MetricName: "Latency",
      Value: 1,
      Dimensions: [{ Name: "Service", Value: "shop" }],
    }));
    for (let run = 0; run < 2000; run++) validator.validate(operation, { Namespace: "Shop", MetricData }, "rpcv2Cbor");
    const start = performance.now();
    for (let run = 0; run < 1000; run++) validator.validate(operation, { Namespace: "Shop", MetricData }, "rpcv2Cbor");
    // About 10 µs for twenty data here; the bound leaves room for slow machines.
    expect(performance.now() - start).toBeLessThan(200);
  });

  it("of EC2 is in its own words", async () => {
    const ec2 = (operation: string, input: unknown) => refusal("ec2", operation, input, "ec2Query");
    expect(await ec2("StopInstances", {})).toBe("MissingParameter: The request must contain the parameter InstanceId");
    const launch = { MinCount: 1, MaxCount: 1, InstanceType: "t9.micro" };
    expect(await ec2("RunInstances", launch)).toBe("InvalidParameterValue: Invalid value 't9.micro' for InstanceType.");
  });
});
