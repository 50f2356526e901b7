import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { IssuedCredentials } from "./backend.ts";
import type { InstanceSpec, JobIdentity } from "./job.ts";

/** What the metadata of one instance is made of. */
export interface MetadataSource {
  /** As it is now: tags and the role may change while it runs. */
  spec(): InstanceSpec;
  credentials(identity: JobIdentity): IssuedCredentials;
  /** The instance says that it is there. */
  ready(): void;
  /** The instance says that its user data has been carried out. */
  booted(): void;
  /** The instance asks for commands, or tells of one. */
  commands(path: string, request: IncomingMessage, response: ServerResponse): void;
}

const TOKEN_MAX_SECONDS = 21_600;
const DEFAULT_LIFE_MS = 3_600_000;

/** The instance metadata service. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html */
export class MetadataService {
  readonly #source: MetadataSource;
  readonly #tokens = new Map<string, number>();

  constructor(source: MetadataSource) {
    this.#source = source;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "").slice(1);
    if (path.startsWith("slipway/commands")) return this.#source.commands(path, request, response);
    const { status, body, headers = {} } = this.#answer(request);
    response.writeHead(status, { "content-type": "text/plain", server: "EC2ws", connection: "close", ...headers });
    response.end(body);
  }

  #answer(request: IncomingMessage): { status: number; body: string; headers?: Record<string, string> } {
    const path = (request.url ?? "/").split("?")[0]!.replace(/^\/+/, "");
    if (request.method === "PUT" && path === "slipway/ready") {
      this.#source.ready();
      return { status: 200, body: "" };
    }
    if (request.method === "PUT" && path === "slipway/booted") {
      this.#source.booted();
      return { status: 200, body: "" };
    }
    if (request.method === "PUT" && path === "latest/api/token")
      return this.#issue(request.headers["x-aws-ec2-metadata-token-ttl-seconds"]);
    if (request.method !== "GET" && request.method !== "HEAD") return { status: 405, body: "" };
    const refusal = this.#refusal(request.headers["x-aws-ec2-metadata-token"]);
    if (refusal !== undefined) return { status: refusal, body: page(refusal, "Unauthorized") };
    const [version, ...rest] = path.split("/");
    // Dated versions answer as the latest does.
    if (version === "") return { status: 200, body: "latest" };
    const body = /^(latest|\d{4}-\d\d-\d\d|1\.0)$/.test(version!) ? this.#read(rest.join("/")) : undefined;
    return body === undefined ? { status: 404, body: page(404, "Not Found") } : { status: 200, body };
  }

  #issue(ttl: string | string[] | undefined): { status: number; body: string; headers?: Record<string, string> } {
    const seconds = Number(ttl);
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > TOKEN_MAX_SECONDS) return { status: 400, body: page(400, "Bad Request") };
    const now = Date.now();
    for (const [token, until] of this.#tokens) if (until < now) this.#tokens.delete(token);
    const token = randomBytes(40).toString("base64");
    this.#tokens.set(token, now + seconds * 1000);
    return { status: 200, body: token, headers: { "x-aws-ec2-metadata-token-ttl-seconds": String(seconds) } };
  }

  #refusal(token: string | string[] | undefined): number | undefined {
    if (token === undefined) return this.#source.spec().metadataTokens === "required" ? 401 : undefined;
    return (this.#tokens.get(String(token)) ?? 0) > Date.now() ? undefined : 401;
  }

  /** The text at a path; at a directory, the names in it. */
  #read(path: string): string | undefined {
    const wanted = path.replace(/\/$/, "");
    const texts = this.#texts();
    const found = texts[wanted];
    if (found !== undefined) return typeof found === "string" ? found : found();
    const head = wanted === "" ? "" : `${wanted}/`;
    const names = Object.keys(texts).flatMap((each) => (each.startsWith(head) ? [nameIn(each.slice(head.length))] : []));
    return names.length === 0 ? undefined : [...new Set(names)].sort().join("\n");
  }

  #texts(): Record<string, string | (() => string)> {
    const { metadata, role, userData } = this.#source.spec();
    return {
      ...metadata,
      ...(userData !== undefined && { "user-data": Buffer.from(userData, "base64").toString() }),
      ...(role !== undefined && {
        "meta-data/iam/info": JSON.stringify(
          { Code: "Success", LastUpdated: iso(Date.now()), InstanceProfileArn: role.profileArn, InstanceProfileId: role.profileId },
          null,
          2,
        ),
        [`meta-data/iam/security-credentials/${role.name}`]: () => this.#keys(role.identity),
      }),
    };
  }

  #keys(identity: JobIdentity): string {
    const { accessKeyId, secretAccessKey, sessionToken, expiresAt = Date.now() + DEFAULT_LIFE_MS } = this.#source.credentials(identity);
    const keys = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration: iso(expiresAt) };
    return JSON.stringify({ Code: "Success", LastUpdated: iso(Date.now()), Type: "AWS-HMAC", ...keys }, null, 2);
  }
}

const nameIn = (rest: string): string => (rest.includes("/") ? `${rest.slice(0, rest.indexOf("/"))}/` : rest);

/** Without milliseconds, as IMDS writes instants. */
const iso = (instant: number): string => `${new Date(instant).toISOString().slice(0, 19)}Z`;

const page = (status: number, title: string): string =>
  `<?xml version="1.0" encoding="iso-8859-1"?>\n<html><head><title>${status} - ${title}</title></head><body><h1>${status} - ${title}</h1></body></html>\n`;
