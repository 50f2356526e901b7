import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { eventOf, type FunctionUrlEvent } from "./function-url-event.ts";
import { type FunctionUrlResponse, internalError, responseOf, tooLarge } from "./function-url-response.ts";

/** One function URL, and what to do with its requests. */
export interface FunctionUrl {
  readonly urlId: string;
  readonly region: string;
  /** Any free port where it is not said. */
  readonly port?: number;
  /** Answers 200 and the payload that the function answered, or another status and the body to say so; rejects where it failed. */
  invoke(event: FunctionUrlEvent): Promise<{ readonly status: number; readonly payload: string }>;
}

/** bytes of a request's body. */
const BODY_MAX = 6 * 1024 * 1024;

/** Function URLs: each is a TCP port of its own, so that paths are clean. */
export class FunctionUrls {
  readonly #now: () => number;
  readonly #servers = new Map<string, Server>();

  /** `now` is the cloud's clock, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Listen for the URL's requests; answers the port. A URL that is being served already is served anew. */
  async serve(url: FunctionUrl): Promise<number> {
    await this.close(url.urlId);
    const server = createServer((request, response) => void this.#handle(url, request, response));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(url.port ?? 0, "127.0.0.1", resolve);
    });
    this.#servers.set(url.urlId, server);
    return (server.address() as AddressInfo).port;
  }

  /** Stop listening. Requests that are being served are cut off. */
  async close(urlId: string): Promise<void> {
    const server = this.#servers.get(urlId);
    if (server === undefined) return;
    this.#servers.delete(urlId);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#servers.keys()].map((urlId) => this.close(urlId)));
  }

  async #handle(url: FunctionUrl, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const { status, headers, body } = await this.#answer(url, request, requestId).catch(() => internalError);
    response.writeHead(status, { ...headers, "x-amzn-requestid": requestId });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  async #answer(url: FunctionUrl, request: IncomingMessage, requestId: string): Promise<FunctionUrlResponse> {
    const body = await bodyOf(request);
    if (body === undefined) return tooLarge;
    const { urlId, region } = url;
    const { status, payload } = await url.invoke(eventOf(request, body, { urlId, region, requestId, now: this.#now() }));
    if (status === 200) return responseOf(payload);
    return { status, headers: { "content-type": "application/json" }, body: Buffer.from(payload) };
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= BODY_MAX) chunks.push(chunk);
  }
  return size <= BODY_MAX ? Buffer.concat(chunks) : undefined;
}
