import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackEventsCommand,
  DescribeStackResourceDriftsCommand,
  DescribeStacksCommand,
  DetectStackDriftCommand,
  ExecuteChangeSetCommand,
  SetStackPolicyCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, SetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect, onTestFinished, test } from "vitest";
import { type RunningCloud, startCloud } from "../../src/testing/index.ts";
import "../../src/testing/matchers.ts";

// The story of examples/multi-tier, as its README tells it: preview, apply, drift by hand, detect, repair, roll back.

const EXAMPLE = fileURLToPath(new URL("../../examples/multi-tier", import.meta.url));
const CLI = spawnSync("aws", ["--version"]).status === 0;
const run = promisify(execFile);
const STACK = { StackName: "orders" };

class Orders {
  readonly cloud: RunningCloud;
  /** A copy of the example, to change. */
  readonly folder: string;
  readonly stacks: CloudFormationClient;
  readonly parameters: object[];

  constructor(cloud: RunningCloud) {
    this.cloud = cloud;
    this.folder = mkdtempSync(join(tmpdir(), "slipway-story-"));
    cpSync(EXAMPLE, this.folder, { recursive: true });
    this.stacks = new CloudFormationClient(cloud.client);
    this.parameters = JSON.parse(readFileSync(join(this.folder, "parameters", "dev.json"), "utf8"));
  }

  /** Upload what the templates name, with the unmodified AWS CLI; answers the template to deploy. */
  async package(): Promise<string> {
    const files = ["--template-file", "main.yaml", "--output-template-file", "packaged.yaml"];
    const env = { HOME: this.folder, ...this.cloud.env };
    await run("aws", ["cloudformation", "package", ...files, "--s3-bucket", "artifacts"], { cwd: this.folder, env });
    return readFileSync(join(this.folder, "packaged.yaml"), "utf8");
  }

  /** What a change set of the whole hierarchy would change: by stack, "Action LogicalId". */
  async preview(name: string, more: object): Promise<Record<string, string[]>> {
    const request = { ...STACK, ChangeSetName: name, Parameters: this.parameters, Capabilities: ["CAPABILITY_IAM"] };
    await this.stacks.send(new CreateChangeSetCommand({ ...request, IncludeNestedStacks: true, ...more } as never));
    const shown: Record<string, string[]> = {};
    const look = async (key: string, change: { ChangeSetName: string; StackName?: string }): Promise<void> => {
      const { Changes = [], Status, StatusReason } = await this.stacks.send(new DescribeChangeSetCommand(change));
      expect(Status, StatusReason).toBe("CREATE_COMPLETE");
      shown[key] = Changes.map(({ ResourceChange }) => `${ResourceChange!.Action} ${ResourceChange!.LogicalResourceId}`);
      for (const { ResourceChange } of Changes)
        if (ResourceChange!.ChangeSetId) await look(ResourceChange!.LogicalResourceId!, { ChangeSetName: ResourceChange!.ChangeSetId });
    };
    await look("orders", { ...STACK, ChangeSetName: name });
    return shown;
  }

  async execute(name: string) {
    await this.stacks.send(new ExecuteChangeSetCommand({ ...STACK, ChangeSetName: name }));
    await this.cloud.advance("1m");
    return this.stack();
  }

  async stack() {
    return (await this.stacks.send(new DescribeStacksCommand(STACK))).Stacks![0]!;
  }

  async output(name: string): Promise<string> {
    return (await this.stack()).Outputs!.find(({ OutputKey }) => OutputKey === name)!.OutputValue!;
  }
}

