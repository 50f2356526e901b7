import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { HandsBackend, IssuedCredentials } from "./backend.ts";
import type { UnpackedCode } from "./code.ts";
import { functionEnvironment } from "./environment.ts";
import { describeEnd, type EndDescription, type EnvironmentEvent as Event } from "./function-end.ts";
import { FunctionLog, reportLine } from "./function-log.ts";
import type { InvocationResult, InvokeSpec } from "./job.ts";
import { readLines } from "./lines.ts";
import type { Processes, SandboxedProcess } from "./process.ts";
import { type FunctionPaths, RUNTIMES, type RuntimeCommand, type Runtimes } from "./runtime.ts";
import { RuntimeApi } from "./runtime-api.ts";

/** What environments are made with. */
export interface Workshop {
  readonly backend: HandsBackend;
  readonly processes: Processes;
  readonly runtimes: Runtimes;
  readonly code: UnpackedCode;
}

/** How an invocation ended; only after `answered` may the environment be fit for another one. */
export interface InvocationEnd {
  readonly type: EndDescription["type"];
  readonly invocation: InvocationResult;
}

const MB = 1024 ** 2;
/** How long a runtime may take to start before the time counts as the invocation's. */
const INIT_MAX_MS = 10_000;
/** How long a runtime that reported an error may take to say that it goes on, or to exit. */
const GO_ON_MAX_MS = 500;

/** A function that goes on writing after its answer is not waited for. */
const DRAIN_ROUNDS_MAX = 100;

/** How often the memory of a busy environment is looked at. One that waits for its next invocation would be frozen on Lambda. */
const MEMORY_CHECK_MS = 200;

interface Started {
  readonly api: RuntimeApi;
  readonly process: SandboxedProcess;
  readonly folder: string;
  /** Those of now: an environment may outlive some. */
  readonly credentials: () => IssuedCredentials;
}

/** One execution environment: a process that serves one invocation at a time, for as long as all goes well. */
export class FunctionEnvironment {
  readonly #log: FunctionLog;
  readonly #api: RuntimeApi;
  readonly #process: SandboxedProcess;
  readonly #folder: string;
  readonly #credentials: () => IssuedCredentials;
  readonly #startedAt = performance.now();
  #initMs: number | undefined;
  /** In bytes; kept, since a process that has ended has none. */
  #peakMemory = 0;
  #isOutOfMemory = false;
  /** Counts the pieces of output read, to know when the pipe has run dry. */
  #pieces = 0;
  /** The wait that the next event ends; whether one for an invocation is such an event. */
  #waiter: { readonly done: (event: Event) => void; readonly forAsking: boolean } | undefined;
  /** Set when the process has ended or is to end: nothing more is to be asked of it. */
  #end: Event | undefined;

  private constructor(log: FunctionLog, started: Started) {
    this.#log = log;
    this.#api = started.api;
    this.#process = started.process;
    this.#folder = started.folder;
    this.#credentials = started.credentials;
    started.api.onEvent = (event) => this.#tell(event);
    const output = readLines(started.process.output, (lines) => {
      this.#pieces++;
      log.write(lines.map((line) => line.replaceAll("\r", "\n")));
    });
    void started.process.exited.then(async (code) => {
      await output;
      this.#tell({ type: "exited", code });
    });
  }

  get over(): boolean {
    return this.#end !== undefined;
  }

