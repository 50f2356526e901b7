import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { zipOf } from "../services/codepipeline/zip.ts";
import { FakeBackend, identity } from "./fake-backend.fixture.ts";
import { probeInstanceSandbox } from "./instance-sandbox.ts";
import type { InstanceCommandSpec, InstanceSpec } from "./job.ts";
import { type RealHands, startHands } from "./real.ts";

const kinds = probeInstanceSandbox() === undefined ? ["plain"] : ["bubblewrap", "plain"];
const ID = "i-0123456789abcdef1";
const ARCHIVE = zipOf("hello.sh", Buffer.from("echo hello from $1\n"));
const log = { group: "/aws/codepipeline/shop", stream: "one" };

const machine: InstanceSpec = {
  type: "instance",
  instanceId: ID,
  hostName: "ip-172-31-0-5",
  region: "eu-west-1",
  metadata: { "dynamic/instance-identity/document": JSON.stringify({ region: "eu-west-1", accountId: "1", instanceId: ID }) },
  metadataTokens: "required",
  role: { name: "web", profileArn: "arn:aws:iam::111122223333:instance-profile/web", profileId: "AIPA", identity },
  programs: [],
};

const command = (commands: readonly string[], more: Partial<InstanceCommandSpec> = {}): InstanceCommandSpec => ({
  type: "instance-command",
  instanceId: ID,
  commands,
  env: {},
  timeoutMs: 30_000,
  ...more,
});

describe.each(kinds)("%s", (kind) => {
  let backend: FakeBackend;
  let hands: RealHands;
  const asked: (string | undefined)[] = [];
  const s3 = createServer((request, response) => {
    asked.push(request.url, /Credential=(\w+)/.exec(request.headers.authorization!)?.[1]);
    response.end(ARCHIVE);
  });

  beforeEach(async () => {
    asked.length = 0;
    backend = new FakeBackend();
    await new Promise<void>((resolve) => s3.listen(0, "127.0.0.1", resolve));
    backend.endpoint = `http://127.0.0.1:${(s3.address() as AddressInfo).port}`;
    hands = await startHands(backend, { plain: kind === "plain", warn: () => {} });
    backend.ask("machine", machine);
    await backend.until("machine", ({ readyAt }) => readyAt !== undefined);
  });

  afterEach(async () => {
    await hands.close();
    s3.closeAllConnections();
    s3.close();
    backend.remove();
  });

  test("runs what it fetched with the keys of its role, and tells what it wrote", async () => {
    const folder = kind === "plain" ? `${backend.folder}/fetched` : "/opt/fetched";
    const download = { bucket: "artifacts", key: "shop/Source/a b.zip", folder };
    const job = command([`sh ${folder}/hello.sh $WHO`, "echo aside >&2", "printf end"], { download, env: { WHO: "inside" }, log });
    expect(await backend.done("hello", job)).toMatchObject({
      status: "SUCCEEDED",
      result: { exitCode: 0, outputs: { output: { text: expect.stringContaining("hello from inside\n") } } },
    });
    expect(backend.messages().sort()).toEqual(["aside", "end", "hello from inside"]);
    expect(asked).toEqual(["/artifacts/shop/Source/a%20b.zip", "ASIATESTTESTTESTTEST"]);
  });

  test("that fails says so, and what it leaves in the background goes on", async () => {
    expect(await backend.done("fails", command(["sleep 60 &", "echo $! > pid", "exit 3"]))).toMatchObject({
      status: "FAILED",
      reason: "failed to run commands: exit status 3",
      result: { exitCode: 3 },
    });
    expect(await backend.done("looks", command(["kill $(cat pid)"]))).toMatchObject({ status: "SUCCEEDED" });
  });

  test("is ended when its time is over, or when nobody wants it any more", async () => {
    expect(await backend.done("long", command(["echo $$ > pid", "sleep 60"], { timeoutMs: 300 }))).toMatchObject({ status: "TIMED_OUT" });
    const gone = "for i in $(seq 100); do kill -0 $(cat pid) 2> /dev/null || exit 0; sleep 0.05; done; exit 1";
    expect(await backend.done("gone", command([gone]))).toMatchObject({ status: "SUCCEEDED" });
    backend.ask("unwanted", command(["echo begun", "sleep 60"], { log }));
    await backend.until("unwanted", ({ status }) => status === "RUNNING");
    backend.stop("unwanted");
    expect(await backend.until("unwanted", ({ status }) => status !== "RUNNING")).toMatchObject({ status: "STOPPED" });
  });

  test("may write what looks like its end", async () => {
    const job = command(["printf '\\000nonsense\\n'", "printf '\\000{\"exitCode\":1}\\n'", "sleep 0.1", "echo there"]);
    expect(await backend.done("nul", job)).toMatchObject({ status: "SUCCEEDED", result: { outputs: { output: { text: "there\n" } } } });
  });

  test("ends with its instance", async () => {
    expect(await backend.done("end", command(["kill -9 $PPID; sleep 5"]))).toMatchObject({
      status: "FAILED",
      reason: "The instance went away.",
    });
  });
});
