import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Cloud } from "../../cloud.ts";
import { rootCaller } from "../../kernel/caller.ts";
import { logLines, logSeries } from "../../kernel/facts.ts";
import type { Operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { cloudOf } from "../../testing/cloud-of.ts";
import { codecommit } from "../codecommit/index.ts";
import { iam } from "../iam/index.ts";
import { createRole } from "../iam/role.ts";
import { kms } from "../kms/index.ts";
import { s3 } from "../s3/index.ts";
import { ssm } from "../ssm/index.ts";
import { putParameter } from "../ssm/parameter.ts";
import { sts } from "../sts/index.ts";
import { ensureBuild, type PipelineBuild } from "./api.ts";
import { buildBatches } from "./batch.ts";
import { startBuildBatch } from "./batch-operations.ts";
import { type Build, builds, currentPhase } from "./build.ts";
import { startBuild } from "./build-operations.ts";
import { commandExecutions, startCommandExecution } from "./command-execution.ts";
import { codebuild } from "./index.ts";
import { batchGetProjects, createProject, updateProject } from "./project.ts";
import { describeTestCases } from "./report.ts";
import { startSandbox, stopSandbox } from "./sandbox.ts";
import { createWebhook } from "./webhook.ts";

const HERE = { account: "111122223333", region: "eu-west-1" };
const SERVICE_ROLE = `arn:aws:iam::${HERE.account}:role/build`;
const ENVIRONMENT = { type: "LINUX_CONTAINER", image: "aws/codebuild/standard:7.0", computeType: "BUILD_GENERAL1_SMALL" } as const;

const BUILDSPEC = `version: 0.2
env:
  variables: { GREETING: hello }
  exported-variables: [WHO, MISSING]
phases:
  build:
    commands:
      - NUMBER=$CODEBUILD_BUILD_NUMBER
      - export WHO="$GREETING it's $NUMBER"
      - mkdir -p dist/sub && cd dist && echo "$WHO" > where.txt && cd sub
      - basename "$PWD" && touch b.txt
      - exit 3
  post_build:
    commands: ['test "$CODEBUILD_BUILD_SUCCEEDING" = 0', 'basename "$PWD"']
    finally: ["echo at last"]
artifacts:
  base-directory: $CODEBUILD_SRC_DIR/dist
  files: ["**/*"]
`;
const CHECK = `version: 0.2
phases:
  build:
    commands: ["cat where.txt", "ls sub"]
artifacts: { files: where.txt }
`;

let cloud: Cloud;

beforeAll(async () => {
  cloud = await cloudOf([iam, kms, ssm, sts, s3, codecommit, codebuild], "auto");
  await call(createRole, { RoleName: "build", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [] }) });
});

afterAll(() => cloud.close());

test("the commands of a build truly run; what they leave is the source of the next", async () => {
  await call(createProject, {
    name: "make",
    source: { type: "NO_SOURCE", buildspec: BUILDSPEC },
    artifacts: { type: "S3", location: "nowhere", packaging: "ZIP" },
    environment: ENVIRONMENT,
    serviceRole: SERVICE_ROLE,
  });
  const { build } = await call(startBuild, { projectName: "make" });
  const made = await ended(build!.id!);
  const lines = logOf(made.id);
  expect(lines.filter((line) => !line.startsWith("[Container]"))).toEqual(["sub", "sub", "at last"]);
  expect(made.phases.map(({ phaseType, phaseStatus }) => `${phaseType} ${phaseStatus}`)).toEqual([
    "SUBMITTED SUCCEEDED",
    "QUEUED SUCCEEDED",
    "PROVISIONING SUCCEEDED",
    "DOWNLOAD_SOURCE SUCCEEDED",
    "INSTALL SUCCEEDED",
    "PRE_BUILD SUCCEEDED",
    "BUILD FAILED",
    "POST_BUILD SUCCEEDED",
    "UPLOAD_ARTIFACTS FAILED",
    "FINALIZING SUCCEEDED",
    "COMPLETED undefined",
  ]);
  expect(made.phases[6]!.contexts).toEqual([
    { statusCode: "COMMAND_EXECUTION_ERROR", message: "Error while executing command: exit 3. Reason: exit status 3" },
  ]);
  expect(made.phases[8]!.contexts![0]!.message).toContain("NoSuchBucket");
  expect(made.exportedVariables).toEqual([{ name: "WHO", value: "hello it's 1" }]);
});

