import { describe, expect, test } from "vitest";
import type { Job } from "../../compute/job.ts";
import { simulatedHands } from "../../compute/simulated.ts";
import { digestOf } from "../../kernel/blob.ts";
import type { ActionDeclaration, GitPullRequestFilter, GitPushFilter } from "../../sdk/codepipeline.js";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { codecommit } from "../codecommit/index.ts";
import { complete, connectionCalled, noticePush, serverOf } from "../codeconnections/api.ts";
import { createConnection } from "../codeconnections/connection.ts";
import { codeconnections } from "../codeconnections/index.ts";
import { iam } from "../iam/index.ts";
import { s3 } from "../s3/index.ts";
import { sts } from "../sts/index.ts";
import { actionsOf, approval, create, executionsOf, latest, pipelineOf, prepareStore } from "./codepipeline.fixture.ts";
import { matchesGlob } from "./glob.ts";
import { codepipeline } from "./index.ts";
import { noticePullRequest, type PullRequest } from "./trigger.ts";
import { zipOf } from "./zip.ts";

const ARCHIVE = zipOf("app.txt", Buffer.from("app"));
const commitOf = (letter: string): string => letter.repeat(40);

/** A git server: where each ref stands, and which files each commit has changed. */
class Server {
  readonly refs = new Map<string, string>([["refs/heads/main", commitOf("a")]]);
  readonly changes = new Map<string, readonly string[]>();
  hasCloned = false;
  /** The process dies while it reads files, once. */
  dies = false;

  readonly world = (): World => {
    const cloud = new World({
      services: [iam, sts, s3, codecommit, codeconnections, codepipeline],
      hands: simulatedHands((job) => {
        const isLost = this.dies && job.id.includes("/files/");
        if (isLost) this.dies = false;
        return isLost ? { afterMs: 10, status: "LOST" } : { afterMs: 10, status: "SUCCEEDED", result: this.#resultOf(job) };
      }),
    });
    cloud.blobs.write(ARCHIVE);
    return cloud;
  };

  #resultOf({ spec }: Job): NonNullable<Job["result"]> {
    if (spec.type === "command") {
      if (spec.checkout?.full) this.hasCloned = true;
      return { outputs: { archive: { digest: digestOf(ARCHIVE), size: ARCHIVE.length } } };
    }
    if (spec.type !== "git") throw new Error(spec.type);
    const said = (stdout: string) => ({ exitCode: 0, stdout, stderr: "" });
    const [{ args, stdin = "" }] = spec.commands as [{ args: readonly string[]; stdin?: string }];
    if (args[0] === "fetch") return { git: [said(""), said([...this.refs].map(([ref, commit]) => `${ref} ${commit}\n`).join(""))] };
    if (args[0]!.startsWith("diff")) return { git: [said((this.changes.get(args.at(-1)!.slice(-40)) ?? []).join("\n"))] };
    const who = "Ann <ann@example.com> 1767225600 +0000";
    const text = `tree 1\nauthor ${who}\ncommitter ${who}\n\nDiscounts\n`;
    return { git: [said(`${stdin.trim()} commit ${text.length}\n${text}\n`)] };
  }

  push(cloud: World, ref: string, letter: string, files: readonly string[] = []): void {
    this.refs.set(ref, commitOf(letter));
    this.changes.set(commitOf(letter), files);
    cloud.change((scope) => noticePush(scope, "acme/shop"));
  }
}

const source = (configuration: Record<string, string> = {}): ActionDeclaration => ({
  name: "App",
  actionTypeId: { category: "Source", owner: "AWS", provider: "CodeStarSourceConnection", version: "1" },
  configuration: { FullRepositoryId: "acme/shop", BranchName: "main", ...configuration },
  outputArtifacts: [{ name: "Source" }],
  namespace: "App",
});
const agree: ActionDeclaration = { ...approval, configuration: { CustomData: "#{App.BranchName} #{App.CommitId}" } };

/** A pipeline behind a connection; with filters it has a trigger. */
async function connected(
  cloud: World,
  push?: readonly GitPushFilter[],
  more: Record<string, string> = {},
  pullRequest?: GitPullRequestFilter[],
): Promise<void> {
  await prepareStore(cloud);
  const { ConnectionArn } = await cloud.call(createConnection.current, { ConnectionName: "hub", ProviderType: "GitHub" });
  cloud.change((scope) => complete(scope, connectionCalled(scope, "hub")!, serverOf({ path: "/srv/git" })));
  const filters = (push ?? pullRequest) && { ...(push && { push: [...push] }), ...(pullRequest && { pullRequest }) };
  const gitConfiguration = { sourceActionName: "App", ...filters };
  const triggers = filters && [{ providerType: "CodeStarSourceConnection" as const, gitConfiguration }];
  const settings = { pipelineType: "V2", executionMode: "PARALLEL", ...(triggers && { triggers }) } as const;
  await create(cloud, pipelineOf([source({ ConnectionArn: ConnectionArn!, ...more }), agree], settings));
  await cloud.advance("1s");
}

