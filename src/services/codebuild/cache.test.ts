import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { CommandSpec } from "../../compute/job.ts";
import { jobs } from "../../compute/job.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { readObject } from "../s3/api.ts";
import { deleteObject } from "../s3/delete.ts";
import { startBuild } from "./build-operations.ts";
import { caches, invalidateProjectCache } from "./cache.ts";
import { createShop, get, start, world } from "./codebuild.fixture.ts";
import { createProject, updateProject } from "./project.ts";

const spec = (cache: string): string => `version: 0.2\nphases: { build: { commands: [make] } }\ncache:\n${cache}\n`;
const PLAIN = spec("  paths: [node_modules/**/*, ~/**/*]");
const KEYED = spec("  key: npm-$(hash)\n  fallback-keys: [npm-]\n  paths: [node_modules]");
const S3 = { cache: { type: "S3", location: "things/caches" } };
const LOCAL = { cache: { type: "LOCAL", modes: ["LOCAL_CUSTOM_CACHE"] } };

const versionOf = (paths: readonly string[]): string => createHash("sha256").update(JSON.stringify(paths)).digest("hex").slice(0, 16);

/** Start a build, let it end, and say what it was given of a cache. */
async function given(cloud: World, projectName = "shop"): Promise<unknown[]> {
  const { build } = await cloud.call(startBuild, { projectName });
  const id = build!.id!;
  await cloud.advance("500ms");
  const { inputs = [] } = jobs.get(cloud.scope(), `codebuild/${id}/commands`)!.spec as CommandSpec;
  await cloud.advance("10s");
  expect(await get(cloud, id)).toMatchObject({ buildStatus: "SUCCEEDED" });
  return inputs.filter(({ unpack }) => unpack === "zip").map(({ path, inHome = false }) => [path, inHome]);
}

test("a cache in S3 is saved by one build and restored by the next, in the source and at home", async () => {
  const cloud = world();
  await createShop(cloud, PLAIN, S3);
  expect(await given(cloud)).toEqual([]);
  const saved = `caches/shop/${versionOf(["node_modules/**/*", "~/**/*"])}/cache/src.zip`;
  expect(readObject(cloud.scope(), "things", saved)).toBeDefined();
  expect(await given(cloud)).toEqual([
    ["src", false],
    [".", true],
  ]);
  await cloud.call(deleteObject, { Bucket: "things", Key: saved });
  expect(await given(cloud)).toEqual([[".", true]]);
  await cloud.call(invalidateProjectCache, { projectName: "shop" });
  expect(await given(cloud)).toEqual([]);
});

test("keys are expanded; how one begins will do where it says so", async () => {
  const cloud = world({ keys: ["npm-1", "npm-"] });
  await createShop(cloud, KEYED, LOCAL);
  expect(await given(cloud)).toEqual([]);
  expect(caches.list(cloud.scope()).map(({ id }) => id)).toEqual([`LOCAL:shop/${versionOf(["node_modules"])}/npm-1`]);
  cloud.change((scope) => {
    const [only] = caches.list(scope);
    caches.remove(scope, only!.id);
    caches.put(scope, { ...only!, id: only!.id.replace("npm-1", "npm-0") });
  });
  expect(await given(cloud)).toEqual([["src", false]]);
  expect(caches.list(cloud.scope()).map(({ id }) => id)).toEqual(
    ["npm-0", "npm-1"].map((key) => `LOCAL:shop/${versionOf(["node_modules"])}/${key}`),
  );
});

test("save only saves, restore only restores, and no cache keeps nothing", async () => {
  const cloud = world();
  await createShop(cloud, spec("  action: save\n  paths: [a]"), LOCAL);
  expect([await given(cloud), await given(cloud)]).toEqual([[], []]);
  expect(caches.list(cloud.scope())).toHaveLength(1);
  const other = world();
  await createShop(other, spec("  action: restore\n  paths: [a]"), LOCAL);
  await given(other);
  expect(caches.list(other.scope())).toEqual([]);
  const none = world();
  await createShop(none, PLAIN);
  await given(none);
  expect(caches.list(none.scope())).toEqual([]);
});

test("projects of one namespace share a cache, as far as it is of the same paths", async () => {
  const cloud = world();
  const shared = (path: string) => spec(`  key: k\n  paths: [${path}]`);
  const cache = { type: "S3", location: "things", cacheNamespace: "ours" } as const;
  await createShop(cloud, shared("deps"), { cache });
  await given(cloud);
  await cloud.call(createProject, {
    name: "other",
    source: { type: "NO_SOURCE", buildspec: shared("deps") },
    artifacts: { type: "NO_ARTIFACTS" },
    environment: { type: "LINUX_CONTAINER", image: "i", computeType: "BUILD_GENERAL1_SMALL" },
    serviceRole: "build",
    cache,
  });
  expect(await given(cloud, "other")).toEqual([["src", false]]);
  await cloud.call(updateProject, { name: "other", source: { type: "NO_SOURCE", buildspec: shared("more") } });
  expect(await given(cloud, "other")).toEqual([]);
});

test("a build with a cache ends the same whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(
    () => world({ keys: ["npm-1", "npm-"] }),
    async (cloud) => {
      await createShop(cloud, KEYED, S3);
      await start(cloud);
      await cloud.advance("10s");
      await start(cloud);
      await cloud.advance("10s");
    },
  );
});
