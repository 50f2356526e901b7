import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CloudFormationClient, CreateStackCommand, DescribeStackEventsCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import {
  BatchGetBuildBatchesCommand,
  BatchGetReportsCommand,
  CodeBuildClient,
  DescribeTestCasesCommand,
  ListReportsForReportGroupCommand,
} from "@aws-sdk/client-codebuild";
import { CodeCommitClient, CreateRepositoryCommand } from "@aws-sdk/client-codecommit";
import { CodeStarConnectionsClient, CreateConnectionCommand } from "@aws-sdk/client-codestar-connections";
import {
  CodePipelineClient,
  GetPipelineStateCommand,
  ListActionExecutionsCommand,
  ListPipelineExecutionsCommand,
  PutApprovalResultCommand,
} from "@aws-sdk/client-codepipeline";
import { CreateServiceSpecificCredentialCommand, CreateUserCommand, IAMClient } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REGION, run, Server, until } from "../clients/server.ts";

// The story of examples/monorepo, as its README tells it: two applications and what they share, pushed with git, built by real processes.

const ACCOUNT = "111122223333";
const EXAMPLE = fileURLToPath(new URL("../../examples/monorepo", import.meta.url));
const hasGit = spawnSync("git", ["--version"]).status === 0;
const APPLICATIONS = ["api", "web"] as const;
type Application = (typeof APPLICATIONS)[number];

