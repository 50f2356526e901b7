import { request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CloudWatchLogsClient, StartLiveTailCommand } from "@aws-sdk/client-cloudwatch-logs";
import { InvokeWithResponseStreamCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fault } from "../../src/kernel/fault.ts";
import { NoSuchKey } from "../../src/sdk/s3.js";
import * as logs from "../../src/sdk/schemas/cloudwatch-logs.js";
import * as codecommit from "../../src/sdk/schemas/codecommit.js";
import * as lambda from "../../src/sdk/schemas/lambda.js";
import * as s3 from "../../src/sdk/schemas/s3.js";
import * as sts from "../../src/sdk/schemas/sts.js";
import type { Route } from "../../src/wire/backend.ts";
import { createWire } from "../../src/wire/server.ts";
import { type Answer, testBackend } from "./backend.ts";

const schemas = {
  codecommit: [codecommit.PutFile$],
  sts: [sts.GetCallerIdentity$],
  s3: [s3.GetObject$, s3.HeadObject$, s3.ListObjectsV2$, s3.GetBucketLocation$, s3.ListBuckets$],
  lambda: [lambda.Invoke$, lambda.InvokeWithResponseStream$],
  "cloudwatch-logs": [logs.StartLiveTail$],
};

let server: Server;
let answer: Answer;
const defects: unknown[] = [];

