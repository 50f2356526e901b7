import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import type { WebhookFilter } from "../../sdk/codebuild.js";
import type { World } from "../../testing/world.ts";
import { badge, publicBuild, takeWebhook, type WebhookAnswer } from "./api.ts";
import { buildBatches } from "./batch.ts";
import { builds } from "./build.ts";
import { createShop, get, ROLE, start, world } from "./codebuild.fixture.ts";
import { batchGetProjects, updateProject, updateProjectVisibility } from "./project.ts";
import { createWebhook, deleteWebhook, updateWebhook } from "./webhook.ts";

const BUILDSPEC = "version: 0.2\nphases: { build: { commands: [make] } }\n";
const SHA = "a".repeat(40);
const PUSH = {
  ref: "refs/heads/main",
  before: "b".repeat(40),
  after: SHA,
  sender: { id: 7 },
  head_commit: { message: "Discounts" },
  commits: [{ added: ["src/a.js"], modified: [], removed: ["README.md"] }],
  repository: { name: "shop", owner: { login: "us" } },
};

async function shopOn(type: string): Promise<World> {
  const cloud = world();
  const source = { type, location: "https://git.example.com/us/shop.git", buildspec: BUILDSPEC };
  await createShop(cloud, BUILDSPEC, { source, buildBatchConfig: { serviceRole: ROLE } });
  return cloud;
}

async function hook(cloud: World, filters: WebhookFilter[][] = [], more: object = {}) {
  const { webhook } = await cloud.call(createWebhook, {
    projectName: "shop",
    ...(filters.length > 0 && { filterGroups: filters }),
    ...more,
  });
  const token = new URL(webhook!.payloadUrl!).searchParams.get("t")!;
  const tell = (headers: Record<string, string>, payload: object, secret = webhook!.secret!): WebhookAnswer => {
    const body = JSON.stringify(payload);
    const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
    return cloud.change((scope) =>
      takeWebhook(scope.in({ account: "", region: "" }), token, { "x-hub-signature-256": signature, ...headers }, body),
    );
  };
  return { tell, secret: webhook!.secret! };
}

const started = (cloud: World) => builds.list(cloud.scope()).map(({ sourceVersion, webhook }) => ({ sourceVersion, ...webhook }));
const on = (event: string, ...more: WebhookFilter[]): WebhookFilter[] => [{ type: "EVENT", pattern: event }, ...more];

test("GitHub's push starts a build, once per delivery, if it is signed", async () => {
  const cloud = await shopOn("GITHUB");
  const { tell } = await hook(cloud);
  const headers = { "x-github-event": "push", "x-github-delivery": "d-1", "user-agent": "GitHub-Hookshot/1" };
  expect(tell(headers, PUSH, "wrong")).toMatchObject({ status: 401 });
  expect(started(cloud)).toEqual([]);
  tell(headers, PUSH);
  tell(headers, PUSH);
  expect(started(cloud)).toEqual([
    {
      sourceVersion: SHA,
      CODEBUILD_WEBHOOK_ACTOR_ACCOUNT_ID: "7",
      CODEBUILD_WEBHOOK_BASE_REF: "",
      CODEBUILD_WEBHOOK_EVENT: "PUSH",
      CODEBUILD_WEBHOOK_HEAD_REF: "refs/heads/main",
      CODEBUILD_WEBHOOK_MERGE_COMMIT: "",
      CODEBUILD_WEBHOOK_PREV_COMMIT: "b".repeat(40),
      CODEBUILD_WEBHOOK_TRIGGER: "branch/main",
    },
  ]);
  expect(builds.list(cloud.scope())[0]).toMatchObject({ initiator: "GitHub-Hookshot/1" });
  expect(tell({ ...headers, "x-github-delivery": "d-2" }, { ...PUSH, after: "0".repeat(40) })).toMatchObject({
    message: "nothing to build for",
  });
});

