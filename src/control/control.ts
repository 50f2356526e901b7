import type { IncomingMessage, ServerResponse } from "node:http";
import { json as readJson } from "node:stream/consumers";
import { actionTypesEndpoint } from "./action-types.ts";
import { clockEndpoint } from "./clock.ts";
import { connectionsEndpoint, pushEndpoint } from "./connections.ts";
import { coverage } from "./coverage.ts";
import { type Controlled, type Endpoint, Refusal } from "./endpoint.ts";
import { health } from "./health.ts";
import { doraEndpoint, eventsEndpoint, policyEndpoint } from "./insights.ts";
import { listenersEndpoint } from "./listeners.ts";
import { isLoopback } from "./loopback.ts";
import { trafficEndpoint } from "./traffic.ts";
import { why } from "./why.ts";

const endpoints: Readonly<Record<string, Endpoint>> = {
  "GET health": health,
  "GET clock": clockEndpoint,
  "POST clock": clockEndpoint,
  "POST reset": async (cloud, { body, query }) => ({ removed: await cloud.reset(accountToReset(body["account"] ?? query.get("account"))) }),
  "GET coverage": coverage,
  "GET listeners": listenersEndpoint,
  "GET why": why,
  "GET traffic": trafficEndpoint,
  "POST traffic": trafficEndpoint,
  "GET connections": connectionsEndpoint,
  "POST connections": connectionsEndpoint,
  "POST connections/push": pushEndpoint,
  "POST action-types": actionTypesEndpoint,
  "GET events": eventsEndpoint,
  "GET dora": doraEndpoint,
  "GET dora/policy": policyEndpoint,
  "POST dora/policy": policyEndpoint,
};

const PREFIX = "/_slipway/";
/** What anybody may ask who reaches us: whether we are there. */
const PUBLIC = "GET health";

/** The surface of Slipway itself, beside AWS's. JSON in, JSON out. Nobody signs for it, so it is for this machine only. */
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
    const name = `${method} ${pathname.slice(PREFIX.length)}`;
    const peer = request.socket.remoteAddress ?? "a peer that has gone";
    const isLocal = isLoopback(peer);
    if (name !== PUBLIC && !isLocal) {
      throw new Refusal(403, `${pathname} answers only on loopback, and ${peer} is not; ask it on the machine that Slipway runs on`);
    }
    const endpoint = endpoints[name];
    if (endpoint === undefined) throw new Refusal(404, `there is no ${method} ${pathname}; there are ${Object.keys(endpoints).join(", ")}`);
    const body = method === "POST" ? await readBody(request) : {};
    const partition = { account: query.get("account") ?? "000000000000", region: query.get("region") ?? "us-east-1" };
    const task = request.headers["x-slipway-task"]?.toString();
    const answered = await endpoint(cloud, { method, query, body, task, isLocal, partition });
    await cloud.drive.durable();
    send(200, answered);
  } catch (error) {
    const { message, status = 500 } = error as Refusal;
    send(status, { error: message });
  }
}

/** The account that a reset names, in the body or in the query; undefined is everything. */
function accountToReset(account: unknown): string | undefined {
  if (account === undefined || account === null) return undefined;
  if (typeof account === "string" && /^\d{12}$/.test(account)) return account;
  throw new Refusal(400, `an account is twelve digits in quotes, not ${JSON.stringify(account)}`);
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  if (request.headers["content-length"] === "0" || (!request.headers["content-length"] && !request.headers["transfer-encoding"])) return {};
  const body = await readJson(request).catch(() => undefined);
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new Refusal(400, "the body is not a JSON object");
  return body as Record<string, unknown>;
}
