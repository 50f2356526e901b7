import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

/** How the agent calls AWS. */
export interface Aws {
  /** Where all services answer. */
  readonly endpoint: string;
  readonly region: string;
  credentials(): Promise<Credentials>;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

interface Call {
  readonly service: string;
  readonly method: string;
  /** Encoded. */
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

/** A signed call. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export async function callAws(
  aws: Aws,
  { service, method, path, query = "", headers = {}, body = "", timeoutMs }: Call,
): Promise<Response> {
  const { accessKeyId, secretAccessKey, sessionToken } = await aws.credentials();
  const url = new URL(aws.endpoint);
  const now = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const hash = sha256(body);
  const signed: Record<string, string> = {
    ...headers,
    host: url.host,
    "x-amz-content-sha256": hash,
    "x-amz-date": now,
    ...(sessionToken !== undefined && { "x-amz-security-token": sessionToken }),
  };
  const names = Object.keys(signed).sort();
  const canonical = [method, path, query, ...names.map((name) => `${name}:${signed[name]!.trim()}`), "", names.join(";"), hash].join("\n");
  const scope = `${now.slice(0, 8)}/${aws.region}/${service}/aws4_request`;
  const key = scope.split("/").reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
  const signature = hmac(key, ["AWS4-HMAC-SHA256", now, scope, sha256(canonical)].join("\n")).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  const { host: _, ...sent } = signed;
  return fetch(`${url.origin}${path}${query === "" ? "" : `?${query}`}`, {
    method,
    headers: { ...sent, authorization },
    ...(method === "GET" ? {} : { body }),
    signal: AbortSignal.timeout(timeoutMs),
  });
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

const RENEW_BEFORE_MS = 300_000;

/** An EC2 instance: its metadata says who it is and has the keys of its role. */
export class Metadata {
  readonly #endpoint: string;
  #keys: { readonly credentials: Credentials; readonly until: number } | undefined;

  constructor(endpoint: string) {
    this.#endpoint = endpoint.replace(/\/$/, "");
  }

  /** As arn:aws:ec2:REGION:ACCOUNT:instance/ID, and where it is. */
  async identity(): Promise<{ host: string; region: string }> {
    const { region, accountId, instanceId } = JSON.parse(await this.#read("dynamic/instance-identity/document"));
    return { host: `arn:aws:ec2:${region}:${accountId}:instance/${instanceId}`, region };
  }

  async credentials(): Promise<Credentials> {
    if (this.#keys !== undefined && Date.now() < this.#keys.until) return this.#keys.credentials;
    const path = "meta-data/iam/security-credentials/";
    const role = await this.#read(path).catch(() => undefined);
    if (role === undefined) throw new Error("Missing credentials - please check if this instance was started with an IAM instance profile");
    const { AccessKeyId, SecretAccessKey, Token, Expiration } = JSON.parse(await this.#read(path + role.trim()));
    const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
    this.#keys = { credentials, until: Date.parse(Expiration) - RENEW_BEFORE_MS };
    return credentials;
  }

  async #read(path: string): Promise<string> {
    const ttl = { "x-aws-ec2-metadata-token-ttl-seconds": "60" };
    const token = await (await fetch(`${this.#endpoint}/latest/api/token`, { method: "PUT", headers: ttl })).text();
    const answer = await fetch(`${this.#endpoint}/latest/${path}`, { headers: { "x-aws-ec2-metadata-token": token } });
    if (!answer.ok) throw new Error(`the metadata service answered ${answer.status} to ${path}`);
    return answer.text();
  }
}

/** The keys in a file as AWS's tools write it: the first ones there. */
export function credentialsIn(file: string): Credentials {
  const text = readFileSync(file, "utf8");
  const value = (name: string): string | undefined => new RegExp(`^\\s*${name}\\s*=\\s*(\\S+)`, "m").exec(text)?.[1];
  const [accessKeyId, secretAccessKey, sessionToken] = [
    value("aws_access_key_id"),
    value("aws_secret_access_key"),
    value("aws_session_token"),
  ];
  if (accessKeyId === undefined || secretAccessKey === undefined) throw new Error(`Failed to load credentials from path ${file}`);
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}