test.each([
  ["the branch", [on("PUSH", { type: "HEAD_REF", pattern: "^refs/heads/main$" })], true],
  ["another branch", [on("PUSH", { type: "HEAD_REF", pattern: "^refs/heads/dev$" })], false],
  ["not that branch", [on("PUSH", { type: "HEAD_REF", pattern: "dev", excludeMatchedPattern: true })], true],
  ["a file", [on("PUSH", { type: "FILE_PATH", pattern: "^src/" })], true],
  ["no such file", [on("PUSH", { type: "FILE_PATH", pattern: "^docs/" })], false],
  [
    "the message and the actor",
    [on("PUSH", { type: "COMMIT_MESSAGE", pattern: "Disc" }, { type: "ACTOR_ACCOUNT_ID", pattern: "^7$" })],
    true,
  ],
  ["another event", [on("PULL_REQUEST_CREATED, RELEASED")], false],
  ["one group of two", [on("RELEASED"), on("PUSH", { type: "REPOSITORY_NAME", pattern: "shop" })], true],
  ["what a push does not say", [on("PUSH", { type: "TAG_NAME", pattern: ".*" })], false],
] as const)("filters: %s", async (_, filters, isBuilt) => {
  const cloud = await shopOn("GITHUB");
  const { tell } = await hook(cloud, filters as unknown as WebhookFilter[][]);
  tell({ "x-github-event": "push" }, PUSH);
  expect(started(cloud)).toHaveLength(isBuilt ? 1 : 0);
});

test("GitHub's pull requests, tags and releases", async () => {
  const cloud = await shopOn("GITHUB");
  const { tell } = await hook(cloud, [on("PUSH,PULL_REQUEST_CREATED,PULL_REQUEST_MERGED,RELEASED")]);
  const pull_request = { head: { ref: "feature" }, base: { ref: "main" }, merged: true, merge_commit_sha: SHA };
  tell({ "x-github-event": "pull_request" }, { action: "opened", number: 5, pull_request, sender: { id: 7 } });
  tell({ "x-github-event": "pull_request" }, { action: "closed", number: 5, pull_request, sender: { id: 7 } });
  tell({ "x-github-event": "pull_request" }, { action: "labeled", number: 5, pull_request, sender: { id: 7 } });
  tell({ "x-github-event": "push" }, { ...PUSH, ref: "refs/tags/v1" });
  tell({ "x-github-event": "release" }, { action: "released", release: { tag_name: "v2", name: "Two" }, sender: { id: 7 } });
  const told = started(cloud).map((one) => [
    one["sourceVersion"],
    (one as Record<string, string>)["CODEBUILD_WEBHOOK_EVENT"],
    (one as Record<string, string>)["CODEBUILD_WEBHOOK_TRIGGER"],
  ]);
  expect(told.sort()).toEqual(
    [
      ["pr/5", "PULL_REQUEST_CREATED", "pr/5"],
      ["pr/5", "PULL_REQUEST_MERGED", "pr/5"],
      [SHA, "PUSH", "tag/v1"],
      ["v2", "RELEASED", "tag/v2"],
    ].sort(),
  );
});

test("GitLab shows the secret, Bitbucket signs", async () => {
  const gitlab = await shopOn("GITLAB");
  const lab = await hook(gitlab);
  const push = {
    ref: "refs/heads/main",
    before: "0".repeat(40),
    after: SHA,
    user_id: 3,
    commits: [],
    project: { path_with_namespace: "us/shop" },
  };
  expect(lab.tell({ "x-gitlab-event": "Push Hook", "x-gitlab-token": "wrong" }, push)).toMatchObject({ status: 401 });
  lab.tell({ "x-gitlab-event": "Push Hook", "x-gitlab-token": lab.secret }, push);
  const object_attributes = { action: "open", iid: 4, source_branch: "f", target_branch: "main", last_commit: { message: "m" } };
  lab.tell({ "x-gitlab-event": "Merge Request Hook", "x-gitlab-token": lab.secret }, { object_attributes, user: { id: 3 }, project: {} });
  expect(
    started(gitlab)
      .map(({ sourceVersion }) => sourceVersion)
      .sort(),
  ).toEqual([SHA, "pr/4"]);
  const bitbucket = await shopOn("BITBUCKET");
  const bucket = await hook(bitbucket);
  const changes = [{ new: { type: "branch", name: "main", target: { hash: SHA, message: "m" } }, old: { target: { hash: "b" } } }];
  bucket.tell({ "x-event-key": "repo:push" }, { push: { changes }, actor: { account_id: "x" }, repository: { name: "shop" } });
  const pullrequest = { id: 9, source: { branch: { name: "f" } }, destination: { branch: { name: "main" } } };
  bucket.tell({ "x-event-key": "pullrequest:created" }, { pullrequest, actor: {} });
  expect(
    started(bitbucket)
      .map(({ sourceVersion }) => sourceVersion)
      .sort(),
  ).toEqual([SHA, "pr/9"]);
});

