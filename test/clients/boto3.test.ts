import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attempt, Server } from "./server.ts";

// The unmodified boto3, with what is more than a call: waiters, paginators, resources, transfers, presigned URLs, exceptions.

const STORY = fileURLToPath(new URL("boto3_story.py", import.meta.url));
const hasBoto3 = spawnSync("python3", ["-c", "import boto3"]).status === 0;

describe.skipIf(!hasBoto3).concurrent("boto3 (skipped where python3 cannot import it)", { timeout: 180_000 }, () => {
  let server: Server;

  beforeAll(async () => {
    server = await Server.start("--clock", "auto");
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it.each([
    ["is somebody, and takes a role", "identity"],
    ["keeps files in S3", "files"],
    ["keeps parameters, keys and secrets", "settings"],
    ["hands on messages and events", "messages"],
    ["moves a function with CodeDeploy", "canary"],
    ["creates stacks, and is told why one failed", "stacks"],
    ["commits and builds", "delivery"],
    ["watches metrics", "metrics"],
  ])("%s", async (_what, chapter) => {
    const surroundings = { env: server.environment("111122223333"), cwd: server.folder };
    const { code, stdout, stderr } = await attempt("python3", [STORY, chapter], surroundings);
    expect(code, stdout + stderr).toBe(0);
  });
});
