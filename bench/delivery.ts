import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { BatchGetBuildsCommand, CodeBuildClient, CreateProjectCommand, StartBuildCommand } from "@aws-sdk/client-codebuild";
import { CodeCommitClient, CreateRepositoryCommand } from "@aws-sdk/client-codecommit";
import {
  CodePipelineClient,
  CreatePipelineCommand,
  GetPipelineExecutionCommand,
  ListPipelineExecutionsCommand,
  type PipelineDeclaration,
  StartPipelineExecutionCommand,
} from "@aws-sdk/client-codepipeline";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { commit, git, plainGitServer, repositoryOf } from "./git.ts";
import type { Server } from "./servers.ts";

/** A figure, and where there is one, what a user would run instead, measured in the same run. */
export type NoteBeside = (name: string, value: number, beside?: number, wanted?: string) => void;

const ACCOUNT = "111122223333";
const MEGABYTES = 100;
const CONCURRENT = 100;
const AT_ONCE = 50;
const SAMPLE = 500;
const HISTORY = 10_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`${what}: not within a minute`);
    await pause(2);
  }
}

/** A team's cloud: a repository, a build project, a pipeline, and clients for them. */
class Team {
  readonly folder = mkdtempSync(join(tmpdir(), "slipway-bench-team-"));
  readonly config: object;
  readonly codecommit: CodeCommitClient;
  readonly codebuild: CodeBuildClient;
  readonly pipelines: CodePipelineClient;
  readonly logs: CloudWatchLogsClient;
  readonly s3: S3Client;
  roleArn = "";

  constructor({ port }: Server) {
    const config = {
      endpoint: `http://127.0.0.1:${port}`,
      region: "us-east-1",
      credentials: { accessKeyId: ACCOUNT, secretAccessKey: "x" },
    };
    this.config = config;
    this.codecommit = new CodeCommitClient(config);
    this.codebuild = new CodeBuildClient(config);
    this.pipelines = new CodePipelineClient(config);
    this.logs = new CloudWatchLogsClient(config);
    this.s3 = new S3Client({ ...config, forcePathStyle: true });
  }

  async prepare(): Promise<void> {
    const Statement = ["codebuild", "codepipeline"].map((name) => ({
      Effect: "Allow",
      Principal: { Service: `${name}.amazonaws.com` },
      Action: "sts:AssumeRole",
    }));
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    const { Role } = await new IAMClient(this.config).send(new CreateRoleCommand({ RoleName: "team", AssumeRolePolicyDocument }));
    this.roleArn = Role!.Arn!;
    for (const Bucket of ["artifacts", "source"]) {
      await this.s3.send(new CreateBucketCommand({ Bucket }));
      await this.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    }
  }

  async repository(repositoryName: string): Promise<string> {
    const { repositoryMetadata } = await this.codecommit.send(new CreateRepositoryCommand({ repositoryName }));
    return repositoryMetadata!.cloneUrlHttp!.replace("://", `://${ACCOUNT}:x@`);
  }

  project(name: string, source: { type: "NO_SOURCE" | "CODEPIPELINE"; buildspec: string }): Promise<unknown> {
    return this.codebuild.send(
      new CreateProjectCommand({
        name,
        source,
        artifacts: { type: source.type === "NO_SOURCE" ? "NO_ARTIFACTS" : "CODEPIPELINE" },
        environment: { type: "LINUX_CONTAINER", image: "aws/codebuild/standard:7.0", computeType: "BUILD_GENERAL1_SMALL" },
        serviceRole: this.roleArn,
      }),
    );
  }

  pipeline(declaration: Omit<PipelineDeclaration, "roleArn" | "artifactStore">): Promise<unknown> {
    const artifactStore = { type: "S3" as const, location: "artifacts" };
    return this.pipelines.send(new CreatePipelineCommand({ pipeline: { ...declaration, roleArn: this.roleArn, artifactStore } }));
  }

  /** How many executions a pipeline has had. */
  async executions(pipelineName: string): Promise<number> {
    return (await this.pipelines.send(new ListPipelineExecutionsCommand({ pipelineName }))).pipelineExecutionSummaries!.length;
  }

  async firstLine(text: string): Promise<true | undefined> {
    const { events = [] } = await this.logs
      .send(new FilterLogEventsCommand({ logGroupName: "/aws/codebuild/release", filterPattern: `"${text}"` }))
      .catch(() => ({ events: [] }));
    return events.length > 0 ? true : undefined;
  }
}

