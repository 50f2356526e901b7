import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import {
  BatchGetBuildBatchesCommand,
  BatchGetBuildsCommand,
  BatchGetReportsCommand,
  CodeBuildClient,
  DescribeTestCasesCommand,
  ListReportsForReportGroupCommand,
} from "@aws-sdk/client-codebuild";
import { CodeCommitClient, CreateRepositoryCommand } from "@aws-sdk/client-codecommit";
import {
  CodePipelineClient,
  GetPipelineStateCommand,
  ListActionExecutionsCommand,
  ListPipelineExecutionsCommand,
  PutApprovalResultCommand,
} from "@aws-sdk/client-codepipeline";
import { CodeStarConnectionsClient, CreateConnectionCommand } from "@aws-sdk/client-codestar-connections";
import { CreateServiceSpecificCredentialCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REGION, run, Server, until } from "../clients/server.ts";

// The story of examples/monorepo, as its README tells it: two applications and what they share, pushed with git, built by real
// processes, whose roles may do what the template says and no more.

/** Root's, where signatures are checked. */
const ACCOUNT = "000000000000";
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
  /** What was pushed, by what it is about. */
  const commits: Record<string, string> = {};

  const git = (...args: string[]) => run("git", args, { env: server.environment(ACCOUNT), cwd: clone });

  beforeAll(async () => {
    server = await Server.start("--clock", "auto", "--trust", "enforced");
    const config = { endpoint: server.endpoint, region: REGION, credentials: server.rootKey() };
    stacks = new CloudFormationClient(config);
    pipelines = new CodePipelineClient(config);
    builds = new CodeBuildClient(config);
    const { repositoryMetadata } = await new CodeCommitClient(config).send(new CreateRepositoryCommand({ repositoryName: "monorepo" }));
    const users = new IAMClient(config);
    await users.send(new CreateUserCommand({ UserName: "ann" }));
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: { Effect: "Allow", Action: "codecommit:GitPush", Resource: "*" },
    });
    await users.send(new PutUserPolicyCommand({ UserName: "ann", PolicyName: "git", PolicyDocument }));
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

  /** Wait until an execution stands before production; answers what opens the gate. */
  async function gate(application: Application, commit: string): Promise<() => Promise<unknown>> {
    const { pipelineExecutionId } = await executionOf(application, commit);
    const asked = { "execution-id": pipelineExecutionId!, action: "Approve", state: "STARTED" };
    await server.happened(ACCOUNT, "aws.codepipeline", asked, 20).catch(async (error) => {
      throw new Error(JSON.stringify(await actions(application, commit)), { cause: error });
    });
    return async () => {
      const { stageStates } = await pipelines.send(new GetPipelineStateCommand({ name: application }));
      const { actionStates } = stageStates!.find(({ stageName }) => stageName === "Production")!;
      const { token } = actionStates!.find(({ actionName }) => actionName === "Approve")!.latestExecution!;
      const result = { summary: "looks good", status: "Approved" as const };
      const where = { pipelineName: application, stageName: "Production", actionName: "Approve" };
      return pipelines.send(new PutApprovalResultCommand({ ...where, token, result }));
    };
  }

  async function release(application: Application, commit: string): Promise<void> {
    const open = await gate(application, commit);
    await open();
    expect(await ended(application, commit), JSON.stringify(await actions(application, commit))).toMatchObject({ status: "Succeeded" });
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
    const groups = batch!.buildGroups!.filter(({ identifier }) => identifier !== "DOWNLOAD_SOURCE");
    const ids = groups.map(({ currentBuildSummary }) => currentBuildSummary!.arn!);
    const cases: Record<string, string[]> = {};
    for (const { arn, environment } of (await builds.send(new BatchGetBuildsCommand({ ids }))).builds!) {
      const currency = environment!.environmentVariables!.find(({ name }) => name === "CURRENCY")!.value!;
      const reportArn = reports!.find(({ executionId }) => executionId === arn)!.arn!;
      const { testCases } = await builds.send(new DescribeTestCasesCommand({ reportArn }));
      const byName = testCases!.toSorted((one, other) => one.name!.localeCompare(other.name!));
      cases[currency] = byName.map(({ name, status }) => `${status} ${name}`);
    }
    return { status: batch!.buildBatchStatus, cases };
  }

  const CASES = {
    api: ["an amount has the decimals of its currency", "the api tells what tea costs"],
    web: ["an amount has the decimals of its currency", "the page shows what tea costs"],
  };

  it("is tested in both currencies, seen in staging, approved and released", async () => {
    const commit = commits["first"]!;
    const open = await gate("api", commit);
    expect(JSON.parse(await page("api", "staging"))).toEqual({ tea: "€12.00", stage: "staging" });
    await expect(page("api", "production")).rejects.toThrow("does not exist");
    const succeeded = CASES.api.map((name) => `SUCCEEDED ${name}`);
    expect(await tested("api", commit)).toEqual({ status: "SUCCEEDED", cases: { EUR: succeeded, JPY: succeeded } });
    await open();
    expect(await ended("api", commit)).toMatchObject({ status: "Succeeded" });
    await release("web", commit);
    expect(JSON.parse(await page("api", "production"))).toEqual({ tea: "€12.00", stage: "production" });
    expect(await page("web", "production")).toBe("<h1>Tea, €12.00</h1>\n");
  });

  it("starts nothing for the documentation, and one pipeline for one application", async () => {
    commits["docs"] = await push({ "docs/releases.md": (text) => `${text}\nOn Fridays nobody approves.\n` });
    commits["api"] = await push({ "api/index.mjs": (text) => text.replace("1200", "1300") });
    await release("api", commits["api"]);
    expect(JSON.parse(await page("api", "production"))).toMatchObject({ tea: "€13.00" });
    expect(await page("web", "production")).toBe("<h1>Tea, €12.00</h1>\n");
  });

  it("starts both for what they share; a mistake in it is found in the currency that has it, and goes no further", async () => {
    const careless = (text: string) => text.replace("10 ** writer.resolvedOptions().maximumFractionDigits", "100");
    commits["broken"] = await push({ "shared/money.mjs": careless });
    for (const application of APPLICATIONS) {
      expect(await ended(application, commits["broken"])).toMatchObject({ status: "Failed" });
      const [decimals, costs] = CASES[application];
      expect(await tested(application, commits["broken"])).toEqual({
        status: "FAILED",
        cases: {
          EUR: [`SUCCEEDED ${decimals}`, `SUCCEEDED ${costs}`],
          JPY: [`FAILED ${decimals}`, `SUCCEEDED ${costs}`],
        },
      });
      expect((await actions(application, commits["broken"])).map(({ actionName }) => actionName)).toEqual(["Test", "Commit"]);
    }
    await git("revert", "--no-edit", "HEAD");
    await git("push", "--quiet", "origin", "HEAD:refs/heads/main");
    commits["mended"] = (await git("rev-parse", "HEAD")).trim();
    await Promise.all(APPLICATIONS.map((application) => release(application, commits["mended"]!)));
  });

  it("leaves in each pipeline what was its own, and nothing else", async () => {
    const startedFor = async (application: Application) =>
      (await executions(application)).map(({ sourceRevisions, trigger, status }) => {
        const [name] = Object.entries(commits).find(([, commit]) => commit === sourceRevisions![0]!.revisionId)!;
        return `${name} by ${trigger!.triggerType}: ${status}`;
      });
    const [first, broken, mended] = ["first by CreatePipeline: Succeeded", "broken by WebhookV2: Failed", "mended by WebhookV2: Succeeded"];
    expect(await startedFor("api")).toEqual([first, "api by WebhookV2: Succeeded", broken, mended]);
    expect(await startedFor("web")).toEqual([first, broken, mended]);
  });
});