  /** Start one for the function of an invocation; answers a sentence where the machine cannot run its runtime. */
  static async start(workshop: Workshop, spec: InvokeSpec): Promise<FunctionEnvironment | string> {
    const { backend, processes, runtimes, code } = workshop;
    const codeFolder = await code.folderOf([spec.code]);
    const layers = spec.layers?.length ? await code.folderOf(spec.layers) : undefined;
    const sandboxed = processes.sandbox.kind !== "plain";
    const paths = sandboxed ? { task: "/var/task", opt: "/opt" } : { task: codeFolder, opt: layers ?? "/opt" };
    const command = await runtimes.commandFor(spec.runtime, paths, codeFolder, spec.memoryMb);
    if (typeof command === "string") return command;

    const id = randomBytes(16).toString("hex");
    const folder = join(backend.folder, "environments", id);
    mkdirSync(folder, { recursive: true });
    const stream = streamOf(spec, id, backend.now());
    const log = new FunctionLog(backend, partitionOf(spec), spec.log && { group: spec.log.group, stream });
    log.write([`INIT_START Runtime Version: ${command.version}`, ...(command.warning ? [command.warning] : [])]);
    const api = new RuntimeApi();
    const address = await api.listen();
    const mounts = [{ from: codeFolder, to: paths.task }, ...(layers === undefined ? [] : contentsAt(layers, paths.opt))];
    const links = command.interpreter === undefined ? [] : [{ from: command.argv[0]!, to: command.interpreter }];
    const credentials = (): IssuedCredentials => backend.credentials(spec.identity);
    const process = processes.start({
      argv: command.argv,
      cwd: paths.task,
      env: {
        ...environmentOf({ backend, credentials: credentials(), stream }, spec, command, paths),
        AWS_LAMBDA_RUNTIME_API: address,
        TMPDIR: sandboxed ? "/tmp" : folder,
      },
      view: { writable: [], readable: [RUNTIMES], mounts, links, tmp: folder, hidden: [backend.folder] },
    });
    return new FunctionEnvironment(log, { api, process, folder, credentials });
  }

  async invoke(spec: InvokeSpec, signal: AbortSignal): Promise<InvocationEnd> {
    const memoryCheck = setInterval(() => this.#checkMemory(spec.memoryMb), MEMORY_CHECK_MS);
    try {
      return await this.#invoke(spec, signal);
    } finally {
      clearInterval(memoryCheck);
    }
  }

  async #invoke(spec: InvokeSpec, signal: AbortSignal): Promise<InvocationEnd> {
    const isFirst = this.#initMs === undefined;
    const failure = isFirst ? await this.#initialize(signal) : undefined;
    this.#log.write([`START RequestId: ${spec.requestId} Version: ${spec.version}`]);
    const startedAt = performance.now();
    const event = failure ?? (await this.#ask(spec, signal));
    const durationMs = event.type === "timed out" ? spec.timeoutMs : performance.now() - startedAt;
    await this.#drain();
    this.#notePeak();
    const maxMemoryMb = this.#isOutOfMemory ? spec.memoryMb : Math.ceil(this.#peakMemory / MB);
    const initMs = isFirst ? this.#initMs : undefined;
    const measured = { durationMs, maxMemoryMb, ...(initMs !== undefined && { initMs }) };
    const { type, payload, functionError, lines, failure: failed } = describeEnd(event, spec);
    const report = { requestId: spec.requestId, memoryMb: spec.memoryMb, ...measured, ...(failed && { failure: failed }) };
    this.#log.write([...lines, `END RequestId: ${spec.requestId}`, reportLine(report)]);
    this.#log.flush();
    await this.#goOn(event);
    return { type, invocation: { payload, ...(functionError && { functionError }), logTail: this.#log.takeTail(), ...measured } };
  }

  async close(): Promise<void> {
    this.#end ??= { type: "stopped" };
    this.#api.close();
    await this.#process.stop(0);
    this.#log.flush();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Wait until the runtime is there, though not for ever; answers what came instead. */
  async #initialize(signal: AbortSignal): Promise<Event | undefined> {
    const event = await this.#wait({ timeoutMs: INIT_MAX_MS, signal, forAsking: true });
    return event.type === "asking" || event.type === "timed out" ? undefined : event;
  }

  /** What has more memory than its function may have is killed, as Linux does it on Lambda. */
  #checkMemory(memoryMb: number): void {
    this.#notePeak();
    if (this.#isOutOfMemory || !this.#process.exceeds(memoryMb * MB)) return;
    this.#isOutOfMemory = true;
    this.#process.kill();
  }

  #notePeak(): void {
    this.#peakMemory = Math.max(this.#peakMemory, this.#process.peakMemory());
  }

  #ask(spec: InvokeSpec, signal: AbortSignal): Promise<Event> {
    const event = this.#wait({ timeoutMs: spec.timeoutMs, signal, forAsking: false });
    this.#api.invoke({
      requestId: spec.requestId,
      functionArn: spec.functionArn,
      payload: payloadOf(spec, this.#credentials),
      deadlineAt: Date.now() + spec.timeoutMs,
      ...(spec.traceId !== undefined && { traceId: spec.traceId }),
      ...(spec.clientContext !== undefined && { clientContext: spec.clientContext }),
    });
    return event;
  }

