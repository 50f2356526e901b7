import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Blobs, FileBlobs } from "../../src/kernel/blob.ts";
import * as cloudwatch from "../../src/sdk/schemas/cloudwatch.js";
import * as s3 from "../../src/sdk/schemas/s3.js";
import type { Backend, StreamedBlob } from "../../src/wire/backend.ts";
import { ChunkedDecoder } from "../../src/wire/chunked.ts";
import { createWire } from "../../src/wire/server.ts";
import { ChunkSignatures, type Signature, SigningKeys } from "../../src/wire/sigv4.ts";
import { testBackend } from "./backend.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const MIB = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), "slipway-wire-"));
const blobs: Blobs = new FileBlobs(folder);
let server: Server;
let client: S3Client;
let stored: Record<string, any> & { Body: StreamedBlob };

beforeAll(async () => {
  const schemas = { s3: [s3.PutObject$, s3.GetObject$, s3.DeleteObjects$], cloudwatch: [cloudwatch.PutMetricData$] };
  const backend: Backend = {
    ...testBackend(schemas, ({ operation, input }) => {
      if (operation === "GetObject") return { Body: { ...stored.Body, ...rangeOf(input.Range) } };
      stored = input;
      return {};
    }),
    blobs,
  };
  server = await createWire(backend).listen(0);
  client = new S3Client({
    endpoint: endpoint(),
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

const endpoint = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function rangeOf(range: string | undefined): { start?: number; end?: number } {
  const found = /bytes=(\d+)-(\d+)/.exec(range ?? "");
  return found === null ? {} : { start: Number(found[1]), end: Number(found[2]) + 1 };
}

const put = (body: string, headers: Record<string, string>): Promise<Response> =>
  fetch(`${endpoint()}/b/k`, { method: "PUT", body, headers });

const codeOf = async (response: Response): Promise<string> =>
  `${response.status} ${/<Code>(.*?)<\/Code>/.exec(await response.text())?.[1]}`;

describe("a streaming input", () => {
  it("is a blob, with MD5 and what the client asked for", async () => {
    await client.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: "hello", ContentEncoding: "gzip" }));
    expect(stored.Body).toEqual({
      digest: `sha256:${createHash("sha256").update("hello").digest("hex")}`,
      size: 5,
      md5: "5d41402abc4b2a76b9719d911017c592",
      checksums: { crc32: "NhCmhg==" },
    });
    expect(stored["ContentEncoding"]).toBe("gzip");
    expect(blobs.read(stored.Body.digest).toString()).toBe("hello");
  });

  it("has its checksum from a trailer, where a stream is chunked", async () => {
    const body = Readable.from([Buffer.alloc(MIB, 1), Buffer.alloc(MIB, 2)]);
    await client.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: body, ContentLength: 2 * MIB }));
    expect(stored).toMatchObject({ ContentLength: 2 * MIB, ChecksumCRC32: stored.Body.checksums?.crc32, Body: { size: 2 * MIB } });
    expect(stored["ContentEncoding"]).toBeUndefined();
  });

  it.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)("verifies %s", async (ChecksumAlgorithm) => {
    await client.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: "hello", ChecksumAlgorithm }));
    const name = ChecksumAlgorithm.toLowerCase();
    expect(Object.keys(stored.Body.checksums ?? {})).toContain(name);
    expect(await codeOf(await put("hello", { [`x-amz-checksum-${name}`]: "AAAAAA==" }))).toBe("400 BadDigest");
  });

  it("refuses a body that is not what its headers say", async () => {
    expect(await codeOf(await put("hello", { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" }))).toBe("400 BadDigest");
    expect(await codeOf(await put("hello", { "content-md5": "short" }))).toBe("400 InvalidDigest");
    expect(await codeOf(await put("hello", { "x-amz-content-sha256": "0".repeat(64) }))).toBe("400 XAmzContentSHA256Mismatch");
    expect(await codeOf(await put("nonsense", { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" }))).toBe(
      "400 IncompleteBody",
    );
  });

  it("keeps memory flat, and answers the bytes it got", async () => {
    const size = 200 * MIB;
    const piece = Buffer.alloc(MIB, 7);
    async function* pieces() {
      for (let sent = 0; sent < size; sent += MIB) yield piece;
    }
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const watch = setInterval(() => {
      // What one collection finds is given back beside it, at leisure; the next one waits for that.
      collectGarbage();
      collectGarbage();
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    }, 200);
    let received = 0;
    try {
      await client.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: Readable.from(pieces()), ContentLength: size }));
      expect(stored.Body.size).toBe(size);
      const answer = await client.send(new GetObjectCommand({ Bucket: "b", Key: "k" }));
      expect(answer.ContentLength).toBe(size);
      for await (const chunk of answer.Body as AsyncIterable<Buffer>) received += chunk.length;
    } finally {
      clearInterval(watch);
    }
    expect(received).toBe(size);
    expect(peak).toBeLessThan(40 * MIB);
  }, 20_000);

  it("leaves nothing behind when the client hangs up", async () => {
    await new Promise((resolve) => {
      const { port } = server.address() as AddressInfo;
      const request = httpRequest({ port, method: "PUT", path: "/b/cut", headers: { "content-length": 10 * MIB } });
      request.on("error", resolve);
      request.write(Buffer.alloc(MIB), () => setTimeout(() => request.destroy(), 50));
    });
    await expect.poll(() => readdirSync(join(folder, "draft"))).toEqual([]);
  });
});

describe("a streaming output", () => {
  it("is a slice of a blob", async () => {
    await client.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: "0123456789" }));
    const answer = await client.send(new GetObjectCommand({ Bucket: "b", Key: "k", Range: "bytes=2-4" }));
    expect([answer.ContentLength, await answer.Body?.transformToString()]).toEqual([3, "234"]);
  });
});

