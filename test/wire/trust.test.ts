import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { BatchGetBuildsCommand, CodeBuildClient, DeleteProjectCommand, StopBuildCommand } from "@aws-sdk/client-codebuild";
import {
  CodePipelineClient,
  DeleteWebhookCommand,
  GetPipelineCommand,
  ListPipelinesCommand,
  PutApprovalResultCommand,
} from "@aws-sdk/client-codepipeline";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterEach, describe, expect, it } from "vitest";
import type { Caller, KnownKey } from "../../src/kernel/caller.ts";
import * as codebuild from "../../src/sdk/schemas/codebuild.js";
import * as codepipeline from "../../src/sdk/schemas/codepipeline.js";
import * as s3 from "../../src/sdk/schemas/s3.js";
import * as sts from "../../src/sdk/schemas/sts.js";
import type { Backend } from "../../src/wire/backend.ts";
import { createWire, type WireOptions } from "../../src/wire/server.ts";
import { type TestBackendOptions, testBackend } from "./backend.ts";

const MINUTE = 60_000;
const user: KnownKey = {
  secret: "s3cret",
  accountId: "111122223333",
  arn: "arn:aws:iam::111122223333:user/dev",
  userId: "AIDA",
  type: "user",
};
const session: KnownKey = { ...user, type: "assumed-role", sessionToken: "token", expiresAt: Date.now() + MINUTE };

let server: Server;
let caller: Caller | undefined;
let calls: { operation: string; input: any }[] = [];
afterEach(() => {
  calls = [];
  server.close();
  server.closeAllConnections();
});

/** A wire with four services; the clients are given the key. */
async function serve(options: TestBackendOptions, wire: WireOptions = {}): Promise<Backend> {
  const { ListPipelines$, GetPipeline$, PutApprovalResult$, DeleteWebhook$ } = codepipeline;
  const schemas = {
    sts: [sts.GetCallerIdentity$],
    codepipeline: [ListPipelines$, GetPipeline$, PutApprovalResult$, DeleteWebhook$],
    codebuild: [codebuild.BatchGetBuilds$, codebuild.StopBuild$, codebuild.DeleteProject$],
    s3: [s3.GetObject$, s3.PutObject$],
  };
  const backend = testBackend(
    schemas,
    ({ caller: who, operation, input }) => {
      caller = who;
      calls.push({ operation, input });
      return operation === "GetObject" ? { Body: "text" } : {};
    },
    { keys: { AKIADEV: user, ASIADEV: session }, ...options },
  );
  server = await createWire(backend, wire).listen(0);
  return backend;
}

const config = (accessKeyId: string, secretAccessKey = "s3cret", sessionToken?: string) => ({
  endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  region: "eu-west-1",
  maxAttempts: 1,
  forcePathStyle: true,
  credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
});

const callSts = (...key: Parameters<typeof config>) => new STSClient(config(...key)).send(new GetCallerIdentityCommand());
const callPipeline = (...key: Parameters<typeof config>) => new CodePipelineClient(config(...key)).send(new ListPipelinesCommand());
const callS3 = (...key: Parameters<typeof config>) =>
  new S3Client(config(...key)).send(new GetObjectCommand({ Bucket: "b", Key: "k (1)" }));

/** How a call is refused. */
const refused = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "allowed",
    ({ name, message, $metadata }) => `${$metadata.httpStatusCode} ${name}: ${message}`,
  );

