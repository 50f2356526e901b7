import type { Readable } from "node:stream";
import type { Partition } from "../kernel/table.ts";
import type { HandsBackend } from "./backend.ts";
import { consoles } from "./job.ts";

/** As much as AWS keeps. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html */
const KEPT_CHARACTERS = 64 * 1024;
const FLUSH_MS = 300;

/** Keeps the last of what an instance writes, a commit now and then. */
export class InstanceConsole {
  readonly #backend: HandsBackend;
  readonly #partition: Partition;
  readonly #id: string;
  #pending = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(backend: HandsBackend, partition: Partition, instanceId: string) {
    this.#backend = backend;
    this.#partition = partition;
    this.#id = instanceId;
  }

  async read(output: Readable): Promise<void> {
    output.setEncoding("utf8");
    try {
      for await (const text of output as AsyncIterable<string>) {
        this.#pending += text;
        this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
      }
    } catch {
      // A pipe that was cut off has nothing more to say.
    }
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending === "") return;
    const added = this.#pending;
    this.#pending = "";
    this.#backend.commit(this.#partition, (scope) => {
      const text = ((consoles.get(scope, this.#id)?.text ?? "") + added).slice(-KEPT_CHARACTERS);
      consoles.put(scope, { id: this.#id, text, writtenAt: scope.clock.now() });
    });
  }
}