describe("a body in memory", () => {
  it("may be gzipped", async () => {
    const headers = {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "GraniteServiceVersion20100801.PutMetricData",
      "content-encoding": "gzip",
    };
    const body = gzipSync(JSON.stringify({ Namespace: "Shop", MetricData: [{ MetricName: "Latency", Value: 1 }] }));
    expect((await fetch(endpoint(), { method: "POST", headers, body })).status).toBe(200);
    expect(stored["Namespace"]).toBe("Shop");
    expect((await fetch(endpoint(), { method: "POST", headers, body: "not gzip" })).status).toBe(400);
  });

  it("has its checksum verified for S3", async () => {
    const body = "<Delete><Object><Key>a</Key></Object></Delete>";
    const send = (md5: string) => fetch(`${endpoint()}/b?delete`, { method: "POST", body, headers: { "content-md5": md5 } });
    expect((await send(createHash("md5").update(body).digest("base64"))).status).toBe(200);
    expect(stored["Delete"]).toEqual({ Objects: [{ Key: "a" }] });
    expect(await codeOf(await send("AAAAAAAAAAAAAAAAAAAAAA=="))).toBe("400 BadDigest");
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html#example-signature-calculations-streaming
describe("an aws-chunked body with signatures", () => {
  const signature: Signature = {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    date: "20130524",
    region: "us-east-1",
    service: "s3",
    scope: "20130524/us-east-1/s3/aws4_request",
    signedHeaders: [],
    value: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    amzDate: "20130524T000000Z",
    sessionToken: undefined,
    presignedForSeconds: undefined,
  };
  const key = new SigningKeys().of("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", signature);
  const chunk = (size: number, value: string) => `${size.toString(16)};chunk-signature=${value}\r\n${"a".repeat(size)}\r\n`;
  const body =
    chunk(65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648") +
    chunk(1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497") +
    chunk(0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");

  function decode(text: string, pieceSize: number): number {
    const decoder = new ChunkedDecoder(new ChunkSignatures(signature, key));
    const bytes = Buffer.from(text);
    let size = 0;
    for (let at = 0; at < bytes.length; at += pieceSize)
      for (const part of decoder.decode(bytes.subarray(at, at + pieceSize))) size += part.length;
    decoder.finish();
    return size;
  }

  it.each([1 << 20, 4096, 7])("is read and verified in pieces of %s bytes", (pieceSize) => expect(decode(body, pieceSize)).toBe(66560));

  it("is refused where a chunk was changed", () => expect(() => decode(body.replace("aaa", "aab"), 4096)).toThrow("does not match"));

  it("is refused where it is cut off", () => expect(() => decode(body.slice(0, 70_000 - 4000), 4096)).toThrow("terminated unexpectedly"));
});
