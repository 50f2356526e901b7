import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import yazl from "yazl";
import { FakeBackend, identity } from "./fake-backend.fixture.ts";
import type { InvocationResult, InvokeSpec, Job } from "./job.ts";
import { type RealHands, startHands } from "./real.ts";
import { probeSandbox } from "./sandbox.ts";

const kinds = probeSandbox().kind === "plain" ? ["plain"] : ["plain", "bubblewrap"];

let backend: FakeBackend;
let hands: RealHands;
let count = 0;

async function zipOf(files: Record<string, string>): Promise<string> {
  const archive = new yazl.ZipFile();
  for (const [path, text] of Object.entries(files)) archive.addBuffer(Buffer.from(text), path, { mode: 0o100755, mtime: new Date(0) });
  archive.end();
  return backend.blobs.write(await buffer(archive.outputStream)).digest;
}

/** Invoke a function made of the files; the same files are the same environment. */
async function invoke(files: Record<string, string>, payload: unknown = {}, more: Partial<InvokeSpec> = {}): Promise<Job> {
  const number = count++;
  const code = await zipOf(files);
  return backend.done(`job-${number}`, {
    type: "invoke",
    identity,
    environment: code,
    functionArn: "arn:aws:lambda:us-east-1:111122223333:function:f",
    functionName: "f",
    version: "$LATEST",
    runtime: `nodejs${process.versions.node.split(".")[0]}.x`,
    handler: "index.handler",
    code,
    env: {},
    memoryMb: 128,
    timeoutMs: 5_000,
    payload: JSON.stringify(payload),
    requestId: `request-${number}`,
    log: { group: "/aws/lambda/f", stream: "" },
    ...more,
  });
}

const node = (body: string): Record<string, string> => ({ "index.mjs": body });

function invocationOf(job: Job): InvocationResult & { answer: any } {
  const { invocation } = job.result!;
  return { ...invocation!, answer: JSON.parse(invocation!.payload) };
}

async function begin(plain: boolean): Promise<void> {
  backend = new FakeBackend();
  hands = await startHands(backend, { plain, warn: () => {} });
}

async function end(): Promise<void> {
  await hands.close();
  backend.remove();
}

afterEach(() => void backend.logged.splice(0));

