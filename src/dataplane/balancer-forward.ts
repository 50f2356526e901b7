import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Pool } from "undici";
import { loadUndici } from "../compute/undici.ts";
import { answerError } from "./balancer-answer.ts";
import { keyOf } from "./balancer-choice.ts";
import type { BalancerPlan, BalancerTarget } from "./balancer-plan.ts";

/** Opens a connection to a target. */
export type ConnectTo = (target: BalancerTarget) => Promise<Duplex>;

/** How a request that was forwarded ended: the target's status, or that of the balancer itself. */
export interface Forwarded {
  readonly status: number;
  readonly by: "target" | "balancer";
  readonly isConnectionError?: boolean;
  /** seconds, from when it was sent until the answer began. */
  readonly responseSeconds?: number;
}

/** Headers that belong to one connection. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade", "expect"]);
const CONNECT_MAX_MS = 10_000;

/** Forwards requests over connections that are kept, a pool for each target. */
export class Forwarder {
  readonly #connect: ConnectTo;
  readonly #pools = new Map<string, Pool>();
  #undici: Promise<typeof import("undici")> | undefined;

  constructor(connect: ConnectTo) {
    this.#connect = connect;
  }

  async forward(
    request: IncomingMessage,
    response: ServerResponse,
    target: BalancerTarget,
    plan: BalancerPlan,
    cookies: readonly string[],
  ): Promise<Forwarded> {
    const given = new AbortController();
    response.once("close", () => given.abort());
    try {
      const pool = await this.#poolOf(target, plan);
      const startedAt = performance.now();
      const answer = await pool.request({
        method: request.method!,
        path: request.url!,
        headers: forwardedHeaders(request, plan),
        body: hasBody(request.headers) ? request : null,
        signal: given.signal,
        headersTimeout: plan.idleTimeoutMs,
        bodyTimeout: plan.idleTimeoutMs,
      });
      const responseSeconds = (performance.now() - startedAt) / 1000;
      response.writeHead(answer.statusCode, answerHeaders(answer.headers, cookies));
      await new Promise<void>((resolve) => {
        answer.body.pipe(response);
        answer.body.once("error", () => response.destroy());
        response.once("close", resolve);
      });
      return { status: answer.statusCode, by: "target", responseSeconds };
    } catch (error) {
      return refuse(response, error as NodeJS.ErrnoException, cookies);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  /** Let go of the connections to targets that nothing leads to any more. */
  keep(targets: ReadonlySet<string>): void {
    for (const [key, pool] of this.#pools) {
      if (targets.has(key)) continue;
      this.#pools.delete(key);
      void pool.close();
    }
  }

  async #poolOf(target: BalancerTarget, plan: BalancerPlan): Promise<Pool> {
    this.#undici ??= loadUndici();
    const { Pool: PoolClass } = await this.#undici;
    const key = keyOf(target);
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const connect = this.#connect;
    const pool = new PoolClass(`http://${target.host}:${target.port}`, {
      connections: 128,
      keepAliveTimeout: Math.min(plan.idleTimeoutMs, 4_000),
      connect: (_options, callback) => {
        const late = setTimeout(() => callback(Object.assign(new Error("connect ETIMEDOUT"), { code: "ETIMEDOUT" }), null), CONNECT_MAX_MS);
        connect(target).then(
          (socket) => {
            clearTimeout(late);
            callback(null, socket as Socket);
          },
          (error) => {
            clearTimeout(late);
            callback(error, null);
          },
        );
      },
    });
    this.#pools.set(key, pool);
    return pool;
  }
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html */
export function forwardedHeaders(request: IncomingMessage, plan: BalancerPlan): string[] {
  const headers: string[] = [];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at]!.toLowerCase();
    if (HOP_BY_HOP.has(name) || /^x-forwarded-(proto|port)$/.test(name) || (name === "x-forwarded-for" && plan.forwardedFor !== "preserve"))
      continue;
    headers.push(request.rawHeaders[at]!, request.rawHeaders[at + 1]!);
  }
  const address = (request.socket.remoteAddress ?? "127.0.0.1").replace(/^::ffff:/, "");
  const client = plan.forwardsClientPort ? `${address}:${request.socket.remotePort}` : address;
  const before = request.headers["x-forwarded-for"];
  if (plan.forwardedFor === "append") headers.push("X-Forwarded-For", before === undefined ? client : `${String(before)}, ${client}`);
  headers.push("X-Forwarded-Proto", "http", "X-Forwarded-Port", String(plan.port));
  if (request.headers["x-amzn-trace-id"] === undefined) headers.push("X-Amzn-Trace-Id", newTraceId());
  return headers;
}

const newTraceId = (): string => `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString("hex")}`;

const hasBody = (headers: IncomingHttpHeaders): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] !== undefined && headers["content-length"] !== "0");

function answerHeaders(headers: IncomingHttpHeaders, cookies: readonly string[]): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value;
  if (cookies.length > 0) kept["set-cookie"] = [...[kept["set-cookie"] ?? []].flat(), ...cookies];
  return kept;
}

/** Nobody there, or no answer in time: what happened before an answer began can still be said. */
function refuse(response: ServerResponse, error: NodeJS.ErrnoException, cookies: readonly string[]): Forwarded {
  const isLate = error.code === "UND_ERR_HEADERS_TIMEOUT" || error.code === "ETIMEDOUT" || error.code === "EHOSTUNREACH";
  const status = isLate ? 504 : 502;
  if (response.headersSent) response.destroy();
  else answerError(response, status, cookies);
  const isConnectionError = error.code === "ECONNREFUSED" || error.code === "EHOSTUNREACH" || error.code === "ETIMEDOUT";
  return { status, by: "balancer", isConnectionError };
}
