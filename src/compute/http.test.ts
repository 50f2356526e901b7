import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeBackend } from "./fake-backend.fixture.ts";
import type { HttpSpec } from "./job.ts";
import { type RealHands, startHands } from "./real.ts";
import { CERTIFICATE, startTlsServer } from "./tls-server.fixture.ts";

let backend: FakeBackend;
let hands: RealHands;
let server: Server;
let url: string;

beforeEach(async () => {
  backend = new FakeBackend();
  hands = await startHands(backend, { plain: true, warn: () => {} });
  server = createServer((request, response) => {
    if (request.url === "/hang") return;
    response.writeHead(418, { "X-Method": request.method!, "Set-Cookie": ["a=1", "b=2"] });
    request.pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await hands.close();
  server.closeAllConnections();
  server.close();
  backend.remove();
});

const post = (more: Partial<HttpSpec> = {}): HttpSpec => ({
  type: "http",
  method: "POST",
  url,
  headers: { "X-A": "b" },
  body: "hello",
  timeoutMs: 2_000,
  ...more,
});

test("an answer is an answer, whatever its status", async () => {
  const job = await backend.done("one", post());
  expect(job).toMatchObject({ status: "SUCCEEDED", result: { response: { status: 418, body: "hello" } } });
  expect(job.result!.response!.headers).toMatchObject({ "x-method": "POST", "set-cookie": "a=1, b=2" });
});

test("no answer in time, and nobody there", async () => {
  expect(await backend.done("late", post({ url: `${url}/hang`, timeoutMs: 50 }))).toMatchObject({
    status: "TIMED_OUT",
    reason: `${url}/hang did not answer within 50 ms.`,
  });
  expect(await backend.done("nobody", post({ url: "http://127.0.0.1:1" }))).toMatchObject({
    status: "FAILED",
    reason: expect.stringMatching(/^http:\/\/127.0.0.1:1 could not be reached: /),
  });
});

test("a request that is not wanted any more is given up", async () => {
  backend.ask("unwanted", post({ url: `${url}/hang`, timeoutMs: 60_000 }));
  await backend.until("unwanted", ({ status }) => status === "RUNNING");
  backend.stop("unwanted");
  expect(await backend.until("unwanted", ({ status }) => status !== "RUNNING")).toMatchObject({ status: "STOPPED" });
});

test("a server that no authority knows is believed by its own certificate", async () => {
  const tls = await startTlsServer((_request, response) => void response.end("it is me"));
  const ask = (id: string, certificate?: string) => backend.done(id, post({ url: tls.url, ...(certificate && { certificate }) }));
  expect(await ask("stranger")).toMatchObject({ status: "FAILED", reason: expect.stringContaining("self-signed certificate") });
  expect(await ask("known", CERTIFICATE)).toMatchObject({ status: "SUCCEEDED", result: { response: { body: "it is me" } } });
  tls.server.closeAllConnections();
  tls.server.close();
});
