import { request } from "undici";
import { afterEach, expect, test } from "vitest";
import { FunctionUrls } from "./function-url.ts";
import type { FunctionUrlEvent } from "./function-url-event.ts";

const urls = new FunctionUrls(() => Date.UTC(2026, 0, 2, 3, 4, 5));

afterEach(() => urls.closeAll());

/** A URL whose function answers the payload; the events it was given. */
async function serve(payload: string | Error): Promise<{ base: string; events: FunctionUrlEvent[] }> {
  const events: FunctionUrlEvent[] = [];
  const invoke = async (event: FunctionUrlEvent): Promise<{ status: number; payload: string }> => {
    events.push(event);
    if (payload instanceof Error) throw payload;
    return { status: 200, payload };
  };
  const port = await urls.serve({ urlId: "abc123", region: "eu-west-1", invoke });
  return { base: `http://127.0.0.1:${port}`, events };
}

const json = (value: unknown): string => JSON.stringify(value);

test("a request becomes an event of payload format 2.0", async () => {
  const { base, events } = await serve(json({ statusCode: 204 }));
  const answer = await request(`${base}/a%20b/c?x=1&x=2&y=%26`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Cookie: "one=1; two=2", "X-Thing": "T", "User-Agent": "test" },
    body: '{"hello":"world"}',
  });
  expect(answer.statusCode).toBe(204);
  const [event] = events;
  expect(event).toMatchObject({
    version: "2.0",
    rawPath: "/a%20b/c",
    rawQueryString: "x=1&x=2&y=%26",
    queryStringParameters: { x: "1,2", y: "&" },
    cookies: ["one=1", "two=2"],
    body: '{"hello":"world"}',
    isBase64Encoded: false,
  });
  expect(event!.headers).toMatchObject({ "x-thing": "T", "content-type": "application/json" });
  expect(event!.requestContext).toMatchObject({
    apiId: "abc123",
    domainName: "abc123.lambda-url.eu-west-1.on.aws",
    http: { method: "POST", path: "/a%20b/c", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "test" },
    time: "02/Jan/2026:03:04:05 +0000",
    timeEpoch: Date.UTC(2026, 0, 2, 3, 4, 5),
  });
});

test("a body that is not text travels as base64", async () => {
  const { base, events } = await serve('"ok"');
  const body = Buffer.from([0, 255, 128]);
  await (await request(base, { method: "PUT", headers: { "Content-Type": "image/png" }, body })).body.text();
  expect(events[0]).toMatchObject({ body: body.toString("base64"), isBase64Encoded: true });
});

test("an answer without a status code is the body", async () => {
  const plain = await request((await serve('"hello"')).base);
  expect([plain.statusCode, plain.headers["content-type"], await plain.body.text()]).toEqual([200, "application/json", "hello"]);
  const object = await request((await serve('{"a":1}')).base);
  expect([object.statusCode, await object.body.text()]).toEqual([200, '{"a":1}']);
});

test("an answer with a status code says status, headers, cookies and bytes", async () => {
  const structured = { statusCode: 201, headers: { "X-A": "b" }, cookies: ["a=1; Secure", "b=2"], body: "aGVsbG8=", isBase64Encoded: true };
  const answer = await request((await serve(json(structured))).base);
  expect([answer.statusCode, answer.headers["x-a"], await answer.body.text()]).toEqual([201, "b", "hello"]);
  expect(answer.headers["set-cookie"]).toEqual(["a=1; Secure", "b=2"]);
});

test("a function that fails, or answers nonsense, is a bad gateway", async () => {
  for (const payload of [new Error("failed"), json({ statusCode: "many" }), "not json"]) {
    const answer = await request((await serve(payload)).base);
    expect([answer.statusCode, await answer.body.text()]).toEqual([502, '{"Message":"Internal Server Error"}']);
  }
});

test("a closed URL listens no more", async () => {
  const { base } = await serve('"ok"');
  await urls.close("abc123");
  await expect(request(base)).rejects.toThrow("ECONNREFUSED");
});
