import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CliRunner, findClis } from "./aws-cli.ts";
import { type Ended, REGION, run, Server, until } from "./server.ts";
import { appSpecOf, BUILDSPEC, HANDLER, pipelineOf, TEMPLATE, trustOf } from "./story.ts";
import { zip } from "./zip.ts";

// The unmodified AWS CLI, of each major version that this machine has: the same script, in an account for each.

/** A call takes more than half a second of a processor, and whoever runs all the tests has other uses for it. */
const LIMIT_MS = 180_000;

const clis = findClis();
const runners = new Map([...clis].map(([major, cli]) => [major, new CliRunner(cli)]));
const ACCOUNTS: Readonly<Record<number, string>> = { 1: "111122223333", 2: "222233334444" };
let server: Server;

beforeAll(async () => {
  server = await Server.start("--clock", "auto");
});
afterAll(async () => {
  for (const runner of runners.values()) runner.close();
  await server?.[Symbol.asyncDispose]();
});

describe.each([1, 2])("AWS CLI %i", (major) => {
  const cli = clis.get(major);
  const reason = cli === undefined ? `skipped: there is no aws ${major} on PATH or in /usr/bin` : cli.version;

  describe.skipIf(cli === undefined).concurrent(`plays its part of the story (${reason})`, { timeout: LIMIT_MS }, () => {
    const account = ACCOUNTS[major]!;
    const script = () => new Script(cli!.path, major, server.environment(account));

    it("is somebody, and makes users and roles", async () => {
      const aws = script();
      expect(await aws.json`sts get-caller-identity`).toMatchObject({ Account: account, Arn: `arn:aws:iam::${account}:root` });
      await aws.text`iam create-user --user-name ann`;
      const { AccessKey } = await aws.json`iam create-access-key --user-name ann`;
      const ann = aws.as(AccessKey.AccessKeyId, AccessKey.SecretAccessKey);
      expect((await ann.json`sts get-caller-identity`).Arn).toBe(`arn:aws:iam::${account}:user/ann`);
      const absent = await aws.attempt`iam get-role --role-name nobody`;
      expect(absent.stderr).toContain("An error occurred (NoSuchEntity) when calling the GetRole operation");
    });

    it("keeps files in S3", async () => {
      const aws = script();
      const bucket = `s3://files-${account}`;
      mkdirSync(join(aws.cwd, "site", "deep"), { recursive: true });
      writeFileSync(join(aws.cwd, "site", "a b&c.txt"), "one");
      writeFileSync(join(aws.cwd, "site", "deep", "é.html"), "<p>two</p>");
      writeFileSync(join(aws.cwd, "big.bin"), Buffer.alloc(9_000_000, 7));
      await aws.text`s3 mb ${bucket}`;
      await Promise.all([aws.text`s3 sync site ${bucket}/site`, aws.text`s3 cp big.bin ${bucket}/big.bin`]);
      const [listed, again, url] = await Promise.all([
        aws.text`s3 ls --recursive ${bucket}`,
        aws.text`s3 sync site ${bucket}/site`,
        aws.text`s3 presign ${`${bucket}/site/a b&c.txt`}`,
        aws.text`s3 cp ${bucket}/big.bin copy.bin`,
      ]);
      expect(listed.match(/ (site\/.*|big\.bin)/g)).toEqual([" big.bin", " site/a b&c.txt", " site/deep/é.html"]);
      expect(again).toBe("");
      expect(await (await fetch(url.trim())).text()).toBe("one");
      expect(readFileSync(join(aws.cwd, "copy.bin")).equals(readFileSync(join(aws.cwd, "big.bin")))).toBe(true);
      await aws.text`s3 rb --force ${bucket}`;
    });

    it("keeps parameters, keys and secrets", async () => {
      const aws = script();
      writeFileSync(join(aws.cwd, "plain.txt"), "between us");
      const [, secret, key] = await Promise.all([
        aws.text`ssm put-parameter --name /shop/colour --type SecureString --value teal`,
        aws.json`secretsmanager create-secret --name shop/password --secret-string sesame`,
        aws.json`kms create-key`,
      ]);
      expect(secret.ARN).toMatch(/:secret:shop\/password-\w{6}$/);
      const [parameters, value, encrypted] = await Promise.all([
        aws.json`ssm get-parameters-by-path --path /shop --with-decryption`,
        aws.json`secretsmanager get-secret-value --secret-id shop/password`,
        aws.json`kms encrypt --key-id ${key.KeyMetadata.KeyId} --plaintext fileb://plain.txt`,
      ]);
      expect(parameters.Parameters).toMatchObject([{ Name: "/shop/colour", Value: "teal", Version: 1 }]);
      expect(value.SecretString).toBe("sesame");
      writeFileSync(join(aws.cwd, "secret.bin"), Buffer.from(encrypted.CiphertextBlob, "base64"));
      const decrypted = await aws.json`kms decrypt --ciphertext-blob fileb://secret.bin`;
      expect(Buffer.from(decrypted.Plaintext, "base64").toString()).toBe("between us");
    });

    it("hands on messages and events", async () => {
      const aws = script();
      const queue = `arn:aws:sqs:${REGION}:${account}:inbox`;
      const statement = { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: queue };
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
      const [{ QueueUrl }, { TopicArn }] = await Promise.all([
        aws.json`sqs create-queue --queue-name inbox --attributes ${JSON.stringify({ VisibilityTimeout: "0", Policy })}`,
        aws.json`sns create-topic --name news`,
        aws.text`events put-rule --name orders --event-pattern ${'{"source":["shop"]}'}`,
      ]);
      await Promise.all([
        aws.text`sns subscribe --topic-arn ${TopicArn} --protocol sqs --notification-endpoint ${queue}`,
        aws.text`events put-targets --rule orders --targets Id=inbox,Arn=${queue}`,
      ]);
      const entry = { Source: "shop", DetailType: "Order", Detail: '{"total":3}' };
      await Promise.all([
        aws.text`sns publish --topic-arn ${TopicArn} --message ${"opening today"}`,
        aws.text`events put-events --entries ${JSON.stringify([entry])}`,
      ]);
      const bodies = await until("both have arrived", async () => {
        const { Messages = [] } = await aws.json`sqs receive-message --queue-url ${QueueUrl} --max-number-of-messages 10`;
        return Messages.length === 2 ? Messages.map(({ Body }: { Body: string }) => JSON.parse(Body)) : undefined;
      });
      expect(bodies).toContainEqual(expect.objectContaining({ Type: "Notification", Message: "opening today", TopicArn }));
      expect(bodies).toContainEqual(expect.objectContaining({ source: "shop", "detail-type": "Order", detail: { total: 3 }, account }));
    });

    it("writes logs and watches metrics", async () => {
      const aws = script();
      // Other tests move the same clock on: the alarm is there before its datum, and what it went through is in its history.
      await Promise.all([
        aws.text`logs create-log-group --log-group-name /shop`,
        aws.text`cloudwatch put-metric-alarm --alarm-name busy --namespace Shop --metric-name Orders --dimensions Name=Kind,Value=Peak
          --statistic Sum --period 60 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold`,
      ]);
      await Promise.all([
        aws.text`logs create-log-stream --log-group-name /shop --log-stream-name one`,
        aws.text`cloudwatch put-metric-data --namespace Shop --metric-name Orders --value 2 --dimensions Kind=Peak`,
      ]);
      const instant = Date.parse((await server.ask("clock")).now);
      const event = `timestamp=${instant},message=sold out`;
      await aws.text`logs put-log-events --log-group-name /shop --log-stream-name one --log-events ${event}`;
      await server.ask("clock", { advance: "2m" });
      await server.happened(account, "aws.cloudwatch", { alarmName: "busy" });
      const [found, { AlarmHistoryItems }] = await Promise.all([
        aws.json`logs filter-log-events --log-group-name /shop --filter-pattern sold`,
        aws.json`cloudwatch describe-alarm-history --alarm-name busy --history-item-type StateUpdate`,
      ]);
      expect(found.events).toMatchObject([{ message: "sold out", timestamp: instant }]);
      expect(AlarmHistoryItems.map(({ HistorySummary }: any) => HistorySummary)).toContain("Alarm updated from INSUFFICIENT_DATA to ALARM");
    });

    it("runs functions, and moves a canary to a new version", async () => {
      const aws = script();
      writeFileSync(join(aws.cwd, "code.zip"), await zip({ "index.mjs": HANDLER }));
      writeFileSync(join(aws.cwd, "next.zip"), await zip({ "index.mjs": HANDLER, "news.txt": "the next version" }));
      const [role] = await Promise.all([
        aws.json`iam create-role --role-name function --assume-role-policy-document ${trustOf("lambda")}`,
        aws.text`iam create-role --role-name deploy --assume-role-policy-document ${trustOf("codedeploy")}`,
        aws.text`deploy create-application --application-name greeter --compute-platform Lambda`,
      ]);
      await aws.text`lambda create-function --function-name greeter --runtime nodejs22.x --handler index.handler
        --role ${role.Role.Arn} --zip-file fileb://code.zip --publish`;
      writeFileSync(join(aws.cwd, "event.json"), '{"name":"Ann"}');
      const [invoked] = await Promise.all([
        aws.json`lambda invoke --function-name greeter:1 --payload fileb://event.json answer.json`,
        aws.text`lambda create-alias --function-name greeter --name live --function-version 1`,
        aws.text`lambda update-function-code --function-name greeter --zip-file fileb://next.zip --publish`,
        aws.text`deploy create-deployment-group --application-name greeter --deployment-group-name live
          --deployment-style deploymentType=BLUE_GREEN,deploymentOption=WITH_TRAFFIC_CONTROL
          --deployment-config-name CodeDeployDefault.LambdaCanary10Percent5Minutes
          --service-role-arn arn:aws:iam::${account}:role/deploy`,
      ]);
      expect(invoked).toMatchObject({ StatusCode: 200, ExecutedVersion: "1" });
      expect(JSON.parse(readFileSync(join(aws.cwd, "answer.json"), "utf8"))).toMatchObject({ body: '{"version":"1","name":"Ann"}' });
      const [{ FunctionUrl }] = await Promise.all([
        aws.json`lambda create-function-url-config --function-name greeter --qualifier live --auth-type NONE`,
        aws.text`lambda add-permission --function-name greeter --qualifier live --statement-id url
          --action lambda:InvokeFunctionUrl --principal * --function-url-auth-type NONE`,
        aws.text`lambda add-permission --function-name greeter --qualifier live --statement-id invoke
          --action lambda:InvokeFunction --principal *`,
      ]);
      const { deploymentId } = await aws.json`deploy create-deployment --application-name greeter --deployment-group-name live
        --revision ${JSON.stringify(appSpecOf("greeter"))}`;
      await server.happened(account, "aws.codedeploy", { deploymentId, state: "SUCCESS" });
      expect((await aws.json`deploy get-deployment --deployment-id ${deploymentId}`).deploymentInfo.status).toBe("Succeeded");
      const answer = await fetch(`${FunctionUrl}hello`);
      expect([answer.status, await answer.json()]).toEqual([200, { version: "2" }]);
    });

    it("pushes with the credential helper, builds, and looks at a pipeline", async () => {
      const aws = script();
      const [{ repositoryMetadata }, role, pipelineRole] = await Promise.all([
        aws.json`codecommit create-repository --repository-name app`,
        aws.json`iam create-role --role-name build --assume-role-policy-document ${trustOf("codebuild")}`,
        aws.json`iam create-role --role-name pipeline --assume-role-policy-document ${trustOf("codepipeline")}`,
        aws.text`s3 mb s3://artifacts-${account}`,
      ]);
      await Promise.all([
        aws.text`codebuild create-project --name app --artifacts type=NO_ARTIFACTS --service-role ${role.Role.Arn}
          --source type=CODECOMMIT,location=${repositoryMetadata.cloneUrlHttp}
          --environment type=LINUX_CONTAINER,image=aws/codebuild/standard:7.0,computeType=BUILD_GENERAL1_SMALL`,
        aws.push(repositoryMetadata.cloneUrlHttp),
      ]);
      const build = (greeting: string) =>
        aws.json`codebuild start-build --project-name app --source-version main
          --environment-variables-override name=GREETING,value=${greeting}`;
      const [good, bad, branch] = await Promise.all([
        build("hello"),
        build("fail"),
        aws.json`codecommit get-branch --repository-name app --branch-name main`,
        aws.text`codepipeline create-pipeline --pipeline ${JSON.stringify(pipelineOf(pipelineRole.Role.Arn, `artifacts-${account}`))}`,
      ]);
      expect(branch.branch.commitId).toMatch(/^[0-9a-f]{40}$/);
      await Promise.all([
        server.happened(account, "aws.codebuild", { "build-id": good.build.arn, "build-status": "SUCCEEDED" }),
        server.happened(account, "aws.codebuild", { "build-id": bad.build.arn, "build-status": "FAILED" }),
        server.happened(account, "aws.codepipeline", { pipeline: "app", state: "SUCCEEDED" }),
      ]);
      const [{ builds }, { stageStates }] = await Promise.all([
        aws.json`codebuild batch-get-builds --ids ${good.build.id} ${bad.build.id}`,
        aws.json`codepipeline get-pipeline-state --name app`,
      ]);
      const failed = builds[1].phases.find(({ phaseStatus }: { phaseStatus: string }) => phaseStatus === "FAILED");
      expect(failed).toMatchObject({ phaseType: "BUILD", contexts: [{ statusCode: "COMMAND_EXECUTION_ERROR" }] });
      expect(stageStates).toMatchObject([
        { stageName: "Source", latestExecution: { status: "Succeeded" } },
        { stageName: "Build", latestExecution: { status: "Succeeded" } },
      ]);
    });

    it("packages and deploys a stack, and keeps images' repositories", async () => {
      const aws = script();
      const bucket = `packages-${account}`;
      const [{ repository }] = await Promise.all([aws.json`ecr create-repository --repository-name shop`, aws.text`s3 mb s3://${bucket}`]);
      expect(repository.repositoryArn).toBe(`arn:aws:ecr:${REGION}:${account}:repository/shop`);
      await aws.package(bucket);
      const deploy = (greeting: string) => aws.attempt`cloudformation deploy --stack-name app --template-file packaged.yaml
        --capabilities CAPABILITY_IAM --parameter-overrides Greeting=${greeting}`;
      expect((await deploy("hello")).stdout).toContain("Successfully created/updated stack - app");
      expect((await aws.json`cloudformation describe-stacks --stack-name app`).Stacks).toMatchObject([
        { StackStatus: "CREATE_COMPLETE", Outputs: [{ OutputKey: "Url" }, { OutputKey: "Greeter" }] },
      ]);
      const { stdout, stderr } = await deploy("hello");
      expect(stdout + stderr).toContain("No changes to deploy");
      await aws.text`cloudformation delete-stack --stack-name app`;
      await aws.text`cloudformation wait stack-delete-complete --stack-name app`;
    });
  });
});

