import { mkdirSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { HandsBackend } from "./backend.ts";
import { UnpackedCode } from "./code.ts";
import { type Driver, type JobOutcome, stopped, type Task } from "./driver.ts";
import { FunctionEnvironment, type InvocationEnd, type Workshop } from "./function-environment.ts";
import type { InvokeSpec } from "./job.ts";
import type { Processes } from "./process.ts";
import { Runtimes } from "./runtime.ts";

/** An environment that waits for its next invocation. */
interface Idle {
  readonly key: string;
  readonly environment: FunctionEnvironment;
  readonly reaper: NodeJS.Timeout;
}

/** How many environments there may be, busy and idle. */
const ENVIRONMENTS_MAX = 50;
/** How long one is kept without an invocation. */
const IDLE_MAX_MS = 5 * 60_000;

/**
 * Invokes functions. An environment serves one invocation at a time and is kept warm for the next of the same key. A
 * function that answers is a job that SUCCEEDED; one that throws, exits or cannot start FAILED, one that is cut off
 * TIMED_OUT, and all of these have an invocation with what the caller is told.
 */
export class FunctionDriver implements Driver<InvokeSpec> {
  readonly parallel = ENVIRONMENTS_MAX;
  readonly #workshop: Workshop;
  readonly #environmentsFolder: string;
  /** The longest idle first. */
  #idle: Idle[] = [];
  readonly #all = new Set<FunctionEnvironment>();
  readonly #closing = new Set<Promise<void>>();

  constructor(backend: HandsBackend, processes: Processes) {
    const code = new UnpackedCode(backend.blobs, backend.folder);
    this.#workshop = { backend, processes, code, runtimes: new Runtimes() };
    this.#environmentsFolder = join(backend.folder, "environments");
    mkdirSync(this.#environmentsFolder, { recursive: true });
  }

  async run({ spec, signal }: Task<InvokeSpec>): Promise<JobOutcome> {
    const environment = this.#takeIdle(spec.environment) ?? (await this.#startOne(spec));
    if (typeof environment === "string") return unable(spec, environment);
    const end = await environment.invoke(spec, signal);
    if (environment.over) await this.#retire(environment);
    else this.#keep(spec.environment, environment);
    return outcomeOf(end);
  }

  /** At boot: remove what the environments and the code of an earlier life left on disk. */
  async sweep(): Promise<void> {
    await this.#workshop.code.sweep();
    const left = readdirSync(this.#environmentsFolder);
    await Promise.all(left.map((name) => rm(join(this.#environmentsFolder, name), { recursive: true, force: true })));
  }

  async close(): Promise<void> {
    for (const { reaper } of this.#idle) clearTimeout(reaper);
    this.#idle = [];
    await Promise.all([...this.#closing, ...[...this.#all].map((environment) => this.#retire(environment))]);
  }

  #takeIdle(key: string): FunctionEnvironment | undefined {
    // The one used last is the warmest, and the others may be reaped.
    const at = this.#idle.findLastIndex((idle) => idle.key === key && !idle.environment.over);
    if (at < 0) return undefined;
    const [idle] = this.#idle.splice(at, 1);
    clearTimeout(idle!.reaper);
    return idle!.environment;
  }

  async #startOne(spec: InvokeSpec): Promise<FunctionEnvironment | string> {
    const oldest = this.#all.size >= ENVIRONMENTS_MAX ? this.#idle[0] : undefined;
    if (oldest !== undefined) await this.#reap(oldest);
    const environment = await FunctionEnvironment.start(this.#workshop, spec);
    if (typeof environment !== "string") this.#all.add(environment);
    return environment;
  }

  #keep(key: string, environment: FunctionEnvironment): void {
    const reaper = setTimeout(() => void this.#reap(idle), IDLE_MAX_MS).unref();
    const idle = { key, environment, reaper };
    this.#idle.push(idle);
  }

  #reap(idle: Idle): Promise<void> {
    clearTimeout(idle.reaper);
    this.#idle = this.#idle.filter((other) => other !== idle);
    return this.#retire(idle.environment);
  }

  async #retire(environment: FunctionEnvironment): Promise<void> {
    this.#all.delete(environment);
    const closing = environment.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    await closing;
  }
}

function outcomeOf({ type, invocation }: InvocationEnd): JobOutcome {
  const result = { invocation };
  switch (type) {
    case "answered":
      return invocation.functionError === undefined
        ? { status: "SUCCEEDED", result }
        : { status: "FAILED", result, reason: "The function failed." };
    case "failed":
      return { status: "FAILED", result, reason: "The function's environment ended." };
    case "timed out":
      return { status: "TIMED_OUT", result, reason: "The function did not answer in time." };
    case "stopped":
      return stopped();
  }
}

/** What a caller is told of a function whose runtime this machine cannot run. */
function unable({ requestId }: InvokeSpec, sentence: string): JobOutcome {
  const payload = JSON.stringify({ errorType: "Runtime.InvalidRuntime", errorMessage: `RequestId: ${requestId} Error: ${sentence}` });
  const invocation = { payload, functionError: "Unhandled", logTail: "", durationMs: 0, maxMemoryMb: 0 } as const;
  return { status: "FAILED", result: { invocation }, reason: sentence };
}
