import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeBackend, identity } from "./fake-backend.fixture.ts";
import type { CommandSpec, Job } from "./job.ts";
import { type RealHands, startHands } from "./real.ts";
import { gitEnvironment } from "./repository.ts";
import { probeSandbox } from "./sandbox.ts";

const kinds = probeSandbox().kind === "plain" ? ["plain"] : ["plain", "bubblewrap"];

const spec = (script: string, more: Partial<CommandSpec> = {}): CommandSpec => ({
  type: "command",
  identity,
  workspace: "build/1",
  script,
  env: {},
  timeoutMs: 20_000,
  log: { group: "/aws/codebuild/p", stream: "1" },
  ...more,
});

describe.each(kinds)("%s", (kind) => {
  let backend: FakeBackend;
  let hands: RealHands;
  let count = 0;

  beforeEach(async () => {
    backend = new FakeBackend();
    hands = await startHands(backend, { plain: kind === "plain", warn: () => {} });
  });

  afterEach(async () => {
    await hands.close();
    backend.remove();
  });

  const run = (script: string, more: Partial<CommandSpec> = {}): Promise<Job> => backend.done(`job-${count++}`, spec(script, more));

  test("its exit code decides, and its output is logged in order", async () => {
    expect(await run("echo one; echo two >&2; printf three")).toMatchObject({ status: "SUCCEEDED", result: { exitCode: 0 } });
    expect(backend.messages()).toEqual(["one", "two", "three"]);
    expect(await run("exit 3")).toMatchObject({ status: "FAILED", result: { exitCode: 3 }, reason: "exit status 3" });
    expect(await run("[[ a == a ]]", { shell: "bash" })).toMatchObject({ status: "SUCCEEDED" });
  });

  test("its AWS calls reach the cloud with its own keys, whatever it was given", async () => {
    const env = { AWS_ACCESS_KEY_ID: "AKIAREAL", AWS_ENDPOINT_URL: "https://real", GREETING: "hello" };
    await run('echo "$GREETING $AWS_ACCESS_KEY_ID $AWS_ENDPOINT_URL $AWS_REGION $CI"; cat "$HOME/.aws/credentials" || echo none', { env });
    expect(backend.messages()[0]).toBe("hello ASIATESTTESTTESTTEST http://127.0.0.1:4566 us-east-1 true");
    expect(backend.messages().at(-1)).toBe("none");
  });

  test("what it installs for every user is its own", async () => {
    const manifest = JSON.stringify({ name: "tool", version: "1.0.0", bin: "tool.sh" });
    const made = `mkdir p; echo '${manifest}' > p/package.json; printf '#!/bin/sh\necho installed\n' > p/tool.sh`;
    expect(await run(`${made}; npm install -g --offline --install-links ./p > npm.log 2>&1 || cat npm.log; tool`)).toMatchObject({
      status: "SUCCEEDED",
    });
    expect(backend.messages()).toEqual(["installed"]);
  });

  test("inputs are put there, files stay for the next job of the workspace, outputs are kept whatever the exit code", async () => {
    const digest = backend.blobs.write(Buffer.from("#!/bin/sh\necho ran\n")).digest;
    await run("bin/tool > out.txt; echo $TMPDIR > tmp.txt; echo t > $TMPDIR/t; pwd", {
      inputs: [{ path: "bin/tool", digest, mode: 0o755 }],
    });
    const again = await run("cat $TMPDIR/t; mkdir -p dist; cp out.txt dist; exit 1", {
      outputs: [
        { name: "text", type: "file", path: "out.txt" },
        { name: "absent", type: "file", path: "none" },
        { name: "zip", type: "zip", base: "dist", files: ["**/*"] },
      ],
    });
    expect(again.result?.outputs).toEqual({
      text: { text: "ran\n" },
      zip: { digest: expect.stringMatching(/^sha256:/), size: expect.any(Number) },
    });
    const unpacked = await run("cat in/out.txt", {
      workspace: "other",
      inputs: [{ path: "in", digest: again.result!.outputs!["zip"]!.digest!, unpack: "zip" }],
    });
    expect([unpacked.status, backend.messages().at(-1)]).toEqual(["SUCCEEDED", "ran"]);
  });

  test("what a script says for the log has a word and the time before it", async () => {
    await run("echo one; echo ::me::say two; printf three; echo ::me::begun; echo ::me::say four", { mark: "::me::", saysAs: "[Me]" });
    const stamped = expect.stringMatching(/^\[Me\] \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d (two|four)$/);
    expect(backend.messages().slice(-4)).toEqual(["one", stamped, "three", stamped]);
  });

  test("what a script says of itself is told at once, and is not in the log", async () => {
    backend.ask(
      "told",
      spec("echo one; echo ::me::begun; until [ -f go ]; do sleep 0.05; done; printf two; echo ::me::over", { mark: "::me::" }),
    );
    const { status, progress } = await backend.until("told", (job) => job.progress !== undefined);
    expect([status, progress]).toEqual(["RUNNING", [{ at: expect.any(Number), text: "begun" }]]);
    await run("touch go");
    const over = await backend.until("told", (job) => job.status === "SUCCEEDED");
    expect(over.progress!.map(({ text }) => text)).toEqual(["begun", "over"]);
    expect(backend.messages()).toEqual(["one", "two"]);
  });

  test("secrets are not in the log, which may be a file as well", async () => {
    const job = await run("echo a hush and an x", {
      secrets: ["hush", "x"],
      logFile: "logs/it",
      outputs: [{ name: "log", type: "file", path: "logs/it" }],
    });
    expect(backend.messages()).toEqual(["a *** and an x"]);
    expect(job.result!.outputs).toEqual({ log: { text: "a *** and an x\n" } });
  });

  test("inputs and outputs may lie at home", async () => {
    const { result } = await run("mkdir -p ~/kept && echo at home > ~/kept/file", {
      outputs: [
        { name: "zip", type: "zip", base: ".", files: ["kept/**"], inHome: true },
        { name: "files", type: "files", base: "kept", files: ["*"], inHome: true },
      ],
    });
    const { zip, files } = result!.outputs!;
    expect(files).toEqual({ files: [{ path: "file", digest: expect.stringMatching(/^sha256:/), size: 8 }] });
    await run("cat ~/kept/file", { workspace: "other", inputs: [{ path: ".", digest: zip!.digest!, unpack: "zip", inHome: true }] });
    expect(backend.messages()).toEqual(["at home"]);
  });

  test("neither inputs nor outputs leave the workspace, even through links that a script made", async () => {
    const digest = backend.blobs.write(Buffer.from("x")).digest;
    expect(await run("true", { inputs: [{ path: "../x", digest }] })).toMatchObject({
      status: "FAILED",
      reason: "../x leads out of its folder",
    });
    const linked = await run("ln -s /etc etc; ln -s /etc/passwd passwd", { outputs: [{ name: "passwd", type: "file", path: "passwd" }] });
    expect(linked.result?.outputs).toEqual({});
    expect(await run("true", { inputs: [{ path: "etc/x", digest }] })).toMatchObject({
      status: "FAILED",
      reason: "etc/x leads out of its folder through a symbolic link",
    });
  });

  test("a script that takes too long is ended", async () => {
    const job = await run("echo begin; sleep 60", { timeoutMs: 300 });
    expect(job).toMatchObject({ status: "TIMED_OUT", reason: "It did not end within 300 ms." });
    expect(backend.messages()).toEqual(["begin"]);
  });

  test("a script that is not wanted any more is ended", async () => {
    backend.ask("unwanted", spec("echo begin; sleep 60"));
    await backend.until("unwanted", ({ status }) => status === "RUNNING");
    backend.stop("unwanted");
    expect(await backend.until("unwanted", ({ status }) => status !== "RUNNING")).toMatchObject({ status: "STOPPED" });
  });

  test("a commit of a repository is checked out, alone or with its history", async () => {
    const bare = await hands.repositories.ensure("repo");
    const commit = pushTwoCommits(bare);
    const checkout = { repositoryId: "repo", commit, path: "src" };
    await run("cat file; git rev-list --count HEAD", { checkout, cwd: "src" });
    await run("git rev-list --count HEAD", { checkout: { ...checkout, full: true }, cwd: "src" });
    expect(backend.messages()).toEqual(["second", "1", "2"]);
  });

  test("a released workspace is gone", async () => {
    await run("echo $SLIPWAY_WORKSPACE");
    const [path] = backend.messages();
    expect(existsSync(path!)).toBe(true);
    await hands.releaseWorkspace("build/1");
    expect(existsSync(path!)).toBe(false);
  });
});

function pushTwoCommits(bare: string): string {
  const clone = mkdtempSync(join(tmpdir(), "slipway-clone-"));
  const identityOf = { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@b", GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@b" };
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: clone, env: { ...gitEnvironment(), ...identityOf }, encoding: "utf8" });
  try {
    git("init", "-q");
    for (const text of ["first\n", "second\n"]) {
      writeFileSync(join(clone, "file"), text);
      git("add", ".");
      git("commit", "-qm", text);
    }
    git("push", "-q", bare, "HEAD:main");
    return git("rev-parse", "HEAD").trim();
  } finally {
    rmSync(clone, { recursive: true });
  }
}