describe.each(kinds)("%s", (kind) => {
  beforeEach(() => begin(kind === "plain"));
  afterEach(end);

  test("a function is given its event, context and variables, and logs as on Lambda", async () => {
    const job = await invoke(
      node(`console.log("cold");
        export const handler = async (event, context) => {
          console.log("one\\ntwo", event);
          console.error("bad");
          process.stdout.write("raw\\n");
          return { event, id: context.awsRequestId, left: context.getRemainingTimeInMillis(), memory: context.memoryLimitInMB,
            root: process.env.LAMBDA_TASK_ROOT, name: process.env.AWS_LAMBDA_FUNCTION_NAME, mine: process.env.MINE, key: process.env.AWS_ACCESS_KEY_ID,
            stream: context.logStreamName, internal: Object.keys(process.env).filter((name) => name.startsWith("SLIPWAY_SDK")) };
        };`),
      { n: 1 },
      { env: { MINE: "yes", AWS_ACCESS_KEY_ID: "AKIAREAL" }, version: "7" },
    );
    expect(job.status).toBe("SUCCEEDED");
    const { answer, initMs, durationMs, maxMemoryMb, logTail } = invocationOf(job);
    expect(answer).toMatchObject({ event: { n: 1 }, memory: "128", name: "f", mine: "yes", key: "ASIATESTTESTTESTTEST", internal: [] });
    expect(answer.left).toBeGreaterThan(4_000);
    expect(answer.stream).toMatch(/^\d{4}\/\d\d\/\d\d\/\[7\][0-9a-f]{32}$/);
    expect(backend.logged[0]!.log).toEqual({ group: "/aws/lambda/f", stream: answer.stream });
    if (kind !== "plain") expect(answer.root).toBe("/var/task");
    const stamp = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
    const expected = [
      `INIT_START Runtime Version: nodejs:${process.versions.node}`,
      new RegExp(`^${stamp}\tundefined\tINFO\tcold$`),
      `START RequestId: ${answer.id} Version: 7`,
      new RegExp(`^${stamp}\t${answer.id}\tINFO\tone\ntwo { n: 1 }$`),
      new RegExp(`^${stamp}\t${answer.id}\tERROR\tbad$`),
      "raw",
      `END RequestId: ${answer.id}`,
      new RegExp(
        String.raw`^REPORT RequestId: ${answer.id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t$`,
      ),
    ];
    const messages = backend.messages();
    expect(messages).toHaveLength(expected.length);
    for (const [index, line] of expected.entries())
      expect(messages[index]).toEqual(typeof line === "string" ? line : expect.stringMatching(line));
    expect(logTail).toBe(`${messages.join("\n")}\n`);
    expect([initMs! > 0, durationMs > 0, maxMemoryMb > 10]).toEqual([true, true, true]);
  });

  test("a function finds its credentials where its payload wants them", async () => {
    const files = node("export const handler = async (event) => event");
    const wanted = { accessKeyId: "ASIATESTTESTTESTTEST", secretAccessKey: "secret", sessionToken: "token" };
    const ask = async (as: "object" | "text") =>
      invocationOf(await invoke(files, { request: { mine: 1 } }, { credentialsAt: { paths: ["request/keys"], as } })).answer;
    expect(await ask("object")).toEqual({ request: { mine: 1, keys: wanted } });
    expect(await ask("text")).toEqual({ request: { mine: 1, keys: JSON.stringify(wanted) } });
  });

  test("an environment stays warm, serves one at a time, and more are made on demand", async () => {
    const files = node(
      "let n = 0; export const handler = async ({ ms = 0 }) => { n++; await new Promise((done) => setTimeout(done, ms)); return [n, process.pid]; };",
    );
    const answers = [];
    for (let time = 0; time < 3; time++) answers.push(invocationOf(await invoke(files)));
    expect(answers.map(({ answer }) => answer[0])).toEqual([1, 2, 3]);
    expect(answers.map(({ initMs }) => initMs !== undefined)).toEqual([true, false, false]);
    const both = await Promise.all([invoke(files, { ms: 200 }), invoke(files, { ms: 200 })]);
    expect(both.map((job) => invocationOf(job).answer[0]).sort()).toEqual([1, 4]);
  });

  test("a function that exits fails its caller, and the next finds a new environment", async () => {
    const files = node("export const handler = async ({ exit }) => { if (exit) process.exit(1); return 'fine'; };");
    const id = `request-${count}`;
    const job = await invoke(files, { exit: true });
    expect(job.status).toBe("FAILED");
    const errorMessage = `RequestId: ${id} Error: Runtime exited with error: exit status 1`;
    expect(invocationOf(job)).toMatchObject({ functionError: "Unhandled", answer: { errorType: "Runtime.ExitError", errorMessage } });
    expect(invocationOf(await invoke(files)).answer).toBe("fine");
  });

  test("a function that does not answer in time is ended", async () => {
    const files = node("let n = 0; export const handler = async ({ hang }) => { n++; if (hang) while (true); return n; };");
    await invoke(files);
    const job = await invoke(files, { hang: true }, { timeoutMs: 150 });
    expect(job.status).toBe("TIMED_OUT");
    expect(invocationOf(job)).toMatchObject({ functionError: "Unhandled", durationMs: 150, answer: { errorType: "Sandbox.Timedout" } });
    expect(invocationOf(job).answer.errorMessage).toMatch(/^RequestId: request-\d+ Error: Task timed out after 0\.15 seconds$/);
    expect(backend.messages()).toContainEqual(expect.stringMatching(/^\d{4}-.*Z request-\d+ Task timed out after 0\.15 seconds\n$/));
    expect(backend.messages().at(-1)).toContain("\tStatus: timeout");
    expect(invocationOf(await invoke(files)).answer).toBe(1);
  });

  test("a function that takes more memory than it has is killed, and the next finds a new environment", async () => {
    const files = node(`import { setTimeout } from "node:timers/promises";
      const kept = [];
      export const handler = async ({ megabytes }) => {
        for (let n = 0; n < megabytes / 10; n++) { kept.push(Buffer.alloc(10e6, 1)); await setTimeout(20); }
        await setTimeout(megabytes && 400);
        return "fine";
      };`);
    const id = `request-${count}`;
    const job = await invoke(files, { megabytes: 1000 });
    expect(job.status).toBe("FAILED");
    const errorMessage = `RequestId: ${id} Error: Runtime exited with error: signal: killed`;
    expect(invocationOf(job)).toMatchObject({
      functionError: "Unhandled",
      maxMemoryMb: 128,
      answer: { errorType: "Runtime.ExitError", errorMessage },
    });
    const [said, , report] = backend.messages().slice(-3);
    expect(said).toBe(`${errorMessage}\nRuntime.ExitError`);
    expect(report).toMatch(/\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t.*Status: error\tError Type: Runtime\.ExitError\t$/);
    expect(invocationOf(await invoke(files, { megabytes: 0 })).answer).toBe("fine");
    const larger = await invoke(files, { megabytes: 150 }, { memoryMb: 512, environment: "larger" });
    expect([invocationOf(larger).answer, invocationOf(larger).maxMemoryMb > 150]).toEqual(["fine", true]);
  });

  test("a provided runtime is the package's own executable", async () => {
    const bootstrap = `#!/bin/sh
      api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
      while :; do
        body=$(curl -sS -D /tmp/head.$$ $api/next)
        id=$(tr -d '\\r' < /tmp/head.$$ | sed -n 's/^lambda-runtime-aws-request-id: //Ip')
        echo "got $body"
        curl -sS -o /dev/null $api/$id/response -d "{\\"echo\\":$body}"
      done`;
    const job = await invoke({ bootstrap }, { n: 5 }, { runtime: "provided.al2023", handler: "x" });
    expect(invocationOf(job).answer).toEqual({ echo: { n: 5 } });
    expect(backend.messages()).toContain('got {"n":5}');
    const none = await invoke({ other: "" }, {}, { runtime: "provided.al2", handler: "x" });
    expect(invocationOf(none).answer.errorMessage).toContain("Couldn't find valid bootstrap(s): [");
  });

  test("layers are at /opt", async () => {
    const layers = [await zipOf({ "nodejs/node_modules/thing/index.js": "module.exports = 'layered'" })];
    const files = { "index.js": "exports.handler = async () => require('thing')" };
    expect(invocationOf(await invoke(files, {}, { layers })).answer).toBe("layered");
  });

  test.runIf(kind !== "plain")("programs of layers find the interpreter where Lambda has it", async () => {
    const body =
      'import { execFileSync as run } from "node:child_process"; export const handler = async () => run("/var/lang/bin/node", ["-p", "6 * 7"])';
    expect(invocationOf(await invoke(node(`${body}.toString();`))).answer).toBe("42\n");
  });

  test("what is asked by HTTPS at our own address, without a port, is asked of us", async () => {
    const asked: string[] = [];
    const server = createServer(async (request, response) => {
      asked.push(`${request.method} ${request.url} ${await text(request)}`);
      response.end("heard");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    backend.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const body = `import https from "node:https";
      export const handler = ({ port }) => new Promise((done) => {
        const request = https.request({ hostname: "127.0.0.1", port, path: "/answer?a=b", method: "PUT" }, (response) => response.on("data", (said) => done(String(said))));
        request.on("error", ({ code }) => done(code));
        request.end("done");
      });`;
    const ask = async (payload: unknown) => invocationOf(await invoke(node(body), payload)).answer;
    expect([await ask({}), await ask({ port: 1 })]).toEqual(["heard", "ECONNREFUSED"]);
    expect(asked).toEqual(["PUT /answer?a=b done"]);
    server.close();
  });
});

describe("memory", () => {
  beforeAll(() => begin(false));
  afterAll(end);

  test("what a function starts counts as its own", async () => {
    const child = "const kept = Buffer.alloc(120e6, 1); setTimeout(() => process.exit(kept[0]), 3000)";
    const parent = `import { spawn } from "node:child_process";
      export const handler = () => new Promise((done) => spawn(process.execPath, ["-e", ${JSON.stringify(child)}]).on("exit", done));`;
    expect(invocationOf(await invoke(node(parent))).answer.errorMessage).toContain("signal: killed");
  });

  test("pages that processes share count once", async () => {
    const forks = `import os, time
kept = bytearray(60_000_000)
def handler(event, context):
    children = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            time.sleep(0.6)
            os._exit(kept[0])
        children.append(pid)
    return [os.waitpid(pid, 0)[1] for pid in children]
`;
    const job = await invoke({ "app.py": forks }, {}, { runtime: "python3.13", handler: "app.handler" });
    expect(invocationOf(job).answer).toEqual([0, 0, 0, 0]);
  });

  test("our own runtimes leave the smallest function room", async () => {
    const wait = "await new Promise((done) => setTimeout(done, 500))";
    // Keeps little and makes much garbage, which V8 would let lie by the size of this machine.
    const garbage = `const kept = []; let i = 0; const end = Date.now() + 700;
      while (Date.now() < end) kept[i++ % 6] = JSON.parse(JSON.stringify(Array.from({ length: 20_000 }, (_, n) => ({ n, s: "x" + n }))))`;
    const sdk = 'const { S3Client } = require("@aws-sdk/client-s3"); new S3Client({})';
    const jobs = await Promise.all([
      invoke(node(`export const handler = async () => { ${wait}; return 1; }`)),
      invoke({ "index.js": `${sdk}; exports.handler = async () => { ${garbage}; ${wait}; return 1; }` }),
      invoke(
        { "app.py": "import time\ndef handler(event, context):\n    time.sleep(0.5)\n    return 1\n" },
        {},
        { runtime: "python3.13", handler: "app.handler" },
      ),
    ]);
    const used = jobs.map((job) => [invocationOf(job).answer, invocationOf(job).maxMemoryMb]);
    const below = (most: number) => expect.toSatisfy((megabytes: number) => megabytes > 5 && megabytes < most);
    expect(used).toEqual([
      [1, below(80)],
      [1, below(115)],
      [1, below(40)],
    ]);
  });
});

describe("nodejs", () => {
  beforeAll(() => begin(true));
  afterAll(end);

  const answerOf = async (files: Record<string, string>, payload: unknown = {}, more: Partial<InvokeSpec> = {}): Promise<any> =>
    invocationOf(await invoke(files, payload, more)).answer;

  test("handlers answer by promise, by value, by callback and by context", async () => {
    expect(await answerOf(node("export const handler = async () => 'promise'"))).toBe("promise");
    expect(
      await answerOf({ "index.js": "exports.handler = (event, context, callback) => setTimeout(() => callback(null, 'callback'), 5)" }),
    ).toBe("callback");
    expect(await answerOf({ "index.js": "exports.handler = (event, context) => context.succeed('context')" })).toBe("context");
    expect(await answerOf({ "index.js": "exports.handler = () => 'ignored'" })).toBe(null);
    expect(await answerOf({ "src/app.js": "exports.nested = { go: async () => 'nested' }" }, {}, { handler: "src/app.nested.go" })).toBe(
      "nested",
    );
    expect(await answerOf(node("const late = await Promise.resolve('top level'); export const handler = async () => late"))).toBe(
      "top level",
    );
  });

  test("a callback is answered when the event loop is empty, or at once where the function does not wait", async () => {
    const body = (waits: boolean) => `let done = 'no'; exports.handler = (event, context, callback) => {
      context.callbackWaitsForEmptyEventLoop = ${waits}; const answer = { done: 'no' };
      setTimeout(() => { answer.done = 'yes'; }, 100); callback(null, answer); }`;
    expect(await answerOf({ "index.js": body(true) })).toEqual({ done: "yes" });
    expect(await answerOf({ "index.js": body(false) })).toEqual({ done: "no" });
  });

  test("what a function throws is its answer", async () => {
    const job = await invoke(node("class Odd extends Error { name = 'Odd' } export const handler = async () => { throw new Odd('so') }"));
    expect(job).toMatchObject({ status: "FAILED", reason: "The function failed." });
    expect(invocationOf(job)).toMatchObject({ functionError: "Unhandled", answer: { errorType: "Odd", errorMessage: "so" } });
    expect(invocationOf(job).answer.trace[0]).toBe("Odd: so");
    expect(backend.messages()).toContainEqual(expect.stringMatching(/\tERROR\tInvoke Error \t\{"errorType":"Odd","errorMessage":"so"/));
    expect(await answerOf(node("export const handler = async () => { throw 'text' }"))).toEqual({
      errorType: "string",
      errorMessage: "text",
      trace: [],
    });
    expect(await answerOf({ "index.js": "exports.handler = (e, c, callback) => callback(new Error('called'))" })).toMatchObject({
      errorMessage: "called",
    });
  });

  test("an environment outlives an error that its runtime reported", async () => {
    const files = node("let n = 0; export const handler = async ({ bad }) => { n++; if (bad) throw new Error('bad'); return n }");
    await invoke(files, { bad: true });
    expect(await answerOf(files)).toBe(2);
  });

  test("what nobody catches ends the environment", async () => {
    const files = node(`let n = 0; export const handler = async ({ how }) => { n++;
      if (how === "throw") setTimeout(() => { throw new TypeError("thrown") }); if (how === "reject") Promise.reject(new Error("rejected"));
      if (how) await new Promise((done) => setTimeout(done, 1000)); return n; }`);
    expect(await answerOf(files, { how: "throw" })).toMatchObject({ errorType: "TypeError", errorMessage: "thrown" });
    expect(await answerOf(files)).toBe(1);
    expect(await answerOf(files, { how: "reject" })).toMatchObject({
      errorType: "Runtime.UnhandledPromiseRejection",
      errorMessage: "rejected",
    });
    expect(await answerOf(files)).toBe(1);
  });

  test("a function that cannot be loaded says why", async () => {
    const failures: [Record<string, string>, string, string][] = [
      [node("throw new RangeError('at start')"), "RangeError", "at start"],
      [node("export const other = 1"), "Runtime.HandlerNotFound", "index.handler is undefined or not exported"],
      [{ "other.js": "" }, "Runtime.ImportModuleError", "Error: Cannot find module 'index'"],
      [node("import 'none'; export const handler = 1"), "Runtime.ImportModuleError", "Error: Cannot find package 'none'"],
      [node("export const handler = ="), "Runtime.UserCodeSyntaxError", "SyntaxError: "],
      [
        node("export const handler = awslambda.streamifyResponse(() => {})"),
        "Runtime.StreamingNotImplemented",
        "not implemented by Slipway",
      ],
    ];
    const jobs = await Promise.all(failures.map(([files]) => invoke(files)));
    for (const [index, [, errorType, errorMessage]] of failures.entries()) {
      expect(jobs[index]!.status).toBe("FAILED");
      expect(invocationOf(jobs[index]!)).toMatchObject({
        functionError: "Unhandled",
        answer: { errorType, errorMessage: expect.stringContaining(errorMessage) },
      });
    }
  });

  test("the AWS SDK is there though the package does not bring it, and nothing else of ours is", async () => {
    const sdk =
      "import { STSClient } from '@aws-sdk/client-sts'; export const handler = async () => new STSClient({}).config.endpoint === undefined ? 'none' : typeof STSClient";
    expect(await answerOf(node(sdk))).toMatch(/^(none|function)$/);
    expect(
      await answerOf({ "index.js": "const { S3Client } = require('@aws-sdk/client-s3'); exports.handler = async () => typeof S3Client" }),
    ).toBe("function");
    expect(await answerOf(node("import 'undici'; export const handler = async () => 1"))).toMatchObject({
      errorType: "Runtime.ImportModuleError",
    });
  });

  test("an answer may not be too large, and not be what JSON has no words for", async () => {
    expect(await answerOf(node("export const handler = async () => 'x'.repeat(7_000_000)"))).toMatchObject({
      errorType: "Function.ResponseSizeTooLarge",
    });
    expect(await answerOf(node("export const handler = async () => { const a = {}; a.a = a; return a }"))).toMatchObject({
      errorType: "Runtime.MarshalError",
    });
  });

  test("a runtime that this machine does not have fails by name; another version is said", async () => {
    const job = await invoke(node(""), {}, { runtime: "java21" });
    expect(job).toMatchObject({
      status: "FAILED",
      reason: "The runtime java21 is not implemented by Slipway; nodejs, python and provided are",
    });
    expect(invocationOf(job).answer.errorType).toBe("Runtime.InvalidRuntime");
    await invoke(node("export const handler = async () => 1 // 18"), {}, { runtime: "nodejs18.x" });
    expect(backend.messages()).toContain(`Slipway: nodejs18.x runs on Node.js ${process.versions.node}, which is what this machine has.`);
  });

  test("an invocation that is not wanted any more is stopped", async () => {
    const id = `job-${count}`;
    const unwanted = invoke(
      node("export const handler = () => new Promise((done) => setTimeout(done, 60_000))"),
      {},
      { timeoutMs: 60_000 },
    );
    await backend.until(id, ({ status }) => status === "RUNNING");
    backend.stop(id);
    expect(await unwanted).toMatchObject({ status: "STOPPED" });
  });
});

describe("python", () => {
  beforeAll(() => begin(true));
  afterAll(end);

  const python = (body: string, payload: unknown = {}): Promise<Job> =>
    invoke({ "app.py": body }, payload, { runtime: "python3.11", handler: "app.handler" });

  test("a function answers, prints and logs", async () => {
    const job = await python(
      `import logging, os
logging.getLogger().setLevel("INFO")
count = 0
def handler(event, context):
    global count
    count += 1
    print("hello", event["n"])
    logging.info("two\\nlines")
    return {"count": count, "id": context.aws_request_id, "left": context.get_remaining_time_in_millis() > 4000, "root": os.environ["LAMBDA_TASK_ROOT"] != ""}`,
      { n: 1 },
    );
    const { answer } = invocationOf(job);
    expect(answer).toEqual({ count: 1, id: `request-${count - 1}`, left: true, root: true });
    expect(backend.messages()).toContain("hello 1");
    expect(backend.messages()).toContainEqual(expect.stringMatching(new RegExp(`^\\[INFO\\]\t\\d{4}-.*Z\t${answer.id}\ttwo\nlines$`)));
  });

  test("what a function raises is its answer, and its log", async () => {
    const job = await python("def handler(event, context):\n    raise ValueError('so')");
    const { answer, functionError } = invocationOf(job);
    expect([job.status, functionError]).toEqual(["FAILED", "Unhandled"]);
    expect(answer).toMatchObject({ errorType: "ValueError", errorMessage: "so", requestId: `request-${count - 1}` });
    expect(answer.stackTrace).toEqual([expect.stringMatching(/File ".*app\.py", line 2, in handler\n {4}raise ValueError\('so'\)\n/)]);
    expect(backend.messages()).toContainEqual(
      expect.stringMatching(/^\[ERROR\] ValueError: so\nTraceback \(most recent call last\):\n {2}File "/),
    );
  });

  test("a function that exits, cannot be loaded, or answers what is no JSON", async () => {
    const bodies = [
      "import sys\ndef handler(e, c):\n    sys.exit(1)",
      "import none",
      "x = 1",
      "def handler(e, c:\n",
      "def handler(e, c):\n    return {1, 2}",
    ];
    const answers = await Promise.all(bodies.map(async (body) => invocationOf(await python(body)).answer));
    expect(answers).toMatchObject([
      { errorType: "Runtime.ExitError" },
      { errorType: "Runtime.ImportModuleError", errorMessage: "Unable to import module 'app': No module named 'none'" },
      { errorType: "Runtime.HandlerNotFound", errorMessage: "Handler 'handler' missing on module 'app'" },
      { errorType: "Runtime.UserCodeSyntaxError" },
      { errorType: "Runtime.MarshalError", errorMessage: "Unable to marshal response: Object of type set is not JSON serializable" },
    ]);
  });
});
