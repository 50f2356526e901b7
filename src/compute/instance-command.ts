import type { IncomingMessage, ServerResponse } from "node:http";
import type { HandsBackend } from "./backend.ts";
import { type Driver, type JobOutcome, stopped, type Task } from "./driver.ts";
import type { InstanceCommandSpec } from "./job.ts";
import { readLines } from "./lines.ts";

/** How long an instance may take to ask for what it is to do: SSM calls what nobody asked for undeliverable. */
const DELIVERY_MS = 60_000;
/** An agent that asks is answered after this time, with nothing. */
const ASKING_MS = 20_000;
/** bytes of the output that are kept, as SSM keeps of what a command has written. */
const OUTPUT_MAX = 24_000;
/** What begins the last thing that the agent says: how it ended. */
const END = "\u0000";

/** A command that an instance is to run. */
interface Order {
  readonly spec: InstanceCommandSpec;
  readonly id: string;
  /** The agent has it, and tells of it by this request. */
  taken(report: IncomingMessage, response: ServerResponse): void;
}

/** How it ended. Whatever runs in the instance can say something else here. */
function endIn(text: string): { readonly exitCode?: number; readonly error?: string } {
  try {
    const { exitCode, error } = JSON.parse(text) ?? {};
    return { ...(Number.isInteger(exitCode) && { exitCode }), ...(error !== undefined && { error: String(error) }) };
  } catch {
    return { error: "The instance did not say how it ended." };
  }
}

/** Runs commands in instances. The agent inside asks for them where it asks for its metadata, and tells there what they write. */
export class InstanceCommandDriver implements Driver<InstanceCommandSpec> {
  readonly parallel = 500;
  readonly #backend: HandsBackend;
  readonly #orders = new Map<string, Order>();
  readonly #handedOut = new Set<string>();
  /** By instance: the agents that wait for something to do. */
  readonly #asking = new Map<string, Set<ServerResponse>>();
  #count = 0;

  constructor(backend: HandsBackend) {
    this.#backend = backend;
  }

  /** A request of an instance below /slipway/commands: it asks for one, or tells of one that it was given. */
  handle(instanceId: string, path: string, request: IncomingMessage, response: ServerResponse): void {
    const id = path.split("/")[2];
    // Who can only be made to read addresses gets no command.
    if (request.method !== "POST") return void response.writeHead(405).end();
    if (id === undefined) return this.#ask(instanceId, response);
    const order = this.#orders.get(id);
    if (order === undefined || order.spec.instanceId !== instanceId) return void response.writeHead(404).end();
    order.taken(request, response);
  }

  async run(task: Task<InstanceCommandSpec>): Promise<JobOutcome> {
    const id = String(++this.#count);
    const { promise, resolve } = Promise.withResolvers<JobOutcome>();
    const { instanceId, timeoutMs } = task.spec;
    let cut = (): void => {};
    const end = (outcome: JobOutcome): void => {
      resolve(outcome);
      cut();
    };
    const undelivered = setTimeout(
      () => end({ status: "FAILED", reason: `Undeliverable: ${instanceId} did not ask for it.` }),
      DELIVERY_MS,
    );
    const late = setTimeout(() => end({ status: "TIMED_OUT", reason: `It did not end within ${timeoutMs / 1000} seconds.` }), timeoutMs);
    const stop = (): void => end(stopped());
    task.signal.addEventListener("abort", stop, { once: true });
    const taken: Order["taken"] = (report, response) => {
      clearTimeout(undelivered);
      // The agent ends what it runs when nobody listens to it any more.
      cut = () => void response.destroy();
      // It begins when it knows that it is listened to.
      response.writeHead(200).flushHeaders();
      this.#listen(task, report).then(resolve);
      promise.then(() => response.end());
    };
    this.#orders.set(id, { spec: task.spec, id, taken });
    this.#offer(instanceId);
    if (task.signal.aborted) stop();
    try {
      return await promise;
    } finally {
      this.#orders.delete(id);
      this.#handedOut.delete(id);
      clearTimeout(undelivered);
      clearTimeout(late);
      task.signal.removeEventListener("abort", stop);
    }
  }

  async close(): Promise<void> {
    for (const waiting of this.#asking.values()) for (const response of waiting) response.destroy();
  }

  #ask(instanceId: string, response: ServerResponse): void {
    const waiting = this.#asking.get(instanceId) ?? new Set();
    this.#asking.set(instanceId, waiting.add(response));
    const timer = setTimeout(() => answer(204), ASKING_MS);
    const answer = (status: number): void => void response.writeHead(status).end();
    response.once("close", () => {
      clearTimeout(timer);
      waiting.delete(response);
      if (waiting.size === 0 && this.#asking.get(instanceId) === waiting) this.#asking.delete(instanceId);
    });
    this.#offer(instanceId);
  }

  /** Give what is to be done to whoever asks, each once. */
  #offer(instanceId: string): void {
    const waiting = this.#asking.get(instanceId) ?? [];
    for (const response of waiting) {
      const next = [...this.#orders.values()].find(({ spec, id }) => spec.instanceId === instanceId && !this.#handedOut.has(id));
      if (next === undefined) return;
      this.#handedOut.add(next.id);
      (waiting as Set<ServerResponse>).delete(response);
      const { download, commands, env } = next.spec;
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ id: next.id, download, commands, env }));
    }
  }

  /** What the agent tells, line by line, until it says how it ended. */
  async #listen({ spec, partition }: Task<InstanceCommandSpec>, report: IncomingMessage): Promise<JobOutcome> {
    let text = "";
    let ended: ReturnType<typeof endIn> | undefined;
    await readLines(report, (lines) => {
      const said = lines.filter((line) => !line.startsWith(END));
      const last = lines.findLast((line) => line.startsWith(END));
      if (last !== undefined) ended = endIn(last.slice(END.length));
      text = `${text}${said.map((line) => `${line}\n`).join("")}`.slice(-OUTPUT_MAX);
      const at = this.#backend.now();
      if (spec.log !== undefined && said.length > 0)
        this.#backend.log(
          partition,
          spec.log,
          said.map((message) => ({ at, message })),
        );
    });
    const outputs = { output: { text } };
    if (ended?.exitCode === 0) return { status: "SUCCEEDED", result: { exitCode: 0, outputs } };
    const exitCode = ended?.exitCode;
    const reason = ended === undefined ? "The instance went away." : (ended.error ?? `failed to run commands: exit status ${exitCode}`);
    return { status: "FAILED", reason, result: { ...(exitCode !== undefined && { exitCode }), outputs } };
  }
}
