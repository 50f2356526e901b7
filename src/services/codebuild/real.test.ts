import { afterAll, beforeAll, expect, test } from "vitest";
import { Cloud } from "../../cloud.ts";
import { rootCaller } from "../../kernel/caller.ts";
import { logLines, logSeries } from "../../kernel/facts.ts";
import type { Operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { codecommit } from "../codecommit/index.ts";
import { iam } from "../iam/index.ts";
import { createRole } from "../iam/role.ts";
import { s3 } from "../s3/index.ts";
import { sts } from "../sts/index.ts";
import { ensureBuild, type PipelineBuild } from "./api.ts";
import { type Build, builds } from "./build.ts";
import { startBuild } from "./build-operations.ts";
import { codebuild } from "./index.ts";
import { createProject, updateProject } from "./project.ts";

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
  cloud = await Cloud.start({
    port: 0,
    host: "127.0.0.1",
    clock: "auto",
    trust: "open",
    durability: "relaxed",
    seed: 1,
    allowRealKeys: false,
    services: [iam, sts, s3, codecommit, codebuild],
  });
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

async function piped(token: string, digest: string): Promise<PipelineBuild> {
  const request = { projectName: "piped", source: { primary: { digest } }, initiator: "codepipeline/shop" };
  const ensure = () => cloud.kernel.commit(HERE, (scope) => ensureBuild(scope, token, request));
  await ended(ensure().id!);
  return ensure();
}

const call = async <I, O>(operation: Operation<I, O>, input: I): Promise<O> =>
  (await cloud.drive.call(operation, input, rootCaller(HERE.account, HERE.region))) as O;

/** The build, once it is over. */
function ended(id: string): Promise<Build> {
  return new Promise((resolve) => {
    const look = (): void => {
      const build = read((scope) => builds.get(scope, id));
      if (build?.endedAt === undefined) return;
      stop();
      resolve(build);
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