const action = (name: string, category: string, provider: string, configuration: Record<string, string>, more: object) => ({
  name,
  actionTypeId: { category, owner: "AWS", provider, version: "1" } as never,
  configuration,
  ...more,
});

async function head(folder: string): Promise<string> {
  const child = spawn("git", ["rev-parse", "HEAD"], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  for await (const chunk of child.stdout) text += chunk;
  return text.trim();
}

const median = (all: readonly number[]): number => [...all].sort((one, other) => one - other)[all.length >> 1]!;

/** From a push to what follows it: an execution, and the first line that its build says. */
async function pushes(team: Team, note: NoteBeside): Promise<void> {
  const url = await team.repository("release");
  await team.project("release", {
    type: "CODEPIPELINE",
    buildspec: 'version: 0.2\nphases: {build: {commands: ["echo first line of $CODEBUILD_RESOLVED_SOURCE_VERSION"]}}',
  });
  await team.pipeline({
    name: "release",
    stages: [
      {
        name: "Source",
        actions: [
          action(
            "Commit",
            "Source",
            "CodeCommit",
            { RepositoryName: "release", BranchName: "main" },
            { outputArtifacts: [{ name: "source" }] },
          ),
        ],
      },
      {
        name: "Build",
        actions: [action("Build", "Build", "CodeBuild", { ProjectName: "release" }, { inputArtifacts: [{ name: "source" }] })],
      },
    ],
  });
  const folder = join(team.folder, "release");
  await repositoryOf(folder, 0);
  const started: number[] = [];
  const said: number[] = [];
  for (let nth = 0; nth < 5; nth++) {
    writeFileSync(join(folder, "nth.txt"), String(nth));
    await commit(folder, `nth ${nth}`);
    const id = await head(folder);
    const before = await team.executions("release");
    const pushed = git(folder, "push", "--quiet", url, "HEAD:refs/heads/main").then(() => performance.now());
    const began = until("an execution", async () => ((await team.executions("release")) > before ? performance.now() : undefined));
    const spoke = until("a line of the build", async () => ((await team.firstLine(id)) ? performance.now() : undefined));
    const end = await pushed;
    started.push(Math.max(0, (await began) - end));
    said.push((await spoke) - end);
  }
  note("push → execution started", median(started), undefined, "<= 50");
  note("push → first line of its build", median(said), undefined, "<= 300");
}

/** A large repository over HTTP, beside git's own server program and nothing else. */
async function largeRepository(team: Team, note: NoteBeside): Promise<void> {
  const ours = await team.repository("large");
  const plain = await plainGitServer(join(team.folder, "plain"));
  const folder = join(team.folder, "large");
  await repositoryOf(folder, MEGABYTES);
  const push = async (url: string) => git(folder, "push", "--quiet", url, "HEAD:refs/heads/main");
  const clone = async (url: string, name: string) => git(team.folder, "clone", "--quiet", "--branch", "main", url, name);
  const [theirPush, ourPush] = [await push(plain.url), await push(ours)];
  note(`push of ${MEGABYTES} MB (beside git http-backend)`, ourPush, theirPush);
  const theirs: number[] = [];
  const own: number[] = [];
  for (let nth = 0; nth < 3; nth++) {
    theirs.push(await clone(plain.url, `plain-${nth}`));
    own.push(await clone(ours, `ours-${nth}`));
    for (const name of [`plain-${nth}`, `ours-${nth}`]) rmSync(join(team.folder, name), { recursive: true });
  }
  note(`clone of ${MEGABYTES} MB (beside git http-backend)`, median(own), median(theirs));
  plain.stop();
}

/** A build that does nothing but a few commands, beside the commands alone. */
async function emptyBuild(team: Team, note: NoteBeside): Promise<void> {
  const commands = ["true", "echo one", "echo two"];
  await team.project("empty", { type: "NO_SOURCE", buildspec: JSON.stringify({ version: 0.2, phases: { build: { commands } } }) });
  const bare = (): Promise<number> => {
    const begun = performance.now();
    return new Promise((resolve) => {
      spawn("sh", ["-c", commands.join("\n")], { stdio: "ignore" }).once("close", () => resolve(performance.now() - begun));
    });
  };
  const build = async (): Promise<number> => {
    const begun = performance.now();
    const { build: started } = await team.codebuild.send(new StartBuildCommand({ projectName: "empty" }));
    return until("the build", async () => {
      const { builds } = await team.codebuild.send(new BatchGetBuildsCommand({ ids: [started!.id!] }));
      if (builds![0]!.buildStatus === "FAILED") throw new Error(JSON.stringify(builds![0]!.phases));
      return builds![0]!.buildStatus === "SUCCEEDED" ? performance.now() - begun : undefined;
    });
  };
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let nth = 0; nth < 5; nth++) {
    ours.push(await build());
    theirs.push(await bare());
  }
  note("empty build (beside its commands in a shell)", median(ours), median(theirs), "<= 100 more");
}

