import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Backend, Route } from "./backend.ts";
import { type Catalog, sdkCatalog } from "./catalog.ts";
import { Dispatcher } from "./dispatch.ts";
import { send } from "./reply.ts";

export interface WireOptions {
  /** Asked in this order before a request is taken for a call of AWS's API. */
  readonly routes?: readonly Route[];
  /** Accept AKIA… and ASIA… keys that this cloud did not issue. */
  readonly allowRealKeys?: boolean;
  /** Hears of every error that is a defect of ours; by default it is printed. */
  readonly onDefect?: (error: unknown, operation: string) => void;
  /** The shapes of AWS's services; by default those of src/sdk. */
  readonly catalog?: Catalog;
}

/** AWS's API over HTTP. */
export interface Wire {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Serve on a port; 0 picks a free one. Anything but loopback needs signatures. */
  listen(port: number, host?: string): Promise<Server>;
}

/** Longer than the SDKs keep idle connections, so that it is never us who closes one as a request arrives. */
const KEEP_ALIVE_MS = 75_000;
const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

export function createWire(backend: Backend, options: WireOptions = {}): Wire {
  const { routes = [], onDefect = printDefect } = options;
  const dispatcher = new Dispatcher(backend, {
    catalog: options.catalog ?? sdkCatalog(),
    allowRealKeys: options.allowRealKeys ?? false,
    onDefect,
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const hangUp = new AbortController();
    response.on("close", () => {
      if (!response.writableFinished) hangUp.abort();
    });
    try {
      const reply = await dispatcher.answer(request, hangUp.signal);
      if (response.destroyed) return;
      await send(reply, response, request.method ?? "GET", backend.blobs);
    } catch (error) {
      // The head may be gone: all that is left is to let the client see that this is not the whole answer.
      if (!hangUp.signal.aborted) onDefect(error, `${request.method} ${request.url}`);
      response.destroy();
    }
  }

  async function serve(route: Route, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await route.handle(request, response);
    } catch (error) {
      if (!request.destroyed) onDefect(error, `${request.method} ${request.url}`);
      response.destroy();
    }
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const route = routes.find((candidate) => candidate.match(request));
    if (route === undefined) void answer(request, response);
    else void serve(route, request, response);
  }

  function listen(port: number, host = "127.0.0.1"): Promise<Server> {
    if (backend.trust === "open" && !LOOPBACK.has(host)) {
      throw new Error(`Listening on ${host} requires --trust signed or enforced: whoever reaches an open Slipway may do anything.`);
    }
    // Uploads take as long as they take.
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, handle);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => resolve(server));
    });
  }

  return { handle, listen };
}

function printDefect(error: unknown, operation: string): void {
  console.error(`${operation} failed:`, error);
}
