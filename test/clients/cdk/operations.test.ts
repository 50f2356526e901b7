import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  DescribeStackResourceDriftsCommand,
  DescribeStackResourcesCommand,
  GetTemplateCommand,
  type StackResource,
} from "@aws-sdk/client-cloudformation";
import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REGION, Server, until } from "../server.ts";
import { appAt, CdkUser, CLI } from "./cdk.ts";

// What goes around CloudFormation: hotswap, watch, drift, import, refactor, garbage.

const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));

let server: Server;
/** What is deployed first, and what then. */
let one = "";
let two = "";
beforeAll(async () => {
  server = await Server.start("--clock", "auto");
  const author = new CdkUser(server, "000000000000");
  const release = (number: string) => author.synth(appAt("stacks"), number, { RELEASE: number });
  [one, two] = await Promise.all([release("1"), release("2")]);
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** A function, and eyes to see which release of it runs. */
class ServingUser extends CdkUser {
  readonly lambda = new LambdaClient(this.config);

  async answer(): Promise<string> {
    const { Payload } = await this.lambda.send(new InvokeCommand({ FunctionName: "serving" }));
    return JSON.parse(Buffer.from(Payload!).toString());
  }

  async release(): Promise<string | undefined> {
    const { Environment } = await this.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: "serving" }));
    return Environment?.Variables?.["RELEASE"];
  }
}

describe.concurrent("cdk, on a function", { timeout: 120_000 }, () => {
  let user: ServingUser;
  let s3: S3Client;
  beforeAll(() => {
    user = new ServingUser(server, "555566667777");
    s3 = new S3Client({ ...user.config, forcePathStyle: true });
  });
  const updatedAt = async () => (await user.stack("Serving")).LastUpdatedTime;
  const assets = async () => {
    const bucket = `cdk-hnb659fds-assets-${user.account}-${REGION}`;
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    return Contents.map(({ Key }) => Key!);
  };

  it.sequential("swaps code and variables past the stack", async () => {
    await user.bootstrap();
    await user.run("deploy", "Serving", "Changing", "--concurrency", "2", "--require-approval", "never", "--app", one);
    expect(await user.answer()).toBe("first");
    expect(await user.run("deploy", "Serving", "--hotswap", "--app", two)).toContain("hotswapped!");
    expect(await user.answer()).toBe("second");
    expect(await user.release()).toBe("2");
    expect(await updatedAt()).toBeUndefined();
  });

  it.sequential("sees the drift that this is, and reverts it", async () => {
    expect(await user.fail("drift", "Serving", "--fail", "--app", one)).toContain("/Environment/Variables/RELEASE");
    const { StackResourceDrifts } = await user.stacks.send(new DescribeStackResourceDriftsCommand({ StackName: "Serving" }));
    expect(StackResourceDrifts!.find(({ StackResourceDriftStatus }) => StackResourceDriftStatus === "MODIFIED")!.ResourceType).toBe(
      "AWS::Lambda::Function",
    );
    await user.run("deploy", "Serving", "--revert-drift", "--app", one);
    expect(await user.release()).toBe("1");
    expect(await user.run("drift", "Serving", "--fail", "--app", one)).toContain("No drift detected");
  });

  it.sequential("falls back to the stack for what it cannot swap", async () => {
    await user.run("deploy", "Changing", "--hotswap-fallback", "--app", two);
    expect(await user.parameter("/changing/release")).toBe("2");
    await user.run("deploy", "Changing", "--hotswap", "--app", one);
    expect(await user.parameter("/changing/release")).toBe("2");
  });

  it.sequential("collects the assets that no stack asks for", async () => {
    const before = await assets();
    await user.run("gc", `aws://${user.account}/${REGION}`, "--unstable=gc", "--type=s3", ...NOW);
    const { TemplateBody } = await user.stacks.send(new GetTemplateCommand({ StackName: "Serving" }));
    expect(await assets()).toEqual(before.filter((key) => TemplateBody!.includes(key)));
    expect(await assets()).toHaveLength(1);
    expect(before.length).toBeGreaterThan(2);
  });

  it.sequential("watches, and deploys each change", async () => {
    const folder = join(user.folder, "watched");
    cpSync(fileURLToPath(new URL("apps", import.meta.url)), folder, { recursive: true });
    symlinkSync(MODULES, join(user.folder, "node_modules"));
    const index = join(folder, "function", "index.js");
    writeFileSync(join(folder, "cdk.json"), JSON.stringify({ app: "node stacks.mjs", watch: { include: ["function/**"] } }));
    const watch = spawn(process.execPath, [CLI, "watch", "Serving", "--no-notices", "--ci"], { cwd: folder, env: user.env });
    try {
      await said(watch, "Total time");
      writeFileSync(index, 'exports.handler = async () => "watched";\n');
      await until("the change is live", async () => ((await user.answer()) === "watched" ? true : undefined));
    } finally {
      const ended = new Promise((resolve) => watch.once("exit", resolve));
      watch.kill("SIGTERM");
      await ended;
    }
  });
});

