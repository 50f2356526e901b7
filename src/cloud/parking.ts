import { createHash } from "node:crypto";
import type { Hold } from "../kernel/clock.ts";
import type { Operation } from "../kernel/operation.ts";

/** What is known of a task by the credentials that it calls us with. */
interface Task {
  readonly holds: Map<string, Hold>;
  lastCall?: string;
  waitingFor: number;
}

/**
 * Lets time pass while a task only waits for us: for a late answer, or when its last two calls were the same read with the
 * same answer. A build that runs `cdk deploy` on a canary must not hold the clock that the canary bakes by.
 */
export class Parking {
  /** By identity: the credentials' role and session name. */
  readonly #tasks = new Map<string, Task>();
  readonly #identityOf = new Map<string, string>();

  /** A task of the identity runs, and holds the clock. */
  enter(identity: string, jobId: string, hold: Hold): void {
    const task = this.#tasks.get(identity) ?? { holds: new Map(), waitingFor: 0 };
    task.holds.set(jobId, hold);
    this.#tasks.set(identity, task);
  }

  leave(identity: string, jobId: string): void {
    const task = this.#tasks.get(identity);
    task?.holds.delete(jobId);
    if (task?.holds.size === 0) this.#tasks.delete(identity);
  }

  /** The access key was given to tasks of the identity. */
  name(accessKeyId: string, identity: string): void {
    this.#identityOf.set(accessKeyId, identity);
  }

  /** Watch a call that somebody makes; `call` makes it. */
  async watch(accessKeyId: string | undefined, operation: Operation, input: unknown, call: () => unknown): Promise<unknown> {
    const task = this.#taskOf(accessKeyId);
    // Credentials that several tasks share do not say which of them waits.
    if (task === undefined || task.holds.size !== 1) return call();
    const [hold] = task.holds.values();
    if (operation.late !== undefined) {
      task.waitingFor++;
      hold!.park();
      try {
        return await call();
      } finally {
        if (--task.waitingFor === 0) hold!.unpark();
      }
    }
    const output = await call();
    const digest = /^(Get|List|Describe|Batch)/.test(operation.name) ? digestOf([operation.name, input, output]) : undefined;
    const repeats = digest !== undefined && task.lastCall === digest;
    if (digest === undefined) delete task.lastCall;
    else task.lastCall = digest;
    if (repeats) hold!.park();
    else if (task.waitingFor === 0) hold!.unpark();
    return output;
  }

  /** Whether the key is that of a task that runs. */
  knows(accessKeyId: string | undefined): boolean {
    return this.#taskOf(accessKeyId) !== undefined;
  }

  #taskOf(accessKeyId: string | undefined): Task | undefined {
    const identity = accessKeyId === undefined ? undefined : this.#identityOf.get(accessKeyId);
    return identity === undefined ? undefined : this.#tasks.get(identity);
  }
}

/** Of a read and its answer; bytes and big numbers count as what they are, not as what they say. */
const digestOf = (call: unknown): string =>
  createHash("sha256")
    .update(
      JSON.stringify(call, (_, value) =>
        value instanceof Uint8Array ? value.byteLength : typeof value === "bigint" ? String(value) : value,
      ),
    )
    .digest("base64");
