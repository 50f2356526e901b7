import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createConnection, createServer as createTcpServer, type Server } from "node:net";
import { text } from "node:stream/consumers";
import { request } from "undici";
import { afterEach, expect, test } from "vitest";
import { OpenBalancer } from "./balancer.ts";
import type { BalancerAction, BalancerGroup, BalancerMeasure, BalancerPlan, BalancerTarget } from "./balancer-plan.ts";

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({ close: () => (server as any).closeAllConnections?.() ?? server.close() }, { close: () => server.close() });
  return (server.address() as AddressInfo).port;
};

/** A target that answers as told; by default with its name and what it was asked. */
async function target(id: string, answer?: (request: IncomingMessage, response: ServerResponse) => void): Promise<BalancerTarget> {
  const server = createServer(
    answer ?? ((asked, response) => response.end(JSON.stringify({ id, url: asked.url, headers: asked.headers }))),
  );
  return { id, host: "127.0.0.1", port: await listening(server) };
}

const group = (targets: readonly BalancerTarget[], more: Partial<BalancerGroup> = {}): BalancerGroup => ({
  name: "targetgroup/g/1",
  weight: 1,
  algorithm: "round_robin",
  targets,
  ...more,
});

const forward = (...groups: BalancerGroup[]): BalancerAction => ({ type: "forward", groups });

/** A balancer with rules; where it is, and what it measured. */
async function balance(
  rules: BalancerPlan["rules"],
  more: Partial<BalancerPlan> = {},
): Promise<{ base: string; port: number; measured: BalancerMeasure[] }> {
  const plan: BalancerPlan = {
    protocol: "HTTP",
    port: 80,
    loadBalancer: "app/b/1",
    idleTimeoutMs: 60_000,
    forwardedFor: "append",
    forwardsClientPort: false,
    rules,
    ...more,
  };
  const measured: BalancerMeasure[] = [];
  const connect = ({ host, port }: BalancerTarget) =>
    new Promise<any>((resolve, reject) => {
      const socket = createConnection({ host, port });
      socket.once("error", reject);
      socket.once("connect", () => resolve(socket));
    });
  const balancer = await OpenBalancer.open({
    host: "127.0.0.1",
    port: 0,
    plan: () => plan,
    connect,
    measure: (_plan, some) => void measured.push(...some),
  });
  open.unshift(balancer);
  return { base: `http://127.0.0.1:${balancer.address.port}`, port: balancer.address.port, measured };
}

const otherwise = (action: BalancerAction): BalancerPlan["rules"][number] => ({ conditions: [], action });
const counted = (measured: readonly BalancerMeasure[], name: string): number =>
  measured.filter((one) => one.name === name && one.group === undefined).reduce((sum, { value }) => sum + value, 0);

test("targets take turns, and are told who asked", async () => {
  const { base, measured } = await balance([otherwise(forward(group([await target("a"), await target("b")])))]);
  const ask = async () =>
    (await (await request(`${base}/x?y=1`, { headers: { "X-Forwarded-For": "9.9.9.9", "X-Own": "1" } })).body.json()) as any;
  const [one, other] = [await ask(), await ask()];
  expect([one.id, other.id].sort()).toEqual(["a", "b"]);
  expect(one.url).toBe("/x?y=1");
  expect(one.headers).toMatchObject({
    "x-own": "1",
    "x-forwarded-for": "9.9.9.9, 127.0.0.1",
    "x-forwarded-proto": "http",
    "x-forwarded-port": "80",
    "x-amzn-trace-id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
  });
  expect([counted(measured, "RequestCount"), counted(measured, "HTTPCode_Target_2XX_Count")]).toEqual([2, 2]);
});

test("a body goes there and an answer comes back as they are", async () => {
  const echo = await target("echo", (asked, response) => {
    response.writeHead(418, { "Set-Cookie": ["a=1", "b=2"] });
    asked.pipe(response);
  });
  const { base } = await balance([otherwise(forward(group([echo])))]);
  const answer = await request(base, { method: "POST", body: Buffer.alloc(300_000, 7) });
  expect([answer.statusCode, answer.headers["set-cookie"]]).toEqual([418, ["a=1", "b=2"]]);
  expect((await answer.body.bytes()).length).toBe(300_000);
});

test("rules are tried in their order", async () => {
  const fixed = (status: string): BalancerAction => ({ type: "fixed-response", status, contentType: "text/plain", body: status });
  const { base, measured } = await balance([
    { conditions: [{ field: "path-pattern", values: ["/a/*", "/?"] }], action: fixed("201") },
    { conditions: [{ field: "host-header", values: ["*.example.com"] }], action: fixed("202") },
    { conditions: [{ field: "http-header", name: "X-Kind", values: ["b*"] }], action: fixed("203") },
    { conditions: [{ field: "query-string", pairs: [{ key: "k", value: "v*" }, { value: "any" }] }], action: fixed("204") },
    {
      conditions: [
        { field: "http-request-method", values: ["PUT"] },
        { field: "source-ip", values: ["127.0.0.0/8"] },
      ],
      action: fixed("205"),
    },
    { conditions: [{ field: "source-ip", values: ["10.0.0.0/8"] }], action: fixed("500") },
    otherwise(fixed("206")),
  ]);
  const ask = async (path: string, options: object = {}) => (await request(base + path, options)).statusCode;
  expect([
    await ask("/a/b"),
    await ask("/x"),
    await ask("/xy", { headers: { Host: "www.EXAMPLE.com" } }),
    await ask("/xy", { headers: { "x-kind": "Bee" } }),
    await ask("/xy?k=vw"),
    await ask("/xy?q=any"),
    await ask("/xy", { method: "PUT" }),
    await ask("/xy"),
  ]).toEqual([201, 201, 202, 203, 204, 204, 205, 206]);
  expect(counted(measured, "HTTP_Fixed_Response_Count")).toBe(8);
});

