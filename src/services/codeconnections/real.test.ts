import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cloud } from "../../cloud.ts";
import { rootCaller } from "../../kernel/caller.ts";
import type { Operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { cloudOf } from "../../testing/cloud-of.ts";
import { cloudformation } from "../cloudformation/index.ts";
import { putFile } from "../codecommit/change.ts";
import { codecommit } from "../codecommit/index.ts";
import { createRepository } from "../codecommit/repository.ts";
import { iam } from "../iam/index.ts";
import { sts } from "../sts/index.ts";
import {
  complete,
  connectionCalled,
  ensureCommitSummary,
  ensureSource,
  ensureSourceArchive,
  forgetSource,
  forgetSourceArchive,
  type GitServer,
  publishStatus,
  serverOf,
  statusFailure,
} from "./api.ts";
import { publishedStatuses } from "./commit-status.ts";
import { createConnection } from "./connection.ts";
import { codeconnections } from "./index.ts";

// What a pipeline and a build do with a connection, by git itself.

const HERE = { account: "111122223333", region: "eu-west-1" };
const hasGit = spawnSync("git", ["--version"]).status === 0;

describe.skipIf(!hasGit)("a source behind a connection (skipped where there is no git)", () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-connections-"));
  let cloud: Cloud;

  beforeAll(async () => {
    cloud = await cloudOf([iam, sts, codecommit, cloudformation, codeconnections]);
  });
  afterAll(async () => {
    await cloud.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const call = async <I, O>(operation: Operation<I, O>, input: I): Promise<O> =>
    (await cloud.drive.call(operation, input, rootCaller(HERE.account, HERE.region))) as O;
  const commit = <R>(work: (scope: Scope) => R): R => cloud.kernel.commit(HERE, work);

  /** What a loop would see when it is no longer busy. */
  function settled<R extends { readonly state: string }>(work: (scope: Scope) => R): Promise<Exclude<R, { state: "busy" }>> {
    return new Promise((resolve) => {
      let over = false;
      const look = (): void => {
        const seen = over ? undefined : commit(work);
        if (seen === undefined || seen.state === "busy") return;
        over = true;
        stop();
        resolve(seen as Exclude<R, { state: "busy" }>);
      };
      const stop = cloud.kernel.watch(() => setImmediate(look));
      look();
    });
  }

  async function connect(name: string, server: GitServer): Promise<string> {
    const { ConnectionArn } = await call(createConnection.current, { ConnectionName: name, ProviderType: "GitHub" });
    commit((scope) => complete(scope, connectionCalled(scope, name)!, server));
    return ConnectionArn!;
  }

  test("is a commit, its files and what it says of itself, out of a folder", async () => {
    const git = (cwd: string, ...args: string[]): string => {
      const { status, stdout, stderr } = spawnSync("git", ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", ...args], {
        cwd,
        encoding: "utf8",
      });
      expect([status, stderr]).toEqual([0, ""]);
      return stdout.trim();
    };
    git(folder, "init", "--quiet", "--initial-branch=main", join(folder, "acme/shop"));
    writeFileSync(join(folder, "acme/shop/a.txt"), "hello");
    git(join(folder, "acme/shop"), "add", ".");
    git(join(folder, "acme/shop"), "commit", "--quiet", "--message", "First");
    const connectionArn = await connect("folder", serverOf({ path: folder })!);
    const source = { connectionArn, fullRepositoryId: "acme/shop", branch: "main" };
    const head = await settled((scope) => ensureSource(scope, "run", source));
    expect(head).toMatchObject({ state: "done", commit: git(join(folder, "acme/shop"), "rev-parse", "HEAD") });
    const { repositoryId, commit: id } = head as Extract<typeof head, { state: "done" }>;
    const said = { message: "First\n", authorName: "Ann", authorEmail: "ann@example.com" };
    expect(await settled((scope) => ensureCommitSummary(scope, "run", repositoryId, id))).toMatchObject({ state: "done", summary: said });
    expect(await settled((scope) => ensureSourceArchive(scope, "run", repositoryId, id))).toMatchObject({ state: "done", summary: said });
    commit((scope) => {
      forgetSource(scope, "run");
      forgetSourceArchive(scope, "run");
    });
    const absent = await settled((scope) => ensureSource(scope, "other", { ...source, fullRepositoryId: "acme/none" }));
    expect(absent).toMatchObject({ state: "failed", reason: expect.stringContaining("does not appear to be a git repository") });
  });

  test("has its provider told by HTTP, and hears what it says", async () => {
    const asked: { url: string; authorization: string | undefined; body: unknown }[] = [];
    const provider = createServer(async (request, response) => {
      asked.push({ url: request.url!, authorization: request.headers.authorization, body: JSON.parse(await text(request)) });
      response.writeHead(request.url!.includes("acme") ? 201 : 403).end("{}");
    });
    await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
    const { port } = provider.address() as AddressInfo;
    const connectionArn = await connect("told", serverOf({ url: `http://ann:secret@127.0.0.1:${port}` })!);
    const status = { commit: "c".repeat(40), context: "build", state: "success", description: "It is good." } as const;
    commit((scope) => publishStatus(scope, "one", { connectionArn, fullRepositoryId: "acme/shop" }, status));
    await settled((scope) => ({ state: publishedStatuses.get(scope, "one") === undefined ? "done" : "busy" }));
    expect(asked).toEqual([
      {
        url: `/api/v1/repos/acme/shop/statuses/${"c".repeat(40)}`,
        authorization: `Basic ${Buffer.from("ann:secret").toString("base64")}`,
        body: { state: "success", context: "build", description: "It is good." },
      },
    ]);
    commit((scope) => publishStatus(scope, "two", { connectionArn, fullRepositoryId: "other/shop" }, status));
    await settled((scope) => ({ state: statusFailure(scope, "two") === undefined ? "busy" : "done" }));
    expect(commit((scope) => statusFailure(scope, "two"))!.reason).toMatch(/answered 403: {}$/);
    provider.closeAllConnections();
    provider.close();
  });

  test("is fetched over HTTP, from our own CodeCommit as from any server, and no password is told", async () => {
    await call(createRepository, { repositoryName: "books" });
    const file = { repositoryName: "books", branchName: "main", filePath: "a.txt", fileContent: Buffer.from("one") };
    const { commitId } = await call(putFile, file);
    const base = `${cloud.endpoint.replace("//", `//${HERE.account}:secret@`)}/v1/repos/{name}`;
    const connectionArn = await connect("http", serverOf({ url: base })!);
    const ask = (id: string, fullRepositoryId: string) =>
      settled((scope) => ensureSource(scope, id, { connectionArn, fullRepositoryId, branch: "main" }));
    expect(await ask("one", "acme/books")).toMatchObject({ state: "done", commit: commitId });
    const refused = await ask("two", "acme/none");
    expect(refused).toMatchObject({ state: "failed", reason: expect.stringMatching(/\/v1\/repos\/none\/' not found/) });
    expect(JSON.stringify(refused)).not.toContain("secret");
  });
});