/** What the executions were started for, oldest first; the first is that of creating the pipeline. */
const startedFor = async (cloud: World): Promise<string[]> => {
  await cloud.advance("10s");
  const started = (await actionsOf(cloud)).filter(({ actionName }) => actionName === "Agree");
  return started.map(({ input }) => input!.resolvedConfiguration!["CustomData"]!.slice(0, 12)).reverse();
};

describe("a source at GitHub by a token", () => {
  const byToken: ActionDeclaration = {
    ...source(),
    actionTypeId: { category: "Source", owner: "ThirdParty", provider: "GitHub", version: "1" },
    configuration: { Owner: "acme", Repo: "shop", Branch: "main", OAuthToken: "gho_secret" },
  };

  test("is reached as the account's connection to GitHub is", async () => {
    const server = new Server();
    const cloud = server.world();
    await prepareStore(cloud);
    await create(cloud, pipelineOf([byToken, agree]));
    const error = async () => (await actionsOf(cloud))[0]!.output!.executionResult!.errorDetails?.message;
    expect(await error()).toBe('The GitHub repository "acme/shop" or branch "main" does not exist.');
    await cloud.call(createConnection.current, { ConnectionName: "hub", ProviderType: "GitHub" });
    cloud.change((scope) => complete(scope, connectionCalled(scope, "hub")!, serverOf({ path: "/srv/git" })));
    await cloud.advance("1s");
    server.push(cloud, "refs/heads/main", "b");
    await cloud.advance("1m");
    const taken = (await actionsOf(cloud)).find(({ actionName }) => actionName === "App");
    expect(taken).toMatchObject({
      status: "Succeeded",
      input: { configuration: { OAuthToken: "****" } },
      output: {
        outputVariables: {
          CommitId: commitOf("b"),
          RepositoryName: "shop",
          CommitUrl: `https://github.com/acme/shop/commit/${commitOf("b")}`,
        },
      },
    });
    expect((await latest(cloud)).trigger).toEqual({ triggerType: "PollForSourceChanges", triggerDetail: "App" });
  });

  test("needs a token that is one", async () => {
    const cloud = new Server().world();
    await prepareStore(cloud);
    const masked = { ...byToken, configuration: { ...byToken.configuration, OAuthToken: "****" } };
    await expect(create(cloud, pipelineOf([masked, agree]))).rejects.toThrow(
      "Action configuration for the new action 'App' contains an invalid configuration for the secret property 'OAuthToken'. '****' may be used in secret properties only when updating an existing action.",
    );
  });
});

describe("a source behind a connection", () => {
  test("takes the branch, and starts the pipeline when it moves", async () => {
    const server = new Server();
    const cloud = server.world();
    await connected(cloud);
    expect(await latest(cloud)).toMatchObject({
      trigger: { triggerType: "CreatePipeline" },
      sourceRevisions: [
        { actionName: "App", revisionId: commitOf("a"), revisionSummary: '{"ProviderType":"GitHub","CommitMessage":"Discounts"}' },
      ],
    });
    server.push(cloud, "refs/heads/other", "b");
    server.push(cloud, "refs/heads/main", "c");
    expect(await startedFor(cloud)).toEqual(["main aaaaaaa", "main ccccccc"]);
    expect((await latest(cloud)).trigger).toMatchObject({
      triggerType: "WebhookV2",
      triggerDetail: expect.stringContaining(":connection/"),
    });
  });

  test("does not look where it is told not to, and may give a whole clone", async () => {
    const server = new Server();
    const cloud = server.world();
    await connected(cloud, undefined, { DetectChanges: "false", OutputArtifactFormat: "CODEBUILD_CLONE_REF" });
    server.push(cloud, "refs/heads/main", "b");
    await cloud.advance("2h");
    expect(await executionsOf(cloud)).toHaveLength(1);
    expect(server.hasCloned).toBe(true);
  });

  test("fails where the connection leads nowhere", async () => {
    const server = new Server();
    const cloud = server.world();
    server.refs.clear();
    await connected(cloud);
    expect((await latest(cloud)).status).toBe("Failed");
  });
});

