import type { Partition } from "../kernel/table.ts";
import type { HandsBackend, LogLine } from "./backend.ts";
import type { JobLog } from "./job.ts";

/** How long lines are gathered before they are written as one commit; a short invocation writes once, at its end. */
const GATHER_MS = 20;
/** bytes of the log that an invocation's answer carries. */
const TAIL_MAX = 4096;

/** How an invocation went, for its REPORT line. */
export interface Report {
  readonly requestId: string;
  readonly durationMs: number;
  readonly memoryMb: number;
  readonly maxMemoryMb: number;
  /** Of the first invocation of an environment. */
  readonly initMs?: number;
  /** Where it did not answer. */
  readonly failure?: { readonly status: "timeout" | "error"; readonly errorType?: string };
}

/** The log stream of one environment, and the tail of the invocation that it is busy with. */
export class FunctionLog {
  readonly #backend: HandsBackend;
  readonly #partition: Partition;
  readonly #log: JobLog | undefined;
  #gathered: LogLine[] = [];
  #tail: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(backend: HandsBackend, partition: Partition, log: JobLog | undefined) {
    this.#backend = backend;
    this.#partition = partition;
    this.#log = log;
  }

  write(messages: readonly string[]): void {
    const at = this.#backend.now();
    for (const message of messages) this.#gathered.push({ at, message });
    this.#tail.push(...messages);
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Write what was gathered. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#log !== undefined && this.#gathered.length > 0) this.#backend.log(this.#partition, this.#log, this.#gathered);
    this.#gathered = [];
  }

  /** The last 4 kB since it was last taken. */
  takeTail(): string {
    const text = Buffer.from(`${this.#tail.join("\n")}\n`);
    this.#tail = [];
    return text.subarray(Math.max(0, text.length - TAIL_MAX)).toString("utf8");
  }
}

/** The line that ends an invocation's log, as Lambda writes it. The init phase is billed with the first invocation. */
export function reportLine({ requestId, durationMs, memoryMb, maxMemoryMb, initMs, failure }: Report): string {
  const fields = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs + (initMs ?? 0))} ms`,
    `Memory Size: ${memoryMb} MB`,
    `Max Memory Used: ${maxMemoryMb} MB`,
  ];
  if (initMs !== undefined) fields.push(`Init Duration: ${initMs.toFixed(2)} ms`);
  if (failure !== undefined) fields.push(`Status: ${failure.status}`);
  if (failure?.errorType !== undefined) fields.push(`Error Type: ${failure.errorType}`);
  return `${fields.join("\t")}\t`;
}
