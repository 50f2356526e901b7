import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ListExportsCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetObjectCommand, HeadBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetParametersByPathCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeSandbox } from "../../../src/compute/sandbox.ts";
import { REGION, Server } from "../server.ts";
import { appAt, CdkUser, printed } from "./cdk.ts";
import { Delivery } from "./delivery.ts";

// What aws-cdk-lib does beyond templates: functions of its own, lookups, references between regions, pipelines.

let server: Server;
beforeAll(async () => {
  server = await Server.start("--clock", "auto");
});
afterAll(() => server?.[Symbol.asyncDispose]());

const FAR = "us-east-1";
const isInstalled = (name: string): boolean => {
  try {
    return existsSync(createRequire(import.meta.url).resolve(name));
  } catch {
    return false;
  }
};
// Its function begins with a program of a layer, which has to be at /opt.
const withLayers = probeSandbox().kind !== "plain" ? ["Copying"] : [];
// Its function asks for the client of Step Functions, whether it waits for anything or not.
const withProvider = isInstalled("@aws-sdk/client-sfn") ? ["Providing"] : [];

describe.concurrent("aws-cdk-lib's own functions", { timeout: 180_000 }, () => {
  const names = ["Emptying", "Calling", "Retaining", ...withLayers, ...withProvider];
  let user: CdkUser;
  let s3: S3Client;
  beforeAll(() => {
    user = new CdkUser(server, "222222222222");
    s3 = new S3Client({ ...user.config, forcePathStyle: true });
  });

  it.sequential("are deployed with what needs them", async () => {
    await user.bootstrap(REGION, FAR);
    await user.synth(appAt("providers"), "providers");
    const every = ["--concurrency", "5", "--require-approval", "never", "--app", "providers"];
    await user.run("deploy", ...names, ...every);
  });

  it.sequential("call whom a template asks for", async () => {
    expect(await user.parameter("/called")).toBe("made by a call");
  });

  it.sequential("keep the log of a group for a while", async () => {
    const { logGroups } = await new CloudWatchLogsClient(user.config).send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: "/retained" }),
    );
    expect(logGroups).toMatchObject([{ logGroupName: "/retained", retentionInDays: 7 }]);
  });

  it.sequential("copy files to a bucket, with the AWS CLI of a layer", async ({ skip }) => {
    if (withLayers.length === 0) skip("there is no sandbox here, and so no /opt");
    const read = async (Key: string) => (await s3.send(new GetObjectCommand({ Bucket: "copied", Key }))).Body!.transformToString();
    expect(await read("data.txt")).toBe("data");
    expect(await read("index.js")).toContain("first");
  });

  it.sequential("stand between a template and a handler", async ({ skip }) => {
    if (withProvider.length === 0) skip("@aws-sdk/client-sfn is not installed");
    const { Exports } = await user.stacks.send(new ListExportsCommand({}));
    expect(Exports!.find(({ Name }) => Name === "provided-answer")!.Value).toBe("Create?");
  });

  it.sequential("clean up behind themselves", async () => {
    await s3.send(new PutObjectCommand({ Bucket: "emptied", Key: "kept", Body: "by whom?" }));
    await user.run("destroy", "Emptying", "Calling", "Retaining", "--force", "--concurrency", "3", "--app", "providers");
    await expect(s3.send(new HeadBucketCommand({ Bucket: "emptied" }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
    await expect(user.parameter("/called")).rejects.toMatchObject({ name: "ParameterNotFound" });
  });

  it.sequential("tell one region what is in another", async () => {
    const exported = async () => {
      const path = new GetParametersByPathCommand({ Path: "/cdk/exports", Recursive: true });
      return (await new SSMClient(user.config).send(path)).Parameters!;
    };
    await user.synth(appAt("regions"), "regions");
    await user.run("deploy", "--all", "--require-approval", "never", "--app", "regions");
    const queue = await user.parameter("/near/queue");
    expect(queue).toMatch(`arn:aws:sqs:${FAR}:${user.account}:Far-Queue`);
    expect(await exported()).toMatchObject([{ Value: queue }]);
    await user.run("destroy", "--all", "--force", "--app", "regions");
    expect(await exported()).toEqual([]);
  });
});

describe.concurrent("cdk", { timeout: 180_000 }, () => {
  let user: CdkUser;
  beforeAll(async () => {
    user = new CdkUser(server, "333333333333");
    await user.bootstrap();
  });

  it.sequential("looks up what there is, and remembers it; what there is no service for it says by name", async () => {
    await new SSMClient(user.config).send(new PutParameterCommand({ Name: "/looked/up", Value: "found", Type: "String" }));
    const looking = (env: NodeJS.ProcessEnv) => user.attempt(["synth", "--quiet", "--app", appAt("lookups"), "--output", "looked"], env);
    const text = printed(await looking({ LOOKUP: "everything" }), 1);
    expect(text).toContain("ERROR Slipway does not implement the service route53. It refuses rather than pretends.");
    const { missing } = JSON.parse(readFileSync(join(user.folder, "looked", "manifest.json"), "utf8"));
    expect(missing.map(({ provider }: { provider: string }) => provider)).toEqual(["hosted-zone"]);
    const found = JSON.parse(readFileSync(join(user.folder, "cdk.context.json"), "utf8"));
    const about = `account=${user.account}`;
    expect(found).toMatchObject({
      [`ssm:${about}:parameterName=/looked/up:region=${REGION}`]: "found",
      [`availability-zones:${about}:region=${REGION}`]: expect.arrayContaining([`${REGION}a`]),
      [`vpc-provider:${about}:filter.isDefault=true:region=${REGION}:returnAsymmetricSubnets=true`]: {
        vpcId: expect.stringMatching(/^vpc-/),
        subnetGroups: [{ type: "Public" }],
      },
      [`ami:${about}:filters.image-type.0=machine:filters.name.0=al2023-*:filters.state.0=available:owners.0=amazon:region=${REGION}`]:
        expect.stringMatching(/^ami-/),
    });
    expect(JSON.parse((await user.attempt(["context", "--json"])).stdout)).toEqual(found);
    await new SSMClient(user.config).send(new PutParameterCommand({ Name: "/looked/up", Value: "later", Overwrite: true }));
    printed(await looking({}), 0);
    expect(readFileSync(join(user.folder, "looked", "Looking.template.json"), "utf8")).toContain('"Value": "found"');
  });

  it.sequential("pipelines update themselves and deliver in waves", async () => {
    await using delivery = await Delivery.begin(server, user);
    await delivery.deploy(["One"]);
    expect(await delivery.stages()).toEqual(["Source", "Build", "UpdatePipeline", "One"]);
    await delivery.push(["One", "Two"]);
    await delivery.delivered();
    expect(await delivery.stages()).toEqual(["Source", "Build", "UpdatePipeline", "Everywhere"]);
    expect((await delivery.actions("Everywhere")).sort()).toEqual([
      "One.Stack.Deploy",
      "One.Stack.Prepare",
      "Two.Stack.Deploy",
      "Two.Stack.Prepare",
    ]);
    expect(await user.parameter("/delivered/One")).toBe("One");
    expect(await user.parameter("/delivered/Two")).toBe("Two");
  });
});
