import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { type Driver, type JobOutcome, stopped, type Task } from "./driver.ts";
import type { TcpSpec } from "./job.ts";

/** How a port of an instance is reached. */
export type Connect = (instanceId: string, port: number) => Promise<Duplex>;

/** Opens a connection and closes it: whether somebody listens. */
export class TcpDriver implements Driver<TcpSpec> {
  readonly parallel = 200;
  readonly #connect: Connect;

  constructor(connectInto: Connect) {
    this.#connect = connectInto;
  }

  async run({ spec, signal }: Task<TcpSpec>): Promise<JobOutcome> {
    const timeout = AbortSignal.timeout(spec.timeoutMs);
    const cut = AbortSignal.any([signal, timeout]);
    try {
      const socket = await Promise.race([this.#open(spec), aborted(cut)]);
      socket.destroy();
      return { status: "SUCCEEDED" };
    } catch (error) {
      if (signal.aborted) return stopped();
      if (timeout.aborted) return { status: "TIMED_OUT", reason: `Port ${spec.port} did not answer within ${spec.timeoutMs} ms.` };
      return { status: "FAILED", reason: (error as Error).message };
    }
  }

  async close(): Promise<void> {}

  #open({ host, port, instanceId }: TcpSpec): Promise<Duplex> {
    if (instanceId !== undefined) return this.#connect(instanceId, port);
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port });
      socket.once("error", reject);
      socket.once("connect", () => resolve(socket));
    });
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("cut off")), { once: true }));
