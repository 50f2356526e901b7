import { appendFileSync, closeSync, mkdirSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { logStamp } from "../kernel/time.ts";
import { keepFiles, packArtifact } from "./artifact.ts";
import type { HandsBackend } from "./backend.ts";
import { confinedExisting, confinedPath } from "./confined.ts";
import { type Driver, type JobOutcome, stopped, type Task } from "./driver.ts";
import { commandEnvironment } from "./environment.ts";
import { type CommandOutput, type CommandSpec, type JobResult, jobs } from "./job.ts";
import { readLines } from "./lines.ts";
import type { Processes, SandboxedProcess } from "./process.ts";
import type { Repositories } from "./repository.ts";
import { placeInput, type Workspace, Workspaces } from "./workspace.ts";

/** bytes of a file that is kept as text. */
const TEXT_MAX = 256 * 1024;
/** Lines that a script may tell of itself; what comes then is not told. */
const PROGRESS_MAX = 1000;
/** Shorter texts are no secrets: to hide them would hide half of the log. */
const SECRET_MIN = 3;

type Outputs = NonNullable<JobResult["outputs"]>;

/**
 * Runs a shell script in a sandbox, in a directory that outlives it. Processes do not: what a script leaves in the
 * background ends with it. The script finds the directory's absolute path in SLIPWAY_WORKSPACE.
 */
export class CommandDriver implements Driver<CommandSpec> {
  readonly parallel = 60;
  readonly #backend: HandsBackend;
  readonly #processes: Processes;
  readonly #repositories: Repositories;
  readonly #workspaces: Workspaces;

  constructor(backend: HandsBackend, processes: Processes, repositories: Repositories) {
    this.#backend = backend;
    this.#processes = processes;
    this.#repositories = repositories;
    this.#workspaces = new Workspaces(backend.folder);
  }

  async run(task: Task<CommandSpec>): Promise<JobOutcome> {
    const { spec, signal } = task;
    const workspace = this.#workspaces.ensure(spec.workspace);
    await this.#prepare(spec, workspace);
    if (signal.aborted) return stopped();
    const running = this.#start(spec, workspace);
    const output = readLines(running.output, (lines) => this.#tell(task, lines));
    const ending = await endingOf(running, spec.timeoutMs, signal);
    await output;
    const result = { exitCode: await running.exited, outputs: await this.#keep(spec, workspace) };
    switch (ending) {
      case "stopped":
        return stopped(result);
      case "timed out":
        return { status: "TIMED_OUT", result, reason: `It did not end within ${spec.timeoutMs} ms.` };
      case "ended":
        return result.exitCode === 0
          ? { status: "SUCCEEDED", result }
          : { status: "FAILED", result, reason: `exit status ${result.exitCode}` };
    }
  }

  async close(): Promise<void> {}

  /** Remove a workspace; whoever owns it has taken what it wants. */
  releaseWorkspace(name: string): Promise<void> {
    return this.#workspaces.release(name);
  }

  /** At boot: remove the workspaces that nothing in the ledger asks for any more. */
  sweepWorkspaces(kept: ReadonlySet<string>): Promise<void> {
    return this.#workspaces.sweep(kept);
  }

  async #prepare({ inputs = [], checkout }: CommandSpec, { files, home }: Workspace): Promise<void> {
    for (const input of inputs) await placeInput(this.#backend.blobs, input.inHome ? home : files, input);
    if (checkout === undefined) return;
    const { repositoryId, commit, path, full = false } = checkout;
    await this.#repositories.checkout(repositoryId, commit, confinedPath(files, path), full);
  }

  #start(spec: CommandSpec, { files, home, tmp }: Workspace): SandboxedProcess {
    const { endpoint, folder } = this.#backend;
    const cwd = confinedExisting(files, spec.cwd ?? ".");
    if (cwd === undefined) throw new Error(`There is no directory ${spec.cwd} in the workspace.`);
    const access = { endpoint, identity: spec.identity, credentials: this.#backend.credentials(spec.identity) };
    const places = { home, tmp: this.#processes.sandbox.kind === "plain" ? tmp : "/tmp" };
    const env = commandEnvironment(access, places, { ...spec.env, SLIPWAY_WORKSPACE: files });
    const view = { writable: [files, home], tmp, hidden: [folder] };
    return this.#processes.start({ argv: [spec.shell ?? "sh", "-c", spec.script], cwd, env, view });
  }

  /** Lines of the log, and between them what the script says of itself. */
  #tell({ spec, job, partition }: Task<CommandSpec>, lines: readonly string[]): void {
    const { mark, saysAs } = spec;
    if (mark === undefined) return this.#log(spec, lines);
    let plain: string[] = [];
    for (const line of lines) {
      const at = line.indexOf(mark);
      // A command that ended without a line feed has its last words before the mark.
      if (at !== 0) plain.push(at < 0 ? line : line.slice(0, at));
      if (at < 0) continue;
      const text = line.slice(at + mark.length);
      if (saysAs !== undefined && text.startsWith("say ")) {
        plain.push(`${saysAs} ${logStamp(this.#backend.now())} ${text.slice("say ".length)}`);
        continue;
      }
      this.#log(spec, plain);
      plain = [];
      const progress = { at: this.#backend.now(), text };
      this.#backend.commit(partition, (scope) => {
        const { progress: told = [] } = jobs.get(scope, job.id) ?? {};
        if (jobs.get(scope, job.id)?.status === "RUNNING" && told.length < PROGRESS_MAX)
          jobs.patch(scope, job.id, { progress: [...told, progress] });
      });
    }
    this.#log(spec, plain);
  }

  #log({ log, logFile, workspace, identity, secrets = [] }: CommandSpec, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const hidden = secrets.filter(({ length }) => length >= SECRET_MIN);
    const shown = (line: string): string => hidden.reduce((text, secret) => text.replaceAll(secret, "***"), line);
    const messages = lines.map(shown);
    if (logFile !== undefined) {
      const file = confinedPath(this.#workspaces.ensure(workspace).files, logFile);
      mkdirSync(dirname(file), { recursive: true });
      appendFileSync(file, messages.map((message) => `${message}\n`).join(""));
    }
    if (log === undefined) return;
    const at = this.#backend.now();
    const partition = { account: identity.accountId, region: identity.region };
    this.#backend.log(
      partition,
      log,
      messages.map((message) => ({ at, message })),
    );
  }

  async #keep({ outputs = [] }: CommandSpec, workspace: Workspace): Promise<Outputs> {
    const kept: Record<string, Outputs[string]> = {};
    for (const output of outputs) {
      const found = await this.#keepOne(output, workspace);
      if (found !== undefined) kept[output.name] = found;
    }
    return kept;
  }

  async #keepOne(output: CommandOutput, { files, home }: Workspace): Promise<Outputs[string] | undefined> {
    const { blobs } = this.#backend;
    switch (output.type) {
      case "file":
        return textOf(files, output);
      case "zip":
        return packArtifact(blobs, output.inHome ? home : files, output);
      case "files": {
        const found = await keepFiles(blobs, output.inHome ? home : files, output);
        return found && { files: found };
      }
    }
  }
}

/** How a process came to its end: by itself, or by us. */
async function endingOf(running: SandboxedProcess, timeoutMs: number, signal: AbortSignal): Promise<"ended" | "timed out" | "stopped"> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const cut = AbortSignal.any([signal, timeout]);
  const stop = (): void => void running.stop();
  cut.addEventListener("abort", stop, { once: true });
  if (cut.aborted) stop();
  await running.exited;
  cut.removeEventListener("abort", stop);
  if (signal.aborted) return "stopped";
  return timeout.aborted ? "timed out" : "ended";
}

function textOf(files: string, { path }: Extract<CommandOutput, { type: "file" }>): { text: string } | undefined {
  const file = confinedExisting(files, path);
  // A pipe, say, would never be read to its end.
  if (file === undefined || !statSync(file).isFile()) return undefined;
  const bytes = Buffer.alloc(TEXT_MAX);
  const descriptor = openSync(file, "r");
  try {
    return { text: bytes.toString("utf8", 0, readSync(descriptor, bytes)) };
  } finally {
    closeSync(descriptor);
  }
}