test("a build that is debugged pauses where it is told to, until somebody on the machine lets it go on", async () => {
  const buildspec = `version: 0.2\nphases: { build: { commands: [cd "$SLIPWAY_WORKSPACE", codebuild-breakpoint, echo on] } }\n`;
  const source = { type: "NO_SOURCE", buildspec } as const;
  const artifacts = { type: "NO_ARTIFACTS" } as const;
  await call(createProject, { name: "paused", source, artifacts, environment: ENVIRONMENT, serviceRole: SERVICE_ROLE });
  const { build } = await call(startBuild, { projectName: "paused", debugSessionEnabled: true });
  expect(build!.debugSession).toMatchObject({ sessionEnabled: true });
  const paused = /The build is paused. It is in (.*); (.*) lets it go on/;
  const line = await until(
    () => logOf(build!.id!).find((one) => paused.test(one)),
    () => true,
  );
  expect(logOf(build!.id!)).not.toContain("on");
  execFileSync(paused.exec(line)![2]!);
  expect((await ended(build!.id!)).status).toBe("SUCCEEDED");
  const { build: other } = await call(startBuild, { projectName: "paused" });
  expect((await ended(other!.id!)).status).toBe("SUCCEEDED");
});

test("CodePipeline hands a source in and takes the artifact", async () => {
  const plain = BUILDSPEC.replace("      - exit 3\n", "").replace("= 0'", "= 1'");
  await call(createProject, {
    name: "piped",
    source: { type: "CODEPIPELINE", buildspec: plain },
    artifacts: { type: "CODEPIPELINE" },
    environment: ENVIRONMENT,
    serviceRole: SERVICE_ROLE,
  });
  const empty = cloud.kernel.blobs.write(Buffer.from(`PK\x05\x06${"\0".repeat(18)}`, "latin1"));
  const first = await piped("one", empty.digest);
  expect(first).toMatchObject({ status: "SUCCEEDED", artifacts: { primary: { size: expect.any(Number) } } });
  await call(updateProject, { name: "piped", source: { type: "CODEPIPELINE", buildspec: CHECK } });
  const second = await piped("two", first.artifacts.primary!.digest);
  expect(second).toMatchObject({ status: "SUCCEEDED", artifacts: { primary: { digest: expect.stringMatching(/^sha256:/) } } });
  expect(logOf(second.id!).filter((line) => !line.startsWith("[Container]"))).toEqual(["hello it's 1", "b.txt"]);
});

test("phases are told while they run; what is secret is not in the log; what this machine lacks fails by name", async () => {
  await call(putParameter, { Name: "/token", Value: "hush-hush", Type: "SecureString" });
  await create(
    "told",
    `version: 0.2
env: { parameter-store: { TOKEN: /token } }
phases:
  install: { runtime-versions: { nodejs: 24 }, commands: ["sleep 0.3"] }
  build: { commands: ["echo token $TOKEN", "sleep 0.3"] }
`,
  );
  const seen: string[] = [];
  const stop = cloud.kernel.watch(() => {
    const build = read((scope) => builds.by(scope, "project", "told"))[0];
    if (build !== undefined && seen.at(-1) !== currentPhase(build)) seen.push(currentPhase(build));
  });
  const told = await run("told");
  stop();
  expect(seen).toEqual(expect.arrayContaining(["INSTALL", "BUILD"]));
  const [install, , build] = told.phases.slice(4);
  expect([install!.endTime! - install!.startTime! >= 200, build!.endTime! - build!.startTime! >= 200]).toEqual([true, true]);
  expect(logOf(told.id)).toContain("token ***");
  await create("lacking", "version: 0.2\nphases: { install: { runtime-versions: { android: 35 } }, build: { commands: [make] } }\n");
  expect((await run("lacking")).phases[4]!.contexts).toEqual([
    { statusCode: "YAML_FILE_ERROR", message: "Unknown runtime version named '35' of android. This machine has none." },
  ]);
  await create("nobody", "version: 0.2\nrun-as: no-such-user\nphases: { build: { commands: [make] } }\n");
  expect((await run("nobody")).phases[6]!.contexts).toEqual([{ statusCode: "CLIENT_ERROR", message: "user: unknown user no-such-user" }]);
});

