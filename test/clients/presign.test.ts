import { spawnSync } from "node:child_process";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, Server } from "./server.ts";

// URLs that the unmodified boto3 and AWS CLI presign by themselves in us-east-1, by Signature Version 2.

const REGION = "us-east-1";
const hasBoto3 = spawnSync("python3", ["-c", "import boto3"]).status === 0;
const isCli1 = /aws-cli\/1\./.test(spawnSync("aws", ["--version"], { encoding: "utf8" }).stdout ?? "");

/** Presigns what its input lists; prints the URLs. */
const PRESIGN = `
import boto3, json, sys
from botocore.config import Config
wanted = json.load(sys.stdin)
s3 = boto3.client("s3", config=Config(s3={"addressing_style": wanted.get("style", "auto")}))
print(json.dumps([s3.generate_presigned_url(o, Params=p, ExpiresIn=wanted.get("seconds", 60)) for o, p in wanted["calls"]]))
`;

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

type Call = readonly [operation: string, params: object];

describe.skipIf(!hasBoto3)("URLs of version 2 (skipped where python3 cannot import boto3)", () => {
  let server: Server;
  let root: Key;
  let ann: Key;
  let versionId: string;

  beforeAll(async () => {
    server = await Server.start("--trust", "enforced");
    root = server.rootKey();
    const config = { endpoint: server.endpoint, region: REGION };
    const s3 = new S3Client({ ...config, credentials: { ...root }, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "files" }));
    await s3.send(new PutBucketVersioningCommand({ Bucket: "files", VersioningConfiguration: { Status: "Enabled" } }));
    versionId = (await s3.send(new PutObjectCommand({ Bucket: "files", Key: "a b/ü+1.txt", Body: "first" }))).VersionId!;
    await s3.send(new PutObjectCommand({ Bucket: "files", Key: "a b/ü+1.txt", Body: "second" }));
    const iam = new IAMClient({ ...config, credentials: { ...root } });
    await iam.send(new CreateUserCommand({ UserName: "ann" }));
    const Statement = [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::files/*" }];
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    await iam.send(new PutUserPolicyCommand({ UserName: "ann", PolicyName: "reads", PolicyDocument }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "ann" }));
    ann = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const surroundings = ({ accessKeyId, secretAccessKey, sessionToken }: Key) => ({
    env: {
      ...server.environment(""),
      AWS_DEFAULT_REGION: REGION,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
    },
    cwd: server.folder,
  });

  async function presign(key: Key, calls: readonly Call[], more: { seconds?: number; style?: string } = {}): Promise<string[]> {
    const urls = JSON.parse(await run("python3", ["-c", PRESIGN], { ...surroundings(key), input: JSON.stringify({ calls, ...more }) }));
    for (const url of urls) expect(url).toMatch(/[?&]AWSAccessKeyId=.*&Signature=.*&Expires=\d+|[?&]Expires=/);
    return urls;
  }

  async function ask(url: string, init?: RequestInit): Promise<{ status: number; body: string; type: string | null }> {
    const response = await fetch(url, init);
    return { status: response.status, body: await response.text(), type: response.headers.get("content-type") };
  }

  const object = { Bucket: "files", Key: "a b/ü+1.txt" };

  it("boto3's are good for what they were signed for, and for nothing else", async () => {
    const upload = { Bucket: "files", Key: "new", ContentType: "text/x-new", Metadata: { colour: "red" } };
    const [get, old, typed, list, put, put2] = (await presign(root, [
      ["get_object", object],
      ["get_object", { ...object, VersionId: versionId }],
      ["get_object", { ...object, ResponseContentType: "text/x-old; charset=utf-8" }],
      ["list_objects_v2", { Bucket: "files", Prefix: "a b/" }],
      ["put_object", upload],
      ["put_object", { Bucket: "files", Key: "plain" }],
    ])) as [string, string, string, string, string, string];
    expect(await ask(get)).toMatchObject({ status: 200, body: "second" });
    expect(await ask(old)).toMatchObject({ status: 200, body: "first" });
    expect(await ask(typed)).toMatchObject({ status: 200, type: "text/x-old; charset=utf-8" });
    expect((await ask(list)).body).toContain("<KeyCount>1</KeyCount>");
    expect((await ask(put, { method: "PUT", body: Buffer.from("new"), headers: { "content-type": "text/x-new" } })).status).toBe(200);
    expect((await ask(put2, { method: "PUT", body: Buffer.from("plain") })).status).toBe(200);
    const [head] = await presign(root, [["head_object", { Bucket: "files", Key: "new" }]]);
    const { headers } = await fetch(head!, { method: "HEAD" });
    expect([headers.get("content-type"), headers.get("x-amz-meta-colour")]).toEqual(["text/x-new", "red"]);

    const wrong: [string, RequestInit?][] = [
      [get, { method: "DELETE" }],
      [get.replace("Expires=", "Expires=9")],
      [old.replace(/versionId=[^&]*&/, "")],
      [typed.replace("x-old", "x-new")],
      [get, { headers: { "x-amz-meta-a": "b" } }],
      [put, { method: "PUT", body: Buffer.from("new"), headers: { "content-type": "text/html" } }],
      [put2.replace("plain", "other"), { method: "PUT", body: Buffer.from("plain") }],
    ];
    for (const [url, init] of wrong) {
      const { status, body } = await ask(url, init);
      expect([status, body]).toEqual([403, expect.stringContaining("<Code>SignatureDoesNotMatch</Code>")]);
      expect(body).toMatch(/<AWSAccessKeyId>AKIA\w+<\/AWSAccessKeyId><StringToSign>[A-Z]+\n/);
    }
  });

  it("the caller is whom the key belongs to, and IAM decides", async () => {
    const [get, put] = await presign(ann, [
      ["get_object", object],
      ["put_object", object],
    ]);
    expect(await ask(get!)).toMatchObject({ status: 200, body: "second" });
    const { status, body } = await ask(put!, { method: "PUT", body: Buffer.from("x") });
    expect([status, body]).toEqual([403, expect.stringContaining("user/ann is not authorized to perform: s3:PutObject on resource:")]);
  });

  it("a session's has its token in it", async () => {
    const sts = new STSClient({ endpoint: server.endpoint, region: REGION, credentials: { ...root } });
    const { AccessKeyId, SecretAccessKey, SessionToken } = (await sts.send(new GetSessionTokenCommand())).Credentials!;
    const [get] = await presign({ accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! }, [
      ["get_object", object],
    ]);
    expect(await ask(get!)).toMatchObject({ status: 200, body: "second" });
    const { status, body } = await ask(get!.replace(/&x-amz-security-token=[^&]*/, ""));
    expect([status, body]).toEqual([400, expect.stringContaining("<Code>InvalidToken</Code>")]);
  });

  it("is refused as S3 refuses it", async () => {
    const [late] = await presign(root, [["get_object", object]], { seconds: -10 });
    const answers = [
      [
        late!,
        /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message><Expires>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ<\/Expires><ServerTime>/,
      ],
      [late!.replace(/AWSAccessKeyId=\w+/, "AWSAccessKeyId=AKIANOBODY"), /<Code>InvalidAccessKeyId<\/Code>.*<AWSAccessKeyId>AKIANOBODY</],
      [
        late!.replace(/Expires=\d+/, "Expires=soon"),
        /<Code>AccessDenied<\/Code><Message>Invalid date \(should be seconds since epoch\): soon</,
      ],
      [
        late!.replace(/Expires=\d+/, ""),
        /<Code>AccessDenied<\/Code><Message>Query-string authentication requires the Signature, Expires and/,
      ],
    ] as const;
    for (const [url, sentence] of answers) {
      const { status, body } = await ask(url);
      expect([status, body]).toEqual([403, expect.stringMatching(sentence)]);
    }
  });

  it("the bucket may be in the host", async () => {
    const [url] = await presign(root, [["get_object", object]], { style: "virtual" }).then((urls) => urls.map((each) => new URL(each)));
    const { port } = new URL(server.endpoint);
    // A name of this machine's own, which not every machine can look up.
    const host = `files.localhost:${port}`;
    const path = `${url!.pathname.replace(/^\/files/, "")}${url!.search}`;
    const answer = await new Promise<string>((resolve, reject) =>
      request({ port, path, headers: { host } }, (response) => void text(response).then(resolve, reject))
        .on("error", reject)
        .end(),
    );
    expect(answer).toBe("second");
  });

  it.skipIf(!isCli1)("aws s3 presign of the AWS CLI 1", async () => {
    const url = (await run("aws", ["s3", "presign", "s3://files/a b/ü+1.txt", "--expires-in", "60"], surroundings(ann))).trim();
    expect(url).toContain("AWSAccessKeyId=");
    expect(await ask(url)).toMatchObject({ status: 200, body: "second" });
    expect((await ask(url.replace(/.(?=&Expires|$)/, ""))).status).toBe(403);
  });
});