describe("a trigger", () => {
  const branches = { includes: ["main", "release/**"], excludes: ["release/old*"] };
  const cases: [string, readonly GitPushFilter[], [string, string, string[]?][], string[]][] = [
    [
      "of branches",
      [{ branches }],
      [
        ["refs/heads/main", "b"],
        ["refs/heads/feature", "c"],
        ["refs/heads/release/1/2", "d"],
        ["refs/heads/release/old1", "e"],
        ["refs/tags/main", "f"],
      ],
      ["main bbbbbbb", "release/1/2 "],
    ],
    [
      "of tags",
      [{ tags: { includes: ["v*"] } }],
      [
        ["refs/heads/main", "b"],
        ["refs/tags/v1", "c"],
        ["refs/tags/latest", "d"],
      ],
      ["main ccccccc"],
    ],
    [
      "of the files of a branch",
      [{ branches: { includes: ["main"] }, filePaths: { includes: ["src/**"], excludes: ["**/*.md"] } }],
      [
        ["refs/heads/main", "b", ["README.md", "docs/a.txt"]],
        ["refs/heads/main", "c", ["src/notes.md"]],
        ["refs/heads/main", "d", ["src/notes.md", "src/deep/app.ts"]],
        ["refs/heads/other", "e", ["src/app.ts"]],
      ],
      ["main ddddddd"],
    ],
  ];

  test.each(cases)("%s starts the pipeline for what it filters", async (_, filters, pushes, wanted) => {
    const server = new Server();
    const cloud = server.world();
    await connected(cloud, filters);
    for (const [ref, letter, files] of pushes) {
      server.push(cloud, ref, letter, files);
      await cloud.advance("1m");
    }
    expect((await startedFor(cloud)).slice(1)).toEqual(wanted);
  });

  test("a push is not forgotten when the process died while it read the files", async () => {
    const server = new Server();
    const cloud = server.world();
    await connected(cloud, [{ filePaths: { includes: ["src/**"] } }]);
    server.dies = true;
    server.push(cloud, "refs/heads/main", "b", ["src/app.ts"]);
    await cloud.advance("1m");
    expect([server.dies, (await startedFor(cloud)).slice(1)]).toEqual([false, ["main bbbbbbb"]]);
  });

  test("for pull requests starts the pipeline with what they bring", async () => {
    const server = new Server();
    const cloud = server.world();
    const filter = { events: ["OPEN", "UPDATED"], branches: { includes: ["main"] }, filePaths: { includes: ["src/**"] } };
    await connected(cloud, undefined, {}, [filter as GitPullRequestFilter]);
    const tell = async (event: PullRequest["event"], letter: string, destination: string, files: readonly string[]): Promise<void> => {
      server.push(cloud, "refs/heads/topic", letter, files);
      const pullRequest = { event, id: "7", title: "Discounts", branch: "topic", commit: commitOf(letter), destination };
      cloud.change((scope) => noticePullRequest(scope, "Acme/shop", pullRequest));
      await cloud.advance("1m");
    };
    await tell("OPEN", "b", "main", ["src/app.ts"]);
    await tell("UPDATED", "c", "main", ["README.md"]);
    await tell("UPDATED", "d", "other", ["src/app.ts"]);
    await tell("CLOSED", "e", "main", ["src/app.ts"]);
    expect((await startedFor(cloud)).slice(1)).toEqual(["topic bbbbbb"]);
    const variables = (await actionsOf(cloud)).find(({ actionName }) => actionName === "App")!.output!.outputVariables;
    expect(variables).toMatchObject({ PullRequestId: "7", SourceBranchName: "topic", DestinationBranchName: "main" });
  });

  test("for pushes of branches and tags, and for pull requests, takes each by its own filter", async () => {
    const server = new Server();
    const cloud = server.world();
    const both = { branches: { includes: ["main"] }, filePaths: { includes: ["src/**"] }, tags: { includes: ["v*"] } };
    await expect(connected(cloud, [both])).rejects.toMatchObject({ name: "InvalidStructureException" });
    const other = new Server();
    const world = other.world();
    await connected(world, [both], {}, [{ branches: { includes: ["next"] } }]);
    const push = async (ref: string, letter: string, files: readonly string[] = []): Promise<void> => {
      other.push(world, ref, letter, files);
      await world.advance("1m");
    };
    await push("refs/heads/main", "b", ["README.md"]);
    await push("refs/heads/main", "c", ["src/app.ts"]);
    await push("refs/tags/v1", "d");
    await push("refs/tags/latest", "e");
    await push("refs/heads/topic", "f", ["src/app.ts"]);
    const pullRequest = { event: "OPEN", id: "7", title: "x", branch: "topic", commit: commitOf("f"), destination: "next" } as const;
    world.change((scope) => noticePullRequest(scope, "Acme/shop", pullRequest));
    expect((await startedFor(world)).slice(1)).toEqual(["main ccccccc", "main ddddddd", "topic ffffff"]);
  });

  test("ends the same whenever the power is cut", async () => {
    const server = new Server();
    await endsTheSameWheneverThePowerIsCut(
      () => {
        server.refs.clear();
        server.refs.set("refs/heads/main", commitOf("a"));
        return server.world();
      },
      async (cloud) => {
        await connected(cloud, [{ filePaths: { includes: ["src/**"] } }]);
        server.push(cloud, "refs/heads/main", "b", ["src/app.ts"]);
        expect((await startedFor(cloud)).at(-1)).toBe("main bbbbbbb");
      },
    );
  });
});

test.each([
  ["release/*", "release/1", true],
  ["release/*", "release/1/2", false],
  ["**.js", "a/b.js", true],
  ["{main,dev}", "dev", true],
  ["v[0-9].?", "v1.x", true],
  ["v[!0-9]", "v1", false],
  ["a.b", "aXb", false],
])("the pattern %s and %s", (pattern, text, isMatch) => {
  expect(matchesGlob(pattern, text)).toBe(isMatch);
});