test("a webhook may start batches, is changed, and goes", async () => {
  const cloud = await shopOn("GITHUB");
  const { tell, secret } = await hook(cloud, [], { buildType: "BUILD_BATCH" });
  tell({ "x-github-event": "push" }, PUSH);
  expect(buildBatches.list(cloud.scope())).toMatchObject([{ webhook: { CODEBUILD_WEBHOOK_EVENT: "PUSH" } }]);
  await expect(cloud.call(createWebhook, { projectName: "shop" })).rejects.toThrow("Webhook already exists for project shop");
  const { webhook } = await cloud.call(updateWebhook, {
    projectName: "shop",
    branchFilter: "^dev$",
    rotateSecret: true,
    buildType: "BUILD",
  });
  expect(webhook!.secret).not.toBe(secret);
  expect(tell({ "x-github-event": "push" }, PUSH)).toMatchObject({ status: 401 });
  expect(tell({ "x-github-event": "push" }, PUSH, webhook!.secret!)).toMatchObject({ message: "no filter group matches" });
  const { projects } = await cloud.call(batchGetProjects, { names: ["shop"] });
  expect(projects![0]!.webhook).toMatchObject({ branchFilter: "^dev$", status: "ACTIVE" });
  await cloud.call(deleteWebhook, { projectName: "shop" });
  expect(tell({ "x-github-event": "push" }, PUSH, webhook!.secret!)).toMatchObject({ status: 404 });
});

test("a webhook tells the type of its builds where that was said", async () => {
  const cloud = await shopOn("GITHUB");
  expect((await cloud.call(createWebhook, { projectName: "shop" })).webhook).not.toHaveProperty("buildType");
  const { webhook } = await cloud.call(updateWebhook, { projectName: "shop", buildType: "BUILD" });
  expect(webhook!.buildType).toBe("BUILD");
});

test("refuses what CodeBuild refuses of webhooks", async () => {
  const cloud = await shopOn("GITHUB");
  const create = (more: object) => cloud.call(createWebhook, { projectName: "shop", ...more });
  await expect(create({ filterGroups: [[{ type: "HEAD_REF", pattern: "x" }]] })).rejects.toThrow("at least one filter of type EVENT");
  await expect(create({ filterGroups: [on("PUSH", { type: "HEAD_REF", pattern: "(" })] })).rejects.toThrow("Invalid regular expression: (");
  await expect(create({ branchFilter: "x", filterGroups: [on("PUSH")] })).rejects.toThrow("cannot be used together");
  await cloud.call(updateProject, { name: "shop", source: { type: "NO_SOURCE", buildspec: BUILDSPEC } });
  await expect(create({})).rejects.toThrow("Webhooks are not supported for source type NO_SOURCE");
});

test("a badge says how the newest build of its branch ended", async () => {
  const cloud = world();
  await createShop(cloud, BUILDSPEC, { badgeEnabled: true });
  const { projects } = await cloud.call(batchGetProjects, { names: ["shop"] });
  const url = new URL(projects![0]!.badge!.badgeRequestUrl!);
  const shown = (branch = "main") => badge(cloud.scope({ account: "", region: "" }), url.searchParams.get("uuid")!, branch);
  expect(shown()).toContain("unknown");
  await start(cloud);
  expect(shown()).toContain("in progress");
  await cloud.advance("10s");
  expect(shown()).toMatch(/^<svg .*passing/);
  await start(cloud, { FAIL: "yes" });
  await cloud.advance("10s");
  expect(shown()).toContain("failing");
  expect(badge(cloud.scope(), "nonsense", "main")).toBeUndefined();
});

test("builds of a public project are seen by whoever has the address", async () => {
  const cloud = world();
  await createShop(cloud, BUILDSPEC);
  const projectArn = "arn:aws:codebuild:eu-west-1:111122223333:project/shop";
  const change = (projectVisibility: "PUBLIC_READ" | "PRIVATE") => cloud.call(updateProjectVisibility, { projectArn, projectVisibility });
  const { publicProjectAlias: alias } = await change("PUBLIC_READ");
  const id = await start(cloud);
  await cloud.advance("10s");
  expect(builds.get(cloud.scope(), id)!.variables!["CODEBUILD_PUBLIC_BUILD_URL"]).toContain(`/${alias}/${id.split(":")[1]}`);
  expect(publicBuild(cloud.scope(), alias!, id.split(":")[1]!)).toContain("shop 1: SUCCEEDED, COMPLETED");
  expect((await get(cloud, id)).buildStatus).toBe("SUCCEEDED");
  await change("PRIVATE");
  expect(publicBuild(cloud.scope(), alias!, "")).toBeUndefined();
});
