import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CodeCommitClient, CreateRepositoryCommand, GetBranchCommand, ListBranchesCommand } from "@aws-sdk/client-codecommit";
import { CreateServiceSpecificCredentialCommand, CreateUserCommand, IAMClient } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attempt, type Ended, REGION, run, Server, until } from "./server.ts";

// The unmodified git, with a user's own password for CodeCommit.

const ACCOUNT = "111122223333";
const hasGit = spawnSync("git", ["--version"]).status === 0;

describe.skipIf(!hasGit)("git (skipped where there is none)", () => {
  let server: Server;
  let commits: CodeCommitClient;
  /** The address of a repository with the name and the password of a user in it. */
  let address: (name: string, password?: string) => string;

  beforeAll(async () => {
    server = await Server.start();
    const config = { endpoint: server.endpoint, region: REGION, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "slipway" } };
    commits = new CodeCommitClient(config);
    const users = new IAMClient(config);
    await users.send(new CreateUserCommand({ UserName: "ann" }));
    const { ServiceSpecificCredential } = await users.send(
      new CreateServiceSpecificCredentialCommand({ UserName: "ann", ServiceName: "codecommit.amazonaws.com" }),
    );
    const { ServiceUserName, ServicePassword } = ServiceSpecificCredential!;
    address = (name, password = ServicePassword!) => {
      const url = new URL(`${server.endpoint}/v1/repos/${name}`);
      url.username = encodeURIComponent(ServiceUserName!);
      url.password = encodeURIComponent(password);
      return url.href;
    };
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it("clones, pushes and fetches", async () => {
    const ann = await Clone.of("exchange");
    await ann.commit("one");
    await ann.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
    const ben = await ann.another();
    expect(await ben.git("log", "--format=%s")).toBe("one\n");
    await ann.commit("two");
    await ann.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
    await ben.git("fetch", "--quiet");
    expect(await ben.git("rev-parse", "origin/main")).toBe(await ann.git("rev-parse", "HEAD"));
    const { branch } = await commits.send(new GetBranchCommand({ repositoryName: "exchange", branchName: "main" }));
    expect(`${branch!.commitId}\n`).toBe(await ann.git("rev-parse", "HEAD"));
  });

  it("is told why it is refused", async () => {
    await Clone.of("closed");
    const surroundings = { env: server.environment(ACCOUNT), cwd: server.folder };
    const wrong = await attempt("git", ["ls-remote", address("closed", "guess")], surroundings);
    expect([wrong.code, wrong.stderr]).toEqual([128, expect.stringMatching(/Authentication failed/)]);
    const nobody = await attempt("git", ["ls-remote", `${server.endpoint}/v1/repos/closed`], surroundings);
    expect([nobody.code, nobody.stderr]).toEqual([128, expect.stringMatching(/could not read Username/)]);
    const unknown = await attempt("git", ["ls-remote", address("absent")], surroundings);
    expect([unknown.code, unknown.stderr]).toEqual([128, expect.stringMatching(/repository '.*absent\/' not found/)]);
    const status = async (name: string, password?: string) => {
      const { username, password: secret, origin, pathname } = new URL(address(name, password));
      const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(secret)}`).toString("base64");
      const url = `${origin}${pathname}/info/refs?service=git-upload-pack`;
      return (await fetch(url, { headers: { authorization: `Basic ${basic}` } })).status;
    };
    expect([await status("closed", "guess"), await status("absent"), await status("closed")]).toEqual([401, 404, 200]);
  });

  it("refuses a push that would lose commits, unless it is forced", async () => {
    const ann = await Clone.of("forced");
    await ann.commit("one");
    await ann.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
    await ann.git("commit", "--quiet", "--amend", "--message", "another one");
    const refused = await ann.attempt("push", "origin", "HEAD:refs/heads/main");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("non-fast-forward")]);
    await ann.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main");
    expect(await (await ann.another()).git("log", "--format=%s")).toBe("another one\n");
  });

  it("tells of branches and tags as events", async () => {
    const ann = await Clone.of("told");
    await ann.commit("one");
    const commit = (await ann.git("rev-parse", "HEAD")).trim();
    await ann.git("tag", "v1");
    await ann.git("push", "--quiet", "origin", "HEAD:refs/heads/main", "HEAD:refs/heads/idea", "v1");
    await ann.commit("two");
    await ann.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
    await ann.git("push", "--quiet", "origin", "--delete", "idea");
    await ann.git("push", "--quiet", "origin", "--delete", "v1");
    const told = await until("six events", async () => {
      const { events } = await server.ask(`events?account=${ACCOUNT}&region=${REGION}`);
      const own = events.filter(({ detail }: any) => detail.repositoryName === "told").map(({ detail }: any) => detail);
      return own.length >= 6 ? own : undefined;
    });
    const shown = told.map(({ event, referenceType, referenceName }: any) => `${event} ${referenceType} ${referenceName}`);
    expect(shown.slice(0, 3).sort()).toEqual(["referenceCreated branch idea", "referenceCreated branch main", "referenceCreated tag v1"]);
    expect(shown.slice(3)).toEqual(["referenceUpdated branch main", "referenceDeleted branch idea", "referenceDeleted tag v1"]);
    expect(told[3]).toMatchObject({ oldCommitId: commit, callerUserArn: `arn:aws:iam::${ACCOUNT}:user/ann` });
    const { branches } = await commits.send(new ListBranchesCommand({ repositoryName: "told" }));
    expect(branches).toEqual(["main"]);
  });

  it("clones no more of the past than it is asked to", async () => {
    const ann = await Clone.of("long");
    for (const message of ["one", "two", "three"]) await ann.commit(message);
    await ann.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
    const shallow = await ann.another("--depth", "1");
    expect(await shallow.git("log", "--format=%s")).toBe("three\n");
    await shallow.git("fetch", "--quiet", "--unshallow");
    expect(await shallow.git("log", "--format=%s")).toBe("three\ntwo\none\n");
  });

  /** A clone of a repository, as the user who has the password. */
  class Clone {
    static #made = 0;
    readonly #name: string;
    readonly #folder: string;

    private constructor(name: string, folder: string) {
      this.#name = name;
      this.#folder = folder;
    }

    /** A clone of a new repository. */
    static async of(name: string): Promise<Clone> {
      await commits.send(new CreateRepositoryCommand({ repositoryName: name }));
      return Clone.#clone(name);
    }

    static async #clone(name: string, ...options: string[]): Promise<Clone> {
      const folder = join(server.folder, `clone-${++Clone.#made}`);
      const surroundings = { env: server.environment(ACCOUNT), cwd: server.folder };
      await run("git", ["clone", "--quiet", ...options, address(name), folder], surroundings);
      return new Clone(name, folder);
    }

    /** A second clone of the same repository. */
    another(...options: string[]): Promise<Clone> {
      return Clone.#clone(this.#name, ...options);
    }

    git(...args: string[]): Promise<string> {
      return run("git", args, { env: server.environment(ACCOUNT), cwd: this.#folder });
    }

    attempt(...args: string[]): Promise<Ended> {
      return attempt("git", args, { env: server.environment(ACCOUNT), cwd: this.#folder });
    }

    async commit(message: string): Promise<void> {
      writeFileSync(join(this.#folder, "story.txt"), message);
      await this.git("add", "--all");
      await this.git("commit", "--quiet", "--message", message);
    }
  }
});
