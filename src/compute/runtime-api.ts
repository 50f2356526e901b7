import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { textWithin } from "./text-within.ts";

/** What a runtime is told of an invocation. */
export interface Invocation {
  readonly requestId: string;
  readonly functionArn: string;
  readonly payload: string;
  /** The instant, in real milliseconds, at which it is cut off. */
  readonly deadlineAt: number;
  readonly traceId?: string;
  readonly clientContext?: string;
}

/** What a runtime says: that it is free for an invocation, how the last one went, or that it could not start. */
export type RuntimeEvent = { readonly type: "asking" } | { readonly type: "response" | "error" | "init error"; readonly payload: string };

/** bytes; what Lambda lets a function answer with. */
export const RESPONSE_MAX = 6_291_556;

const PREFIX = "/2018-06-01/runtime";

/**
 * The Lambda Runtime API for one environment, on a port of its own: runtimes, AWS's own among them, are told a host and
 * a port only. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class RuntimeApi {
  onEvent: (event: RuntimeEvent) => void = () => {};
  readonly #server: Server;
  /** The runtime's open request for the next invocation. */
  #asking: ServerResponse | undefined;
  #invocation: Invocation | undefined;
  /** What was handed over and has no answer yet. */
  #busyWith: string | undefined;

  constructor() {
    this.#server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => void this.#serve(request, response));
  }

  /** Whether the runtime waits for an invocation. */
  get isAsking(): boolean {
    return this.#asking !== undefined;
  }

  /** Listens, and answers host:port. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", resolve);
    });
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Hand the runtime an invocation, now or when it asks; one at a time. */
  invoke(invocation: Invocation): void {
    if (this.#busyWith !== undefined) throw new Error(`the environment is busy with ${this.#busyWith}`);
    this.#busyWith = invocation.requestId;
    this.#invocation = invocation;
    this.#handOver();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    if (request.method === "GET" && path === `${PREFIX}/invocation/next`) {
      this.#asking = response;
      this.onEvent({ type: "asking" });
      this.#handOver();
      return;
    }
    const body = await textWithin(request, RESPONSE_MAX).catch(() => undefined);
    const said = /^\/2018-06-01\/runtime\/(?:(init)|invocation\/([^/]+))\/(response|error)$/.exec(path);
    if (request.method !== "POST" || said === null)
      return reply(response, 404, { errorType: "NotFound", errorMessage: `no ${request.method} ${path}` });
    if (said[1] === "init") {
      reply(response, 202, { status: "OK" });
      return this.onEvent({ type: "init error", payload: body ?? "" });
    }
    this.#answered(said[2]!, said[3] as "response" | "error", body, response);
  }

  #handOver(): void {
    const [response, invocation] = [this.#asking, this.#invocation];
    if (response === undefined || invocation === undefined) return;
    this.#asking = undefined;
    this.#invocation = undefined;
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Lambda-Runtime-Aws-Request-Id": invocation.requestId,
      "Lambda-Runtime-Deadline-Ms": String(invocation.deadlineAt),
      "Lambda-Runtime-Invoked-Function-Arn": invocation.functionArn,
      ...(invocation.traceId && { "Lambda-Runtime-Trace-Id": invocation.traceId }),
      ...(invocation.clientContext && { "Lambda-Runtime-Client-Context": invocation.clientContext }),
    });
    response.end(invocation.payload);
  }

  #answered(requestId: string, type: "response" | "error", payload: string | undefined, response: ServerResponse): void {
    if (requestId !== this.#busyWith) {
      return reply(response, 400, { errorType: "InvalidRequestID", errorMessage: `Invalid request ID: ${requestId}` });
    }
    this.#busyWith = undefined;
    if (payload !== undefined) {
      reply(response, 202, { status: "OK" });
      return this.onEvent({ type, payload });
    }
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${RESPONSE_MAX} bytes).`;
    const tooLarge = { errorType: "Function.ResponseSizeTooLarge", errorMessage };
    reply(response, 413, tooLarge);
    this.onEvent({ type: "error", payload: JSON.stringify(tooLarge) });
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
