import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createConnection } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { goThrough, openDoor } from "../instance/door.ts";
import type { HandsBackend } from "./backend.ts";
import { type Driver, type JobOutcome, stopped, type Task } from "./driver.ts";
import { instanceEnvironment, SYSTEM_PATH, searchPath } from "./environment.ts";
import type { InstanceCommandDriver } from "./instance-command.ts";
import { InstanceConsole } from "./instance-console.ts";
import { MetadataService } from "./instance-metadata.ts";
import { furnish, INSIDE, type InstancePlaces, instanceCommand, probeInstanceSandbox } from "./instance-sandbox.ts";
import { type InstanceSpec, jobs } from "./job.ts";
import type { Processes, SandboxedProcess } from "./process.ts";

/** One that runs, and how it is reached. */
interface Running {
  readonly door?: string;
}

/** As sources, or bundled. */
const EXTENSION = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const PROGRAMS = fileURLToPath(new URL("../instance", import.meta.url));
/** Longer than the time an operating system is given to shut down is not waited. */
const SHUTDOWN_MS = 2_000;

/** User data that takes longer, in real time, does not keep the clock from being moved: it may be a server that never ends. */
const BOOT_MAX_MS = 20_000;

/**
 * Runs EC2 instances: each a tree of processes in a root directory and a network of its own, as far as bubblewrap makes
 * one; without it, plain processes of this machine, whose ports are the machine's. The directory outlives the processes.
 */
export class InstanceDriver implements Driver<InstanceSpec> {
  readonly parallel = 500;
  readonly #backend: HandsBackend;
  readonly #processes: Processes;
  readonly #folder: string;
  readonly #commands: InstanceCommandDriver | undefined;
  readonly #running = new Map<string, Running>();
  /** How to call bubblewrap, once somebody wanted to know. */
  #call: readonly string[] | undefined | "unknown" = "unknown";

  /** `commands` is asked by instances for what they are to run. */
  constructor(backend: HandsBackend, processes: Processes, commands?: InstanceCommandDriver) {
    this.#commands = commands;
    this.#backend = backend;
    this.#processes = processes;
    this.#folder = join(backend.folder, "instances");
  }