beforeAll(async () => {
  const hello: Route = {
    match: ({ url }) => url === "/_slipway/hello",
    handle: (_, response) => void response.end("hello"),
  };
  const options = { routes: [hello], onDefect: (error: unknown) => void defects.push(error) };
  server = await createWire(
    testBackend(schemas, (call) => answer(call)),
    options,
  ).listen(0);
});
beforeEach(() => {
  answer = () => ({});
  defects.length = 0;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const port = (): number => (server.address() as AddressInfo).port;
const scope = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=00`;

interface Told {
  readonly status: number;
  readonly headers: Record<string, any>;
  readonly text: string;
}

/** A plain HTTP request; fetch would not let a test choose its Host. */
function tell(method: string, path: string, headers: Record<string, string> = {}, body = ""): Promise<Told> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port: port(), method, path, headers }, async (response) => {
      const pieces: Buffer[] = [];
      for await (const piece of response) pieces.push(piece);
      resolve({ status: response.statusCode!, headers: response.headers, text: Buffer.concat(pieces).toString() });
    });
    request.on("error", reject).end(body);
  });
}

describe("what we do not implement", () => {
  it("is refused by name, in the protocol's own shape", async () => {
    const query = await tell(
      "POST",
      "/",
      { authorization: scope("sts"), "content-type": "application/x-www-form-urlencoded" },
      "Action=AssumeRole&Version=2011-06-15",
    );
    expect([query.status, query.text]).toEqual([
      501,
      expect.stringContaining("<Code>NotImplemented</Code><Message>Slipway does not implement STS AssumeRole yet."),
    ]);
    const json = await tell("POST", "/", { authorization: scope("logs"), "x-amz-target": "Logs_20140328.CreateLogGroup" }, "{}");
    expect([json.status, JSON.parse(json.text)]).toEqual([
      501,
      { __type: "NotImplemented", message: expect.stringContaining("CloudWatch Logs CreateLogGroup") },
    ]);
    const rest = await tell("GET", "/2015-03-31/functions/", { authorization: scope("lambda") });
    expect([rest.status, rest.headers["x-amzn-errortype"], JSON.parse(rest.text).message]).toEqual([
      501,
      "NotImplemented",
      expect.stringContaining("Lambda ListFunctions"),
    ]);
  });

  it("may be a whole service", async () => {
    const json = await tell("POST", "/", { authorization: scope("dynamodb"), "x-amz-target": "DynamoDB_20120810.ListTables" }, "{}");
    expect([json.status, JSON.parse(json.text).message]).toEqual([
      501,
      expect.stringContaining("does not implement the service DynamoDB_20120810"),
    ]);
    const xml = await tell("GET", "/2013-04-01/hostedzone", { authorization: scope("route53") });
    expect([xml.status, xml.text]).toEqual([501, expect.stringContaining("<Code>NotImplemented</Code>")]);
  });

  it("may be no operation of AWS at all", async () => {
    const query = await tell(
      "POST",
      "/",
      { authorization: scope("sts"), "content-type": "application/x-www-form-urlencoded" },
      "Action=Nope&Version=2011-06-15",
    );
    expect([query.status, query.text]).toEqual([400, expect.stringContaining("<Code>InvalidAction</Code>")]);
    const json = await tell("POST", "/", { authorization: scope("logs"), "x-amz-target": "Logs_20140328.Nope" }, "{}");
    expect([json.status, JSON.parse(json.text).__type]).toEqual([400, "UnknownOperationException"]);
  });
});

describe("a refusal", () => {
  it("has S3's shape, with what it is about", async () => {
    answer = () => fault(NoSuchKey, "The specified key does not exist.", { Key: "a&b" });
    const { status, headers, text } = await tell("GET", "/b/a&b");
    expect(status).toBe(404);
    const id = headers["x-amz-request-id"];
    expect(text).toContain(
      `<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>a&amp;b</Key><RequestId>${id}</RequestId>`,
    );
    expect(headers["x-amz-id-2"]).toBeDefined();
  });

  it("has no body where HEAD asked", async () => {
    answer = () => fault("NotFound", "Not Found", 404);
    expect(await tell("HEAD", "/b/k")).toMatchObject({ status: 404, text: "" });
  });

  it("hides a defect of ours, and tells us", async () => {
    answer = () => {
      throw new TypeError("secret detail");
    };
    const { status, text } = await tell("GET", "/b/k");
    expect([status, text]).toEqual([500, expect.stringContaining("InternalFailure")]);
    expect(text).not.toContain("secret detail");
    expect(String(defects[0])).toContain("secret detail");
  });
});

describe("S3", () => {
  it.each([
    ["bucket.s3.localhost:4600", "/k/1", { Bucket: "bucket", Key: "k/1" }],
    ["bucket.localhost:4600", "/k", { Bucket: "bucket", Key: "k" }],
    ["my.bucket.s3.eu-west-1.amazonaws.com", "/k", { Bucket: "my.bucket", Key: "k" }],
    ["s3.eu-west-1.amazonaws.com", "/bucket/k", { Bucket: "bucket", Key: "k" }],
    ["127.0.0.1:4600", "/bucket//k/", { Bucket: "bucket", Key: "/k/" }],
  ])("finds the bucket in http://%s%s", async (host, path, expected) => {
    let input: unknown;
    answer = (call) => {
      input = call.input;
      return {};
    };
    await tell("GET", path, { host });
    expect(input).toMatchObject(expected);
  });

  it.each([
    ["GET", "/", "ListBuckets"],
    ["GET", "/b?list-type=2&prefix=a", "ListObjectsV2"],
    ["GET", "/b/?location", "GetBucketLocation"],
    ["HEAD", "/b/k", "HeadObject"],
  ])("takes %s %s for %s", async (method, path, expected) => {
    let operation: string | undefined;
    answer = (call) => {
      operation = call.operation;
      return {};
    };
    await tell(method, path);
    expect(operation).toBe(expected);
  });

  it("escapes a bucket's location", async () => {
    answer = () => ({ LocationConstraint: "<eu>" });
    const { text } = await tell("GET", "/b?location");
    expect(text).toContain('<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">&lt;eu&gt;</LocationConstraint>');
  });

  it("carries any text in metadata", async () => {
    answer = () => ({ Metadata: { name: "漢字" } });
    expect((await tell("HEAD", "/b/k")).headers["x-amz-meta-name"]).toBe(`=?UTF-8?B?${Buffer.from("漢字").toString("base64")}?=`);
  });
});

describe("base64 in JSON", () => {
  const target = { "X-Amz-Target": "CodeCommit_20150413.PutFile", Authorization: scope("codecommit") };
  const put = (fileContent: string): Promise<Told> => {
    const body = JSON.stringify({ repositoryName: "r", branchName: "b", filePath: "f", fileContent });
    return tell("POST", "/", { ...target, "Content-Type": "application/x-amz-json-1.1" }, body);
  };

  it("may be many megabytes", async () => {
    let bytes = 0;
    answer = ({ input }) => {
      bytes = input.fileContent.length;
      return { commitId: "c", blobId: "b", treeId: "t" };
    };
    expect((await put(Buffer.alloc(9_000_001, 1).toString("base64"))).status).toBe(200);
    expect(bytes).toBe(9_000_001);
    expect(defects).toEqual([]);
  });

  it.each(["====", "AAA", "A===", "AA=A", "AA-_", "AAAA\n"])("is not %j", async (text) => {
    expect((await put(text)).text).toContain("SerializationException");
  });
});

describe("HTTP", () => {
  it("asks the other rooms first", async () => {
    expect((await tell("GET", "/_slipway/hello")).text).toBe("hello");
  });

  it("lets a REST operation choose status and headers", async () => {
    answer = () => ({ Body: "part", $status: 206, $headers: { "Content-Range": "bytes 0-3/10" } });
    expect(await tell("GET", "/b/k")).toMatchObject({
      status: 206,
      text: "part",
      headers: { "content-range": "bytes 0-3/10", "content-length": "4" },
    });
  });

  it("answers Expect: 100-continue", async () => {
    const path = "/2015-03-31/functions/f/invocations";
    answer = ({ input }) => ({ StatusCode: 200, Payload: input.Payload });
    expect((await tell("POST", path, { authorization: scope("lambda"), expect: "100-continue", "content-length": "2" }, "{}")).text).toBe(
      "{}",
    );
  });

  it("aborts the signal when the client hangs up", async () => {
    const aborted = new Promise<boolean>((resolve) => {
      answer = ({ signal }) =>
        new Promise(() => {
          signal.addEventListener("abort", () => resolve(true));
          request.destroy();
        });
    });
    const request = httpRequest({ port: port(), path: "/b/k" }).on("error", () => {});
    request.end();
    expect(await aborted).toBe(true);
    expect(defects).toEqual([]);
  });
});

describe("a stream of events", () => {
  const config = () => ({
    endpoint: `http://127.0.0.1:${port()}`,
    region: "eu-west-1",
    disableHostPrefix: true,
    credentials: { accessKeyId: "t", secretAccessKey: "t" },
  });

  async function all<T>(events: AsyncIterable<T> | undefined): Promise<T[]> {
    const list: T[] = [];
    for await (const event of events ?? []) list.push(event);
    return list;
  }

  it("comes over awsJson1_1", async () => {
    answer = () => ({
      responseStream: (async function* () {
        yield { sessionStart: { sessionId: "s1", logGroupIdentifiers: ["g"] } };
        yield { sessionUpdate: { sessionMetadata: { sampled: false }, sessionResults: [{ message: "hello", timestamp: 1 }] } };
      })(),
    });
    const { responseStream } = await new CloudWatchLogsClient(config()).send(
      new StartLiveTailCommand({ logGroupIdentifiers: ["arn:aws:logs:eu-west-1:000000000000:log-group:g"] }),
    );
    expect(await all(responseStream)).toMatchObject([
      { sessionStart: { sessionId: "s1" } },
      { sessionUpdate: { sessionResults: [{ message: "hello" }] } },
    ]);
  });

  it("comes over restJson1, with bytes as they are", async () => {
    answer = () => ({
      StatusCode: 200,
      ExecutedVersion: "7",
      EventStream: (async function* () {
        yield { PayloadChunk: { Payload: Buffer.from("hel") } };
        yield { PayloadChunk: { Payload: Buffer.from("lo") } };
        yield { InvokeComplete: { LogResult: "log" } };
      })(),
    });
    const { ExecutedVersion, EventStream } = await new LambdaClient(config()).send(
      new InvokeWithResponseStreamCommand({ FunctionName: "f" }),
    );
    const events = await all(EventStream);
    expect(ExecutedVersion).toBe("7");
    expect(
      events
        .map((event) => event.PayloadChunk?.Payload)
        .filter((bytes) => bytes !== undefined)
        .map(String),
    ).toEqual(["104,101,108", "108,111"]);
    expect(events.at(-1)).toMatchObject({ InvokeComplete: { LogResult: "log" } });
  });
});
