import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateAccessKeyCommand, CreateUserCommand, DeleteAccessKeyCommand, IAMClient, ListUsersCommand } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Cloud, type CloudOptions } from "../../src/cloud.ts";
import { run, Server } from "./server.ts";

// Who starts a cloud that checks signatures has to have a key that it knows.

const ROOT = { Account: "000000000000", Arn: "arn:aws:iam::000000000000:root", UserId: "000000000000" };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway first key-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string };

/** The keys of a [default] profile. */
function keysIn(path: string): Keys {
  const [, accessKeyId, secretAccessKey] =
    /^\[default\]\naws_access_key_id = (AKIA\w{16})\naws_secret_access_key = (\S{40})\n$/.exec(readFileSync(path, "utf8")) ?? [];
  return { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! };
}

async function during<T>(options: Partial<CloudOptions>, work: (cloud: Cloud) => Promise<T>): Promise<T> {
  const cloud = await Cloud.start({
    ...{ port: 0, host: "127.0.0.1", clock: "real", trust: "signed", durability: "relaxed", allowRealKeys: false, folder },
    ...options,
  });
  try {
    return await work(cloud);
  } finally {
    await cloud.close();
  }
}

// A copy: the SDK writes into it.
const config = ({ endpoint }: Cloud, credentials: Keys) => ({ endpoint, region: "eu-west-1", credentials: { ...credentials } });
const whoIs = async (cloud: Cloud, keys: Keys) => {
  const { Account, Arn, UserId } = await new STSClient(config(cloud, keys)).send(new GetCallerIdentityCommand({}));
  return { Account, Arn, UserId };
};

describe.each(["signed", "enforced"] as const)("where trust is %s", (trust) => {
  it("the first start makes a key of root, which is good for every later one", async () => {
    const keys = await during({ trust }, async (cloud) => {
      expect(cloud.credentials).toBe(join(folder, "credentials"));
      expect(statSync(cloud.credentials!).mode & 0o777).toBe(0o600);
      const made = keysIn(cloud.credentials!);
      expect(await whoIs(cloud, made)).toEqual(ROOT);
      // Subject to no policy.
      expect((await new IAMClient(config(cloud, made)).send(new ListUsersCommand({}))).Users).toEqual([]);
      await expect(whoIs(cloud, { ...made, secretAccessKey: "x".repeat(40) })).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
      return made;
    });
    // Somebody tidied up, or loosened it.
    rmSync(join(folder, "credentials"));
    writeFileSync(join(folder, "credentials"), "", { mode: 0o644 });
    await during({ trust }, async (cloud) => {
      expect(keysIn(cloud.credentials!)).toEqual(keys);
      expect(statSync(cloud.credentials!).mode & 0o777).toBe(0o600);
      expect(await whoIs(cloud, keys)).toEqual(ROOT);
    });
  });
});

it("two data folders have different secrets, unless a seed says otherwise", async () => {
  const secretIn = (own: string, seed?: number) =>
    during(
      { folder: join(folder, own), ...(seed !== undefined && { seed }) },
      async ({ credentials }) => keysIn(credentials!).secretAccessKey,
    );
  for (const own of ["a", "b", "c", "d"]) await run("mkdir", [join(folder, own)], { env: process.env, cwd: folder });
  expect(await secretIn("a")).not.toBe(await secretIn("b"));
  expect(await secretIn("c", 7)).toBe(await secretIn("d", 7));
  expect(statSync(join(folder, "a", "seed")).mode & 0o777).toBe(0o600);
});

it("none is made where any key is accepted, or where somebody has one already", async () => {
  await during({ trust: "open" }, async (cloud) => {
    expect(cloud.credentials).toBeUndefined();
    const iam = new IAMClient(config(cloud, { accessKeyId: "111122223333", secretAccessKey: "x" }));
    await iam.send(new CreateUserCommand({ UserName: "ann" }));
    await iam.send(new CreateAccessKeyCommand({ UserName: "ann" }));
  });
  await during({}, async (cloud) => expect(cloud.credentials).toBeUndefined());
  expect(readdirSync(folder)).not.toContain("credentials");
});

it("outlives a reset, but not its own deletion", async () => {
  await during({}, async (cloud) => {
    const keys = keysIn(cloud.credentials!);
    for (const body of [{}, { account: "000000000000" }]) {
      const reset = await fetch(`${cloud.endpoint}/_slipway/reset`, { method: "POST", body: JSON.stringify(body) });
      expect(reset.status).toBe(200);
      expect(await whoIs(cloud, keys)).toEqual(ROOT);
    }
    await new IAMClient(config(cloud, keys)).send(new DeleteAccessKeyCommand({ AccessKeyId: keys.accessKeyId }));
    await expect(whoIs(cloud, keys)).rejects.toMatchObject({ name: "InvalidClientTokenId" });
  });
});

it("is named by the ready line, and by slipway env", async () => {
  await using server = await Server.start("--trust", "signed");
  expect(server.credentials).toMatch(/\/credentials$/);
  const surroundings = { env: { ...server.environment("x"), AWS_REGION: "eu-west-1" }, cwd: folder };
  const env = (...args: string[]) => run(process.execPath, [join(import.meta.dirname, "../../src/main.ts"), "env", ...args], surroundings);
  const variables = JSON.parse(await env("--json"));
  expect(variables).toMatchObject({ AWS_SHARED_CREDENTIALS_FILE: server.credentials, CDK_DEFAULT_ACCOUNT: "000000000000" });
  expect(Object.keys(variables)).not.toContain("AWS_ACCESS_KEY_ID");
  expect(await env()).toMatch(/^unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY /m);
  expect(await env("--format", "terraform")).toContain(`shared_credentials_files = ["${server.credentials}"]`);
  expect(await env("--format", "profile")).toContain(`[default] in ${server.credentials}\n`);
});
