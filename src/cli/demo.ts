import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "./client.ts";
import { Timeline } from "./demo/timeline.ts";
import { run as runCommand, until } from "./demo/tools.ts";
import { doraLines } from "./dora.ts";

const ACCOUNT = "111122223333";
const REGION = "eu-west-1";
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SHOP = join(ROOT, "examples", "shop");
const PIPELINE = "shop";

/** What the demo says in the end. */
interface Summary {
  readonly rolledBack: boolean;
  readonly recovered: boolean;
  readonly realSeconds: number;
  readonly serverCpuSeconds: number;
  readonly dora: unknown;
}

/** From `git push` to a canary that rolls itself back, through unmodified cdk, git and the AWS SDK. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parse(args, { keep: { type: "boolean" }, json: { type: "boolean" } });
  const begun = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "slipway-demo-"));
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const cloud = await startCloud(folder);
  const demo = new Demo(cloud.endpoint, folder, say);
  const telling = setInterval(() => void demo.timeline.tell().catch(() => {}), 250);
  try {
    const summary = await demo.play();
    clearInterval(telling);
    const health = await cloud.ask("health");
    const whole: Summary = { ...summary, realSeconds: (performance.now() - begun) / 1000, serverCpuSeconds: health.cpuSeconds };
    tellEnd(whole, say);
    if (values["json"]) say(JSON.stringify(whole));
    if (values["keep"]) return await keep(cloud, say);
    return whole.rolledBack && whole.recovered ? 0 : 1;
  } finally {
    clearInterval(telling);
    await cloud.stop();
    if (!values["keep"]) rmSync(folder, { recursive: true, force: true });
  }
}

/** The story, told by clients that know nothing of Slipway. */
export class Demo {
  readonly timeline: Timeline;
  readonly #endpoint: string;
  readonly #folder: string;
  readonly #repository: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #say: (line: string) => void;

  constructor(endpoint: string, folder: string, say: (line: string) => void) {
    this.#endpoint = endpoint;
    this.#folder = folder;
    this.#repository = join(folder, "shop");
    this.#say = say;
    this.#env = clientEnvironment(endpoint, folder);
    this.timeline = new Timeline(endpoint, { account: ACCOUNT, region: REGION }, say);
  }

  async play(): Promise<Omit<Summary, "realSeconds" | "serverCpuSeconds">> {
    const aws = await clients();
    const config = { endpoint: this.#endpoint, region: REGION, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "slipway" } };
    const pipelines = new aws.CodePipelineClient(config);
    const stacks = new aws.CloudFormationClient(config);

    await this.#step("cdk bootstrap", () => this.#cdk(this.#folder, "bootstrap", `aws://${ACCOUNT}/${REGION}`));
    await this.#step("cdk deploy ShopPipeline", () => this.#cdk(SHOP, "deploy", "ShopPipeline", "--require-approval", "never"));
    await this.#gitAccess(aws, config);
    // Creating a pipeline starts an execution, which fails: there is no branch yet.
    const executions = async () =>
      (await pipelines.send(new aws.ListPipelineExecutionsCommand({ pipelineName: PIPELINE }))).pipelineExecutionSummaries ?? [];
    await until("the first execution ends", async () =>
      (await executions()).every(({ status }) => status !== "InProgress") ? true : undefined,
    );

    const released = async (commit: string) =>
      until(`the pipeline has run for ${commit.slice(0, 8)}`, async () => {
        const found = (await executions()).find(({ sourceRevisions = [] }) =>
          sourceRevisions.some(({ revisionId }) => revisionId === commit),
        );
        return found?.status === "InProgress" || found === undefined ? undefined : found;
      });

    const good = await this.#push("1-good", "The shop opens");
    expect((await released(good)).status === "Succeeded", "the good release goes out");
    const { Stacks } = await stacks.send(new aws.DescribeStacksCommand({ StackName: "Shop" }));
    const url = Stacks![0]!.Outputs!.find(({ OutputKey }) => OutputKey === "Url")!.OutputValue!;
    this.#say(`\n  ${url} answers ${await this.#fetch(url)}\n`);
    const traffic = await this.#control("traffic", { url, rate: "2/s" });

    const bad = await this.#push("2-bad", "A new price list");
    const failed = await released(bad);
    expect(failed.status === "Failed", "the bad release does not go out");
    const alarm = await this.#rolledBackBy(aws, config);
    this.#say(`\n  ${url} answers ${await this.#fetch(url)}\n`);
    await this.#untilOk(aws, config, alarm);

    const fix = await this.#push("3-fix", "Prices of every item");
    const recovered = (await released(fix)).status === "Succeeded";
    this.#say(`\n  ${url} answers ${await this.#fetch(url)}\n`);
    const { sent, answers } = await this.#control("traffic", { stop: traffic.id });
    await this.timeline.tell();
    this.#say(
      `\n  ${sent} requests were sent: ${Object.entries(answers)
        .map(([status, count]) => `${count} × ${status}`)
        .join(", ")}\n`,
    );
    return { rolledBack: true, recovered, dora: await this.#control(`dora?account=${ACCOUNT}&region=${REGION}&window=6h`) };
  }

  /** The name of the alarm that stopped the canary; throws where something else did. */
  async #rolledBackBy(aws: Clients, config: object): Promise<string> {
    const deploys = new aws.CodeDeployClient(config);
    const { deployments = [] } = await deploys.send(new aws.ListDeploymentsCommand({}));
    const { deploymentsInfo = [] } = await deploys.send(new aws.BatchGetDeploymentsCommand({ deploymentIds: deployments }));
    const stopped = deploymentsInfo.find((deployment: any) => deployment.errorInformation?.code === "ALARM_ACTIVE");
    expect(stopped?.rollbackInfo?.rollbackDeploymentId !== undefined, "an alarm stops the canary, and it is rolled back");
    return /<([^,>]+)/.exec(stopped!.errorInformation!.message!)![1]!;
  }