describe.skipIf(!hasGit)("a repository with two applications (skipped where there is no git)", () => {
  let server: Server;
  let clone: string;
  let stacks: CloudFormationClient;
  let pipelines: CodePipelineClient;
  let builds: CodeBuildClient;
  /** What starts no pipeline is followed by something that does: then it is known to have been looked at. */
  const commits: Record<string, string> = {};

  const git = (...args: string[]) => run("git", args, { env: server.environment(ACCOUNT), cwd: clone });

  beforeAll(async () => {
    server = await Server.start("--clock", "auto");
    const config = { endpoint: server.endpoint, region: REGION, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "slipway" } };
    stacks = new CloudFormationClient(config);
    pipelines = new CodePipelineClient(config);
    builds = new CodeBuildClient(config);
    const { repositoryMetadata } = await new CodeCommitClient(config).send(new CreateRepositoryCommand({ repositoryName: "monorepo" }));
    const users = new IAMClient(config);
    await users.send(new CreateUserCommand({ UserName: "ann" }));
    const { ServiceSpecificCredential } = await users.send(
      new CreateServiceSpecificCredentialCommand({ UserName: "ann", ServiceName: "codecommit.amazonaws.com" }),
    );
    const url = new URL(new URL(repositoryMetadata!.cloneUrlHttp!).pathname, server.endpoint);
    url.username = encodeURIComponent(ServiceSpecificCredential!.ServiceUserName!);
    url.password = encodeURIComponent(ServiceSpecificCredential!.ServicePassword!);
    clone = server.makeFolder("clone");
    await git("init", "--quiet");
    await git("remote", "add", "origin", url.href);
    cpSync(EXAMPLE, clone, { recursive: true });
    commits["first"] = await push();

    const connections = new CodeStarConnectionsClient(config);
    const { ConnectionArn } = await connections.send(new CreateConnectionCommand({ ConnectionName: "team", ProviderType: "GitHub" }));
    await server.ask(`connections?account=${ACCOUNT}&region=${REGION}`, { connection: "team", codecommit: true });
    const parameters = { ConnectionArn: ConnectionArn!, Repository: "team/monorepo" };
    await Promise.all(APPLICATIONS.map((Application) => create(`${Application}-pipeline`, { Application, ...parameters })));
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  async function create(StackName: string, parameters: Readonly<Record<string, string>>): Promise<void> {
    const TemplateBody = readFileSync(join(EXAMPLE, "delivery", "pipeline.yaml"), "utf8");
    const Parameters = Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));
    await stacks.send(new CreateStackCommand({ StackName, TemplateBody, Parameters, Capabilities: ["CAPABILITY_IAM"] }));
    const ended = await until(StackName, async () => {
      const { StackStatus } = (await stacks.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!;
      return StackStatus!.endsWith("_IN_PROGRESS") ? undefined : StackStatus;
    });
    const { StackEvents } = await stacks.send(new DescribeStackEventsCommand({ StackName }));
    expect(ended, JSON.stringify(StackEvents!.map(({ ResourceStatusReason }) => ResourceStatusReason))).toBe("CREATE_COMPLETE");
  }

  /** Change files, and push them; answers the commit. */
  async function push(changes: Readonly<Record<string, (text: string) => string>> = {}): Promise<string> {
    for (const [path, change] of Object.entries(changes)) {
      const before = readFileSync(join(clone, path), "utf8");
      const after = change(before);
      expect(after).not.toBe(before);
      writeFileSync(join(clone, path), after);
    }
    await git("add", "--all");
    await git("commit", "--quiet", "--message", `Change ${Object.keys(changes).join(", ") || "everything"}`);
    await git("push", "--quiet", "origin", "HEAD:refs/heads/main");
    return (await git("rev-parse", "HEAD")).trim();
  }

  /** What a pipeline was started for, oldest first. */
  async function executions(pipelineName: Application) {
    const { pipelineExecutionSummaries } = await pipelines.send(new ListPipelineExecutionsCommand({ pipelineName }));
    return pipelineExecutionSummaries!.toReversed();
  }

  const executionOf = (application: Application, commit: string) =>
    until(`${application} is started for ${commit}`, async () =>
      (await executions(application)).find(({ sourceRevisions = [] }) => sourceRevisions.some(({ revisionId }) => revisionId === commit)),
    );

  const ended = (application: Application, commit: string) =>
    until(`${application} has ended for ${commit}`, async () => {
      const execution = await executionOf(application, commit);
      return execution.status === "InProgress" ? undefined : execution;
    });

  /** Wait for the gate, and open it. */
  async function approve(application: Application, commit: string): Promise<void> {
    const { pipelineExecutionId } = await executionOf(application, commit);
    const gate = { "execution-id": pipelineExecutionId!, action: "Approve", state: "STARTED" };
    await server.happened(ACCOUNT, "aws.codepipeline", gate).catch(async (error) => {
      throw new Error(JSON.stringify(await actions(application, commit)), { cause: error });
    });
    const token = await until("the token of the approval", async () => {
      const { stageStates } = await pipelines.send(new GetPipelineStateCommand({ name: application }));
      const production = stageStates!.find(({ stageName }) => stageName === "Production")!;
      return production.actionStates!.find(({ actionName }) => actionName === "Approve")!.latestExecution?.token;
    });
    const result = { summary: "looks good", status: "Approved" as const };
    const where = { pipelineName: application, stageName: "Production", actionName: "Approve" };
    await pipelines.send(new PutApprovalResultCommand({ ...where, token, result }));
  }

  async function actions(pipelineName: Application, commit: string) {
    const { pipelineExecutionId } = await executionOf(pipelineName, commit);
    const filter = { pipelineExecutionId };
    return (await pipelines.send(new ListActionExecutionsCommand({ pipelineName, filter }))).actionExecutionDetails!;
  }

  async function page(application: Application, stage: "staging" | "production"): Promise<string> {
    const { Stacks } = await stacks.send(new DescribeStacksCommand({ StackName: `${application}-${stage}` }));
    return (await fetch(Stacks![0]!.Outputs![0]!.OutputValue!)).text();
  }

  /** By currency, how the tests of an execution went in each build of its batch. */
  async function tested(application: Application, commit: string) {
    const test = (await actions(application, commit)).find(({ actionName }) => actionName === "Test")!;
    const id = test.output!.executionResult!.externalExecutionId!;
    const [batch] = (await builds.send(new BatchGetBuildBatchesCommand({ ids: [id] }))).buildBatches!;
    const reportGroupArn = `arn:aws:codebuild:${REGION}:${ACCOUNT}:report-group/${application}-test-tests`;
    const { reports: reportArns } = await builds.send(new ListReportsForReportGroupCommand({ reportGroupArn }));
    const { reports } = await builds.send(new BatchGetReportsCommand({ reportArns: reportArns! }));
    const found = batch!.buildGroups!.map(async ({ currentBuildSummary }) => {
      const report = reports!.find(({ executionId }) => executionId === currentBuildSummary!.arn);
      const { testCases } = await builds.send(new DescribeTestCasesCommand({ reportArn: report!.arn! }));
      return testCases!.map(({ name, status }) => `${status} ${name}`).sort();
    });
    return { status: batch!.buildBatchStatus, cases: await Promise.all(found) };
  }

  it("is tested, packaged, seen in staging, approved and released, each by its own pipeline", async () => {
    const commit = commits["first"]!;
    const both = ["SUCCEEDED an amount has the decimals of its currency", "SUCCEEDED the api tells what tea costs"];
    await approve("api", commit);
    expect(JSON.parse(await page("api", "staging"))).toEqual({ tea: "€12.00", stage: "staging" });
    await expect(page("api", "production")).rejects.toThrow("does not exist");
    expect(await tested("api", commit)).toEqual({ status: "SUCCEEDED", cases: [both, both] });
  });
});
