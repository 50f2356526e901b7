import type { IncomingMessage } from "node:http";
import { type HelperCredentials, parseHelperCredentials, verifyHelperCredentials } from "./codecommit-password.ts";

/** What git sent with a request, and what it was sent with. */
export type GitCredentials =
  | { readonly type: "none" }
  /** Of the credential helper: an access key that signed. */
  | {
      readonly type: "signature";
      readonly accessKeyId: string;
      readonly sessionToken?: string;
      /** The region that it was signed for, of those given, where the secret is the key's. */
      verify(secretAccessKey: string, regions: readonly string[], now: number): string | undefined;
    }
  /** Git credentials that IAM generated for a user. */
  | { readonly type: "password"; readonly username: string; readonly password: string };

/** Reads the Authorization header of a git request. */
export function gitCredentialsOf(request: IncomingMessage): GitCredentials {
  const encoded = /^Basic\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (encoded === undefined) return { type: "none" };
  const decoded = Buffer.from(encoded, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  const [username, password] = [decoded.slice(0, colon), decoded.slice(colon + 1)];
  const signed = parseHelperCredentials(username, password);
  return signed === undefined ? { type: "password", username, password } : signatureOf(request, signed);
}

function signatureOf(request: IncomingMessage, signed: HelperCredentials): GitCredentials {
  const { host = "" } = request.headers;
  // The helper signs without the port, and git-remote-codecommit with it, where CODE_COMMIT_ENDPOINT has one.
  const hosts = [...new Set([host.replace(/:\d+$/, ""), host])];
  const wanted = hosts.flatMap((one) => pathsOf(request.url ?? "").map((path) => ({ host: one, path })));
  const { accessKeyId, sessionToken } = signed;
  return {
    type: "signature",
    accessKeyId,
    ...(sessionToken !== undefined && { sessionToken }),
    verify: (secretAccessKey, regions, now) =>
      regions.find((region) => wanted.some((one) => verifyHelperCredentials(signed, { ...one, region, secretAccessKey }, now))),
  };
}

/** The helper signs the URL that the user gave git, with or without .git and a slash at its end. */
function pathsOf(url: string): string[] {
  const name = /^\/v1\/repos\/[^/?]+?(?=(?:\.git)?\/)/.exec(url)?.[0] ?? url;
  return [name, `${name}/`, `${name}.git`, `${name}.git/`];
}