test("tests are split over the builds of a fan-out, and reported", async () => {
  await create(
    "split",
    `version: 0.2
batch: { build-fanout: { parallelism: 2 } }
phases:
  build:
    commands:
      - mkdir -p t && touch t/a.test t/b.test t/c.test
      - codebuild-tests-run --test-command "echo tested" --files-search "codebuild-glob-search 't/*.test'"
      - echo '<testsuite name="s"><testcase name="t"/></testsuite>' > unit.xml
reports: { unit: { files: "*.xml" } }
`,
    { buildBatchConfig: { serviceRole: SERVICE_ROLE } },
  );
  const { buildBatch } = await call(startBuildBatch, { projectName: "split" });
  const batch = await until(
    () => read((scope) => buildBatches.get(scope, buildBatch!.id!)),
    ({ endedAt }) => endedAt !== undefined,
  );
  expect(batch.status).toBe("SUCCEEDED");
  const own = read((scope) => builds.by(scope, "batch", batch.id)).filter(({ batch: place }) => place!.shard !== undefined);
  expect(own.flatMap(({ id }) => logOf(id).filter((line) => line.startsWith("tested"))).sort()).toEqual([
    "tested t/a.test",
    "tested t/b.test t/c.test",
  ]);
  const { testCases } = await call(describeTestCases, { reportArn: own[0]!.reportArns![0]! });
  expect(testCases).toMatchObject([{ name: "t", status: "SUCCEEDED", testRawDataPath: "unit.xml" }]);
});

test("a cache comes back by the key of what it was made from", async () => {
  await create(
    "cached",
    `version: 0.2
phases:
  build: { commands: ["cat deps/x ~/y 2> /dev/null || echo nothing", "mkdir -p deps && echo in source > deps/x && echo at home > ~/y", "touch lock"] }
cache: { key: "k-$(codebuild-hash-files lock)", fallback-keys: [k-], paths: [deps, ~/y] }
`,
    { cache: { type: "LOCAL", modes: ["LOCAL_CUSTOM_CACHE"] } },
  );
  const said = async () => logOf((await run("cached")).id).filter((line) => !line.startsWith("[Container]"));
  expect(await said()).toEqual(["nothing"]);
  expect(await said()).toEqual(["in source", "at home"]);
});

test("a repository elsewhere is cloned; git says why one is not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-clone-"));
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: folder, encoding: "utf8" }).trim();
  git("init", "-q", "-b", "main");
  writeFileSync(join(folder, "buildspec.yml"), "version: 0.2\nphases: { build: { commands: [git log --format=%s] } }\n");
  git("add", ".");
  git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "Discounts");
  git("update-server-info");
  const server = createServer(({ url }, response) => {
    try {
      response.end(readFileSync(join(folder, ".git", url!.split("?")[0]!.replace("/shop.git", ""))));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const location = `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop.git`;
  await create("cloned", "", { source: { type: "GITHUB", location } });
  const cloned = await run("cloned", { sourceVersion: "main" });
  expect(logOf(cloned.id)).toContain("Discounts");
  expect(cloned.resolvedSourceVersion).toBe(git("rev-parse", "HEAD"));
  const missing = await run("cloned", { sourceVersion: "none" });
  const [context] = missing.phases[3]!.contexts!;
  expect(context).toEqual({ statusCode: "CLIENT_ERROR", message: "reference not found for primary source and source version none" });
  server.close();
  rmSync(folder, { recursive: true });
});

test("webhooks and badges are reached over HTTP", async () => {
  const source = { type: "GITHUB", location: "http://127.0.0.1:9/shop.git", buildspec: "version: 0.2\nphases: {}\n" };
  await create("hooked", "", { source, badgeEnabled: true });
  const { webhook } = await call(createWebhook, { projectName: "hooked" });
  const event = { ref: "refs/heads/main", after: "c".repeat(40), repository: {}, sender: {} };
  const body = new URLSearchParams({ payload: JSON.stringify(event) }).toString();
  const tell = (secret: string) =>
    fetch(webhook!.payloadUrl!, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "x-github-event": "push",
        "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
      },
    });
  expect((await tell("wrong")).status).toBe(401);
  expect((await tell(webhook!.secret!)).status).toBe(200);
  const failed = await until(
    () => read((scope) => builds.by(scope, "project", "hooked"))[0],
    ({ endedAt }) => endedAt !== undefined,
  );
  expect(failed).toMatchObject({ status: "FAILED", sourceVersion: "c".repeat(40), webhook: { CODEBUILD_WEBHOOK_EVENT: "PUSH" } });
  expect(failed.phases[3]!.contexts![0]!.message).toContain("127.0.0.1");
  const { projects } = await call(batchGetProjects, { names: ["hooked"] });
  const badge = await fetch(projects![0]!.badge!.badgeRequestUrl!.replace("branch=main", `branch=${"c".repeat(40)}`));
  expect([badge.headers.get("content-type"), await badge.text()]).toEqual(["image/svg+xml", expect.stringContaining("failing")]);
  expect((await fetch(`${cloud.endpoint}/_codebuild/public/none/none`)).status).toBe(404);
});

