import { expect, test } from "vitest";
import { HELPER_VALID_MS, parseHelperCredentials, verifyHelperCredentials } from "./codecommit-password.ts";

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