  async run(task: Task<InstanceSpec>): Promise<JobOutcome> {
    const { instanceId, hostName } = task.spec;
    const folder = join(this.#folder, instanceId);
    const places = { root: join(folder, "root"), local: join(folder, "local"), door: newDoor(folder), programs: PROGRAMS };
    for (const path of [places.root, places.local]) mkdirSync(path, { recursive: true });
    const call = this.#sandboxCall();
    if (call !== undefined) furnish(places, hostName);
    // A command tells of itself as long as it runs.
    const metadata = createServer({ requestTimeout: 0 }, (request, response) => service.handle(request, response));
    const hold = this.#holdWhileItBoots(task);
    const service = new MetadataService(this.#metadataSource(task, hold.release));
    const servers: { close(): unknown }[] = [metadata];
    try {
      if (call === undefined) await listen(metadata, { port: 0, host: "127.0.0.1" });
      else servers.push(...(await this.#openDoor(metadata, places)));
      if (task.signal.aborted) return stopped();
      const running = this.#start(task.spec, places, call, metadata);
      this.#running.set(instanceId, call === undefined ? {} : { door: join(places.door, "in") });
      return await this.#watch(task, running);
    } finally {
      hold.release();
      this.#running.delete(instanceId);
      for (const server of servers) server.close();
      metadata.closeAllConnections();
      rmSync(places.door, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {}

  /** A connection to a port of an instance; rejects as a connection to a machine that is not there does. */
  async connect(instanceId: string, port: number): Promise<Duplex> {
    const running = this.#running.get(instanceId);
    if (running === undefined) throw Object.assign(new Error(`connect EHOSTUNREACH ${instanceId}`), { code: "EHOSTUNREACH" });
    return running.door === undefined ? connectHere(port) : goThrough(running.door, `127.0.0.1:${port}`);
  }

  /** Remove the files of an instance that is terminated. */
  async release(instanceId: string): Promise<void> {
    await rm(join(this.#folder, instanceId), { recursive: true, force: true, maxRetries: 3 });
  }

  /** At boot: remove the files of all but those that are named, and the doors of an earlier life. */
  async sweep(kept: ReadonlySet<string>): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    for (const id of readdirSync(this.#folder)) {
      removeDoor(join(this.#folder, id));
      if (!kept.has(id)) await this.release(id);
    }
  }

  /** What user data takes is time of the cloud's. */
  #holdWhileItBoots({ job, spec }: Task<InstanceSpec>): { release(): void } {
    const hold = this.#backend.holdClock(job.id, spec);
    const timer = setTimeout(() => hold.release(), BOOT_MAX_MS).unref();
    return {
      release: () => {
        clearTimeout(timer);
        hold.release();
      },
    };
  }

  #sandboxCall(): readonly string[] | undefined {
    if (this.#call === "unknown") this.#call = this.#processes.sandbox.kind === "plain" ? undefined : probeInstanceSandbox();
    return this.#call;
  }

  /** The sockets by which the instance and the outside reach each other; what is inbound it opens itself. */
  async #openDoor(metadata: Server, { door }: InstancePlaces) {
    await listen(metadata, { path: join(door, "metadata") });
    return [await openDoor(join(door, "out"))];
  }

  #start(spec: InstanceSpec, places: InstancePlaces, call: readonly string[] | undefined, metadata: Server): SandboxedProcess {
    const { endpoint, folder } = this.#backend;
    const { root, door, programs } = places;
    const inside = call !== undefined;
    const address = metadata.address();
    const start = {
      endpoint,
      ...(inside ? { door: INSIDE.door } : { metadata: `http://127.0.0.1:${(address as AddressInfo).port}` }),
      root: inside ? "/" : root,
      ...(spec.userData !== undefined && { userData: spec.userData }),
      programs: spec.programs,
    };
    writeFileSync(join(door, "start.json"), JSON.stringify(start));
    const env = {
      ...instanceEnvironment(endpoint, spec.region),
      PATH: inside ? [...SYSTEM_PATH, INSIDE.node].join(delimiter) : searchPath(),
      HOME: inside ? "/root" : root,
    };
    const init = `init${EXTENSION}`;
    if (!inside) {
      const argv = [process.execPath, join(programs, init), join(door, "start.json")];
      return this.#processes.start({ argv, cwd: root, env, view: "plain" });
    }
    const argv = [`${INSIDE.node}/node`, `${INSIDE.programs}/${init}`, `${INSIDE.door}/start.json`];
    return this.#processes.start({ argv: instanceCommand(call, argv, spec.hostName, places, [folder]), cwd: "/", env, view: "bubblewrap" });
  }

  async #watch({ spec, partition, signal }: Task<InstanceSpec>, running: SandboxedProcess): Promise<JobOutcome> {
    const console = new InstanceConsole(this.#backend, partition, spec.instanceId);
    const output = console.read(running.output);
    const stop = (): void => void running.stop(SHUTDOWN_MS);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const code = await running.exited;
    await output;
    return signal.aborted ? stopped({ exitCode: code }) : { status: "FAILED", reason: `Its first process ended with ${code}.` };
  }

  #metadataSource({ job, spec, partition }: Task<InstanceSpec>, booted: () => void) {
    const now = (): InstanceSpec => {
      const row = this.#backend.jobs().find((one) => one.job.id === job.id && one.partition.account === partition.account);
      return row?.job.spec.type === "instance" ? row.job.spec : spec;
    };
    return {
      spec: now,
      credentials: (identity: Parameters<HandsBackend["credentials"]>[0]) => this.#backend.credentials(identity),
      commands: (path: string, request: IncomingMessage, response: ServerResponse) =>
        this.#commands?.handle(spec.instanceId, path, request, response),
      ready: () =>
        this.#backend.commit(partition, (scope) => {
          if (jobs.get(scope, job.id)?.status === "RUNNING") jobs.patch(scope, job.id, { readyAt: scope.clock.now() });
        }),
      booted,
    };
  }
}

/** The sockets lie where paths are short: the name of a socket has 107 bytes at most. The folder remembers where. */
function newDoor(folder: string): string {
  mkdirSync(folder, { recursive: true });
  removeDoor(folder);
  const door = mkdtempSync(join(tmpdir(), "slipway-door-"));
  writeFileSync(join(folder, "door"), door);
  return door;
}

function removeDoor(folder: string): void {
  try {
    const door = readFileSync(join(folder, "door"), "utf8");
    if (dirname(door) === tmpdir()) rmSync(door, { recursive: true, force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

const listen = (server: Server, where: { path: string } | { port: number; host: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, resolve);
  });

const connectHere = (port: number): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