  async #untilOk(aws: Clients, config: object, alarm: string): Promise<void> {
    const { MetricAlarms } = await new aws.CloudWatchClient(config).send(new aws.DescribeAlarmsCommand({ AlarmNames: [alarm] }));
    if (MetricAlarms?.[0]?.StateValue !== "ALARM") return;
    const pattern = { source: ["aws.cloudwatch"], detail: { alarmName: [alarm], state: { value: ["OK"] } } };
    await this.#control(`clock?account=${ACCOUNT}&region=${REGION}`, { advance: "1h", until: pattern });
  }

  /** Commit a release on top of the one before, and push it; answers the commit. */
  async #push(release: string, message: string): Promise<string> {
    cpSync(join(SHOP, "releases", release), this.#repository, { recursive: true });
    await this.#git("add", "--all");
    await this.#git("commit", "--quiet", "--message", message);
    await this.#step(`git push (${message})`, () => this.#git("push", "--quiet", "origin", "HEAD:refs/heads/main"));
    return (await this.#git("rev-parse", "HEAD")).trim();
  }

  /** A user with a password for git, and an empty clone. */
  async #gitAccess(aws: Clients, config: object): Promise<void> {
    const iam = new aws.IAMClient(config);
    await iam.send(new aws.CreateUserCommand({ UserName: "developer" }));
    const { ServiceSpecificCredential } = await iam.send(
      new aws.CreateServiceSpecificCredentialCommand({ UserName: "developer", ServiceName: "codecommit.amazonaws.com" }),
    );
    const { ServiceUserName, ServicePassword } = ServiceSpecificCredential!;
    const { repositoryMetadata } = await new aws.CodeCommitClient(config).send(new aws.GetRepositoryCommand({ repositoryName: "shop" }));
    const url = new URL(repositoryMetadata!.cloneUrlHttp!);
    writeFileSync(
      join(this.#folder, "git-credentials"),
      `${url.protocol}//${encodeURIComponent(ServiceUserName!)}:${encodeURIComponent(ServicePassword!)}@${url.host}\n`,
    );
    await this.#step("git clone", () =>
      runCommand("git", ["clone", "--quiet", url.href, this.#repository], { cwd: this.#folder, env: this.#env }),
    );
  }

  #git(...args: string[]): Promise<string> {
    return runCommand("git", args, { cwd: this.#repository, env: this.#env });
  }

  #cdk(cwd: string, ...args: string[]): Promise<string> {
    const cdk = join(dirname(createRequire(import.meta.url).resolve("aws-cdk/package.json")), "bin", "cdk");
    const output = join(this.#folder, "cdk.out");
    return runCommand(process.execPath, [cdk, ...args, "--no-notices", "--output", output, "--ci", "--progress", "events"], {
      cwd,
      env: this.#env,
    });
  }

  async #step(what: string, work: () => Promise<unknown>): Promise<void> {
    const begun = performance.now();
    await this.timeline.tell();
    this.#say(`\n$ ${what}`);
    await work();
    await this.timeline.tell();
    this.#say(`          (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  }

  async #fetch(url: string): Promise<string> {
    const response = await fetch(url);
    return `${response.status} ${(await response.text()).slice(0, 100)}`;
  }

  async #control(path: string, body?: object): Promise<any> {
    const separator = path.includes("?") ? "&" : "?";
    const url = `${this.#endpoint}/_slipway/${path}${separator}account=${ACCOUNT}&region=${REGION}`;
    const response = await fetch(url, body && { method: "POST", body: JSON.stringify(body) });
    const answer = (await response.json()) as any;
    if (!response.ok) throw new Error(answer.error);
    return answer;
  }
}

