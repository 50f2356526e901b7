import { fileURLToPath } from "node:url";
import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { IAMClient, UpdateRoleCommand } from "@aws-sdk/client-iam";
import { LambdaClient, ListVersionsByFunctionCommand, RemovePermissionCommand } from "@aws-sdk/client-lambda";
import { HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { DeleteParameterCommand, GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listAccount } from "./account.ts";
import { type Ended, REGION, run, Server, until } from "./server.ts";
import { lack, version, Workspace } from "./terraform.ts";

// The unmodified Terraform with the unmodified AWS provider on the unmodified example, as a user of Terraform goes about it.
//
// The provider waits for what AWS takes its time over, 25 seconds for each change of a queue and 50 for lifecycle rules, whatever it is
// answered. So one account gets the whole example, once, while the story of changes goes on in another, without queues and such rules.

const LIMIT_MS = 180_000;
const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const WHOLE = "111122223333";
const STORY = "222233334444";

describe.skipIf(lack !== undefined)(
  `terraform, on examples/terraform (${lack ? `skipped: ${lack}` : version})`,
  { timeout: LIMIT_MS },
  () => {
    let server: Server;
    let whole: Workspace;
    let story: Workspace;
    let applied: Promise<Ended>;
    let planned: Promise<Ended>;

    beforeAll(async () => {
      server = await Server.start();
      const partner_token = "sesame";
      [whole, story] = await Promise.all([
        Workspace.make(server, WHOLE, { partner_token }),
        Workspace.make(server, STORY, { partner_token, archive: "false", keep_days: "0" }),
      ]);
      applied = whole.attempt("apply", "-auto-approve");
      planned = applied.then(() => whole.attempt("plan", "-detailed-exitcode"));
    }, LIMIT_MS);
    afterAll(() => server?.[Symbol.asyncDispose]());

    // Each step goes on from the one before.
    it("finds the configuration tidy, and all of it to be made", async () => {
      const args = ["env", "--format", "terraform", "--endpoint", server.endpoint, "--account", STORY, "--region", REGION];
      story.write("slipway_override.tf", await run(process.execPath, [MAIN, ...args], { env: process.env, cwd: story.folder }));
      await story.terraform("fmt", "-check", "-recursive");
      expect(await story.terraform("plan", "-out=first")).toContain("64 to add, 0 to change, 0 to destroy.");
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
      // It breaks lines where they are full.
      const text = stderr.replaceAll(/\s+/g, " ");
      expect(text).toContain("Error acquiring the state lock");
      expect(text).toContain("api error PreconditionFailed: At least one of the pre-conditions you specified did not hold");
      expect(text).toContain("Operation: OperationTypeApply");
    });

    it("makes what it planned, of a configuration that is valid", async () => {
      const [applied] = await Promise.all([story.terraform("apply", "first"), story.terraform("validate")]);
      expect(applied).toContain("Resources: 64 added, 0 changed, 0 destroyed.");
    });

    it("sees what was changed by hand, and plans that, an import, an update and replacements together", async () => {
      await story.client(SSMClient).send(new DeleteParameterCommand({ Name: "/documents/limit-mb" }));
      await story.client(IAMClient).send(new UpdateRoleCommand({ RoleName: "documents-function", MaxSessionDuration: 3600 }));
      await story
        .client(LambdaClient)
        .send(new RemovePermissionCommand({ FunctionName: "documents", Qualifier: "live", StatementId: "nightly" }));
      await story.client(CloudWatchLogsClient).send(new CreateLogGroupCommand({ logGroupName: "/made/by/hand" }));
      story.write(
        "by-hand.tf",
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
      expect(await listAccount(story.client)).toEqual([story.states]);
    });

    it("applies the whole example, and then finds nothing to do", async () => {
      const { code, stdout, stderr } = await applied;
      expect(code, stdout + stderr).toBe(0);
      expect(stdout).toContain("Resources: 70 added, 0 changed, 0 destroyed.");
      const plan = await planned;
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