const isQueue = ({ ResourceType }: StackResource) => ResourceType === "AWS::SQS::Queue";

/** Assets are collected however young they are, and without a question. */
const NOW = ["--rollback-buffer-days=0", "--created-buffer-days=0", "--confirm=false"];

/** Wait until a command has printed something. */
function said(child: ChildProcess, words: string): Promise<void> {
  let text = "";
  return new Promise((resolve, reject) => {
    const hear = (piece: Buffer) => {
      text += piece;
      if (text.includes(words)) resolve();
    };
    child.stdout!.on("data", hear);
    child.stderr!.on("data", hear);
    child.once("exit", () => reject(new Error(text)));
  });
}

describe.concurrent("cdk, on what is there", { timeout: 120_000 }, () => {
  let user: CdkUser;
  beforeAll(() => {
    user = new CdkUser(server, "666677778888");
  });
  const resourcesOf = async (name: string) =>
    (await user.stacks.send(new DescribeStackResourcesCommand({ StackName: name }))).StackResources!;

  it.sequential("imports a bucket that was made by hand", async () => {
    await user.bootstrap();
    const byHand = { Bucket: "by-hand", CreateBucketConfiguration: { LocationConstraint: REGION } as const };
    await new S3Client({ ...user.config, forcePathStyle: true }).send(new CreateBucketCommand(byHand));
    const mapping = join(user.folder, "mapping.json");
    writeFileSync(mapping, JSON.stringify({ Bucket83908E77: { BucketName: "by-hand" } }));
    await user.run("import", "Importing", "--resource-mapping", mapping, "--app", one);
    expect(await resourcesOf("Importing")).toMatchObject([{ PhysicalResourceId: "by-hand", ResourceStatus: "IMPORT_COMPLETE" }]);
    expect((await user.stack("Importing")).StackStatus).toBe("IMPORT_COMPLETE");
  });

  it.sequential("lets go of a resource, and takes it back", async () => {
    await user.run("deploy", "Moving", "--app", one);
    const [before] = (await resourcesOf("Moving")).filter(isQueue);
    const QueueUrl = before!.PhysicalResourceId!;
    await user.run("orphan", "Moving/Queue", "--unstable=orphan", "--yes", "--app", one);
    expect((await resourcesOf("Moving")).some(isQueue)).toBe(false);
    const attributes = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] });
    expect((await new SQSClient(user.config).send(attributes)).Attributes!["QueueArn"]).toContain(":moving");
    const mapping = JSON.stringify({ [before!.LogicalResourceId!]: { QueueUrl } });
    await user.run("import", "Moving", "--resource-mapping-inline", mapping, "--app", one);
    const after = (await resourcesOf("Moving")).filter(isQueue);
    expect(after).toMatchObject([{ PhysicalResourceId: QueueUrl, ResourceStatus: "IMPORT_COMPLETE" }]);
  });

  it.sequential("publishes what a stack will need", async () => {
    await user.run("publish-assets", "Serving", "--unstable=publish-assets", "--app", two);
    const { Properties } = JSON.parse(readFileSync(join(two, "Serving.template.json"), "utf8")).Resources.Function76856677;
    const Bucket = `cdk-hnb659fds-assets-${user.account}-${REGION}`;
    const s3 = new S3Client({ ...user.config, forcePathStyle: true });
    await s3.send(new HeadObjectCommand({ Bucket, Key: Properties.Code.S3Key }));
    await expect(user.stack("Serving")).rejects.toThrow("does not exist");
  });

  it.sequential("refactors: a queue changes its stack and its name, and what refers to it follows", async () => {
    const release = (RELEASE: string) => user.synth(appAt("refactored"), `refactored-${RELEASE}`, { RELEASE });
    const [before, after] = await Promise.all([release("1"), release("2")]);
    await user.run("deploy", "--all", "--app", before);
    const said = await user.run("refactor", "--unstable=refactor", "--force", "--app", after);
    expect(said).toMatch(/AWS::SQS::Queue +│ Giving.Queue.Resource +│ Taking.Renamed.Resource/);
    expect((await resourcesOf("Giving")).some(isQueue)).toBe(false);
    const queues = (await resourcesOf("Taking")).filter(isQueue);
    const ids = queues.map(({ LogicalResourceId, PhysicalResourceId }) => [LogicalResourceId!.slice(0, -8), PhysicalResourceId]);
    const at = `${server.endpoint}/${user.account}`;
    expect(ids.sort()).toEqual([
      ["Renamed", `${at}/orders`],
      ["Stays", `${at}/stays`],
    ]);
    expect(await user.run("diff", "--app", after)).toContain("Number of stacks with differences: 0");
  });
});
