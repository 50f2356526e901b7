import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { gitEnvironment, Repositories } from "../compute/repository.ts";
import { gitRoute } from "./git.ts";
import { gitCredentialsOf } from "./git-credentials.ts";

const KEY = "AKIAIOSFODNN7EXAMPLE";
const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/** Of its verbs only get takes the option. */
const HELPER = '!f() { [ "$1" != get ] || aws codecommit credential-helper --ignore-host-check get; }; f';

const run = promisify(execFile);

let folder: string;
let server: Server;
let port: number;
let repositories: Repositories;
let pushes: string[];
let defaultBranch: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "slipway-git-"));
  repositories = new Repositories(folder);
  pushes = [];
  defaultBranch = "main";
  const route = gitRoute<string>({
    repositories,
    async authenticate(request) {
      const credentials = gitCredentialsOf(request);
      switch (credentials.type) {
        case "none":
          return undefined;
        case "password":
          return credentials.password === "p@ss" ? credentials.username : undefined;
        case "signature":
          return credentials.accessKeyId === KEY ? credentials.verify(SECRET, ["us-east-1", "eu-west-1"], Date.now()) : undefined;
      }
    },
    locate: (who, name) =>
      name === "app" ? { repositoryId: "id-of-app", defaultBranch, refusal: (access, refs) => refusalFor(who, access, refs) } : undefined,
    async onPush(repositoryId, who) {
      const refs = await repositories.readRefs(repositoryId);
      pushes.push(`${who} ${repositoryId} ${[...refs.keys()].join(" ")}`);
    },
  });
  server = createServer((request, response) => (route.match(request) ? route.handle(request, response) : response.writeHead(404).end()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function git(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const identity = { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@b", GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@b" };
  const { stdout } = await run("git", [...args], { cwd: folder, env: { ...gitEnvironment(), ...identity, ...env } });
  return stdout;
}

function refusalFor(who: string, access: string, refs: readonly string[] = []): string | undefined {
  if (access === "push" && who === "reader") return "reader may not.";
  return refs.includes("refs/heads/locked") ? "Nobody may move locked." : undefined;
}

const urlFor = (user: string, name = "app"): string => `http://${user}@127.0.0.1:${port}/v1/repos/${name}`;

async function commitLargeFile(clone: string): Promise<string> {
  // More than git sends uncompressed and in one piece.
  writeFileSync(join(clone, "big.txt"), Array.from({ length: 200_000 }, (_, line) => `${line} ${(line * 7919) % 10007}\n`).join(""));
  await git(["-C", clone, "add", "."]);
  await git(["-C", clone, "commit", "-q", "-m", "big"]);
  return (await git(["-C", clone, "rev-parse", "HEAD"])).trim();
}

test("clone, push and clone again with git credentials; the push is told before git is answered", async () => {
  await git(["clone", "-q", urlFor("dev:p%40ss"), "one"]);
  const commit = await commitLargeFile(join(folder, "one"));
  await git(["-C", "one", "push", "-q", "origin", "HEAD:main"]);
  expect(pushes).toEqual(["dev id-of-app refs/heads/main"]);
  expect(await repositories.readRefs("id-of-app")).toEqual(new Map([["refs/heads/main", commit]]));
  await git(["clone", "-q", urlFor("reader:p%40ss"), "two"]);
  expect((await git(["-C", "two", "rev-parse", "HEAD"])).trim()).toBe(commit);
});

test("who has no password, no repository or no right is told so", async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/repos/app/info/refs?service=git-upload-pack`);
  expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="CodeCommit"']);
  await expect(git(["clone", urlFor("dev:wrong"), "x"])).rejects.toThrow("Authentication failed");
  await expect(git(["clone", urlFor("dev:p%40ss", "none"), "x"])).rejects.toThrow("not found");
  await git(["clone", "-q", urlFor("reader:p%40ss"), "one"]);
  await commitLargeFile(join(folder, "one"));
  await expect(git(["-C", "one", "push", "-q", "origin", "HEAD:main"])).rejects.toThrow(/remote: reader may not\.[\s\S]*403/);
  expect(pushes).toEqual([]);
});

test("a push is judged by the refs that it moves; branches are forced and deleted, tags pushed", async () => {
  await git(["clone", "-q", urlFor("dev:p%40ss"), "one"]);
  await git(["-C", "one", "commit", "-q", "--allow-empty", "-m", "first"]);
  const commit = (await git(["-C", "one", "rev-parse", "HEAD"])).trim();
  await git(["-C", "one", "push", "-q", "origin", "HEAD:main", "HEAD:next"]);
  await expect(git(["-C", "one", "push", "-q", "origin", "HEAD:locked"])).rejects.toThrow("403");
  await expect(git(["-C", "one", "push", "-q", "origin", "HEAD:other", "HEAD:locked"])).rejects.toThrow("403");
  expect([...(await repositories.readRefs("id-of-app")).keys()]).toEqual(["refs/heads/main", "refs/heads/next"]);
  await git(["-C", "one", "commit", "-q", "--allow-empty", "--amend", "-m", "other"]);
  await git(["-C", "one", "tag", "-a", "v1", "-m", "one"]);
  await git(["-C", "one", "push", "-q", "--force", "origin", "HEAD:main", "v1", ":next"]);
  const refs = await repositories.readRefs("id-of-app");
  expect([...refs.keys()]).toEqual(["refs/heads/main", "refs/tags/v1"]);
  expect(refs.get("refs/heads/main")).not.toBe(commit);
});

test("clones may be shallow or partial, by version 2 of the protocol", async () => {
  await git(["clone", "-q", urlFor("dev:p%40ss"), "one"]);
  writeFileSync(join(folder, "one", "a.txt"), "a");
  await git(["-C", "one", "add", "."]);
  await git(["-C", "one", "commit", "-q", "-m", "first"]);
  await git(["-C", "one", "commit", "-q", "--allow-empty", "-m", "second"]);
  await git(["-C", "one", "push", "-q", "origin", "HEAD:main"]);
  await git(["clone", "-q", "--depth=1", urlFor("reader:p%40ss"), "shallow"]);
  expect((await git(["-C", "shallow", "rev-list", "--count", "HEAD"])).trim()).toBe("1");
  await git(["-c", "protocol.version=2", "clone", "-q", "--filter=blob:none", "--no-checkout", urlFor("reader:p%40ss"), "partial"]);
  const missing = await git(["-C", "partial", "rev-list", "--objects", "--missing=print", "HEAD"]);
  expect(missing.split("\n").filter((line) => line.startsWith("?"))).toHaveLength(1);
});

test("clones begin with the default branch, which nobody deletes by a push", async () => {
  await git(["init", "-q", "--initial-branch=develop", "one"]);
  await git(["-C", "one", "commit", "-q", "--allow-empty", "-m", "first"]);
  await git(["-C", "one", "push", "-q", urlFor("dev:p%40ss"), "develop", "develop:main"]);
  defaultBranch = "develop";
  await git(["clone", "-q", urlFor("reader:p%40ss"), "two"]);
  expect((await git(["-C", "two", "branch", "--show-current"])).trim()).toBe("develop");
  await expect(git(["-C", "one", "push", "-q", urlFor("dev:p%40ss"), ":develop"])).rejects.toThrow("deletion of the current branch");
  await git(["-C", "one", "push", "-q", urlFor("dev:p%40ss"), ":main"]);
});

test("of two pushes to one branch the second is told that it is behind", async () => {
  for (const clone of ["one", "two"]) {
    await git(["init", "-q", "--initial-branch=main", clone]);
    await git(["-C", clone, "commit", "-q", "--allow-empty", "-m", clone]);
  }
  const push = (clone: string) => git(["-C", clone, "push", "-q", urlFor("dev:p%40ss"), "main"]).then(() => "won", String);
  const ends = (await Promise.all([push("one"), push("two")])).sort();
  expect(ends).toEqual([expect.stringMatching(/\[(remote )?rejected\]/), "won"]);
});

test("a push of more refs than AWS takes moves none", async () => {
  const commands = Array.from({ length: 4001 }, (_, index) => {
    const command = `${"0".repeat(40)} ${"1".repeat(40)} refs/heads/b${index}\n`;
    return (command.length + 4).toString(16).padStart(4, "0") + command;
  });
  const answer = await fetch(`http://127.0.0.1:${port}/v1/repos/app/git-receive-pack`, {
    method: "POST",
    headers: { Authorization: `Basic ${Buffer.from("dev:p@ss").toString("base64")}` },
    body: `${commands.join("")}0000`,
  });
  expect([answer.status, await answer.text()]).toEqual([403, "A push can change at most 4000 references.\n"]);
});