let scripts = 0;

/** A CLI as somebody in an account, and a folder of its own to use it in. Words are divided at spaces; a value is within one word. */
class Script {
  readonly cwd = server.makeFolder(`script-${++scripts}`);
  readonly #path: string;
  readonly #major: number;
  readonly #env: NodeJS.ProcessEnv;

  constructor(path: string, major: number, env: NodeJS.ProcessEnv) {
    this.#path = path;
    this.#major = major;
    this.#env = env;
  }

  /** The same CLI with another access key. */
  as(accessKeyId: string, secretAccessKey: string): Script {
    return new Script(this.#path, this.#major, { ...this.#env, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
  }

  attempt(texts: TemplateStringsArray, ...values: string[]): Promise<Ended> {
    return runners.get(this.#major)!.attempt(this.#words(texts, values), this.#env, this.cwd);
  }

  text(texts: TemplateStringsArray, ...values: string[]): Promise<string> {
    return this.#run(this.#words(texts, values));
  }

  async json(texts: TemplateStringsArray, ...values: string[]): Promise<any> {
    const text = await this.#run([...this.#words(texts, values), "--output", "json"]);
    return text === "" ? {} : JSON.parse(text);
  }

  async #run(words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runners.get(this.#major)!.attempt(words, this.#env, this.cwd);
    if (code !== 0) throw new Error(`aws ${words.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** Clone with the CLI's credential helper, commit a buildspec, push. */
  async push(url: string): Promise<void> {
    const helper = `!f() { [ "$1" != get ] || '${this.#path}' codecommit credential-helper --ignore-host-check get; }; f`;
    const settings = ["-c", `credential.helper=${helper}`, "-c", "credential.UseHttpPath=true"];
    const folder = join(this.cwd, "app");
    const git = (...args: string[]) => run("git", [...settings, ...args], { env: this.#env, cwd: folder });
    await run("git", [...settings, "clone", "--quiet", url, folder], { env: this.#env, cwd: this.cwd });
    writeFileSync(join(folder, "buildspec.yml"), BUILDSPEC);
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "The first");
    await git("push", "--quiet", "origin", "HEAD:refs/heads/main");
  }

  /** Upload the code of a template. Version 2 before 2.13 knows no other S3 than AWS's for what `package` uploads, so there it is done by hand. */
  async package(bucket: string): Promise<void> {
    if (this.#major === 1) {
      mkdirSync(join(this.cwd, "code"));
      writeFileSync(join(this.cwd, "code", "index.mjs"), HANDLER);
      writeFileSync(join(this.cwd, "template.yaml"), TEMPLATE);
      await this.text`cloudformation package --template-file template.yaml --s3-bucket ${bucket} --output-template-file packaged.yaml`;
    } else {
      writeFileSync(join(this.cwd, "code.zip"), await zip({ "index.mjs": HANDLER }));
      await this.text`s3 cp code.zip s3://${bucket}/code.zip`;
      writeFileSync(join(this.cwd, "packaged.yaml"), TEMPLATE.replace("./code", `{S3Bucket: ${bucket}, S3Key: code.zip}`));
    }
  }

  #words(texts: TemplateStringsArray, values: readonly string[]): string[] {
    const words = [""];
    for (const [index, text] of texts.entries()) {
      const [first, ...more] = text.split(/\s+/);
      words[words.length - 1] += `${first}`;
      words.push(...more);
      words[words.length - 1] += values[index] ?? "";
    }
    return [...words, ...this.#endpoint(words[0]!)];
  }

  /** AWS_ENDPOINT_URL came with 2.13; and version 1 has an older address of SQS in mind, whatever the environment says. */
  #endpoint(service: string): string[] {
    return this.#major === 2 || service === "sqs" ? ["--endpoint-url", server.endpoint] : [];
  }
}