describe.skipIf(!hasBoto3)("where trust is open", () => {
  it("the key says the account", async () => {
    await using server = await Server.start();
    const env = { ...server.environment("111122223333"), AWS_DEFAULT_REGION: REGION, AWS_REGION: REGION };
    const call = async (operation: string, params: object, method: string, body?: string) => {
      const input = JSON.stringify({ calls: [[operation, params]] });
      const [url] = JSON.parse(await run("python3", ["-c", PRESIGN], { env, cwd: server.folder, input }));
      return fetch(url, { method, ...(body !== undefined && { body: Buffer.from(body) }) });
    };
    expect((await call("create_bucket", { Bucket: "mine" }, "PUT")).status).toBe(200);
    const s3 = new S3Client({
      ...{ endpoint: server.endpoint, region: REGION, forcePathStyle: true },
      // Of nobody's account, 000000000000.
      credentials: { accessKeyId: "test", secretAccessKey: "x" },
    });
    await expect(s3.send(new CreateBucketCommand({ Bucket: "mine" }))).rejects.toMatchObject({ name: "BucketAlreadyExists" });
    expect((await call("put_object", { Bucket: "mine", Key: "k" }, "PUT", "v")).status).toBe(200);
    expect(await (await call("get_object", { Bucket: "mine", Key: "k" }, "GET")).text()).toBe("v");
  });
});