test("a redirect fills in what was asked", async () => {
  const { base } = await balance([
    otherwise({
      type: "redirect",
      status: "HTTP_301",
      protocol: "HTTPS",
      host: "#{host}",
      port: "443",
      path: "/new/#{path}",
      query: "#{query}",
    }),
  ]);
  const answer = await request(`${base}/a?b=c`, { headers: { Host: "shop.example.com" } });
  expect([answer.statusCode, answer.headers["location"]]).toEqual([301, "https://shop.example.com:443/new/a?b=c"]);
});

test("nobody there, nobody who answers in time, and no group with anybody", async () => {
  const silent = await target("silent", () => {});
  const refused = { id: "refused", host: "127.0.0.1", port: 1 };
  const { base, measured } = await balance(
    [
      { conditions: [{ field: "path-pattern", values: ["/refused"] }], action: forward(group([refused])) },
      { conditions: [{ field: "path-pattern", values: ["/nobody"] }], action: forward(group([])) },
      otherwise(forward(group([silent]))),
    ],
    { idleTimeoutMs: 300 },
  );
  const ask = async (path: string) => {
    const { statusCode, headers, body } = await request(base + path);
    return [statusCode, headers["server"], /<title>(.*)<\/title>/.exec(await body.text())?.[1]];
  };
  expect(await ask("/refused")).toEqual([502, "awselb/2.0", "502 Bad Gateway"]);
  expect(await ask("/nobody")).toEqual([503, "awselb/2.0", "503 Service Temporarily Unavailable"]);
  expect(await ask("/silent")).toEqual([504, "awselb/2.0", "504 Gateway Time-out"]);
  expect(counted(measured, "HTTPCode_ELB_5XX_Count")).toBe(3);
  expect(counted(measured, "TargetConnectionErrorCount")).toBe(1);
});

test("whoever is sticky stays where they were", async () => {
  const members = [await target("a"), await target("b"), await target("c")];
  const groups = [group(members, { stickySeconds: 60 }), group([await target("z")], { name: "targetgroup/z/1", weight: 0 })];
  const { base } = await balance([otherwise({ type: "forward", groups, stickySeconds: 60 })]);
  const first = await request(base);
  const { id } = (await first.body.json()) as any;
  const cookie = [first.headers["set-cookie"]].flat().map((one) => one!.split(";")[0]);
  expect(cookie.map((one) => one!.split("=")[0])).toEqual(["AWSALBTG", "AWSALB"]);
  for (let nth = 0; nth < 4; nth++) {
    const answer = await request(base, { headers: { cookie: cookie.join("; ") } });
    expect(((await answer.body.json()) as any).id).toBe(id);
  }
});

test("a group without weight gets nothing", async () => {
  const { base } = await balance([
    otherwise(forward(group([await target("all")]), group([await target("none")], { name: "targetgroup/n/1", weight: 0 }))),
  ]);
  const seen = new Set<string>();
  for (let nth = 0; nth < 20; nth++) seen.add(((await (await request(base)).body.json()) as any).id);
  expect([...seen]).toEqual(["all"]);
});

test("a connection that is upgraded is joined", async () => {
  const server = createServer();
  server.on("upgrade", (asked, socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${asked.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`);
    socket.pipe(socket);
  });
  const socketTarget = { id: "ws", host: "127.0.0.1", port: await listening(server) };
  const { port } = await balance([otherwise(forward(group([socketTarget])))]);
  const socket = createConnection({ host: "127.0.0.1", port });
  socket.write("GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  let heard = "";
  await new Promise<void>((resolve) =>
    socket.on("data", (chunk) => {
      heard += chunk;
      if (heard.endsWith("\r\n\r\n")) socket.write("hello");
      if (heard.endsWith("hello")) resolve();
    }),
  );
  socket.destroy();
  expect(heard).toMatch(/^HTTP\/1.1 101 [\s\S]*hello$/);
});

test("a network load balancer joins connections", async () => {
  const server = createTcpServer((socket) => socket.end("hello"));
  const tcp = { id: "tcp", host: "127.0.0.1", port: await listening(server) };
  const { port, measured } = await balance([otherwise(forward(group([tcp])))], { protocol: "TCP" });
  expect(await text(createConnection({ host: "127.0.0.1", port }))).toBe("hello");
  expect(counted(measured, "NewFlowCount")).toBe(1);
});
