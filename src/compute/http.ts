import type { Socket } from "node:net";
import type { Agent } from "undici";
import { type Driver, type JobOutcome, stopped, type Task } from "./driver.ts";
import type { HttpSpec } from "./job.ts";
import type { Connect } from "./tcp.ts";
import { loadUndici } from "./undici.ts";

/** bytes; what is longer is cut off. */
const BODY_MAX = 6 * 1024 * 1024;

/** Makes one HTTP request and keeps the answer, whatever its status. No answer at all is a failure. */
export class HttpDriver implements Driver<HttpSpec> {
  readonly parallel = 200;
  readonly #connect: Connect | undefined;
  #client: Promise<{ undici: typeof import("undici"); agent: Agent }> | undefined;

  /** `connect` reaches the ports of instances. */
  constructor(connect?: Connect) {
    this.#connect = connect;
  }

  async run({ spec, signal }: Task<HttpSpec>): Promise<JobOutcome> {
    const timeout = AbortSignal.timeout(spec.timeoutMs);
    try {
      return { status: "SUCCEEDED", result: { response: await this.#ask(spec, AbortSignal.any([signal, timeout])) } };
    } catch (error) {
      if (signal.aborted) return stopped();
      if (timeout.aborted) return { status: "TIMED_OUT", reason: `${spec.url} did not answer within ${spec.timeoutMs} ms.` };
      return { status: "FAILED", reason: `${spec.url} could not be reached: ${(error as Error).message}` };
    }
  }

  async close(): Promise<void> {
    if (this.#client !== undefined) await (await this.#client).agent.destroy();
  }

  #open() {
    this.#client ??= loadUndici().then((undici) => ({
      undici,
      agent: new undici.Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 4_000 }),
    }));
    return this.#client;
  }

  async #ask(spec: HttpSpec, signal: AbortSignal) {
    const { undici, agent } = await this.#open();
    if (spec.instanceId === undefined && spec.certificate === undefined) return answerOf(undici, spec, signal, agent);
    const into =
      spec.instanceId === undefined
        ? new undici.Agent({ connect: { ca: spec.certificate! } })
        : agentInto(undici, this.#connect!, spec.instanceId);
    return answerOf(undici, spec, signal, into).finally(() => into.destroy());
  }
}

/** What answers inside of an instance. */
function agentInto(undici: typeof import("undici"), connect: Connect, instanceId: string): Agent {
  return new undici.Agent({
    connect: ({ port, protocol }, callback) => {
      const wanted = Number(port) || (protocol === "https:" ? 443 : 80);
      connect(instanceId, wanted).then(
        (socket) => callback(null, socket as Socket),
        (error) => callback(error, null),
      );
    },
  });
}

async function answerOf(undici: typeof import("undici"), spec: HttpSpec, signal: AbortSignal, dispatcher: Agent) {
  const { method, url, headers, body } = spec;
  const answer = await undici.request(url, { method, headers: { ...headers }, body: body ?? null, signal, dispatcher });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= BODY_MAX) break;
  }
  const text = Buffer.concat(chunks).subarray(0, BODY_MAX).toString("utf8");
  return { status: answer.statusCode, headers: flat(answer.headers), body: text };
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const entries = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value!]));
}
