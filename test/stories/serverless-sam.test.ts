import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStackResourceCommand,
  DescribeStacksCommand,
  DetectStackResourceDriftCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
} from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { BatchGetDeploymentsCommand, CodeDeployClient, ListDeploymentsCommand } from "@aws-sdk/client-codedeploy";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { SetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { type RunningCloud, startCloud } from "../../src/testing/index.ts";
import "../../src/testing/matchers.ts";

// The story of examples/serverless-sam: deployed with the AWS CLI, released by canary, drifted, repaired, rolled back.

const EXAMPLE = fileURLToPath(new URL("../../examples/serverless-sam", import.meta.url));
const CLI = spawnSync("aws", ["--version"]).status === 0;
const STACK = { StackName: "greetings" };
const CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"] as const;
const run = promisify(execFile);

class Greetings {
  readonly cloud: RunningCloud;
  readonly folder: string;
  readonly stacks: CloudFormationClient;

  constructor(cloud: RunningCloud) {
    this.cloud = cloud;
    this.folder = mkdtempSync(join(tmpdir(), "slipway-story-"));
    cpSync(EXAMPLE, this.folder, { recursive: true });
    this.stacks = new CloudFormationClient(cloud.client);
  }

  async aws(...args: string[]): Promise<void> {
    await run("aws", ["cloudformation", ...args], { cwd: this.folder, env: { HOME: this.folder, ...this.cloud.env } });
  }

  /** What the unmodified AWS CLI makes of the template: code uploaded, places written in. */
  async package(): Promise<string> {
    await this.aws("package", "--template-file", "template.yaml", "--s3-bucket", "artifacts", "--output-template-file", "packaged.yaml");
    return readFileSync(join(this.folder, "packaged.yaml"), "utf8");
  }

  /** Preview, then carry out; the clock has moved on by as long as that may take. Answers what is certain to change. */
  async release(name: string, more: object, takes: string): Promise<string[]> {
    const set = { ...STACK, ChangeSetName: name };
    await this.stacks.send(new CreateChangeSetCommand({ ...set, Capabilities: [...CAPABILITIES], ...more } as never));
    const { Status, StatusReason, Changes = [] } = await this.stacks.send(new DescribeChangeSetCommand(set));
    expect(Status, StatusReason).toBe("CREATE_COMPLETE");
    await this.stacks.send(new ExecuteChangeSetCommand(set));
    const traffic = await this.cloud.traffic(`${await this.output("Url")}?name=Ann`, { rate: "12/m" });
    await this.cloud.advance(takes);
    await traffic.stop();
    const certain = Changes.filter(
      ({ ResourceChange }) =>
        ResourceChange!.Action !== "Modify" || ResourceChange!.Details!.some(({ Evaluation }) => Evaluation === "Static"),
    );
    return certain.map(({ ResourceChange }) => `${ResourceChange!.Action} ${ResourceChange!.LogicalResourceId}`);
  }

  /** Change the code of the greeter. */
  edit(text: string, other: string): void {
    const path = join(this.folder, "src", "greeter.mjs");
    const code = readFileSync(path, "utf8");
    if (!code.includes(text)) throw new Error(`the greeter does not say ${text}`);
    writeFileSync(
      path,
      code.replace(text, () => other),
    );
  }

  async stack() {
    return (await this.stacks.send(new DescribeStacksCommand(STACK))).Stacks![0]!;
  }

  async output(name: string): Promise<string> {
    return (await this.stack()).Outputs!.find(({ OutputKey }) => OutputKey === name)!.OutputValue!;
  }

  async physicalId(LogicalResourceId: string): Promise<string> {
    const { StackResourceDetail } = await this.stacks.send(new DescribeStackResourceCommand({ ...STACK, LogicalResourceId }));
    return StackResourceDetail!.PhysicalResourceId!;
  }

  async greets(): Promise<string> {
    return (await fetch(`${await this.output("Url")}?name=Ann`)).text();
  }

  /** The deployments of the function, newest first. */
  async deployments() {
    const deploys = new CodeDeployClient(this.cloud.client);
    const { deployments = [] } = await deploys.send(new ListDeploymentsCommand({}));
    if (deployments.length === 0) return [];
    const { deploymentsInfo } = await deploys.send(new BatchGetDeploymentsCommand({ deploymentIds: deployments }));
    return deploymentsInfo!.sort((one, other) => other.createTime!.getTime() - one.createTime!.getTime());
  }
}

test.skipIf(!CLI)(
  `a serverless application, released by canary${CLI ? "" : " (skipped: there is no aws on PATH)"}`,
  { timeout: 120_000 },
  async () => {
    await using cloud = await startCloud({ startAt: "2026-03-01T09:00:00Z" });
    const app = new Greetings(cloud);
    onTestFinished(() => rmSync(app.folder, { recursive: true, force: true }));

    await new S3Client({ ...cloud.client, forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: "artifacts" }));
    const first = await app.package();
    await app.aws("deploy", "--stack-name", "greetings", "--template-file", "packaged.yaml", "--capabilities", ...CAPABILITIES);
    expect(await app.stack()).toBeInState("CREATE_COMPLETE");
    expect(await app.greets()).toBe("Hello, Ann!");
    const { TemplateBody } = await app.stacks.send(new GetTemplateCommand({ ...STACK, TemplateStage: "Processed" }));
    const processed = JSON.parse(TemplateBody!).Resources;
    expect(Object.values<{ Type: string }>(processed).filter(({ Type }) => Type.startsWith("AWS::Serverless"))).toEqual([]);
    expect(processed["GreeterAliaslive"].UpdatePolicy.CodeDeployLambdaAliasUpdate).toMatchObject({
      BeforeAllowTrafficHook: { Ref: "Check" },
    });

    // A schedule runs as time passes, and says so in its log.
    await cloud.advance("11m");
    const logs = new CloudWatchLogsClient(cloud.client);
    const logGroupName = `/aws/lambda/${await app.physicalId("Counter")}`;
    const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern: "guests" }));
    expect(events!.map(({ message }) => message!.split("\t").at(-1)!.trim())).toEqual(['{"guests":1}', '{"guests":1}']);

    // A release: other words, a tenth of the traffic for five minutes, then all of it.
    const keep = { Parameters: [{ ParameterKey: "Greeting", UsePreviousValue: true }] };
    app.edit("}!`", "}, welcome!`");
    const changes = await app.release("second", { TemplateBody: await app.package(), ...keep }, "10m");
    expect(changes).toContain("Modify Greeter");
    expect(await app.stack()).toBeInState("UPDATE_COMPLETE");
    expect((await app.deployments())[0]).toHaveSucceeded();
    expect(await app.greets()).toBe("Hello, Ann, welcome!");

    // The queue is changed by hand, is seen to have drifted, and is repaired with the next release.
    await new SQSClient(cloud.client).send(
      new SetQueueAttributesCommand({ QueueUrl: await app.output("Guests"), Attributes: { VisibilityTimeout: "1" } }),
    );
    const drift = async () =>
      (await app.stacks.send(new DetectStackResourceDriftCommand({ ...STACK, LogicalResourceId: "Guests" }))).StackResourceDrift!;
    expect((await drift()).PropertyDifferences).toMatchObject([
      { PropertyPath: "/VisibilityTimeout", ExpectedValue: "30", ActualValue: "1" },
    ]);
    expect(await app.release("repair", { UsePreviousTemplate: true, ...keep, DeploymentMode: "REVERT_DRIFT" }, "10m")).toEqual([
      "Modify Guests",
    ]);
    expect((await drift()).StackResourceDriftStatus).toBe("IN_SYNC");

    // A version that throws for most names: the hook lets it pass, the canary does not.
    app.edit('"stranger";', '"stranger";\n  if (name !== "stranger") throw new Error(`who is ${name}?`);');
    await app.release("bad", { TemplateBody: await app.package(), ...keep }, "15m");
    expect((await app.deployments())[1]).toHaveRolledBack({ because: "ALARM_ACTIVE" });
    expect(await app.stack()).toBeInState("UPDATE_ROLLBACK_COMPLETE");
    expect(await app.stacks.send(new DescribeStackEventsCommand(STACK))).toHaveRolledBack({ because: /GreeterAliaslive/ });
    expect(await app.greets()).toBe("Hello, Ann, welcome!");

    // A version that cannot greet at all is stopped by the hook: no visitor ever sees it.
    app.edit('if (name !== "stranger") ', "");
    await app.release("worse", { TemplateBody: await app.package(), ...keep }, "15m");
    expect(await app.stack()).toBeInState("UPDATE_ROLLBACK_COMPLETE");
    expect(
      (await app.deployments()).some(
        ({ errorInformation }) => errorInformation?.code === "HEALTH_CONSTRAINTS" || /hook/i.test(errorInformation?.message ?? ""),
      ),
    ).toBe(true);
    expect(await app.greets()).toBe("Hello, Ann, welcome!");

    // Back to what was first.
    await app.release("first-again", { TemplateBody: first, ...keep }, "15m");
    expect(await app.greets()).toBe("Hello, Ann!");
  },
);
