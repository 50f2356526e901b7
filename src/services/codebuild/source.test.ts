import { expect, test } from "vitest";
import { type CommandSpec, jobs } from "../../compute/job.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { complete, connectionCalled } from "../codeconnections/api.ts";
import { createConnection } from "../codeconnections/connection.ts";
import { StoryServer } from "../codeconnections/git-server.fixture.ts";
import { putObject } from "../s3/put.ts";
import { startBuild } from "./build-operations.ts";
import { createShop, get, world } from "./codebuild.fixture.ts";
import { projects } from "./project.ts";
import { importSourceCredentials } from "./source-credential.ts";
import { submitBuild } from "./start.ts";

const BUILDSPEC = "version: 0.2\nphases: { build: { commands: [make] } }\n";
const LOCATION = "https://git.example.com/us/shop.git";

function connected(): { cloud: World; commit: string } {
  const server = new StoryServer();
  const commit = server.push("https://hub.example.com/us/shop.git", "dev", {});
  return { cloud: world({ git: server.hands(), buildspec: BUILDSPEC }), commit };
}

/** A connection that is available, and a project whose source is reached by it. */
async function connect(cloud: World): Promise<string> {
  const { ConnectionArn } = await cloud.call(createConnection.current, { ConnectionName: "hub", ProviderType: "GitHub" });
  cloud.change((scope) => complete(scope, connectionCalled(scope, "hub")!, { type: "url", base: "https://hub.example.com" }));
  const auth = { type: "CODECONNECTIONS", resource: ConnectionArn };
  await createShop(cloud, "", { source: { type: "GITHUB", location: LOCATION, auth } });
  return ConnectionArn!;
}

async function built(cloud: World, more: object = {}) {
  const { build } = await cloud.call(startBuild, { projectName: "shop", ...more });
  await cloud.advance("20s");
  return get(cloud, build!.id!);
}

const problem = ({ phases }: Awaited<ReturnType<typeof get>>): string | undefined => phases![3]!.contexts?.[0]?.message;

test("a source by a connection is checked out at its branch or commit", async () => {
  const { cloud, commit } = connected();
  await connect(cloud);
  expect(await built(cloud, { sourceVersion: "dev" })).toMatchObject({ buildStatus: "SUCCEEDED", resolvedSourceVersion: commit });
  const { build } = await cloud.call(startBuild, { projectName: "shop", sourceVersion: commit });
  await cloud.advance("50ms");
  const { checkout } = jobs.get(cloud.scope(), `codebuild/${build!.id}/source/0`)!.spec as CommandSpec;
  expect(checkout).toMatchObject({ commit, full: true, path: "src" });
  expect(problem(await built(cloud))).toBe("No branch [main] found in [us/shop]. for primary source");
});

test("a connection may be the credential of a kind of server", async () => {
  const { cloud, commit } = connected();
  const token = await connect(cloud);
  await cloud.call(importSourceCredentials, { serverType: "GITHUB", authType: "CODECONNECTIONS", token });
  const more = { sourceVersion: "dev", sourceAuthOverride: { type: "OAUTH" } };
  expect(await built(cloud, more)).toMatchObject({ resolvedSourceVersion: commit });
});

test("a connection that nobody has completed gives no source", async () => {
  const { cloud } = connected();
  await createShop(cloud, "", { source: { type: "GITHUB", location: LOCATION, auth: { type: "CODECONNECTIONS", resource: "arn:none" } } });
  expect(problem(await built(cloud))).toBe("Connection arn:none does not exist. for primary source");
});

test("git logs in elsewhere with what was imported, and only there", async () => {
  const cloud = world({ buildspec: BUILDSPEC });
  await createShop(cloud, "", { source: { type: "GITHUB", location: LOCATION, gitCloneDepth: 1 } });
  await cloud.call(importSourceCredentials, { serverType: "GITHUB", authType: "PERSONAL_ACCESS_TOKEN", token: "secret" });
  const { build } = await cloud.call(startBuild, { projectName: "shop", sourceVersion: "pr/5" });
  await cloud.advance("50ms");
  const { env, script } = jobs.get(cloud.scope(), `codebuild/${build!.id}/source/0`)!.spec as CommandSpec;
  const login = Buffer.from("x-access-token:secret").toString("base64");
  expect(env).toMatchObject({
    GIT_CONFIG_COUNT: "2",
    GIT_CONFIG_KEY_1: "http.https://git.example.com/.extraHeader",
    GIT_CONFIG_VALUE_1: `Authorization: Basic ${login}`,
  });
  expect(script).toContain("git fetch -q --no-tags --depth=1 origin 'refs/pull/5/head'");
  expect(script).not.toContain("secret");
});

