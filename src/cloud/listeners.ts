import { type Listener, listeners } from "../compute/listener.ts";
import type { Connect } from "../compute/tcp.ts";
import { FunctionUrls } from "../dataplane/function-url.ts";
import { rootCaller } from "../kernel/caller.ts";
import type { Drive } from "../kernel/drive.ts";
import { type Partition, partitionOf } from "../kernel/table.ts";
import { invokeFunctionUrl } from "../services/lambda/api.ts";
import { Balancers } from "./balancers.ts";

/** Opens a port for every listener row, and says which; closes it when the row goes. */
export class Listeners {
  readonly #drive: Drive;
  readonly #urls: FunctionUrls;
  readonly #balancers: Balancers;
  /** By path, what it was opened for. */
  readonly #open = new Map<string, Listener>();
  readonly #unwatch: () => void;
  #last: Promise<void> = Promise.resolve();

  constructor(drive: Drive, connect: Connect) {
    this.#drive = drive;
    const { kernel } = drive;
    this.#balancers = new Balancers(kernel, connect);
    this.#urls = new FunctionUrls(() => kernel.clock.now());
    const head = `${listeners.name}:`;
    for (const path of kernel.store.paths(listeners, head)) this.#later(path);
    this.#unwatch = kernel.watch((changed) => {
      for (const path of changed) if (path.startsWith(head)) this.#later(path);
    });
  }

  async close(): Promise<void> {
    this.#unwatch();
    await this.#last;
    await this.#urls.closeAll();
    await this.#balancers.closeAll();
  }

  /** One after the other, so that a row that goes at once leaves no port open. */
  #later(path: string): void {
    this.#last = this.#last.then(() => this.#settle(path)).catch((error) => process.emitWarning(error as Error));
  }

  async #settle(path: string): Promise<void> {
    const listener = this.#drive.kernel.store.get(listeners, path);
    const open = this.#open.get(path);
    if (open !== undefined && !isSame(open, listener)) {
      this.#open.delete(path);
      await (isBalancer(open) ? this.#balancers.close(path) : this.#urls.close(path));
    }
    if (listener === undefined || this.#open.has(path)) return;
    this.#open.set(path, listener);
    const partition = partitionOf(path);
    const place = isBalancer(listener)
      ? await this.#balancers.open(path, partition, listener)
      : { port: await this.#serve(path, partition, listener) };
    this.#drive.kernel.commit(partition, (scope) => {
      const now = listeners.get(scope, listener.id);
      if (now !== undefined && isSame(listener, now) && now.port !== place.port) listeners.patch(scope, listener.id, place);
    });
  }

  /** On the port that it had, or on another where that has been taken meanwhile. */
  async #serve(path: string, partition: Partition, { id, port }: Listener): Promise<number> {
    const caller = { ...rootCaller(partition.account, partition.region), type: "anonymous" } as const;
    const invoke = async (event: unknown) => {
      const input = { listenerId: id, event: JSON.stringify(event) };
      return (await this.#drive.call(invokeFunctionUrl, input, caller)) as { status: number; payload: string };
    };
    const url = { urlId: path, region: partition.region, invoke };
    if (port === undefined) return this.#urls.serve(url);
    return this.#urls.serve({ ...url, port }).catch(() => this.#urls.serve(url));
  }
}

const isBalancer = ({ arn }: Listener): boolean => arn.split(":")[2] === "elasticloadbalancing";

/** Whether a row still asks for what was opened for it. */
const isSame = (open: Listener, now: Listener | undefined): boolean =>
  now !== undefined && now.arn === open.arn && now.wanted?.host === open.wanted?.host && now.wanted?.port === open.wanted?.port;