/** An empty zip as an object, and the action that takes it. */
async function objectSource(team: Team): Promise<ReturnType<typeof action>> {
  const Body = Buffer.from("504b0506000000000000000000000000000000000000", "hex");
  await team.s3.send(new PutObjectCommand({ Bucket: "source", Key: "app.zip", Body }));
  const configuration = { S3Bucket: "source", S3ObjectKey: "app.zip", PollForSourceChanges: "false" };
  return action("Object", "Source", "S3", configuration, { outputArtifacts: [{ name: "source" }] });
}

/** A hundred executions at once, each of which waits for an approval in the end. */
async function concurrent(team: Team, note: NoteBeside): Promise<void> {
  const source = await objectSource(team);
  // A pipeline has fifty at most.
  const names = ["many-0", "many-1"];
  for (const name of names)
    await team.pipeline({
      name,
      pipelineType: "V2",
      executionMode: "PARALLEL",
      stages: [
        { name: "Source", actions: [source] },
        { name: "Gate", actions: [action("Approve", "Approval", "Manual", {}, {})] },
      ],
    });
  const start = async (name: string) => (await team.pipelines.send(new StartPipelineExecutionCommand({ name }))).pipelineExecutionId!;
  for (const name of names) await until("the first execution", async () => ((await team.executions(name)) === 1 ? true : undefined));
  const begun = performance.now();
  const ids = await Promise.all(Array.from({ length: CONCURRENT - names.length }, (_, nth) => start(names[nth % 2]!)));
  for (const [nth, pipelineExecutionId] of ids.entries()) {
    await until("an execution at its gate", async () => {
      const command = new GetPipelineExecutionCommand({ pipelineName: names[nth % 2]!, pipelineExecutionId });
      const { pipelineExecution } = await team.pipelines.send(command);
      return pipelineExecution!.artifactRevisions!.length > 0 ? true : undefined;
    });
  }
  note(`${CONCURRENT} concurrent executions, each`, (performance.now() - begun) / CONCURRENT);
}

/** What an execution costs at first, and when its pipeline remembers ten thousand. */
async function history(team: Team, note: NoteBeside): Promise<void> {
  const name = "old";
  const deploy = { BucketName: "artifacts", Extract: "false", ObjectKey: "deployed.zip" };
  await team.pipeline({
    name,
    pipelineType: "V2",
    executionMode: "PARALLEL",
    stages: [
      { name: "Source", actions: [await objectSource(team)] },
      { name: "Deploy", actions: [action("Put", "Deploy", "S3", deploy, { inputArtifacts: [{ name: "source" }] })] },
    ],
  });
  const ended = async (): Promise<true | undefined> => {
    const { pipelineExecutionSummaries: all } = await team.pipelines.send(
      new ListPipelineExecutionsCommand({ pipelineName: name, maxResults: AT_ONCE }),
    );
    const failed = all!.find(({ status }) => status === "Failed");
    if (failed !== undefined) throw new Error(`execution ${failed.pipelineExecutionId} failed`);
    return all!.every(({ status }) => status === "Succeeded") ? true : undefined;
  };
  await until("the first execution", ended);
  const each = async (executions: number): Promise<number> => {
    const begun = performance.now();
    for (let started = 0; started < executions; started += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, () => team.pipelines.send(new StartPipelineExecutionCommand({ name }))));
      await until("executions", ended);
    }
    return (performance.now() - begun) / executions;
  };
  const first = await each(SAMPLE);
  note(`an execution, of the first ${SAMPLE}`, first);
  await each(HISTORY - 2 * SAMPLE);
  note(`an execution, of the last ${SAMPLE} of ${HISTORY.toLocaleString("en")} (beside the first)`, await each(SAMPLE), first);
}

/** What a team waits for, on a fresh server. */
export async function delivery(server: Server, note: NoteBeside): Promise<void> {
  const team = new Team(server);
  try {
    await team.prepare();
    for (const part of [pushes, emptyBuild, concurrent, largeRepository, history]) await part(team, note);
  } finally {
    rmSync(team.folder, { recursive: true, force: true });
  }
}