describe("open", () => {
  it.each([
    ["test", "000000000000"],
    ["444455556666", "444455556666"],
    ["AKIADEV", "111122223333"],
    ["AKIAIOSFODNN7EXAMPLE", "000000000000"],
  ])("takes the key %s for the account %s", async (accessKeyId, accountId) => {
    await serve({});
    await callSts(accessKeyId, "any");
    expect(caller).toMatchObject({ accountId, region: "eu-west-1", accessKeyId });
  });

  it("refuses a real key with a sentence that says why", async () => {
    await serve({});
    const sentence = await refused(callSts("AKIAQ3EGRHS7XYZABCDE"));
    expect(sentence).toMatch(
      /^403 InvalidClientTokenId: The access key AKIAQ3EGRHS7XYZABCDE looks like a key of a real AWS account.*--allow-real-keys/,
    );
  });

  it("accepts a real key where that is allowed", async () => {
    await serve({}, { allowRealKeys: true });
    await callSts("AKIAQ3EGRHS7XYZABCDE");
    expect(caller?.accountId).toBe("000000000000");
  });

  it("takes who does not sign for nobody", async () => {
    await serve({});
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/b/k`);
    expect(await response.text()).toBe("text");
    expect(caller).toMatchObject({ type: "anonymous", accountId: "000000000000", region: "us-east-1" });
  });

  it("does not listen beyond loopback", async () => {
    const backend = await serve({});
    expect(() => createWire(backend).listen(0, "0.0.0.0")).toThrow("requires --trust signed or enforced");
  });
});

describe("signed", () => {
  it("lets a right signature pass, in every way that clients sign", async () => {
    await serve({ trust: "signed" });
    await callSts("AKIADEV");
    await callPipeline("ASIADEV", "s3cret", "token");
    await callS3("AKIADEV");
    const client = new S3Client(config("AKIADEV"));
    await client.send(new PutObjectCommand({ Bucket: "b", Key: "a+b/ü", Body: "text", Metadata: { a: "1  2" } }));
    await client.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: "text", ChecksumAlgorithm: "SHA256" }));
    expect(calls.map(({ operation }) => operation)).toEqual(["GetCallerIdentity", "ListPipelines", "GetObject", "PutObject", "PutObject"]);
    expect(caller).toEqual({ ...caller, arn: user.arn, userId: "AIDA", type: "user", accessKeyId: "AKIADEV", region: "eu-west-1" });
  });

  it("refuses a wrong one in the words of each protocol", async () => {
    await serve({ trust: "signed" });
    const words =
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
    expect(await refused(callSts("AKIADEV", "wrong"))).toBe(`403 SignatureDoesNotMatch: ${words}`);
    expect(await refused(callPipeline("AKIADEV", "wrong"))).toBe(`400 InvalidSignatureException: ${words}`);
    expect(await refused(callS3("AKIADEV", "wrong"))).toBe(
      "403 SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
  });

  it("refuses a key that nobody has", async () => {
    await serve({ trust: "signed" });
    expect(await refused(callSts("AKIANOBODY"))).toBe("403 InvalidClientTokenId: The security token included in the request is invalid");
    expect(await refused(callPipeline("AKIANOBODY"))).toBe(
      "400 UnrecognizedClientException: The security token included in the request is invalid.",
    );
    expect(await refused(callS3("AKIANOBODY"))).toBe(
      "403 InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.",
    );
  });

  it("wants the session token that belongs to the key", async () => {
    await serve({ trust: "signed" });
    expect(await refused(callSts("ASIADEV"))).toMatch(/^403 InvalidClientTokenId/);
    expect(await refused(callS3("ASIADEV", "s3cret", "other"))).toMatch(/^400 InvalidToken/);
  });

  it("refuses a session that is over", async () => {
    await serve({ trust: "signed", now: () => Date.now() + 2 * MINUTE });
    expect(await refused(callSts("ASIADEV", "s3cret", "token"))).toBe(
      "403 ExpiredToken: The security token included in the request is expired",
    );
    expect(await refused(callPipeline("ASIADEV", "s3cret", "token"))).toMatch(/^400 ExpiredTokenException/);
  });

  it("refuses a clock that is 15 minutes off", async () => {
    await serve({ trust: "signed", now: () => Date.now() + 16 * MINUTE });
    expect(await refused(callPipeline("AKIADEV"))).toMatch(
      /^400 InvalidSignatureException: Signature expired: \d{8}T\d{6}Z is now earlier than /,
    );
    expect(await refused(callS3("AKIADEV"))).toMatch(/^403 RequestTimeTooSkewed/);
  });

  it("wants a signature", async () => {
    await serve({ trust: "signed" });
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const query = await fetch(endpoint, {
      method: "POST",
      body: new URLSearchParams({ Action: "GetCallerIdentity", Version: "2011-06-15" }),
    });
    expect([query.status, await query.text()]).toEqual([403, expect.stringContaining("<Code>MissingAuthenticationToken</Code>")]);
    expect((await fetch(`${endpoint}/b/k`)).status).toBe(403);
  });

  it("lets presigned requests pass until they expire", async () => {
    let late = 0;
    await serve({ trust: "signed", now: () => Date.now() + late });
    const client = new S3Client(config("ASIADEV", "s3cret", "token"));
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: "b", Key: "k" }), { expiresIn: 30 });
    expect(await (await fetch(url)).text()).toBe("text");
    late = 45_000;
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining("<Message>Request has expired</Message>")]);
  });

  it("reads what a presigned request hoisted into its query", async () => {
    await serve({ trust: "signed" });
    const client = new S3Client({ ...config("AKIADEV"), requestChecksumCalculation: "WHEN_REQUIRED" });
    const url = await getSignedUrl(client, new PutObjectCommand({ Bucket: "b", Key: "k", Metadata: { colour: "red" } }), { expiresIn: 30 });
    expect((await fetch(url, { method: "PUT", body: "text" })).status).toBe(200);
    expect(calls.at(-1)?.input).toMatchObject({ Bucket: "b", Key: "k", Metadata: { colour: "red" }, Body: { size: 4 } });
  });

  it("heeds a presigned request's checksum as a header, and not in its query", async () => {
    await serve({ trust: "signed" });
    const client = new S3Client(config("AKIADEV"));
    const put = new PutObjectCommand({ Bucket: "b", Key: "k", ChecksumCRC32: "AAAAAA==" });
    const inQuery = await getSignedUrl(client, put, { expiresIn: 30 });
    expect(inQuery).toContain("x-amz-checksum-crc32=AAAAAA%3D%3D");
    expect((await fetch(inQuery, { method: "PUT", body: "text" })).status).toBe(200);
    expect(calls.at(-1)?.input.ChecksumCRC32).toBeUndefined();
    const asHeader = await getSignedUrl(client, put, { expiresIn: 30, unhoistableHeaders: new Set(["x-amz-checksum-crc32"]) });
    const upload = async (body: string) => {
      const response = await fetch(asHeader, { method: "PUT", body, headers: { "x-amz-checksum-crc32": "AAAAAA==" } });
      return [response.status, await response.text()];
    };
    expect(await upload("")).toEqual([200, ""]);
    const sentence = "<Code>BadDigest</Code><Message>The CRC32 you specified did not match the calculated checksum.</Message>";
    expect(await upload("text")).toEqual([400, expect.stringContaining(sentence)]);
  });
});

describe("enforced", () => {
  it("asks IAM for the action, the resource and the caller", async () => {
    const asked: unknown[] = [];
    await serve({
      trust: "enforced",
      authorize: (who, action, resource) => {
        asked.push([who.arn, action, resource]);
        return action === "s3:GetObject" ? undefined : `User: ${who.arn} is not authorized to perform: ${action}`;
      },
    });
    await callS3("AKIADEV");
    expect(await refused(callPipeline("AKIADEV"))).toBe(
      "400 AccessDeniedException: User: arn:aws:iam::111122223333:user/dev is not authorized to perform: codepipeline:ListPipelines",
    );
    expect(asked).toEqual([
      [user.arn, "s3:GetObject", "arn:aws:s3:::b/k (1)"],
      [user.arn, "codepipeline:ListPipelines", "*"],
    ]);
  });

  it("knows what a call is about that names it otherwise than by ARN", async () => {
    const asked: string[] = [];
    await serve({ trust: "enforced", authorize: (_, _action, resource) => void asked.push(resource) });
    const pipelines = new CodePipelineClient(config("AKIADEV"));
    await pipelines.send(new GetPipelineCommand({ name: "p" }));
    const result = { summary: "", status: "Approved" as const };
    const token = "11111111-1111-1111-1111-111111111111";
    await pipelines.send(new PutApprovalResultCommand({ pipelineName: "p", stageName: "s", actionName: "a", result, token }));
    await pipelines.send(new DeleteWebhookCommand({ name: "w" }));
    const builds = new CodeBuildClient(config("AKIADEV"));
    await builds.send(new DeleteProjectCommand({ name: "b" }));
    await builds.send(new BatchGetBuildsCommand({ ids: ["b:1", "b:2"] }));
    await builds.send(new BatchGetBuildsCommand({ ids: ["b:1", "c:2"] }));
    await builds.send(new StopBuildCommand({ id: "arn:aws:codebuild:eu-west-1:111122223333:build/b:1" }));
    expect(asked).toEqual([
      "arn:aws:codepipeline:eu-west-1:111122223333:p",
      "arn:aws:codepipeline:eu-west-1:111122223333:p/s/a",
      "arn:aws:codepipeline:eu-west-1:111122223333:webhook:w",
      "arn:aws:codebuild:eu-west-1:111122223333:project/b",
      "arn:aws:codebuild:eu-west-1:111122223333:project/b",
      "*",
      "arn:aws:codebuild:eu-west-1:111122223333:project/b",
    ]);
  });
});