test.skipIf(!CLI)(
  `three tiers: previewed, applied, repaired, rolled back${CLI ? "" : " (skipped: there is no aws on PATH)"}`,
  { timeout: 120_000 },
  async () => {
    await using cloud = await startCloud({ startAt: "2026-03-01T09:00:00Z" });
    const orders = new Orders(cloud);
    onTestFinished(() => rmSync(orders.folder, { recursive: true, force: true }));
    const queues = new SQSClient(cloud.client);
    const order = async (item?: string): Promise<number> =>
      (await fetch(await orders.output("Url"), { method: "POST", body: JSON.stringify({ item }) })).status;

    // Preview, apply.
    await new S3Client({ ...cloud.client, forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: "artifacts" }));
    const good = await orders.package();
    const first = await orders.preview("first", { ChangeSetType: "CREATE", TemplateBody: good });
    expect(first).toMatchObject({
      orders: ["Add Data", "Add Service", "Add Web"],
      Data: ["Add Orders", "Add QueueParameter", "Add Receipts", "Add Rejected"],
      Web: ["Add Function", "Add InvokePermission", "Add Role", "Add Url", "Add UrlPermission"],
    });
    expect(await orders.execute("first")).toBeInState("CREATE_COMPLETE");
    const policy = readFileSync(join(orders.folder, "stack-policy.json"), "utf8");
    await orders.stacks.send(new SetStackPolicyCommand({ ...STACK, StackPolicyBody: policy }));
    expect([await order("tea"), await order()]).toEqual([202, 400]);
    const { Parameter } = await new SSMClient(cloud.client).send(new GetParameterCommand({ Name: "/orders/dev/queue" }));
    const queue = { QueueUrl: Parameter!.Value! };
    const attributes = async () => (await queues.send(new GetQueueAttributesCommand({ ...queue, AttributeNames: ["All"] }))).Attributes!;
    const waiting = async (): Promise<number> => Number((await attributes())["ApproximateNumberOfMessages"]);
    expect(await waiting()).toBe(1);

    // Somebody changes the queue by hand; it is seen, shown, and brought back through the root.
    await queues.send(new SetQueueAttributesCommand({ ...queue, Attributes: { VisibilityTimeout: "5" } }));
    const data = { StackName: await orders.output("DataStack") };
    const detection = await orders.stacks.send(new DetectStackDriftCommand(data));
    const { StackDriftDetectionId } = detection;
    expect(await orders.stacks.send(new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId }))).toMatchObject({
      DetectionStatus: "DETECTION_COMPLETE",
      StackDriftStatus: "DRIFTED",
      DriftedStackResourceCount: 1,
    });
    const { StackResourceDrifts } = await orders.stacks.send(
      new DescribeStackResourceDriftsCommand({ ...data, StackResourceDriftStatusFilters: ["MODIFIED"] }),
    );
    expect(StackResourceDrifts![0]).toMatchObject({
      LogicalResourceId: "Orders",
      PropertyDifferences: [{ PropertyPath: "/VisibilityTimeout", ExpectedValue: "60", ActualValue: "5", DifferenceType: "NOT_EQUAL" }],
    });
    const repair = await orders.preview("repair", { UsePreviousTemplate: true, DeploymentMode: "REVERT_DRIFT" });
    expect(repair).toEqual({ orders: ["Modify Data"], Data: ["Modify Orders"] });
    expect(await orders.execute("repair")).toBeInState("UPDATE_COMPLETE");
    expect((await attributes())["VisibilityTimeout"]).toBe("60");

    // A release whose code fails: the alarm takes the update back while it is being watched.
    writeFileSync(join(orders.folder, "service", "index.mjs"), "export const handler = async () => { throw new Error('no') };\n");
    const update = { ...STACK, Parameters: orders.parameters, Capabilities: ["CAPABILITY_IAM" as const] };
    const alarm = { Arn: await orders.output("AlarmArn"), Type: "AWS::CloudWatch::Alarm" };
    await orders.stacks.send(
      new UpdateStackCommand({
        ...update,
        TemplateBody: await orders.package(),
        RollbackConfiguration: { RollbackTriggers: [alarm], MonitoringTimeInMinutes: 10 },
      }),
    );
    const body = JSON.stringify({ item: "tea" });
    await cloud.traffic(await orders.output("Url"), { rate: "6/m", for: "5m", method: "POST", body });
    await cloud.advance("15m");
    expect(await orders.stack()).toBeInState("UPDATE_ROLLBACK_COMPLETE");
    expect(await orders.stacks.send(new DescribeStackEventsCommand(STACK))).toHaveRolledBack({
      because: /Rollback Trigger\(s\) went to ALARM/,
    });
    expect(await order("coffee")).toBe(202);

    // An update that would take the data away is refused by the policy, and touches nothing.
    const before = await waiting();
    const withoutData = good.replace(/ {2}Data:\n(?: {4}.*\n)+/, "").replace(/ {2}DataStack:\n(?: {4}.*\n?)+/, "");
    const pinned = withoutData.replace(/Fn::GetAtt:\n\s+- Data\n\s+- Outputs\.\w+/g, "Ref: AWS::StackName");
    await orders.stacks.send(new UpdateStackCommand({ ...update, TemplateBody: pinned, RollbackConfiguration: {} }));
    await cloud.advance("5m");
    expect(await orders.stack()).toBeInState("UPDATE_ROLLBACK_COMPLETE");
    expect(await orders.stacks.send(new DescribeStackEventsCommand(STACK))).toHaveRolledBack({ because: "Action denied by stack policy" });
    expect(await waiting()).toBe(before);

    await orders.stacks.send(new DeleteStackCommand(STACK));
    await cloud.advance("5m");
    await expect(attributes()).rejects.toMatchObject({ name: "QueueDoesNotExist" });
  },
);