/** The AWS SDK, as any program uses it. */
async function clients() {
  const all = await Promise.all([
    import("@aws-sdk/client-cloudformation"),
    import("@aws-sdk/client-cloudwatch"),
    import("@aws-sdk/client-codecommit"),
    import("@aws-sdk/client-codedeploy"),
    import("@aws-sdk/client-codepipeline"),
    import("@aws-sdk/client-iam"),
  ]);
  const [
    { CloudFormationClient, DescribeStacksCommand },
    { CloudWatchClient, DescribeAlarmsCommand },
    { CodeCommitClient, GetRepositoryCommand },
  ] = all;
  const [
    ,
    ,
    ,
    { CodeDeployClient, ListDeploymentsCommand, BatchGetDeploymentsCommand },
    { CodePipelineClient, ListPipelineExecutionsCommand },
    iam,
  ] = all;
  const { IAMClient, CreateUserCommand, CreateServiceSpecificCredentialCommand } = iam;
  return {
    ...{ CloudFormationClient, DescribeStacksCommand, CloudWatchClient, DescribeAlarmsCommand, CodeCommitClient, GetRepositoryCommand },
    ...{ CodeDeployClient, ListDeploymentsCommand, BatchGetDeploymentsCommand, CodePipelineClient, ListPipelineExecutionsCommand },
    ...{ IAMClient, CreateUserCommand, CreateServiceSpecificCredentialCommand },
  };
}

type Clients = Awaited<ReturnType<typeof clients>>;

/** Nothing of the user's own accounts, git settings or caches is in reach of what the demo runs. */
function clientEnvironment(endpoint: string, folder: string): NodeJS.ProcessEnv {
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  const gitConfig = join(home, "gitconfig");
  const settings = [
    `[user]\n\tname = Developer\n\temail = developer@example.com`,
    `[credential]\n\thelper = store --file=${join(folder, "git-credentials")}`,
    "[init]\n\tdefaultBranch = main",
    "[advice]\n\tdetachedHead = false",
  ];
  writeFileSync(gitConfig, `${settings.join("\n")}\n`);
  return {
    PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
    HOME: home,
    CDK_HOME: home,
    TMPDIR: tmpdir(),
    CDK_DISABLE_CLI_TELEMETRY: "true",
    GIT_CONFIG_GLOBAL: gitConfig,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: "slipway",
    AWS_EC2_METADATA_DISABLED: "true",
    CDK_DEFAULT_ACCOUNT: ACCOUNT,
    CDK_DEFAULT_REGION: REGION,
    NO_COLOR: "1",
  };
}

interface RunningCloud {
  readonly endpoint: string;
  ask(path: string): Promise<any>;
  stop(): Promise<void>;
}

/** A server of its own, on a free port, with a clock on which waiting costs nothing. */
async function startCloud(folder: string): Promise<RunningCloud> {
  const args = [process.argv[1]!, "start", "--port", "0", "--clock", "auto", "--data", join(folder, "data"), "--json"];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const { endpoint } = await new Promise<{ endpoint: string }>((resolve, reject) => {
    child.stdout!.once("data", (line) => resolve(JSON.parse(String(line))));
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return {
    endpoint,
    ask: async (path) => (await fetch(`${endpoint}/_slipway/${path}`)).json(),
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once("exit", () => resolve());
        child.kill("SIGTERM");
      }),
  };
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`this was to happen, and did not: ${what}`);
}

function tellEnd({ dora, realSeconds, serverCpuSeconds, rolledBack, recovered }: Summary, say: (line: string) => void): void {
  for (const line of doraLines(dora)) say(line);
  say("");
  say(
    `The bad release was ${rolledBack ? "rolled back by its alarm" : "not rolled back"}; the fix ${recovered ? "went out" : "did not go out"}.`,
  );
  say(`All of this took ${realSeconds.toFixed(1)} s of real time, ${serverCpuSeconds.toFixed(1)} s of it CPU time of the server.`);
}

/** Leave the cloud running, until Ctrl-C. */
async function keep({ endpoint }: RunningCloud, say: (line: string) => void): Promise<number> {
  say(`
It keeps running at ${endpoint} until Ctrl-C. To look around, in another terminal:
  eval "$(bin/slipway.mjs env --endpoint ${endpoint} --account ${ACCOUNT} --region ${REGION})"
  aws codepipeline get-pipeline-state --name ${PIPELINE}
  aws cloudformation describe-stack-events --stack-name Shop
  bin/slipway.mjs why; bin/slipway.mjs clock; bin/slipway.mjs dora --account ${ACCOUNT} --region ${REGION}`);
  await new Promise<void>((resolve) => void process.once("SIGINT", () => resolve()));
  return 0;
}
