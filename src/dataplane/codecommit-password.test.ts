import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { HELPER_VALID_MS, parseHelperCredentials, verifyHelperCredentials } from "./codecommit-password.ts";
import { gitCredentialsOf } from "./git-credentials.ts";

// Made by awscli 1.45.11's CodeCommitGetCommand.sign_request for this request, key and time.
const PASSWORD = "20260131T235959Zaebfcf97fd42e361e6633ee934ac9cbb842b655f7446357a4a246417e4427877";
const REQUEST = {
  host: "127.0.0.1",
  path: "/v1/repos/app",
  region: "us-east-1",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const SIGNED_AT = Date.UTC(2026, 0, 31, 23, 59, 59);

test("a password of the credential helper is taken apart", () => {
  expect(parseHelperCredentials("AKIAIOSFODNN7EXAMPLE%token%2B=", PASSWORD)).toMatchObject({
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    sessionToken: "token%2B=",
    signedAt: "20260131T235959Z",
  });
  expect(parseHelperCredentials("dev-at-111122223333", "a password")).toBeUndefined();
});

test("a signature holds for its request, key and a quarter of an hour", () => {
  const credentials = parseHelperCredentials("AKIAIOSFODNN7EXAMPLE", PASSWORD)!;
  expect(verifyHelperCredentials(credentials, REQUEST, SIGNED_AT)).toBe(true);
  expect(verifyHelperCredentials(credentials, REQUEST, SIGNED_AT + HELPER_VALID_MS + 1)).toBe(false);
  for (const change of [{ host: "localhost" }, { path: "/v1/repos/other" }, { region: "eu-west-1" }, { secretAccessKey: "other" }]) {
    expect(verifyHelperCredentials(credentials, { ...REQUEST, ...change }, SIGNED_AT)).toBe(false);
  }
});

test("git-remote-codecommit signs the port, too", () => {
  const secret = REQUEST.secretAccessKey;
  const hmac = (key: Buffer | string, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const key = ["20260131", "us-east-1", "codecommit", "aws4_request"].reduce<Buffer | string>(hmac, `AWS4${secret}`);
  const canonical = "GIT\n/v1/repos/app\n\nhost:127.0.0.1:8443\n\nhost\n";
  const digest = createHash("sha256").update(canonical).digest("hex");
  const signature = hmac(key, `AWS4-HMAC-SHA256\n20260131T235959\n20260131/us-east-1/codecommit/aws4_request\n${digest}`).toString("hex");
  const authorization = `Basic ${btoa(`AKIAIOSFODNN7EXAMPLE:20260131T235959Z${signature}`)}`;
  const asked = (host: string) => {
    const request = { headers: { host, authorization }, url: "/v1/repos/app/info/refs" };
    const credentials = gitCredentialsOf(request as unknown as IncomingMessage);
    return credentials.type === "signature" ? credentials.verify(secret, ["us-east-1"], SIGNED_AT) : undefined;
  };
  expect([asked("127.0.0.1:8443"), asked("127.0.0.1:8444")]).toEqual(["us-east-1", undefined]);
});
