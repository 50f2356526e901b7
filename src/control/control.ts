import type { IncomingMessage, ServerResponse } from "node:http";
import { json as readJson } from "node:stream/consumers";
import type { Drive } from "../kernel/drive.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Partition } from "../kernel/table.ts";
import { clockEndpoint } from "./clock.ts";
import { coverage } from "./coverage.ts";
import { health } from "./health.ts";
import { doraEndpoint, eventsEndpoint } from "./insights.ts";
import { trafficEndpoint } from "./traffic.ts";
import { why } from "./why.ts";

/** What the endpoints under /_slipway have to do with. */
export interface Controlled {
  readonly kernel: Kernel;
  readonly drive: Drive;
  readonly version: string;
  /** Stop what runs outside, then forget everything, or everything of one account. */
  reset(account?: string): Promise<number>;
}

/** A question to /_slipway. */
export interface Question {
  readonly method: string;
  readonly query: URLSearchParams;
  /** The body, of a POST. */
  readonly body: Readonly<Record<string, any>>;
  /** The task that asks, where one of ours does. */
  readonly task: string | undefined;
  /** The partition that was asked about: ?account=&region=, by default 000000000000 in us-east-1. */
  readonly partition: Partition;
}

/** A question that cannot be answered, with the status to say so. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type Endpoint = (cloud: Controlled, question: Question) => unknown;

const endpoints: Readonly<Record<string, Endpoint>> = {
  "GET health": health,
  "GET clock": clockEndpoint,
  "POST clock": clockEndpoint,
  "POST reset": async (cloud, { body }) => ({ removed: await cloud.reset(body["account"]) }),
  "GET coverage": coverage,
  "GET why": why,
  "GET traffic": trafficEndpoint,
  "POST traffic": trafficEndpoint,
  "GET events": eventsEndpoint,
  "GET dora": doraEndpoint,
};

const PREFIX = "/_slipway/";

/** The surface of Slipway itself, beside AWS's. JSON in, JSON out. */
export const controlRoute = (cloud: Controlled) => ({
  match: (request: IncomingMessage): boolean => request.url!.startsWith(PREFIX),
  handle: (request: IncomingMessage, response: ServerResponse): void => void answer(cloud, request, response),
});

async function answer(cloud: Controlled, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = (status: number, value: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(`${JSON.stringify(value, null, 2)}\n`);
  };
  try {
    const { pathname, searchParams: query } = new URL(request.url!, "http://localhost");
    const method = request.method!;
    const endpoint = endpoints[`${method} ${pathname.slice(PREFIX.length)}`];
    if (endpoint === undefined) throw new Refusal(404, `there is no ${method} ${pathname}; there are ${Object.keys(endpoints).join(", ")}`);
    const body = method === "POST" ? await readBody(request) : {};
    const partition = { account: query.get("account") ?? "000000000000", region: query.get("region") ?? "us-east-1" };
    const task = request.headers["x-slipway-task"]?.toString();
    send(200, await endpoint(cloud, { method, query, body, task, partition }));
  } catch (error) {
    const { message, status = 500 } = error as Refusal;
    send(status, { error: message });
  }
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  if (request.headers["content-length"] === "0" || (!request.headers["content-length"] && !request.headers["transfer-encoding"])) return {};
  try {
    return (await readJson(request)) as Record<string, unknown>;
  } catch {
    throw new Refusal(400, "the body is not JSON");
  }
}
