import type { Hold } from "../kernel/clock.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { deploymentInstances, isAtWork } from "../services/codedeploy/api.ts";

/** An agent that did not ask for so long, in real time, is gone: AWS's own waits half as long after an error. */
const GONE_AFTER_MS = 60_000;
const HEAD = `${deploymentInstances.name}:`;

/** An agent that has asked for commands, by the host that it asks for. */
interface Agent {
  /** How many of its polls are not answered yet. */
  polls: number;
  gone?: NodeJS.Timeout;
  hold?: Hold;
}

/**
 * Lets no time be skipped while an agent has a command: from when CodeDeploy has one for it until it says how it ended, or until CodeDeploy
 * gives it up. An agent that is not there holds nothing.
 */
export class Agents {
  readonly #kernel: Kernel;
  readonly #agents = new Map<string, Agent>();
  /** By the path of its row, the host of every instance that has a command. */
  readonly #atWork = new Map<string, string>();
  readonly #unwatch: () => void;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    for (const path of kernel.store.paths(deploymentInstances, HEAD)) this.#look(path);
    this.#unwatch = kernel.watch((changed) => {
      for (const path of changed) if (path.startsWith(HEAD)) this.#look(path);
    });
  }

  /** Watch an agent ask for a command; `call` asks. */
  async watch(input: unknown, call: () => unknown): Promise<unknown> {
    const host = (input as { readonly HostIdentifier: string }).HostIdentifier;
    const agent = this.#agents.get(host) ?? { polls: 0 };
    this.#agents.set(host, agent);
    clearTimeout(agent.gone);
    agent.polls++;
    this.#settle(host);
    try {
      return await call();
    } finally {
      if (--agent.polls === 0) agent.gone = setTimeout(() => this.#forget(host), GONE_AFTER_MS).unref();
    }
  }

  close(): void {
    this.#unwatch();
    for (const [host, { gone }] of this.#agents) {
      clearTimeout(gone);
      this.#forget(host);
    }
  }

  #look(path: string): void {
    const row = this.#kernel.store.get(deploymentInstances, path);
    const before = this.#atWork.get(path);
    const host = row !== undefined && isAtWork(row) ? row.host : undefined;
    if (host === before) return;
    if (host === undefined) this.#atWork.delete(path);
    else this.#atWork.set(path, host);
    for (const one of [before, host]) if (one !== undefined) this.#settle(one);
  }

  #settle(host: string): void {
    const agent = this.#agents.get(host);
    if (agent === undefined) return;
    const isBusy = [...this.#atWork.values()].includes(host);
    if (isBusy) agent.hold ??= this.#kernel.clock.hold(`the CodeDeploy agent of ${host}`);
    else {
      agent.hold?.release();
      delete agent.hold;
    }
  }

  #forget(host: string): void {
    this.#agents.get(host)?.hold?.release();
    this.#agents.delete(host);
  }
}