  /** After an answer the environment lives on. A runtime that reported an error may be about to exit: wait until it says. */
  async #goOn({ type }: Event): Promise<void> {
    if (type === "response") return;
    if (type === "error") {
      const next = await this.#wait({ timeoutMs: GO_ON_MAX_MS, forAsking: true });
      if (next.type === "asking") return;
    }
    this.#end ??= { type: "stopped" };
  }

  #tell(event: Event): void {
    if (event.type === "asking") this.#initMs ??= performance.now() - this.#startedAt;
    if (event.type === "exited" || event.type === "init error") this.#end ??= event;
    if (event.type !== "asking" || this.#waiter?.forAsking) this.#waiter?.done(event);
  }

  /** What happens next; one wait at a time. */
  #wait({ timeoutMs, signal, forAsking }: { timeoutMs: number; signal?: AbortSignal; forAsking: boolean }): Promise<Event> {
    if (this.#end !== undefined) return Promise.resolve(this.#end);
    if (forAsking && this.#api.isAsking) return Promise.resolve({ type: "asking" });
    return new Promise((resolve) => {
      const done = (event: Event): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", stop);
        this.#waiter = undefined;
        resolve(event);
      };
      const stop = (): void => done({ type: "stopped" });
      const timer = setTimeout(() => done({ type: "timed out" }), timeoutMs);
      this.#waiter = { done, forAsking };
      if (signal?.aborted) stop();
      else signal?.addEventListener("abort", stop);
    });
  }

  /** What the function wrote before it answered is in the pipe: read it, so that it comes before END. */
  async #drain(): Promise<void> {
    let seen = -1;
    for (let round = 0; round < DRAIN_ROUNDS_MAX && seen !== this.#pieces; round++) {
      seen = this.#pieces;
      for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** What the function is sent: its payload, with its credentials where it wants them. */
function payloadOf({ payload, credentialsAt }: InvokeSpec, issue: () => IssuedCredentials): string {
  if (credentialsAt === undefined) return payload;
  const { accessKeyId, secretAccessKey, sessionToken } = issue();
  const credentials = { accessKeyId, secretAccessKey, sessionToken };
  const sent = JSON.parse(payload);
  for (const path of credentialsAt.paths) {
    const names = path.split("/");
    const last = names.pop()!;
    const place = names.reduce((found, name) => found[name], sent);
    place[last] = credentialsAt.as === "text" ? JSON.stringify(credentials) : credentials;
  }
  return JSON.stringify(sent);
}

/** Layers join what the machine has in /opt, which may be the interpreter itself. */
const contentsAt = (folder: string, to: string) => readdirSync(folder).map((name) => ({ from: join(folder, name), to: join(to, name) }));

const partitionOf = ({ identity }: InvokeSpec) => ({ account: identity.accountId, region: identity.region });

/** As Lambda names its log streams; a stream in the spec stands before it. */
function streamOf({ log, version }: InvokeSpec, id: string, now: number): string {
  const day = new Date(now).toISOString().slice(0, 10).replaceAll("-", "/");
  return `${log?.stream ?? ""}${day}/[${version}]${id}`;
}

/** The variables that Lambda sets; the function's own do not override them. */
function environmentOf(
  { backend, credentials, stream }: { backend: HandsBackend; credentials: IssuedCredentials; stream: string },
  spec: InvokeSpec,
  command: RuntimeCommand,
  paths: FunctionPaths,
): Record<string, string> {
  const access = { endpoint: backend.endpoint, identity: spec.identity, credentials };
  return {
    ...functionEnvironment(access, { ...command.env, ...spec.env }),
    AWS_EXECUTION_ENV: `AWS_Lambda_${spec.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: spec.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: spec.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: spec.log?.group ?? `/aws/lambda/${spec.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: stream,
    LAMBDA_TASK_ROOT: paths.task,
    LAMBDA_RUNTIME_DIR: RUNTIMES,
    _HANDLER: spec.handler,
  };
}