test.each([
  ["GITHUB_ENTERPRISE", "refs/pull/5/head"],
  ["GITLAB", "refs/merge-requests/5/head"],
  ["BITBUCKET", "feature"],
] as const)("a pull request of %s is %s", async (type, ref) => {
  const cloud = world({ buildspec: BUILDSPEC });
  await createShop(cloud, "", { source: { type, location: LOCATION, gitCloneDepth: 1 } });
  const webhook = { CODEBUILD_WEBHOOK_HEAD_REF: "refs/heads/feature" };
  const { id } = cloud.change((scope) => {
    const project = projects.get(scope, "shop")!;
    return submitBuild(scope, project, { uuid: "u", declaration: project.declaration, sourceVersion: "pr/5", initiator: "i", webhook });
  });
  await cloud.advance("50ms");
  const { script } = jobs.get(cloud.scope(), `codebuild/${id}/source/0`)!.spec as CommandSpec;
  expect(script).toContain(`--depth=1 origin '${ref}'`);
});

test("secondary sources have versions of their own, and lie beside the primary one", async () => {
  const cloud = world({ buildspec: BUILDSPEC });
  const s3 = (sourceIdentifier?: string) => ({
    type: "S3",
    location: `things/${sourceIdentifier ?? "main"}.zip`,
    ...(sourceIdentifier && { sourceIdentifier }),
  });
  await createShop(cloud, "", {
    source: s3(),
    secondarySources: [s3("docs")],
    secondarySourceVersions: [{ sourceIdentifier: "docs", sourceVersion: "v9" }],
  });
  expect(problem(await built(cloud))).toBe("NoSuchKey: The specified key does not exist: things/main.zip for primary source");
  for (const Key of ["main.zip", "docs.zip"])
    await cloud.call(putObject, { Bucket: "things", Key, Body: cloud.blobs.write(Buffer.from("zip")) as never });
  expect(problem(await built(cloud))).toContain("things/docs.zip");
  const { build } = await cloud.call(startBuild, { projectName: "shop", secondarySourcesVersionOverride: [] });
  await cloud.advance("50ms");
  const { inputs } = jobs.get(cloud.scope(), `codebuild/${build!.id}/source/0`)!.spec as CommandSpec;
  expect(inputs!.map(({ path }) => path)).toEqual(["src", "secondary/docs"]);
});

test("a folder in S3 is a source, file by file", async () => {
  const cloud = world({ buildspec: BUILDSPEC });
  await createShop(cloud, "", { source: { type: "S3", location: "things/app/" } });
  expect(problem(await built(cloud))).toBe("NoSuchKey: The specified key does not exist: things/app/ for primary source");
  for (const Key of ["app/buildspec.yml", "app/src/a.js", "apple"]) {
    await cloud.call(putObject, { Bucket: "things", Key, Body: cloud.blobs.write(Buffer.from(Key)) as never });
  }
  const { build } = await cloud.call(startBuild, { projectName: "shop" });
  await cloud.advance("50ms");
  const { inputs } = jobs.get(cloud.scope(), `codebuild/${build!.id}/source/0`)!.spec as CommandSpec;
  expect(inputs!.map(({ path }) => path)).toEqual(["src/buildspec.yml", "src/src/a.js"]);
});

test("where there is no buildspec, the download fails in CodeBuild's words", async () => {
  const cloud = world();
  await createShop(cloud, BUILDSPEC);
  const s3 = { type: "S3", location: "things/main.zip" } as const;
  await cloud.call(putObject, { Bucket: "things", Key: "main.zip", Body: cloud.blobs.write(Buffer.from("zip")) as never });
  const from = (buildspecOverride?: string) =>
    built(cloud, { sourceTypeOverride: s3.type, sourceLocationOverride: s3.location, ...(buildspecOverride && { buildspecOverride }) });
  expect(problem(await from("ci/spec.yml"))).toBe("stat ci/spec.yml: no such file or directory");
});

test("a build by a connection ends the same whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(
    () => connected().cloud,
    async (cloud) => {
      await connect(cloud);
      await built(cloud, { sourceVersion: "dev" });
    },
  );
});
