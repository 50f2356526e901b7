import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeBackend, identity } from "./fake-backend.fixture.ts";
import { probeInstanceSandbox } from "./instance-sandbox.ts";
import { consoles, type HttpSpec, type InstanceSpec } from "./job.ts";
import { type RealHands, startHands } from "./real.ts";

const kinds = probeInstanceSandbox() === undefined ? ["plain"] : ["bubblewrap", "plain"];

const ID = "i-0123456789abcdef0";

/** Answers with what it is told to run, on a port of its own, and says so on the console once it listens. */
const serve = (port: number, expression: string): string =>
  `node -e 'require("http").createServer(async (q, r) => r.end(String(await (${expression})))).listen(${port}, () => console.log("listens at ${port}"))' &`;

const spec = (script: string, more: Partial<InstanceSpec> = {}): InstanceSpec => ({
  type: "instance",
  instanceId: ID,
  hostName: "ip-172-31-0-4",
  region: "eu-west-1",
  metadata: { "meta-data/instance-id": ID, "meta-data/placement/region": "eu-west-1" },
  metadataTokens: "required",
  role: { name: "web", profileArn: "arn:aws:iam::111122223333:instance-profile/web", profileId: "AIPA", identity },
  userData: Buffer.from(`#!/bin/sh\n${script}\n`).toString("base64"),
  programs: [],
  ...more,
});

const get = (port: number, instanceId = ID): HttpSpec => ({
  type: "http",
  method: "GET",
  url: `http://127.0.0.1:${port}/`,
  headers: {},
  timeoutMs: 5_000,
  instanceId,
});

describe.each(kinds)("%s", (kind) => {
  let backend: FakeBackend;
  let hands: RealHands;

  beforeEach(async () => {
    backend = new FakeBackend();
    hands = await startHands(backend, { plain: kind === "plain", warn: () => {} });
  });

  afterEach(async () => {
    await hands.close();
    backend.remove();
  });

  const written = (): string => backend.commit({ account: "", region: "" }, (scope) => consoles.get(scope, ID)?.text ?? "");

  async function boot(script: string, job = "one"): Promise<void> {
    backend.ask(job, spec(`${script}\necho booted ${job}`));
    await backend.until(job, ({ readyAt, status }) => readyAt !== undefined || status === "FAILED");
    expect(backend.get(job)).toMatchObject({ status: "RUNNING" });
  }

  /** Once the console has the text. */
  const said = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!written().includes(text)) return;
        unsubscribe();
        resolve();
      };
      const unsubscribe = backend.onJobsChanged(look);
      look();
    });

  /** What is answered at a port, once somebody listens there. */
  async function answer(port: number): Promise<string> {
    await said(`listens at ${port}`);
    const done = await backend.done(`get-${port}`, get(port));
    expect(done).toMatchObject({ status: "SUCCEEDED" });
    return done.result!.response!.body;
  }

  test("runs its user data once, is reached at its ports, and keeps its files", async () => {
    const port = kind === "plain" ? 18_093 : 80;
    const home = kind === "plain" ? "$PWD" : "";
    const counted = `echo started >> ${home}/var-count; ${serve(port, `require("fs").readFileSync(process.cwd() + "/var-count")`)}`;
    await boot(counted);
    expect(await answer(port)).toBe("started\n");
    expect(await backend.done("tcp", { type: "tcp", host: "127.0.0.1", port, timeoutMs: 1_000, instanceId: ID })).toMatchObject({
      status: "SUCCEEDED",
    });
    backend.stop("one");
    expect(await backend.until("one", ({ status }) => status !== "RUNNING")).toMatchObject({ status: "STOPPED" });
    expect(await backend.done("nobody", get(port))).toMatchObject({ status: "FAILED", reason: expect.stringContaining("EHOSTUNREACH") });
    await boot(counted, "two");
    const refused = await backend.done("refused", get(port + 1));
    expect(refused).toMatchObject({ status: "FAILED", reason: expect.stringContaining("ECONNREFUSED") });
    expect(written()).toContain("booted one");
    expect(written()).not.toContain("booted two");
  });

  test("its metadata wants a token, and has the keys of its role", async () => {
    const base = `process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT`;
    const keys = `/latest/meta-data/iam/security-credentials/`;
    const script = `(async () => {
      const at = (path, init) => fetch(${base}.replace(/\\/$/, "") + path, init);
      const bare = (await at("/latest/meta-data/")).status;
      const token = await (await at("/latest/api/token", { method: "PUT", headers: { "X-aws-ec2-metadata-token-ttl-seconds": "60" } })).text();
      const read = async (path) => (await at(path, { headers: { "X-aws-ec2-metadata-token": token } })).text();
      return JSON.stringify([bare, await read("/latest/meta-data/"), await read("${keys}"), JSON.parse(await read("${keys}web")).AccessKeyId]);
    })()`.replaceAll("\n", " ");
    await boot(serve(18_094, script));
    expect(JSON.parse(await answer(18_094))).toEqual([401, "iam/\ninstance-id\nplacement/", "web", "ASIATESTTESTTESTTEST"]);
  });

  test.runIf(kind === "bubblewrap")("is a machine of its own: name, files, network; nothing of ours", async () => {
    const script = `cat /etc/hostname > /opt/name; mkdir -p /app /var/www/html; ls ${backend.folder} > /app/ours 2>&1; touch /usr/bin/x 2>> /app/ours; ln -s /bin/true /usr/local/bin/mine; id -u >> /opt/name; ${serve(80, `[require("os").hostname(), require("fs").readFileSync("/opt/name"), require("fs").readFileSync("/app/ours"), Object.keys(require("os").networkInterfaces())]`)}`;
    await boot(script);
    const [name, file, ours, networks] = (await answer(80)).split(",");
    expect([name, file, networks]).toEqual(["ip-172-31-0-4", "ip-172-31-0-4\n0\n", "lo"]);
    expect(ours).toMatch(/No such file or directory[\s\S]*Read-only file system/);
  });

  test("runs the scripts for every boot at the boots after the first", async () => {
    const folder = `${kind === "plain" ? "$PWD" : ""}/var/lib/cloud/scripts/per-boot`;
    await boot(`printf '#!/bin/sh\\necho again\\n' > ${folder}/web; chmod +x ${folder}/web; echo not > ${folder}/README`);
    await said("user data: ended with 0");
    expect(written()).not.toContain("again");
    backend.stop("one");
    await backend.until("one", ({ status }) => status === "STOPPED");
    await boot("", "two");
    await said("again\n[slipway] web: ended with 0");
  });

  test("holds the clock until its user data has ended", async () => {
    const app = kind === "plain" ? "$PWD/app" : "/app";
    await boot(`mkdir -p ${app}; echo waits; until [ -e ${app}/go ]; do sleep 0.02; done`);
    await said("waits");
    expect([...backend.holds]).toEqual(["one"]);
    writeFileSync(join(backend.folder, "instances", ID, "root", "app", "go"), "");
    await backend.released("one");
    expect(backend.get("one")).toMatchObject({ status: "RUNNING" });
    await said("user data: ended with 0");
  });

  test("ends with its first process", async () => {
    await boot("sleep 0.2; kill -9 $PPID");
    expect(await backend.until("one", ({ status }) => status !== "RUNNING")).toMatchObject({ status: "FAILED" });
  });
});
