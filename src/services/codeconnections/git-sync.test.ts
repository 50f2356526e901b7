import { describe, expect, test } from "vitest";
import { EVENTS, events } from "../../kernel/facts.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { listChangeSets } from "../cloudformation/change-set.ts";
import { cloudformation } from "../cloudformation/index.ts";
import { simulated, things } from "../cloudformation/simulated-types.fixture.ts";
import { describeStacks } from "../cloudformation/stack.ts";
import { mirrorRefs } from "../codecommit/api.ts";
import { codecommit } from "../codecommit/index.ts";
import { createRepository } from "../codecommit/repository.ts";
import { complete, connectionCalled, serverOf } from "./api.ts";
import { createConnection } from "./connection.ts";
import { StoryServer } from "./git-server.fixture.ts";
import { codeconnections } from "./index.ts";
import {
  createRepositoryLink,
  deleteRepositoryLink,
  getRepositoryLink,
  listRepositoryLinks,
  updateRepositoryLink,
} from "./repository-link.ts";
import { getRepositorySyncStatus } from "./repository-sync.ts";
import { getResourceSyncStatus } from "./sync-attempt.ts";
import { getSyncBlockerSummary, updateSyncBlocker } from "./sync-blocker.ts";
import {
  createSyncConfiguration,
  deleteSyncConfiguration,
  getSyncConfiguration,
  listRepositorySyncDefinitions,
  listSyncConfigurations,
  updateSyncConfiguration,
} from "./sync-configuration.ts";

const SHOP = "/srv/git/acme/shop";
const IT = { ResourceName: "shop", SyncType: "CFN_STACK_SYNC" as const };
const CONFIG = { ...IT, Branch: "main", ConfigFile: "deploy/prod.yaml", RoleArn: "arn:aws:iam::111122223333:role/sync" };

const templateOf = (text: string): string =>
  JSON.stringify({
    Parameters: { Name: { Type: "String", Default: "thing" } },
    Resources: { It: { Type: "Test::Thing::Thing", Properties: { Name: { Ref: "Name" }, Text: text } } },
  });
const filesOf = (text: string, deployment = "template-file-path: ./app.json\nparameters:\n  Name: cart\ntags:\n  team: web\n") => ({
  "deploy/prod.yaml": deployment,
  "app.json": templateOf(text),
});
const CORRECTED = "template-file-path: app.json\nparameters: { Name: cart }\ntags: { 'slipway:drift': correct }\n";

class Story {
  readonly server = new StoryServer();
  readonly cloud = new World({ services: [simulated, codecommit, cloudformation, codeconnections], hands: this.server.hands(), start: 0 });
  linkId = "";

  async link(): Promise<this> {
    await this.cloud.call(createConnection.current, { ConnectionName: "hub", ProviderType: "GitHub" });
    this.cloud.change((scope) => complete(scope, connectionCalled(scope, "hub")!, serverOf({ path: "/srv/git" })));
    const ConnectionArn = this.arn;
    const { RepositoryLinkInfo } = await this.cloud.call(createRepositoryLink.current, {
      ConnectionArn,
      OwnerId: "acme",
      RepositoryName: "shop",
    });
    this.linkId = RepositoryLinkInfo!.RepositoryLinkId!;
    return this;
  }

  async sync(more: object = {}): Promise<this> {
    await this.cloud.call(createSyncConfiguration.current, { ...CONFIG, RepositoryLinkId: this.linkId, ...more });
    return this;
  }

  get arn(): string {
    return this.cloud.change((scope) => scope.arn("codeconnections", `connection/${connectionCalled(scope, "hub")!.id}`));
  }

  /** Push, and give it a minute to be noticed and carried out. */
  async push(files: Readonly<Record<string, string>>): Promise<string> {
    const commit = this.server.push(SHOP, "main", files);
    await this.cloud.advance("2m");
    return commit;
  }

  status = () => this.cloud.call(getResourceSyncStatus.current, IT);
  blockers = async () => (await this.cloud.call(getSyncBlockerSummary.current, IT)).SyncBlockerSummary!.LatestBlockers!;
  stack = async () => (await this.cloud.call(describeStacks, { StackName: "shop" })).Stacks![0]!;
  thing = () => things.get(this.cloud.scope(), "cart")?.properties["Text"];
  said = async () => (await this.status()).LatestSync!.Events!.map(({ Type }) => Type);
}

const begin = async (more: object = {}): Promise<Story> => (await new Story().link()).sync(more);