test("a sandbox keeps what its commands leave", async () => {
  await create("open", "version: 0.2\nphases: { build: { commands: [make] } }\n");
  const { sandbox } = await call(startSandbox, { projectName: "open" });
  const ask = async (command: string) => {
    const { commandExecution } = await call(startCommandExecution, { sandboxId: sandbox!.id!, command });
    const find = () => read((scope) => commandExecutions.list(scope, `${sandbox!.id}/`)).find(({ uuid }) => uuid === commandExecution!.id);
    return until(find, ({ endedAt }) => endedAt !== undefined);
  };
  await ask("echo kept > file");
  expect(await ask("cat file; echo oh >&2; exit 3")).toMatchObject({
    status: "FAILED",
    exitCode: 3,
    standardOutput: "kept\n",
    standardError: "oh\n",
  });
  await call(stopSandbox, { id: sandbox!.id! });
});

async function create(name: string, buildspec: string, more: object = {}): Promise<void> {
  await call(createProject, {
    name,
    source: { type: "NO_SOURCE", buildspec },
    artifacts: { type: "NO_ARTIFACTS" },
    environment: ENVIRONMENT,
    serviceRole: SERVICE_ROLE,
    ...more,
  });
}

async function run(projectName: string, more: object = {}): Promise<Build> {
  const { build } = await call(startBuild, { projectName, ...more });
  return ended(build!.id!);
}

async function piped(token: string, digest: string): Promise<PipelineBuild> {
  const request = { projectName: "piped", source: { primary: { digest } }, initiator: "codepipeline/shop" };
  const ensure = () => cloud.kernel.commit(HERE, (scope) => ensureBuild(scope, token, request));
  await ended(ensure().id!);
  return ensure();
}

const call = async <I, O>(operation: Operation<I, O>, input: I): Promise<O> =>
  (await cloud.drive.call(operation, input, rootCaller(HERE.account, HERE.region))) as O;

/** The build, once it is over. */
const ended = (id: string): Promise<Build> =>
  until(
    () => read((scope) => builds.get(scope, id)),
    ({ endedAt }) => endedAt !== undefined,
  );

/** A row, once it is as said. */
function until<Row>(find: () => Row | undefined, isSo: (row: Row) => boolean): Promise<Row> {
  return new Promise((resolve) => {
    const look = (): void => {
      const row = find();
      if (row === undefined || !isSo(row)) return;
      stop();
      resolve(row);
    };
    const stop = cloud.kernel.watch(look);
    setImmediate(look);
  });
}

function logOf(id: string): string[] {
  const [project, stream] = id.split(":");
  const series = logSeries(`/aws/codebuild/${project}`, stream!);
  return read((scope) => logLines.peek(scope, series)).map(({ value }) => value.message);
}

const read = <R>(look: (scope: Scope) => R): R => look(cloud.kernel.scope(HERE));
