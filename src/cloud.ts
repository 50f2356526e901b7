import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agents } from "./cloud/agents.ts";
import { codecommitRoute, compareRefs } from "./cloud/git.ts";
import { Listeners } from "./cloud/listeners.ts";
import { Parking } from "./cloud/parking.ts";
import { pipelineWebhookRoute } from "./cloud/pipeline-webhooks.ts";
import { keepRootKey, writeRootKey } from "./cloud/root-key.ts";
import { codebuildRoute, codeRoute, customResourceRoute, hookPayloadRoute } from "./cloud/routes.ts";
import { seedOf } from "./cloud/seed.ts";
import { releaseWorkspaces } from "./cloud/workspaces.ts";
import type { ClockHold, HandsBackend, PlacedJob } from "./compute/backend.ts";
import { isOver, type Job, type JobSpec, jobs, stopJob } from "./compute/job.ts";
import { type RealHands, startHands } from "./compute/real.ts";
import { compute } from "./compute/service.ts";
import { controlRoute } from "./control/control.ts";
import { isLoopback } from "./control/loopback.ts";
import { insights } from "./insights/service.ts";
import { FileBlobs } from "./kernel/blob.ts";
import { Clock, type ClockMode, realNow } from "./kernel/clock.ts";
import { Disk, type Durability } from "./kernel/disk.ts";
import { Drive } from "./kernel/drive.ts";
import { Kernel } from "./kernel/kernel.ts";
import type { Service } from "./kernel/service.ts";
import { type Partition, partitionOf } from "./kernel/table.ts";
import { pollHostCommand } from "./services/codedeploy-commands/api.ts";
import { services } from "./services/index.ts";
import { assumeForService, type Credentials } from "./services/sts/api.ts";
import type { Backend } from "./wire/backend.ts";
import { createWire } from "./wire/server.ts";

export interface CloudOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
  /** Where the state is kept; in a temporary folder, removed at the end, where there is none. */
  readonly folder?: string;
  readonly clock: ClockMode;
  /** The instant at which a virtual clock starts, in milliseconds. */
  readonly startAt?: number;
  readonly trust: "open" | "signed" | "enforced";
  readonly durability: Durability;
  /** By default 1, or one of the data folder's own where signatures are checked. */
  readonly seed?: number;
  readonly allowRealKeys: boolean;
  /** Types of resource that stacks keep as declared though nothing carries them out, such as AWS::EC2::*. */
  readonly recordedTypes?: readonly string[];
  /** Instead of every service that there is. */
  readonly services?: readonly Service[];
}

const VERSION = "0.1.0";
const NOWHERE: Partition = { account: "", region: "" };
const BLOB_COLLECTION_MS = 600_000;
/** A warm function keeps the keys that it was started with. */
const JOB_KEYS_SECONDS = 43_200;

/** A cloud that runs in this process: the kernel, the wire, the hands and the data plane, put together. */
export class Cloud {
  readonly kernel: Kernel;
  readonly drive: Drive;
  readonly folder: string;
  endpoint = "";
  /** The AWS credentials file with the root user's access key; none where any key is accepted. */
  credentials: string | undefined;
  #server: Server | undefined;
  #hands: RealHands | undefined;
  readonly #disk: Disk;
  readonly #options: CloudOptions;
  readonly #closers: (() => void | Promise<void>)[] = [];
  readonly #credentials = new Map<string, Credentials>();
  readonly #parking = new Parking();
  readonly #agents: Agents;

