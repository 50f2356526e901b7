import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, DescribeAlarmsCommand, ListDashboardsCommand } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CodeBuildClient, ListProjectsCommand } from "@aws-sdk/client-codebuild";
import { CodeCommitClient, ListRepositoriesCommand } from "@aws-sdk/client-codecommit";
import { CodeDeployClient, ListApplicationsCommand, ListDeploymentConfigsCommand } from "@aws-sdk/client-codedeploy";
import { CodePipelineClient, ListPipelinesCommand } from "@aws-sdk/client-codepipeline";
import { DescribeRepositoriesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { EventBridgeClient, ListRulesCommand } from "@aws-sdk/client-eventbridge";
import { IAMClient, ListInstanceProfilesCommand, ListPoliciesCommand, ListRolesCommand, UpdateRoleCommand } from "@aws-sdk/client-iam";
import { DescribeKeyCommand, KMSClient, ListAliasesCommand, ListKeysCommand } from "@aws-sdk/client-kms";
import { LambdaClient, ListFunctionsCommand, ListVersionsByFunctionCommand, RemovePermissionCommand } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, HeadObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ListSubscriptionsCommand, ListTopicsCommand, SNSClient } from "@aws-sdk/client-sns";
import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { DeleteParameterCommand, DescribeParametersCommand, GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attempt, type Ended, REGION, Server, until } from "./server.ts";
import { zip } from "./zip.ts";

// The unmodified Terraform with the unmodified AWS provider on the unmodified example, as a user of Terraform goes about it.
//
// The provider waits for what AWS takes its time over, 25 seconds for each change of a queue and 50 for lifecycle rules, whatever it is
// answered. So one account gets the whole example, once, while the story of changes goes on in another, without queues and such rules.

const LIMIT_MS = 180_000;
const EXAMPLE = fileURLToPath(new URL("../../examples/terraform", import.meta.url));
const WHOLE = "111122223333";
const STORY = "222233334444";
const PROVIDER = join("registry.terraform.io", "hashicorp", "aws");
const PLATFORM = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;

/** A folder of providers that has the one for AWS: where Terraform itself would look, or a folder of its own where software is put. */
function findMirror(): string | undefined {
  const implied = [
    join(homedir(), ".terraform.d"),
    join(homedir(), ".local/share/terraform"),
    "/usr/local/share/terraform",
    "/usr/share/terraform",
  ];
  const installed = existsSync("/opt") ? readdirSync("/opt").map((name) => join("/opt", name)) : [];
  const folders = [process.env["TF_PLUGIN_CACHE_DIR"] ?? "", ...implied.map((folder) => join(folder, "plugins")), ...installed];
  return folders.find((folder) => {
    const provider = join(folder, PROVIDER);
    return folder !== "" && existsSync(provider) && readdirSync(provider).some((version) => existsSync(join(provider, version, PLATFORM)));
  });
}

const mirror = findMirror();
const { stdout } = spawnSync("terraform", ["version"], { encoding: "utf8" });
const version = /Terraform v(\S+)/.exec(stdout ?? "")?.[1];
const lack =
  version === undefined ? "there is no terraform on PATH" : mirror === undefined ? `no provider for AWS is installed` : undefined;