describe("Git sync", () => {
  test("creates a stack by the first push, updates it by the next, and tells what it did", async () => {
    const story = await begin();
    const one = await story.push(filesOf("one"));
    expect(await story.stack()).toMatchObject({
      StackStatus: "CREATE_COMPLETE",
      Tags: [{ Key: "team", Value: "web" }],
      RoleARN: CONFIG.RoleArn,
    });
    expect(story.thing()).toBe("one");
    const two = await story.push(filesOf("two"));
    expect([(await story.stack()).StackStatus, story.thing()]).toEqual(["UPDATE_COMPLETE", "two"]);
    const status = await story.status();
    expect(status.LatestSync).toMatchObject({
      Status: "SUCCEEDED",
      Target: "shop",
      InitialRevision: {
        Sha: one,
        Branch: "main",
        Directory: "deploy/prod.yaml",
        OwnerId: "acme",
        RepositoryName: "shop",
        ProviderType: "GitHub",
      },
      TargetRevision: { Sha: two },
    });
    expect([status.DesiredState!.Sha, status.LatestSuccessfulSync!.TargetRevision!.Sha]).toEqual([two, two]);
    expect(await story.said()).toEqual(["SYNC_INITIATED", "SYNC_STARTED", "CHANGESET_CREATED", "SYNC_SUCCEEDED"]);
    const branch = { RepositoryLinkId: story.linkId, Branch: "main", SyncType: IT.SyncType };
    expect((await story.cloud.call(getRepositorySyncStatus.current, branch)).LatestSync).toMatchObject({ Status: "SUCCEEDED" });
    const told = events
      .peek(story.cloud.scope(), EVENTS)
      .map(({ value }) => value)
      .filter(({ source }) => source === "aws.codeconnections");
    expect(
      told.map(({ detailType, detail }) => `${detailType.split(" ")[2]} ${detail["previousSync"] ?? "-"} ${detail["status"]}`),
    ).toEqual([
      "Repository - SUCCEEDED",
      "Resource - INITIATED",
      "Resource INITIATED IN_PROGRESS",
      "Resource IN_PROGRESS SUCCEEDED",
      "Repository SUCCEEDED SUCCEEDED",
      "Resource SUCCEEDED INITIATED",
      "Resource INITIATED IN_PROGRESS",
      "Resource IN_PROGRESS SUCCEEDED",
    ]);
    expect(told.at(-1)!.detail).toMatchObject({
      providerType: "GitHub",
      commit: two,
      syncTarget: "shop",
      syncType: "CFN_STACK_SYNC",
      branch: "main",
    });
  });

  test.each([
    ["DEPLOYMENT_FILE_NOT_FOUND", { "app.json": templateOf("x") }],
    ["DEPLOYMENT_FILE_INVALID", filesOf("x", "parameters: {}\n")],
    ["DEPLOYMENT_FILE_INVALID", filesOf("x", "a: [\n")],
    ["DEPLOYMENT_FILE_INVALID", filesOf("x", "template-file-path: ../../app.json\n")],
    ["DEPLOYMENT_FILE_INVALID", filesOf("x", CORRECTED.replace("correct", "always"))],
    ["TEMPLATE_NOT_FOUND", filesOf("x", "template-file-path: none.json\n")],
    ["CHANGESET_CREATION_FAILED", { ...filesOf("x"), "app.json": "{}" }],
  ])("a broken push is a blocker, and leaves the stack: %s", async (type, files) => {
    const story = await begin();
    await story.push(filesOf("one"));
    const commit = await story.push(files);
    expect([await story.said(), (await story.stack()).StackStatus, story.thing()]).toEqual([
      ["SYNC_INITIATED", "SYNC_STARTED", type],
      "CREATE_COMPLETE",
      "one",
    ]);
    const [blocker] = await story.blockers();
    expect(blocker).toMatchObject({ Type: "AUTOMATED", Status: "ACTIVE", CreatedReason: expect.stringMatching(/./) });
    expect(blocker!.Contexts).toContainEqual({ Key: "Commit", Value: commit });
    // A good push does not help until somebody has looked.
    await story.push(filesOf("two"));
    expect([(await story.status()).LatestSync!.Status, story.thing()]).toEqual(["FAILED", "one"]);
    await story.cloud.call(updateSyncBlocker.current, { ...IT, Id: blocker!.Id, ResolvedReason: "it was a typo" });
    await story.cloud.advance("1m");
    expect([(await story.status()).LatestSync!.Status, story.thing()]).toEqual(["SUCCEEDED", "two"]);
    expect(await story.blockers()).toMatchObject([{ Status: "RESOLVED", ResolvedReason: "it was a typo" }]);
  });

  test("an update that rolls back is a blocker; resolving it tries the same commit again", async () => {
    const story = await begin();
    await story.push(filesOf("one"));
    const failing = { ...filesOf("two"), "app.json": templateOf("two").replace('"Text"', '"FailOnUpdate":true,"Text"') };
    await story.push(failing);
    expect([await story.said(), (await story.stack()).StackStatus, story.thing()]).toEqual([
      ["SYNC_INITIATED", "SYNC_STARTED", "CHANGESET_CREATED", "STACK_UPDATE_FAILED"],
      "UPDATE_ROLLBACK_COMPLETE",
      "one",
    ]);
    const [blocker] = await story.blockers();
    await story.cloud.call(updateSyncBlocker.former, { ...IT, Id: blocker!.Id, ResolvedReason: "again" });
    await story.cloud.advance("1m");
    expect((await story.blockers()).map(({ Status }) => Status)).toEqual(["ACTIVE", "RESOLVED"]);
    await expect(story.cloud.call(updateSyncBlocker.current, { ...IT, Id: "none", ResolvedReason: "x" })).rejects.toMatchObject({
      name: "SyncBlockerDoesNotExistException",
    });
  });

  test("a commit that changes nothing leaves no change set; FILE_CHANGE does not even ask", async () => {
    const story = await begin();
    await story.push(filesOf("one"));
    await story.push({ ...filesOf("one"), "README.md": "hello" });
    expect([(await story.said()).at(-1), (await story.status()).LatestSync!.Status]).toEqual(["CHANGESET_NO_CHANGES", "SUCCEEDED"]);
    expect((await story.cloud.call(listChangeSets, { StackName: "shop" })).Summaries).toEqual([]);
    await story.cloud.call(updateSyncConfiguration.current, { ...IT, TriggerResourceUpdateOn: "FILE_CHANGE" });
    await story.push({ ...filesOf("one"), "README.md": "hello again" });
    expect((await story.said()).at(-1)).toBe("SYNC_SKIPPED");
    await story.push(filesOf("two"));
    expect(story.thing()).toBe("two");
  });

  test("asks again for what died with the process", async () => {
    const story = await new Story().link();
    story.server.push(SHOP, "main", filesOf("one"));
    story.server.losesUntil = { fetch: 5, "cat-file": 25 };
    await story.sync();
    await story.cloud.advance("1m");
    expect(story.server.lost).toBeGreaterThan(2);
    expect([(await story.status()).LatestSync!.Status, story.thing()]).toEqual(["SUCCEEDED", "one"]);
  });

  test("tells that a repository cannot be fetched any more, and when it can again", async () => {
    const story = await begin();
    await story.push(filesOf("one"));
    const branch = { RepositoryLinkId: story.linkId, Branch: "main", SyncType: IT.SyncType };
    const latest = async () => (await story.cloud.call(getRepositorySyncStatus.current, branch)).LatestSync!;
    const { branches } = story.server;
    const kept = branches.get(SHOP)!;
    branches.delete(SHOP);
    await story.cloud.advance("2m");
    expect(await latest()).toMatchObject({
      Status: "FAILED",
      Events: [{ Event: expect.stringContaining("does not appear to be a git repository") }],
    });
    expect((await story.status()).LatestSync!.Status).toBe("SUCCEEDED");
    branches.set(SHOP, kept);
    await story.cloud.advance("2m");
    expect((await latest()).Status).toBe("SUCCEEDED");
  });

  test("follows a CodeCommit repository of the account, without a fetch", async () => {
    const story = await new Story().link();
    const { cloud } = story;
    const { repositoryMetadata } = await cloud.call(createRepository, { repositoryName: "shop" });
    cloud.change((scope) => complete(scope, connectionCalled(scope, "hub")!, serverOf({ codecommit: true })!));
    await story.sync();
    const commit = story.server.push("codecommit", "main", filesOf("one"));
    cloud.change((scope) => mirrorRefs(scope, repositoryMetadata!.repositoryId!, new Map([["refs/heads/main", commit]])));
    await cloud.advance("10s");
    expect([(await story.status()).LatestSync!.Status, story.thing()]).toEqual(["SUCCEEDED", "one"]);
  });

  test("configurations and links are kept, shown and refused as AWS does", async () => {
    const story = await begin();
    const { cloud, linkId: RepositoryLinkId } = story;
    const shown = { ...CONFIG, RepositoryLinkId, OwnerId: "acme", RepositoryName: "shop", ProviderType: "GitHub" };
    const settings = { PublishDeploymentStatus: "DISABLED", TriggerResourceUpdateOn: "ANY_CHANGE", PullRequestComment: "DISABLED" };
    expect((await cloud.call(getSyncConfiguration.former, IT)).SyncConfiguration).toEqual({ ...shown, ...settings });
    const ofLink = { RepositoryLinkId, SyncType: IT.SyncType };
    expect((await cloud.call(listSyncConfigurations.current, ofLink)).SyncConfigurations).toHaveLength(1);
    expect((await cloud.call(listRepositorySyncDefinitions.current, ofLink)).RepositorySyncDefinitions).toEqual([
      { Branch: "main", Directory: "deploy/prod.yaml", Parent: "shop", Target: "shop" },
    ]);
    await expect(story.sync()).rejects.toMatchObject({ name: "ResourceAlreadyExistsException" });
    await expect(cloud.call(getResourceSyncStatus.current, IT)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(cloud.call(deleteRepositoryLink.current, { RepositoryLinkId })).rejects.toMatchObject({
      name: "SyncConfigurationStillExistsException",
    });
    const again = { ConnectionArn: story.arn, OwnerId: "acme", RepositoryName: "shop" };
    await expect(cloud.call(createRepositoryLink.current, again)).rejects.toMatchObject({ name: "ResourceAlreadyExistsException" });
    const { ConnectionArn } = await cloud.call(createConnection.current, { ConnectionName: "new", ProviderType: "GitHub" });
    await expect(cloud.call(updateRepositoryLink.current, { RepositoryLinkId, ConnectionArn })).rejects.toThrow("its status is PENDING");
    expect((await cloud.call(getRepositoryLink.current, { RepositoryLinkId })).RepositoryLinkInfo).toMatchObject({
      ConnectionArn: story.arn,
    });
    await cloud.call(deleteSyncConfiguration.current, IT);
    await cloud.call(deleteSyncConfiguration.current, IT);
    await cloud.call(deleteRepositoryLink.current, { RepositoryLinkId });
    expect((await cloud.call(listRepositoryLinks.current, {})).RepositoryLinks).toEqual([]);
  });
});

describe("drift", () => {
  const byHand = (story: Story) =>
    story.cloud.change((scope) =>
      things.patch(scope, "cart", { properties: { ...things.get(scope, "cart")!.properties, Text: "by hand" } }),
    );

  test("is left alone where nothing asks for a look", async () => {
    const story = await begin();
    await story.push(filesOf("one"));
    byHand(story);
    await story.cloud.advance("1h");
    expect([(await story.said()).at(-1), story.thing()]).toEqual(["SYNC_SUCCEEDED", "by hand"]);
  });

  test("is shown once, and shown to be gone", async () => {
    const story = await begin();
    await story.push(filesOf("one", CORRECTED.replace("correct", "report")));
    byHand(story);
    await story.cloud.advance("20m");
    expect([(await story.said()).slice(3), story.thing()]).toEqual([["SYNC_SUCCEEDED", "DRIFT_DETECTED"], "by hand"]);
    expect((await story.status()).LatestSync!.Events!.at(-1)!.Event).toMatch(/^Stack shop has drifted from commit [0-9a-f]{40}: It\.$/);
    story.cloud.change((scope) => things.patch(scope, "cart", { properties: { Name: "cart", Text: "one" } }));
    await story.cloud.advance("20m");
    expect((await story.said()).slice(3)).toEqual(["SYNC_SUCCEEDED", "DRIFT_DETECTED", "DRIFT_GONE"]);
  });

  test("is corrected where the deployment file asks for it", async () => {
    const story = await begin();
    const commit = await story.push(filesOf("one", CORRECTED));
    byHand(story);
    await story.cloud.advance("10m");
    expect([(await story.stack()).StackStatus, story.thing()]).toEqual(["UPDATE_COMPLETE", "one"]);
    expect((await story.status()).LatestSync).toMatchObject({ Status: "SUCCEEDED", TargetRevision: { Sha: commit } });
    expect((await story.said()).at(-1)).toBe("SYNC_SUCCEEDED");
  });
});

test("a stack follows its branch and is corrected to the same end, whenever the power is cut", async () => {
  let story: Story;
  await endsTheSameWheneverThePowerIsCut(
    () => {
      story = new Story();
      return story.cloud;
    },
    async () => {
      await (await story.link()).sync();
      await story.push(filesOf("one"));
      await story.push({});
      const [blocker] = await story.blockers();
      await story.cloud.call(updateSyncBlocker.current, { ...IT, Id: blocker!.Id, ResolvedReason: "x" });
      await story.push(filesOf("two", CORRECTED));
      const last = (await story.blockers())[0]!;
      await story.cloud.call(updateSyncBlocker.current, { ...IT, Id: last.Id, ResolvedReason: "x" });
      await story.cloud.advance("2m");
      story.cloud.change((scope) => things.patch(scope, "cart", { properties: { Name: "cart", Text: "by hand" } }));
      await story.cloud.advance("7m");
      expect(story.thing()).toBe("two");
    },
  );
});
