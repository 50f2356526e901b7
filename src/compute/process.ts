import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { descendantsOf, endAll, exceedMemory, MARK, markedWith, peakMemoryOf, signal, startTimeOf, treeOf } from "./process-tree.ts";
import { plainSandbox, probeSandbox, type Sandbox, type View } from "./sandbox.ts";

/** What to run. The environment is exactly `env`. */
export interface ProcessRequest {
  readonly argv: readonly string[];
  /** As the process sees it. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What it sees of the machine; or that its command line already runs in a sandbox of its own kind. */
  readonly view: View | Sandbox["kind"];
}

/** A process and all that it starts. */
export interface SandboxedProcess {
  /** Standard output and standard error, as one, in the order they were written. */
  readonly output: Readable;
  /** The exit code, 128 + n where signal n ended it; nothing it started is left by then. */
  readonly exited: Promise<number>;
  /** Ask the whole tree to end (SIGTERM), end it after the grace (SIGKILL), and wait until it has. */
  stop(graceMs?: number): Promise<void>;
  /** End the whole tree at once; `exited` tells when it has. */
  kill(): void;
  /** The most memory that its processes had, in bytes; 0 where the machine does not say. */
  peakMemory(): number;
  /** Whether its processes have more memory than that now, in bytes; never where the machine does not say. */
  exceeds(bytes: number): boolean;
}

export interface ProcessOptions {
  /** Run without a sandbox even where there is one. */
  readonly plain?: boolean;
  readonly warn?: (sentence: string) => void;
}

const GRACE_MS = 5_000;
/** How long output is awaited after the end, should something that escaped us hold the pipe. */
const DRAIN_MS = 1_000;

/**
 * Starts processes in the machine's sandbox, and keeps a file for each that runs, so that what outlives us (a plain
 * process does) is ended at the next boot.
 */
export class Processes {
  readonly #folder: string;
  readonly #options: ProcessOptions;
  readonly #running = new Set<SandboxedProcess>();
  #sandbox: Sandbox | undefined;

  constructor(folder: string, options: ProcessOptions = {}) {
    this.#folder = join(folder, "processes");
    this.#options = options;
    mkdirSync(this.#folder, { recursive: true });
  }

  get sandbox(): Sandbox {
    if (this.#sandbox === undefined) {
      this.#sandbox = this.#options.plain ? plainSandbox : probeSandbox();
      const warn = this.#options.warn ?? console.warn;
      if (this.#sandbox.kind === "plain")
        warn("No sandbox: builds and functions run as plain processes of yours. Install bubblewrap to confine them.");
    }
    return this.#sandbox;
  }

  start(request: ProcessRequest): SandboxedProcess {
    const mark = randomBytes(12).toString("hex");
    const file = join(this.#folder, mark);
    const { view } = request;
    const wrapped = typeof view === "string" ? request.argv : this.sandbox.wrap(request.argv, request.cwd, view);
    const kind = typeof view === "string" ? view : this.sandbox.kind;
    // Noted before it starts, for should we end in between.
    writeFileSync(file, "");
    // The shell makes one pipe of both outputs, which keeps their order, and is replaced by the command.
    const child = spawn("/bin/sh", ["-c", 'exec "$@" 2>&1', "sh", ...wrapped], {
      // Inside the sandbox there are directories that are not there outside.
      cwd: kind === "plain" ? request.cwd : "/",
      env: { ...request.env, [MARK]: mark },
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    if (child.pid !== undefined) writeFileSync(file, `${child.pid} ${startTimeOf(child.pid) ?? ""}`);
    const running = new Tree(child, mark, kind);
    this.#running.add(running);
    const forget = (): void => {
      this.#running.delete(running);
      rmSync(file, { force: true });
    };
    running.exited.then(forget, forget);
    return running;
  }

  /** End what an earlier life of ours left running; answers how many processes that were. */
  endLeftOvers(): number {
    let ended = 0;
    for (const mark of readdirSync(this.#folder)) {
      const file = join(this.#folder, mark);
      const [pid, startTime] = readFileSync(file, "utf8").split(" ");
      const isOurs = (): boolean => startTime !== undefined && startTimeOf(Number(pid)) === startTime;
      ended += endAll(() => (isOurs() ? membersOf(Number(pid), mark) : markedWith(mark)));
      rmSync(file);
    }
    return ended;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((running) => running.stop(500)));
  }
}

class Tree implements SandboxedProcess {
  readonly output: Readable;
  readonly exited: Promise<number>;
  readonly #pid: number | undefined;
  readonly #mark: string;
  readonly #kind: Sandbox["kind"];
  #over = false;

  constructor(child: ChildProcess, mark: string, kind: Sandbox["kind"]) {
    this.#pid = child.pid;
    this.#mark = mark;
    this.#kind = kind;
    this.output = child.stdout!;
    this.exited = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, name) => {
        this.#over = true;
        this.#endRest();
        const drained = setTimeout(() => this.output.destroy(), DRAIN_MS);
        child.once("close", () => {
          clearTimeout(drained);
          resolve(code ?? 128 + constants.signals[name!]);
        });
      });
    });
    this.exited.catch(() => {});
  }

  async stop(graceMs = GRACE_MS): Promise<void> {
    if (this.#pid === undefined || this.#over) return;
    for (const member of this.#inside()) signal(member, "SIGTERM");
    const grace = new AbortController();
    await Promise.race([this.exited, delay(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
    grace.abort();
    this.kill();
    await this.exited;
  }

  /** Pid 1 of bubblewrap's namespace takes all in it along, and the outer process, which awaits it, then exits. */
  kill(): void {
    if (this.#pid === undefined || this.#over) return;
    if (this.#kind === "plain") signal(-this.#pid, "SIGKILL");
    else signal(descendantsOf(this.#pid)[0] ?? this.#pid, "SIGKILL");
  }

  peakMemory(): number {
    return peakMemoryOf(this.#family());
  }

  exceeds(bytes: number): boolean {
    return exceedMemory(this.#family(), bytes);
  }

  /** The command and what descends from it, without bubblewrap's own two processes. */
  #family(): number[] {
    if (this.#pid === undefined || this.#over) return [];
    return treeOf(this.#pid).slice(this.#kind === "plain" ? 0 : 2);
  }

  /** The command's own processes; of bubblewrap, the outer process and its child, pid 1 within, are not. */
  #inside(): number[] {
    if (this.#pid === undefined) return [];
    if (process.platform !== "linux") return [-this.#pid];
    const members = membersOf(this.#pid, this.#mark);
    return this.#kind === "plain" ? members : members.slice(2);
  }

  /** Bubblewrap's pid namespace ends with its command. Without one, what the command left behind is looked for. */
  #endRest(): void {
    if (this.#kind === "bubblewrap" || this.#pid === undefined) return;
    signal(-this.#pid, "SIGKILL");
    endAll(() => markedWith(this.#mark));
  }
}

/** A process, its descendants in order of their depth-first descent, and what carries the mark. */
function membersOf(pid: number, mark: string): number[] {
  return [...new Set([pid, ...descendantsOf(pid), ...markedWith(mark)])];
}
