import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { cloudformation } from "../cloudformation/index.ts";
import { simulated } from "../cloudformation/simulated-types.fixture.ts";
import { codecommit } from "../codecommit/index.ts";
import { complete, connectionCalled, serverOf } from "./api.ts";
import { publishedStatuses } from "./commit-status.ts";
import { createConnection } from "./connection.ts";
import { StoryServer } from "./git-server.fixture.ts";
import { codeconnections } from "./index.ts";
import { createRepositoryLink } from "./repository-link.ts";
import { getResourceSyncStatus } from "./sync-attempt.ts";
import { createSyncConfiguration, deleteSyncConfiguration, updateSyncConfiguration } from "./sync-configuration.ts";

// What Git sync tells the git server: how a deployment stands, and what a pull request would change.

const IT = { ResourceName: "shop", SyncType: "CFN_STACK_SYNC" as const };
const CONFIG = { ...IT, Branch: "main", ConfigFile: "deploy.yaml", RoleArn: "arn:aws:iam::111122223333:role/sync" };
const API = "http://git.example.com/api/v1";
const filesOf = (...names: string[]) => ({
  "deploy.yaml": "template-file-path: app.json\n",
  "app.json": JSON.stringify({
    Resources: Object.fromEntries(names.map((name) => [name, { Type: "Test::Thing::Thing", Properties: { Name: name } }])),
  }),
});

class Story {
  readonly server = new StoryServer();
  readonly cloud = new World({ services: [simulated, codecommit, cloudformation, codeconnections], hands: this.server.hands(), start: 0 });

  async sync(settings: object, api: string | undefined = API): Promise<this> {
    const { ConnectionArn } = await this.cloud.call(createConnection.current, { ConnectionName: "hub", ProviderType: "GitHub" });
    this.cloud.change((scope) =>
      complete(scope, connectionCalled(scope, "hub")!, serverOf({ path: "/srv/git", ...(api !== "" && { api }) })!),
    );
    const link = { ConnectionArn, OwnerId: "acme", RepositoryName: "shop" };
    const { RepositoryLinkInfo } = await this.cloud.call(createRepositoryLink.current, link);
    await this.cloud.call(createSyncConfiguration.current, {
      ...CONFIG,
      RepositoryLinkId: RepositoryLinkInfo!.RepositoryLinkId!,
      ...settings,
    });
    return this;
  }

  async push(branch: string, files: Readonly<Record<string, string>>, wait = "2m"): Promise<string> {
    const commit = this.server.push("/srv/git/acme/shop", branch, files);
    await this.cloud.advance(wait);
    return commit;
  }

  /** What it was told of commits: state and sentence. */
  told = () =>
    this.server.posted.filter(({ path }) => path.includes("/statuses/")).map(({ path, body }) => `${path.slice(-40, -32)} ${body.state}`);
  comments = () => this.server.posted.filter(({ path }) => path.endsWith("/comments"));
}

describe("PublishDeploymentStatus", () => {
  test("has the git server show how each commit stands, and only what is newest where it was away", async () => {
    const story = await new Story().sync({ PublishDeploymentStatus: "ENABLED" });
    const one = await story.push("main", filesOf("Cart"));
    expect(story.told()).toEqual([`${one.slice(0, 8)} pending`, `${one.slice(0, 8)} success`]);
    expect(story.server.posted.at(-1)).toEqual({
      path: `/api/v1/repos/acme/shop/statuses/${one}`,
      body: { context: "CloudFormation Git sync: shop", state: "success", description: "Stack shop is in CREATE_COMPLETE." },
    });
    story.server.unwell = { status: 503, until: 1_000_000 };
    const two = await story.push("main", { "app.json": "{}" }, "25m");
    expect(story.told().slice(2)).toEqual([`${two.slice(0, 8)} failure`]);
    expect(story.cloud.clock.now()).toBeGreaterThan(1_000_000);
  });

  test("what a git server refuses is told of the sync, which goes on", async () => {
    const story = await new Story().sync({ PublishDeploymentStatus: "ENABLED" });
    story.server.unwell = { status: 404, until: Number.POSITIVE_INFINITY };
    const one = await story.push("main", filesOf("Cart"));
    const { LatestSync } = await story.cloud.call(getResourceSyncStatus.current, IT);
    expect(LatestSync).toMatchObject({ Status: "SUCCEEDED" });
    expect(LatestSync!.Events!.at(-1)).toMatchObject({
      Type: "DEPLOYMENT_STATUS_NOT_PUBLISHED",
      Event: `${API}/repos/acme/shop/statuses/${one} answered 404: not now`,
    });
    await story.cloud.call(deleteSyncConfiguration.current, IT);
    expect(publishedStatuses.list(story.cloud.scope())).toEqual([]);
  });

  test("a server without an API cannot be told, and the sync says so", async () => {
    const story = await new Story().sync({ PublishDeploymentStatus: "ENABLED" }, "");
    await story.push("main", filesOf("Cart"));
    const { LatestSync } = await story.cloud.call(getResourceSyncStatus.current, IT);
    expect(LatestSync!.Events!.at(-1)!.Event).toMatch(/has no API that is known/);
  });

  test("nothing is told unless it is asked for", async () => {
    const story = await new Story().sync({});
    await story.push("main", filesOf("Cart"));
    expect(story.server.posted).toEqual([]);
  });
});

