import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { type HttpSpec, jobs } from "../../compute/job.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { complete, connectionCalled, serverOf } from "../codeconnections/api.ts";
import { publishedStatuses } from "../codeconnections/commit-status.ts";
import { createConnection } from "../codeconnections/connection.ts";
import { takeWebhook } from "./api.ts";
import { startBuildBatch } from "./batch-operations.ts";
import { builds } from "./build.ts";
import { startBuild } from "./build-operations.ts";
import { createShop, ROLE, variables, world } from "./codebuild.fixture.ts";
import { batchGetProjects, deleteProject, updateProject } from "./project.ts";
import { approvals } from "./pull-request-approval.ts";
import { importSourceCredentials } from "./source-credential.ts";
import { createWebhook, deleteWebhook, updateWebhook, webhooks } from "./webhook.ts";

// What the servers of sources are told and asked: webhooks, statuses of commits, roles of people.

const BUILDSPEC = "version: 0.2\nphases: { build: { commands: [make] } }\n";
const SHA = "a".repeat(40);

type Answer = { readonly status: number; readonly body?: object };

/** A server that takes what it is told, and remembers it once for each job. */
class Story {
  readonly asked: HttpSpec[] = [];
  readonly #known = new Set<HttpSpec>();
  answers: (asked: HttpSpec) => Answer = ({ method, url }) =>
    method === "POST" ? { status: 201, body: { id: 7, url: `${url}/7` } } : { status: 200 };
  readonly cloud: World = world({
    server: (spec) => {
      if (!this.#known.has(spec)) this.asked.push(spec);
      this.#known.add(spec);
      return this.answers(spec);
    },
  });

  async project(type = "GITHUB", more: object = {}, location = "https://git.example.com/us/shop.git"): Promise<this> {
    const source = { type, location, buildspec: BUILDSPEC };
    await createShop(this.cloud, BUILDSPEC, { source, buildBatchConfig: { serviceRole: ROLE }, ...more });
    const login = type === "BITBUCKET" ? { authType: "BASIC_AUTH", username: "ann" } : { authType: "PERSONAL_ACCESS_TOKEN" };
    await this.cloud.call(importSourceCredentials, { serverType: type, token: "secret", ...login } as never);
    return this;
  }

  create = async (more: object = {}) => (await this.cloud.call(createWebhook, { projectName: "shop", ...more })).webhook!;

  /** The server tells of something. */
  async tell(kind: string, payload: object, waits = "1s"): Promise<string> {
    const webhook = webhooks.get(this.cloud.scope(), "shop")!;
    const token = Buffer.from(`111122223333:eu-west-1:shop:${webhook.token}`).toString("base64url");
    const body = JSON.stringify(payload);
    const signature = `sha256=${createHmac("sha256", webhook.secret).update(body).digest("hex")}`;
    const headers = { "x-hub-signature-256": signature, "x-github-event": kind };
    const { message } = this.cloud.change((scope) => takeWebhook(scope.in({ account: "", region: "" }), token, headers, body));
    await this.cloud.advance(waits);
    return message;
  }

  /** What it was told of commits. */
  told = () => this.asked.filter(({ url }) => url.includes("/status")).map(({ url, body }) => ({ url, ...JSON.parse(body!) }));
}

test("a webhook is made, changed and removed at GitHub's API", async () => {
  const story = await new Story().project();
  const { url, payloadUrl, secret, status } = await story.create();
  expect({ url, status }).toEqual({ url: "https://git.example.com/api/v1/repos/us/shop/hooks/7", status: "ACTIVE" });
  expect(story.asked[0]).toMatchObject({ method: "POST", headers: { Authorization: "token secret" } });
  expect(JSON.parse(story.asked[0]!.body!)).toEqual({
    type: "gitea",
    active: true,
    events: ["push", "pull_request"],
    config: { url: payloadUrl, content_type: "json", secret, insecure_ssl: "0" },
  });
  const change = (more: object) => story.cloud.call(updateWebhook, { projectName: "shop", ...more });
  await change({ branchFilter: "main" });
  expect(story.asked).toHaveLength(1);
  await change({ filterGroups: [[{ type: "EVENT", pattern: "PUSH, RELEASED" }]] });
  expect(story.asked[1]).toMatchObject({ method: "PATCH", url });
  expect(JSON.parse(story.asked[1]!.body!).events).toEqual(["push", "release"]);
  const { webhook } = await change({ rotateSecret: true });
  expect(JSON.parse(story.asked[2]!.body!).config.secret).toBe(webhook!.secret);
  await story.cloud.call(deleteWebhook, { projectName: "shop" });
  expect(story.asked[3]).toMatchObject({ method: "DELETE", url });
  expect((await story.cloud.call(batchGetProjects, { names: ["shop"] })).projects![0]!.webhook).toBeUndefined();
  await story.create();
  await story.cloud.call(deleteProject, { name: "shop" });
  await story.cloud.advance("1s");
  expect(story.asked.at(-1)).toMatchObject({ method: "DELETE" });
  expect(webhooks.list(story.cloud.scope())).toEqual([]);
});

test.each([
  ["GITHUB", "https://github.com/us/shop", "https://api.github.com/repos/us/shop/hooks", { name: "web" }],
  ["GITHUB_ENTERPRISE", "https://hub.example.com/us/shop.git", "https://hub.example.com/api/v3/repos/us/shop/hooks", { name: "web" }],
  ["GITLAB", "https://gitlab.com/us/all/shop.git", "https://gitlab.com/api/v4/projects/us%2Fall%2Fshop/hooks", { push_events: true }],
  [
    "BITBUCKET",
    "https://bitbucket.org/us/shop.git",
    "https://api.bitbucket.org/2.0/repositories/us/shop/hooks",
    { events: ["repo:push", "pullrequest:created", "pullrequest:updated", "pullrequest:fulfilled", "pullrequest:rejected"] },
  ],
])("a webhook of %s at %s", async (type, location, url, body) => {
  const story = await new Story().project(type, {}, location);
  await story.create();
  expect(story.asked[0]!.url).toBe(url);
  expect(JSON.parse(story.asked[0]!.body!)).toMatchObject(body);
});

test("behind a connection it is made where that leads to", async () => {
  const story = new Story();
  const { ConnectionArn } = await story.cloud.call(createConnection.current, { ConnectionName: "hub", ProviderType: "GitHub" });
  story.cloud.change((scope) => complete(scope, connectionCalled(scope, "hub")!, serverOf({ url: "http://ann:secret@127.0.0.1:3000" })));
  const auth = { type: "CODECONNECTIONS", resource: ConnectionArn };
  await story.project("GITHUB", { source: { type: "GITHUB", location: "https://github.com/us/shop", auth, buildspec: BUILDSPEC } });
  expect((await story.create()).url).toBe("http://127.0.0.1:3000/api/v1/repos/us/shop/hooks/7");
  expect(story.asked[0]!.headers["Authorization"]).toBe(`Basic ${Buffer.from("ann:secret").toString("base64")}`);
});

test.each([
  [404, "Repository not found or permission denied."],
  [429, "Failed to create webhook. GitHub API limit reached. Please try again later."],
  [500, "Unable to create webhook at this time. Please try again later."],
])("where the server answers %i there is no webhook", async (status, message) => {
  const story = await new Story().project();
  const { answers } = story;
  story.answers = () => ({ status });
  await expect(story.create()).rejects.toMatchObject({ name: "OAuthProviderException", message });
  expect((await story.cloud.call(batchGetProjects, { names: ["shop"] })).projects![0]!.webhook).toBeUndefined();
  story.answers = answers;
  expect((await story.create()).url).toMatch(/7$/);
});

test("a webhook that is changed while it is being made is made once", async () => {
  const story = await new Story().project();
  const made = story.create();
  const filterGroups = [[{ type: "EVENT", pattern: "PUSH" } as const]];
  await story.cloud.call(updateWebhook, { projectName: "shop", filterGroups });
  await made;
  expect(story.asked.map(({ method }) => method)).toEqual(["POST", "PATCH"]);
  expect(JSON.parse(story.asked[1]!.body!).events).toEqual(["push"]);
});

test("a webhook of manual creation is set up by hand", async () => {
  const story = await new Story().project();
  expect(await story.create({ manualCreation: true })).toMatchObject({ secret: expect.any(String), manualCreation: true });
  expect(story.asked).toEqual([]);
});

test("an organization tells of all of its repositories", async () => {
  const any = "CODEBUILD_DEFAULT_WEBHOOK_SOURCE_LOCATION";
  const story = await new Story().project("GITHUB_ENTERPRISE", {}, any);
  const scopeConfiguration = { name: "us", domain: "hub.example.com", scope: "GITHUB_ORGANIZATION" };
  await expect(story.create()).rejects.toThrow("A scope configuration is required");
  await expect(story.create({ scopeConfiguration: { name: "us", scope: "GITHUB_ORGANIZATION" } })).rejects.toThrow("A domain is required");
  await story.create({ scopeConfiguration });
  expect(story.asked[0]!.url).toBe("https://hub.example.com/api/v3/orgs/us/hooks");
  const repository = { name: "cart", clone_url: "https://hub.example.com/us/cart.git" };
  await story.tell("push", { ref: "refs/heads/main", after: SHA, sender: { id: 1 }, repository });
  expect(builds.list(story.cloud.scope())).toMatchObject([{ declaration: { source: { location: repository.clone_url } } }]);
});

test("the server is told how builds of its commits stand", async () => {
  const story = await new Story().project("GITHUB", { name: "shop" });
  const build = async (more: object = {}) => {
    await story.cloud.call(startBuild, { projectName: "shop", sourceVersion: SHA, ...more });
    await story.cloud.advance("30s");
    return story
      .told()
      .splice(-2)
      .map(({ state }) => state);
  };
  expect(await build()).toEqual([]);
  expect(await build({ reportBuildStatusOverride: true })).toEqual(["pending", "success"]);
  expect(story.told().at(-1)).toMatchObject({
    url: `https://git.example.com/api/v1/repos/us/shop/statuses/${SHA}`,
    context: "AWS CodeBuild eu-west-1 (shop)",
    description: "Build succeeded for project shop",
    target_url: expect.stringContaining("#/builds/shop:"),
  });
  const buildStatusConfigOverride = { context: "ci", targetUrl: "https://ci.example.com" };
  const failing = { environmentVariablesOverride: variables({ FAIL: "yes" }), buildStatusConfigOverride };
  expect(await build({ reportBuildStatusOverride: true, ...failing })).toEqual(["pending", "failure"]);
  expect(story.told().at(-1)).toMatchObject({ context: "ci", target_url: "https://ci.example.com" });
  await story.create();
  await story.tell("push", { ref: "refs/heads/main", after: "b".repeat(40), sender: { id: 1 }, repository: { name: "shop" } });
  await story.cloud.advance("30s");
  expect(story.told().at(-1)).toMatchObject({ url: expect.stringMatching(/b{40}$/), state: "success" });
  // What it will not hear is not kept for ever.
  story.answers = () => ({ status: 404 });
  expect(await build({ reportBuildStatusOverride: true })).toEqual(["pending", "success"]);
  expect(publishedStatuses.list(story.cloud.scope())).toEqual([]);
  const refused = { name: "shop", source: { type: "NO_SOURCE", buildspec: BUILDSPEC, reportBuildStatus: true } } as const;
  await expect(story.cloud.call(updateProject, refused)).rejects.toThrow("not supported for source type NO_SOURCE");
});

test("a batch tells of itself, or its builds do", async () => {
  const text = "version: 0.2\nbatch: { build-list: [{ identifier: one }] }\nphases: { build: { commands: [make] } }\n";
  const story = await new Story().project();
  const batch = async (batchReportMode: "REPORT_AGGREGATED_BATCH" | "REPORT_INDIVIDUAL_BUILDS") => {
    const buildBatchConfigOverride = { serviceRole: ROLE, batchReportMode };
    const input = { projectName: "shop", sourceVersion: SHA, reportBuildBatchStatusOverride: true, buildspecOverride: text };
    await story.cloud.call(startBuildBatch, { ...input, buildBatchConfigOverride });
    const before = story.told().length;
    await story.cloud.advance("60s");
    return story
      .told()
      .slice(before)
      .map(({ context, state }) => `${context} ${state}`);
  };
  const [whole, one] = ["AWS CodeBuild BuildBatch eu-west-1 (shop)", "AWS CodeBuild eu-west-1 (shop:one)"];
  expect(await batch("REPORT_AGGREGATED_BATCH")).toEqual([`${whole} pending`, `${whole} success`]);
  expect(await batch("REPORT_INDIVIDUAL_BUILDS")).toEqual([`${one} pending`, `${one} success`]);
});

test("pull requests of strangers are built when somebody approves of the commit who may", async () => {
  const story = await new Story().project();
  const rolesOf: Readonly<Record<string, string>> = { ann: "write", bob: "read" };
  const { answers } = story;
  story.answers = (asked) => {
    const [, who] = /collaborators\/(\w+)\/permission$/.exec(asked.url) ?? [];
    return who === undefined ? answers(asked) : { status: 200, body: { permission: rolesOf[who] ?? "none" } };
  };
  await story.create({ pullRequestBuildPolicy: { requiresCommentApproval: "ALL_PULL_REQUESTS" } });
  expect(JSON.parse(story.asked[0]!.body!).events).toContain("issue_comment");
  const opened = (number: number, login: string, action = "opened", sha = SHA) => {
    const repo = { full_name: "us/shop" };
    const pull_request = { user: { login }, head: { ref: "f", sha, repo }, base: { ref: "main", repo } };
    return story.tell("pull_request", { action, number, pull_request, sender: { id: 1 } });
  };
  const says = (login: string, number: number, body: string) =>
    story.tell("issue_comment", { action: "created", issue: { number, pull_request: {} }, comment: { body, user: { login } } });
  const built = () => builds.list(story.cloud.scope()).map(({ sourceVersion }) => sourceVersion);
  await opened(1, "ann");
  expect(built()).toEqual(["pr/1"]);
  await opened(2, "eve");
  expect(story.told().at(-1)).toMatchObject({ state: "failure", description: "Pull request approval required for starting a build" });
  await says("bob", 2, `/codebuild_run(${SHA})`);
  await says("ann", 2, "nice");
  expect(built()).toHaveLength(1);
  await opened(2, "eve", "synchronize", "c".repeat(40));
  expect(await says("ann", 2, `/codebuild_run(${SHA})`)).toBe("no build of that commit waits for an approval");
  await says("ann", 2, `/codebuild_run(${"c".repeat(40)})`);
  expect(built().sort()).toEqual(["pr/1", "pr/2"]);
});

test("who is to approve is not asked for ever", async () => {
  const story = await new Story().project();
  await story.create({ pullRequestBuildPolicy: { requiresCommentApproval: "ALL_PULL_REQUESTS" } });
  const pull_request = { user: { login: "eve" }, head: { ref: "f", sha: SHA }, base: { ref: "main" } };
  const event = (action: string, waits: string) =>
    story.tell("pull_request", { action, number: 1, pull_request, sender: { id: 1 } }, waits);
  const left = () => [...approvals.list(story.cloud.scope()), ...jobs.list(story.cloud.scope())];
  await event("opened", "0s");
  expect(left()).toHaveLength(2);
  await event("closed", "1s");
  expect(left()).toEqual([]);
  await event("opened", "0s");
  await story.cloud.call(deleteWebhook, { projectName: "shop" });
  await story.cloud.advance("1s");
  expect(left()).toEqual([]);
});

test("what a server is asked ends the same whenever the power is cut", async () => {
  const build = () =>
    world({ server: ({ method, url }) => ({ status: 200, body: method === "GET" ? { permission: "read" } : { id: 7, url: `${url}/7` } }) });
  const story = async (cloud: World) => {
    const source = { type: "GITHUB", location: "https://git.example.com/us/shop.git", buildspec: BUILDSPEC };
    await createShop(cloud, BUILDSPEC, { source });
    await cloud.call(importSourceCredentials, { serverType: "GITHUB", authType: "PERSONAL_ACCESS_TOKEN", token: "secret" });
    const pullRequestBuildPolicy = { requiresCommentApproval: "ALL_PULL_REQUESTS" } as const;
    await cloud.call(createWebhook, { projectName: "shop", pullRequestBuildPolicy }).catch(() => undefined);
    await cloud.advance("1s");
    const { token, secret } = webhooks.get(cloud.scope(), "shop")!;
    const pull_request = { user: { login: "eve" }, head: { ref: "f", sha: SHA }, base: { ref: "main" } };
    const body = JSON.stringify({ action: "opened", number: 1, pull_request, sender: { id: 1 } });
    const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
    const headers = { "x-hub-signature-256": signature, "x-github-event": "pull_request", "x-github-delivery": "d" };
    const where = Buffer.from(`111122223333:eu-west-1:shop:${token}`).toString("base64url");
    cloud.change((scope) => takeWebhook(scope, where, headers, body));
    await cloud.advance("1m");
    await cloud.call(deleteWebhook, { projectName: "shop" }).catch(() => undefined);
    await cloud.advance("1m");
  };
  expect(await endsTheSameWheneverThePowerIsCut(build, story)).toBeGreaterThan(8);
});