  static async start(options: CloudOptions): Promise<Cloud> {
    if (options.trust === "open" && !isLoopback(options.host)) {
      throw new Error(`listening on ${options.host} needs --trust signed or enforced: anybody could run code here`);
    }
    const server = createServer();
    const door = Promise.withResolvers<RequestListener>();
    // The port is taken before the ledger is read: whoever asks meanwhile waits, and is answered.
    server.on("request", (request, response) => void door.promise.then((answer) => answer(request, response)));
    await new Promise<void>((resolve, reject) =>
      server.once("error", (error) => reject(sayTaken(error, options.port))).listen(options.port, options.host, resolve),
    );
    const { port } = server.address() as AddressInfo;
    try {
      const cloud = new Cloud(options, `http://${reachableAt(options.host)}:${port}`);
      door.resolve(await cloud.#open(server));
      return cloud;
    } catch (error) {
      server.close();
      throw error;
    }
  }

  private constructor(options: CloudOptions, endpoint: string) {
    this.#options = options;
    this.endpoint = endpoint;
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), "slipway-"));
    this.#disk = openDisk(join(this.folder, "ledger.db"), options.durability);
    const { trust, clock, startAt, recordedTypes = [] } = options;
    const seed = seedOf(this.folder, trust, options.seed);
    this.kernel = new Kernel({
      disk: this.#disk,
      blobs: new FileBlobs(join(this.folder, "blobs"), options.durability === "full"),
      clock: new Clock(clock, this.#disk.meta("now") === undefined ? startAt : Number(this.#disk.meta("now"))),
      services: [compute(), insights, ...(options.services ?? services)],
      settings: { endpoint, seed, trust, recordedTypes },
    });
    this.drive = new Drive(this.kernel, stopSinceTheDiskRefused);
    this.#agents = new Agents(this.kernel);
    this.#closers.push(() => this.#agents.close());
  }

  /** Stop what runs, write what is left to write. */
  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    this.#server?.close();
    for (const close of this.#closers) await close();
    await this.#hands?.close();
    this.drive.stop();
    this.#disk.close();
    if (this.#options.folder === undefined) rmSync(this.folder, { recursive: true, force: true });
  }

  async #open(server: Server): Promise<RequestListener> {
    this.#server = server;
    const hasKeys = this.kernel.registry.services.some(({ name }) => name === "iam");
    if (this.#options.trust !== "open" && hasKeys) this.credentials = await writeRootKey(this.drive, this.folder);
    this.#hands = await startHands(this.#handsBackend());
    const control = controlRoute({
      kernel: this.kernel,
      drive: this.drive,
      version: VERSION,
      credentials: this.credentials,
      reset: (account) => this.#reset(account),
    });
    this.#closers.push(releaseWorkspaces(this.kernel, this.#hands));
    const listeners = new Listeners(this.drive, this.#hands.connect);
    this.#closers.push(() => listeners.close());
    const git = codecommitRoute(this.drive, this.#hands.repositories);
    await compareRefs(this.drive, this.#hands.repositories);
    const { drive, kernel } = this;
    const answering = [
      customResourceRoute(drive),
      codeRoute(kernel),
      hookPayloadRoute(kernel),
      codebuildRoute(drive),
      pipelineWebhookRoute(drive),
    ];
    const routes = [control, ...answering, git];
    const wire = createWire(this.#wireBackend(), { routes, allowRealKeys: this.#options.allowRealKeys });
    server.keepAliveTimeout = 60_000;
    const collection = setInterval(() => this.kernel.collectBlobs(), BLOB_COLLECTION_MS).unref();
    this.#closers.push(() => clearInterval(collection));
    return (request, response) => {
      if (isForeignPage(request.headers.origin)) response.writeHead(403).end("Slipway does not answer pages of other sites.\n");
      else wire.handle(request, response);
    };
  }

  #wireBackend(): Backend {
    const { kernel, drive } = this;
    const nowhere = kernel.scope(NOWHERE);
    return {
      services: kernel.registry.services,
      blobs: kernel.blobs,
      trust: this.#options.trust,
      now: realNow,
      identify: (accessKeyId, sessionToken) => kernel.registry.key(nowhere, accessKeyId, sessionToken),
      authorize: (caller, action, resource, context) => kernel.registry.authorize(nowhere, caller, action, resource, context),
      call: (_service, operation, input, caller, signal) => {
        const carryOut = (): unknown => drive.call(operation, input, caller, signal);
        const call = operation === pollHostCommand ? (): unknown => this.#agents.watch(input, carryOut) : carryOut;
        return this.#parking.knows(caller.accessKeyId) ? this.#parking.watch(caller.accessKeyId, operation, input, call) : call();
      },
    };
  }

  #handsBackend(): HandsBackend {
    const { kernel, drive } = this;
    return {
      blobs: kernel.blobs,
      endpoint: this.endpoint,
      folder: this.folder,
      commit: (partition, work) => kernel.commit(partition, work),
      durable: async () => drive.durable(),
      jobs: () => this.#jobs(),
      onJobsChanged: (listener) => this.#onJobsChanged(listener),
      holdClock: (jobId, spec) => this.#hold(jobId, spec),
      credentials: (identity) => {
        const key = JSON.stringify(identity);
        const known = this.#credentials.get(key);
        if (known !== undefined && known.expiresAt - realNow() > 900_000) return known;
        const { accountId: account, region, roleArn, sessionName } = identity;
        const role = roleArn ?? `arn:aws:iam::${account}:role/slipway`;
        const issued = kernel.commit({ account, region }, (scope) =>
          assumeForService(scope, role, sessionName, { durationSeconds: JOB_KEYS_SECONDS }),
        );
        this.#credentials.set(key, issued);
        this.#parking.name(issued.accessKeyId, key);
        return issued;
      },
      log: (partition, { group, stream }, lines) =>
        kernel.commit(partition, (scope) => {
          for (const { at, message } of lines) scope.log({ group, stream, message }, at);
        }),
      now: () => kernel.clock.now(),
    };
  }

  #hold(jobId: string, spec: JobSpec): ClockHold {
    const hold = this.kernel.clock.hold(jobId);
    if (!("identity" in spec)) return hold;
    const identity = JSON.stringify(spec.identity);
    this.#parking.enter(identity, jobId, hold);
    const release = (): void => {
      this.#parking.leave(identity, jobId);
      hold.release();
    };
    return { ...hold, release };
  }

  #jobs(): PlacedJob[] {
    const { store } = this.kernel;
    return store.paths(jobs, `${jobs.name}:`).map((path) => ({ partition: partitionOf(path), job: store.get(jobs, path)! }));
  }

  #onJobsChanged(listener: (job: Job, partition: Partition) => void): () => void {
    const head = `${jobs.name}:`;
    return this.kernel.watch((changed) => {
      for (const path of changed) {
        const job = path.startsWith(head) ? this.kernel.store.get(jobs, path) : undefined;
        if (job !== undefined) listener(job, partitionOf(path));
      }
    });
  }

  /** Stop what runs for the account (or for all), then forget its rows. */
  async #reset(account?: string): Promise<number> {
    const { kernel } = this;
    const mine = (): PlacedJob[] =>
      this.#jobs().filter(({ job, partition }) => !isOver(job) && (account ?? partition.account) === partition.account);
    for (const { job, partition } of mine()) kernel.commit(partition, (scope) => stopJob(scope, job.id));
    for (let tries = 0; tries < 500 && mine().length > 0; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
    const forget = (): number => kernel.reset(account);
    const removed = this.credentials === undefined ? forget() : keepRootKey(kernel, forget);
    this.#credentials.clear();
    await this.drive.durable();
    return removed;
  }
}

function sayTaken(error: Error, port: number): Error {
  if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") return error;
  return new Error(`port ${port} is taken; --port N takes another, --port 0 any that is free`);
}

/** A page that some site put into a browser of this machine; it could do anything here in its user's name. */
function isForeignPage(origin: string | undefined): boolean {
  if (origin === undefined) return false;
  const host = URL.parse(origin)?.hostname ?? "";
  return !isLoopback(host.replace(/^\[|\]$/g, "")) && !host.endsWith(".localhost");
}

/** Where clients on this machine reach what listens on a host. */
function reachableAt(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

function openDisk(path: string, durability: Durability): Disk {
  try {
    return new Disk(path, durability);
  } catch (error) {
    if (/locked|busy/i.test((error as Error).message)) throw new Error(`another Slipway uses ${path}`);
    throw new Error(`cannot use ${path}: ${(error as Error).message}`);
  }
}

/** What was answered is on disk; nothing may be answered any more. */
function stopSinceTheDiskRefused(error: unknown): void {
  process.stderr.write(`slipway: the disk refuses (${(error as Error).message}); stopping, so that nothing is answered that is not kept\n`);
  process.exit(74);
}