describe.skipIf(lack !== undefined)(
  `terraform, on examples/terraform (${lack ? `skipped: ${lack}` : version})`,
  { timeout: LIMIT_MS },
  () => {
    let server: Server;
    let whole: Workspace;
    let story: Workspace;
    let applied: Promise<Ended>;

    beforeAll(async () => {
      server = await Server.start();
      [whole, story] = await Promise.all([
        Workspace.make(server, WHOLE, {}),
        Workspace.make(server, STORY, { archive: "false", keep_days: "0" }),
      ]);
      await whole.terraform("init", `-backend-config=bucket=${whole.states}`);
      applied = whole.attempt("apply", "-auto-approve");
    }, LIMIT_MS);
    afterAll(() => server?.[Symbol.asyncDispose]());

    // Each step goes on from the one before.
    it("initializes, and finds the configuration tidy, valid, and all of it to be made", async () => {
      await story.terraform("init", `-backend-config=bucket=${story.states}`);
      const [, , plan] = await Promise.all([
        story.terraform("fmt", "-check", "-recursive"),
        story.terraform("validate"),
        story.terraform("plan", "-out=first"),
      ]);
      expect(plan).toContain("64 to add, 0 to change, 0 to destroy.");
    });

    it("does not touch a state that somebody else has locked", async () => {
      const Key = "documents/terraform.tfstate.tflock";
      await until("the lock is there", () =>
        whole
          .client(S3Client)
          .send(new HeadObjectCommand({ Bucket: whole.states, Key }))
          .catch(() => undefined),
      );
      const { code, stderr } = await whole.attempt("plan");
      expect(code).toBe(1);
      expect(stderr).toContain("Error acquiring the state lock");
      expect(stderr).toMatch(/StatusCode: 412,[^,]+,\s+HostID:[^,]+,\s+api error\s+PreconditionFailed: At least one of the/);
      expect(stderr).toMatch(/Operation: +OperationTypeApply/);
    });

    it("makes what it planned", async () => {
      expect(await story.terraform("apply", "first")).toContain("Resources: 64 added, 0 changed, 0 destroyed.");
    });

    it("sees what was changed by hand, and plans that, an import, an update and replacements together", async () => {
      await story.client(SSMClient).send(new DeleteParameterCommand({ Name: "/documents/limit-mb" }));
      await story.client(IAMClient).send(new UpdateRoleCommand({ RoleName: "documents-function", MaxSessionDuration: 3600 }));
      await story
        .client(LambdaClient)
        .send(new RemovePermissionCommand({ FunctionName: "documents", Qualifier: "live", StatementId: "nightly" }));
      await story.client(CloudWatchLogsClient).send(new CreateLogGroupCommand({ logGroupName: "/made/by/hand" }));
      writeFileSync(
        join(story.folder, "by-hand.tf"),
        'import {\n  to = aws_cloudwatch_log_group.by_hand\n  id = "/made/by/hand"\n}\n\n' +
          'resource "aws_cloudwatch_log_group" "by_hand" {\n  name              = "/made/by/hand"\n  retention_in_days = 7\n}\n',
      );
      story.variables = { ...story.variables, memory_mb: "512", partner_token: "open sesame" };
      const { code, stdout } = await story.attempt(
        "plan",
        "-detailed-exitcode",
        "-out=second",
        "-replace=aws_cloudwatch_dashboard.documents",
      );
      expect(code).toBe(2);
      expect(stdout).toContain("# aws_ssm_parameter.limit will be created");
      expect(stdout).toContain("# aws_lambda_permission.nightly will be created");
      expect(stdout).toMatch(/~ max_session_duration += 3600 -> 7200/);
      expect(stdout).toContain("# aws_cloudwatch_log_group.by_hand will be updated in-place");
      expect(stdout).toContain('# (imported from "/made/by/hand")');
      expect(stdout).toMatch(/# aws_lambda_function.documents will be updated in-place[^#]+~ memory_size += 256 -> 512/);
      expect(stdout).toContain("# aws_secretsmanager_secret_version.partner must be replaced");
      expect(stdout).toContain("# aws_cloudwatch_dashboard.documents will be replaced, as requested");
    });

    it("makes it so, and then finds nothing to do", async () => {
      await story.terraform("apply", "second");
      const [limit, secret, versions] = await Promise.all([
        story.client(SSMClient).send(new GetParameterCommand({ Name: "/documents/limit-mb" })),
        story.client(SecretsManagerClient).send(new GetSecretValueCommand({ SecretId: "documents/partner" })),
        story.client(LambdaClient).send(new ListVersionsByFunctionCommand({ FunctionName: "documents" })),
      ]);
      expect(limit.Parameter!.Value).toBe("25");
      expect(secret.SecretString).toBe('{"token":"open sesame"}');
      expect(versions.Versions!.map(({ Version, MemorySize }) => [Version, MemorySize])).toEqual([
        ["$LATEST", 512],
        ["1", 256],
        ["2", 512],
      ]);
      const { code, stdout } = await story.attempt("plan", "-detailed-exitcode");
      expect(code, stdout).toBe(0);
    });

    it("destroys, and nothing is left", async () => {
      expect(await story.terraform("destroy", "-auto-approve")).toContain("Resources: 65 destroyed.");
      expect(await left(story)).toEqual([story.states]);
    });

    it("applies the whole example, and then finds nothing to do", async () => {
      const { code, stdout, stderr } = await applied;
      expect(code, stdout + stderr).toBe(0);
      expect(stdout).toContain("Resources: 70 added, 0 changed, 0 destroyed.");
      const plan = await whole.attempt("plan", "-detailed-exitcode");
      expect(plan.code, plan.stdout).toBe(0);
    });

    it("has made what works: a document reaches the function, the archive and the partner", async () => {
      const Bucket = /bucket = "(.+)"/.exec((await applied).stdout)![1]!;
      const queue = /conversion_queue_url = "(.+)"/.exec((await applied).stdout)![1]!;
      await whole.client(S3Client).send(new PutObjectCommand({ Bucket, Key: "incoming/letter.txt", Body: "Dear customer" }));
      // The partner's queue has a test event of S3's as well.
      for (const QueueUrl of [queue, queue.replace(/[^/]+$/, "documents-archive")]) {
        const received = () => whole.client(SQSClient).send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
        await until(`a message in ${QueueUrl}`, async () => (await received()).Messages?.find(({ Body }) => Body!.includes("letter.txt")));
      }
      const message = await until("the function says so", async () => {
        const { events } = await whole
          .client(CloudWatchLogsClient)
          .send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/documents", filterPattern: "looked" }));
        return events?.[0]?.message;
      });
      expect(message).toContain("looked at incoming/letter.txt, 13 bytes");
    });
  },
);

/** A copy of the example, for one account. */
class Workspace {
  readonly #server: Server;
  readonly #account: string;
  readonly folder: string;
  /** The bucket of its states. */
  readonly states: string;
  variables: Readonly<Record<string, string>>;

  private constructor(server: Server, account: string, variables: Readonly<Record<string, string>>) {
    this.#server = server;
    this.#account = account;
    this.folder = join(server.folder, account);
    this.states = `terraform-${account}`;
    this.variables = { partner_token: "sesame", ...variables };
  }

  static async make(server: Server, account: string, variables: Readonly<Record<string, string>>): Promise<Workspace> {
    const workspace = new Workspace(server, account, variables);
    cpSync(EXAMPLE, workspace.folder, { recursive: true });
    mkdirSync(join(workspace.folder, "build"), { recursive: true });
    const code = readFileSync(join(EXAMPLE, "src", "index.mjs"), "utf8");
    writeFileSync(join(workspace.folder, "build", "function.zip"), await zip({ "index.mjs": code }));
    writeFileSync(workspace.#settings, `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`);
    const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
    await workspace.client(S3Client).send(new CreateBucketCommand({ Bucket: workspace.states, CreateBucketConfiguration }));
    return workspace;
  }

  get #settings(): string {
    return join(this.folder, "terraform.rc");
  }

  /** Run terraform to its end, however it ends. */
  attempt(...args: string[]): Promise<Ended> {
    const variables = Object.entries(this.variables).map(([name, value]) => [`TF_VAR_${name}`, value]);
    const settings = { TF_CLI_CONFIG_FILE: this.#settings, TF_INPUT: "0", TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1" };
    const env = { ...this.#server.environment(this.#account), ...settings, ...Object.fromEntries(variables) };
    return attempt("terraform", [args[0]!, "-no-color", ...args.slice(1)], { env, cwd: this.folder });
  }

  /** Run a terraform that must end well; answers what it printed. */
  async terraform(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.attempt(...args);
    if (code !== 0) throw new Error(`terraform ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  }

  client<C>(make: new (config: object) => C): C {
    const credentials = { accessKeyId: this.#account, secretAccessKey: "slipway" };
    return new make({ endpoint: this.#server.endpoint, region: REGION, credentials, forcePathStyle: true });
  }
}

/** The names of everything that the account has, as far as there are lists. */
async function left(workspace: Workspace): Promise<(string | undefined)[]> {
  const iam = workspace.client(IAMClient);
  const kms = workspace.client(KMSClient);
  const deploy = workspace.client(CodeDeployClient);
  const sns = workspace.client(SNSClient);
  const watch = workspace.client(CloudWatchClient);
  const { Keys = [] } = await kms.send(new ListKeysCommand({}));
  const keys = await Promise.all(Keys.map(async ({ KeyId }) => (await kms.send(new DescribeKeyCommand({ KeyId: KeyId! }))).KeyMetadata!));
  const lists = await Promise.all([
    workspace
      .client(S3Client)
      .send(new ListBucketsCommand({}))
      .then(({ Buckets = [] }) => Buckets.map(({ Name }) => Name)),
    iam.send(new ListRolesCommand({})).then(({ Roles = [] }) => Roles.map(({ Arn }) => Arn)),
    iam.send(new ListPoliciesCommand({ Scope: "Local" })).then(({ Policies = [] }) => Policies.map(({ Arn }) => Arn)),
    iam.send(new ListInstanceProfilesCommand({})).then(({ InstanceProfiles = [] }) => InstanceProfiles.map(({ Arn }) => Arn)),
    // Keys go a week later; what AWS makes for itself stays.
    keys.filter(({ KeyManager, KeyState }) => KeyManager === "CUSTOMER" && KeyState !== "PendingDeletion").map(({ Arn }) => Arn),
    kms
      .send(new ListAliasesCommand({}))
      .then(({ Aliases = [] }) => Aliases.map(({ AliasName }) => AliasName).filter((name) => !name!.startsWith("alias/aws/"))),
    workspace
      .client(LambdaClient)
      .send(new ListFunctionsCommand({}))
      .then(({ Functions = [] }) => Functions.map(({ FunctionArn }) => FunctionArn)),
    workspace
      .client(CloudWatchLogsClient)
      .send(new DescribeLogGroupsCommand({}))
      .then(({ logGroups = [] }) => logGroups.map(({ arn }) => arn)),
    workspace
      .client(SQSClient)
      .send(new ListQueuesCommand({}))
      .then(({ QueueUrls = [] }) => QueueUrls),
    sns.send(new ListTopicsCommand({})).then(({ Topics = [] }) => Topics.map(({ TopicArn }) => TopicArn)),
    sns
      .send(new ListSubscriptionsCommand({}))
      .then(({ Subscriptions = [] }) => Subscriptions.map(({ SubscriptionArn }) => SubscriptionArn)),
    workspace
      .client(SSMClient)
      .send(new DescribeParametersCommand({}))
      .then(({ Parameters = [] }) => Parameters.map(({ Name }) => Name)),
    workspace
      .client(SecretsManagerClient)
      .send(new ListSecretsCommand({ IncludePlannedDeletion: true }))
      .then(({ SecretList = [] }) => SecretList.map(({ ARN }) => ARN)),
    watch
      .send(new DescribeAlarmsCommand({ AlarmTypes: ["MetricAlarm", "CompositeAlarm"] }))
      .then(({ MetricAlarms = [], CompositeAlarms = [] }) => [...MetricAlarms, ...CompositeAlarms].map(({ AlarmArn }) => AlarmArn)),
    watch.send(new ListDashboardsCommand({})).then(({ DashboardEntries = [] }) => DashboardEntries.map(({ DashboardArn }) => DashboardArn)),
    workspace
      .client(EventBridgeClient)
      .send(new ListRulesCommand({}))
      .then(({ Rules = [] }) => Rules.map(({ Arn }) => Arn)),
    workspace
      .client(CodeCommitClient)
      .send(new ListRepositoriesCommand({}))
      .then(({ repositories = [] }) => repositories.map(({ repositoryName }) => repositoryName)),
    workspace
      .client(CodeBuildClient)
      .send(new ListProjectsCommand({}))
      .then(({ projects = [] }) => projects),
    deploy.send(new ListApplicationsCommand({})).then(({ applications = [] }) => applications),
    deploy
      .send(new ListDeploymentConfigsCommand({}))
      .then(({ deploymentConfigsList = [] }) => deploymentConfigsList.filter((name) => !name.startsWith("CodeDeployDefault."))),
    workspace
      .client(CodePipelineClient)
      .send(new ListPipelinesCommand({}))
      .then(({ pipelines = [] }) => pipelines.map(({ name }) => name)),
    workspace
      .client(ECRClient)
      .send(new DescribeRepositoriesCommand({}))
      .then(({ repositories = [] }) => repositories.map(({ repositoryArn }) => repositoryArn)),
    workspace
      .client(CloudFormationClient)
      .send(new DescribeStacksCommand({}))
      .then(({ Stacks = [] }) => Stacks.map(({ StackId }) => StackId)),
  ]);
  return lists.flat();
}
