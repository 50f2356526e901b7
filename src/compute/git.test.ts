import { existsSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeBackend } from "./fake-backend.fixture.ts";
import type { GitSpec, Job } from "./job.ts";
import { type RealHands, startHands } from "./real.ts";
import { CERTIFICATE, startTlsServer } from "./tls-server.fixture.ts";

let backend: FakeBackend;
let hands: RealHands;

beforeEach(async () => {
  backend = new FakeBackend();
  hands = await startHands(backend, { plain: true, warn: () => {} });
});

afterEach(async () => {
  await hands.close();
  backend.remove();
});

const git = (id: string, ...commands: GitSpec["commands"]): Promise<Job> =>
  backend.done(id, { type: "git", repositoryId: "repo", commands });

test("commands run in order in a repository that comes to be, each with its input", async () => {
  const identity = { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@b", GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@b" };
  const made = await git("make", { args: ["hash-object", "-w", "--stdin"], stdin: "content" }, { args: ["mktree"], stdin: "" });
  const [blob, tree] = made.result!.git!.map(({ stdout }) => stdout.trim());
  const committed = await git(
    "commit",
    { args: ["commit-tree", tree!, "-m", "message"], env: identity },
    { args: ["cat-file", "blob", blob!] },
  );
  expect(committed.result!.git![1]).toEqual({ exitCode: 0, stdout: "content", stderr: "" });
  const commit = committed.result!.git![0]!.stdout.trim();
  await git("branch", { args: ["update-ref", "refs/heads/main", commit] });
  expect(await hands.repositories.readRefs("repo")).toEqual(new Map([["refs/heads/main", commit]]));
});

test("what needs a repository to be there makes none", async () => {
  const job = await backend.done("look", { type: "git", repositoryId: "gone", commands: [{ args: ["version"] }], mustExist: true });
  expect(job).toMatchObject({ status: "FAILED", reason: "There is no repository gone." });
  expect(existsSync(hands.repositories.path("gone"))).toBe(false);
});

test("output that is not text is base64", async () => {
  const { result } = await git(
    "archive",
    { args: ["hash-object", "-t", "tree", "/dev/null"] },
    { args: ["-c", "alias.x=!printf '\\377\\376'", "x"] },
  );
  expect(result!.git![1]).toEqual({ exitCode: 0, stdout: "//4=", base64: true, stderr: "" });
});

test("the first command that fails ends the job, with what git said", async () => {
  const job = await git("bad", { args: ["cat-file", "-t", "nothing"] }, { args: ["version"] });
  expect(job).toMatchObject({
    status: "FAILED",
    reason: expect.stringMatching(/^git cat-file failed with 128: fatal: Not a valid object name nothing/),
  });
  expect(job.result!.git).toHaveLength(1);
});

test("settings of a command are added to those that git has anyway", async () => {
  const config = { "gc.autoDetach": "false" };
  const job = await git("settings", { args: ["config", "--get-regexp", "^gc\\."], config });
  expect(job.result!.git![0]!.stdout).toBe("gc.pruneexpire never\ngc.autodetach false\n");
});

test("a server that no authority knows is believed by its own certificate", async () => {
  const tls = await startTlsServer((_request, response) => void response.writeHead(404).end());
  const fetch = (id: string, certificate?: string) =>
    backend.done(id, {
      type: "git",
      repositoryId: "repo",
      commands: [{ args: ["ls-remote", `${tls.url}/acme/shop.git`] }],
      ...(certificate && { certificate }),
    });
  expect((await fetch("stranger")).reason).toMatch(/certificate/);
  expect((await fetch("known", CERTIFICATE)).reason).toMatch(/not found/);
  tls.server.closeAllConnections();
  tls.server.close();
});
