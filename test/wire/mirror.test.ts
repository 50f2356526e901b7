import { spawn, spawnSync } from "node:child_process";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Catalog } from "../../src/wire/catalog.ts";
import { modelOf, type ServiceFacts, streamingMember } from "../../src/wire/model.ts";
import { createWire } from "../../src/wire/server.ts";
import { plain, testBackend } from "./backend.ts";
import { Generator } from "./generate.ts";

// The same round trip with boto3: every operation that it knows, called with generated input and answered with generated output.

const require = createRequire(import.meta.url);
const servicesFile = fileURLToPath(new URL("../../src/sdk/services.json", import.meta.url));
const facts = require(servicesFile) as Record<string, ServiceFacts>;
const hasBoto3 = spawnSync("python3", ["-c", "import boto3"]).status === 0;

/** What we do not do, and why. */
const NOT_DONE: Readonly<Record<string, string>> = {
  "s3 GetBucketLifecycle": "the older name of GetBucketLifecycleConfiguration",
  "s3 GetBucketNotification": "the older name of GetBucketNotificationConfiguration",
  "s3 PutBucketLifecycle": "the older name of PutBucketLifecycleConfiguration",
  "s3 PutBucketNotification": "the older name of PutBucketNotificationConfiguration",
  "s3 GetObjectAttributes": "part number markers are text to the SDK and numbers to boto3",
  "s3 ListParts": "part number markers are text to the SDK and numbers to boto3",
  "s3 ListDirectoryBuckets": "its requests are signed for S3 Express",
  "ec2 CopySnapshot": "boto3 puts its own region into it",
  "s3 WriteGetObjectResponse": "its requests are signed for S3 Object Lambda",
};

/** What only CodeDeploy's agents speak; boto3 does not know it. */
const AGENTS = "codedeploy-commands";

describe.skipIf(!hasBoto3)("boto3 (skipped where python3 cannot import it)", () => {
  let server: Server;
  const results = new Map<string, string | null>();
  const defects: unknown[] = [];

  beforeAll(async () => {
    server = await startMirror(defects);
    const { port } = server.address() as AddressInfo;
    const script = fileURLToPath(new URL("mirror.py", import.meta.url));
    const lines = await run("python3", [script, `http://127.0.0.1:${port}`, servicesFile]);
    for (const line of lines.trim().split("\n")) {
      const { service, operation, problem } = JSON.parse(line);
      results.set(`${service} ${operation}`, problem);
    }
  }, 60_000);
  afterAll(() => server?.close());

  it.each(Object.keys(facts).filter((service) => service !== AGENTS))("%s", (service) => {
    const own = [...results].filter(([name]) => name.startsWith(`${service} `));
    expect(own.length).toBeGreaterThan(5);
    expect(own.filter(([name, problem]) => problem !== null && NOT_DONE[name] === undefined)).toEqual([]);
  });

  it("has no defects", () => expect(defects).toEqual([]));
});

async function startMirror(defects: unknown[]): Promise<Server> {
  const modules: Record<string, Record<string, unknown>> = {};
  for (const name of Object.keys(facts)) modules[name] = await import(`../../src/sdk/schemas/${name}.js`);
  const models = Object.fromEntries(Object.keys(facts).map((name) => [name, modelOf(name, facts[name]!, modules[name]!, {})]));
  const schemas = Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, Object.values(module).filter(isOperation)]));
  const generator = new Generator(
    7,
    ["ContentLength", "Expires", "ExpiresString"],
    ["a", "abc def", "x<&>\"'y", "é漢字", "a=b&c+d", "100%"],
  );
  // boto3 runs a process for each service, one call at a time.
  const last = new Map<string, unknown>();
  const backend = testBackend(schemas, ({ service, operation, input }) => {
    const model = models[service]!.operations.get(operation)!;
    const streaming = streamingMember(model.input);
    if (streaming !== undefined && input[streaming] !== undefined) input[streaming] = backend.blobs.read(input[streaming].digest);
    const output = generator.value(model.output);
    last.set(service, { operation, input: plain(input), output: plain(output) });
    return output;
  });
  const lastRoute = {
    match: ({ url }: IncomingMessage) => url?.startsWith("/__last/") ?? false,
    handle: ({ url }: IncomingMessage, response: ServerResponse) => {
      const service = url!.slice("/__last/".length);
      response.end(JSON.stringify(last.get(service) ?? null));
      last.delete(service);
    },
  };
  const catalog = new Catalog({ facts, schemas: async (name) => modules[name]!, constraints: () => ({}) });
  return createWire(backend, { catalog, routes: [lastRoute], onDefect: (error) => defects.push(error) }).listen(0);
}

const isOperation = (value: unknown): value is unknown[] => Array.isArray(value) && value[0] === 9;

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], timeout: 55_000 });
    let text = "";
    child.stdout.on("data", (piece) => {
      text += piece;
    });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`${command} ended with ${code}`))));
  });
}