test("Git LFS is refused by name", async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/repos/app/info/lfs/objects/batch`, {
    method: "POST",
    headers: { Authorization: `Basic ${Buffer.from("dev:p@ss").toString("base64")}` },
  });
  expect([answer.status, await answer.json()]).toEqual([501, { message: "CodeCommit does not support Git LFS." }]);
});

const aws = findAws();

/** The AWS CLI of this machine that can be run; without one there is nothing to compare with. */
function findAws(): string | undefined {
  try {
    execFileSync("aws", ["--version"], { stdio: "ignore" });
    return "aws";
  } catch {
    return undefined;
  }
}

test.skipIf(aws === undefined)("AWS's own credential helper signs what we verify, with and without a session", async () => {
  const home = join(folder, "home");
  const helper = { HOME: home, AWS_ACCESS_KEY_ID: KEY, AWS_SECRET_ACCESS_KEY: SECRET, AWS_DEFAULT_REGION: "eu-west-1" };
  const config = ["-c", `credential.helper=${HELPER}`, "-c", "credential.UseHttpPath=true"];
  const url = `http://127.0.0.1:${port}/v1/repos/app`;
  await git([...config, "clone", "-q", url, "one"], helper);
  await commitLargeFile(join(folder, "one"));
  await git([...config, "-C", "one", "push", "-q", "origin", "HEAD:main"], { ...helper, AWS_SESSION_TOKEN: "token/with+signs==" });
  expect(pushes).toEqual(["eu-west-1 id-of-app refs/heads/main"]);
  await expect(git([...config, "clone", "-q", url, "two"], { ...helper, AWS_SECRET_ACCESS_KEY: "other" })).rejects.toThrow(
    "Authentication failed",
  );
  expect(existsSync(join(folder, "two"))).toBe(false);
});

test("a push whose client goes away in the middle comes to its end", async () => {
  await git(["clone", "-q", urlFor("dev:p%40ss"), "one"]);
  const socket = connect(port, "127.0.0.1");
  const head = `POST /v1/repos/app/git-receive-pack HTTP/1.1\r\nHost: h\r\nAuthorization: Basic ${btoa("dev:p@ss")}`;
  socket.write(`${head}\r\nContent-Type: application/x-git-receive-pack-request\r\nContent-Length: 1000\r\n\r\n0000`);
  await once(server, "request");
  socket.destroy();
  // It is told of when git has ended.
  while (pushes.length === 0) await setTimeout(10);
});