describe("PullRequestComment", () => {
  test("says below a pull request what it would change, once for each commit, and leaves the stack", async () => {
    const story = await new Story().sync({ PullRequestComment: "ENABLED" });
    await story.push("main", filesOf("Cart"));
    const more = story.server.push("/srv/git/acme/shop", "more", filesOf("Cart", "Pay"));
    story.server.pullRequests.set(7, { branch: "more", into: "main" }).set(8, { branch: "more", into: "other" });
    await story.cloud.advance("5m");
    expect(story.comments()).toEqual([
      {
        path: "/api/v1/repos/acme/shop/issues/7/comments",
        body: { body: expect.stringContaining(`commit ${more}`) },
      },
    ]);
    expect(story.comments()[0]!.body.body).toContain("| Add | Pay | Test::Thing::Thing | - |");
    await story.push("more", filesOf("Pay"));
    expect(story.comments().at(-1)!.body.body).toMatch(/\| (Remove|Delete) \| Cart \|/);
    await story.push("more", { ...filesOf("Pay"), "app.json": "{" });
    expect(story.comments().at(-1)!.body.body).toContain("No change set can be created");
    await story.push("more", {});
    expect(story.comments().at(-1)!.body.body).toContain("Deployment file deploy.yaml was not found.");
    await story.push("more", filesOf("Cart"));
    expect([story.comments().length, (await story.cloud.call(getResourceSyncStatus.current, IT)).LatestSync!.Status]).toEqual([
      4,
      "SUCCEEDED",
    ]);
  });

  test("begins and ends with the setting", async () => {
    const story = await new Story().sync({});
    story.server.pullRequests.set(7, { branch: "more", into: "main" });
    await story.push("main", filesOf("Cart"));
    await story.push("more", filesOf("Pay"));
    expect(story.comments()).toEqual([]);
    await story.cloud.call(updateSyncConfiguration.current, { ...IT, PullRequestComment: "ENABLED" });
    await story.cloud.advance("2m");
    expect(story.comments()).toHaveLength(1);
    await story.cloud.call(updateSyncConfiguration.current, { ...IT, PullRequestComment: "DISABLED" });
    await story.push("more", filesOf("Other"));
    expect(story.comments()).toHaveLength(1);
  });
});

test("a git server is told the same, whenever the power is cut", async () => {
  let story: Story;
  await endsTheSameWheneverThePowerIsCut(
    () => {
      story = new Story();
      return story.cloud;
    },
    async () => {
      story.server.pullRequests.set(7, { branch: "more", into: "main" });
      await story.sync({ PullRequestComment: "ENABLED", PublishDeploymentStatus: "ENABLED" });
      await story.push("main", filesOf("Cart"));
      story.server.unwell = { status: 500, until: story.cloud.clock.now() + 60_000 };
      await story.push("more", filesOf("Pay"), "5m");
      expect([story.told().at(-1)!.split(" ")[1], story.comments().length]).toEqual(["success", 1]);
    },
  );
});
