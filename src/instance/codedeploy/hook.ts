import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, appendFileSync, chmodSync, constants, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { getSystemErrorMessage } from "node:util";
import type { Script } from "./appspec.ts";

/** As CodeDeploy reads them. */
export const ERROR = { missing: 1, notExecutable: 2, timedOut: 3, failed: 4, unknown: 5, leftOpen: 6, restarted: 7 } as const;

const LOG_MAX = 2_048;

/** A script that did not do what it should: what CodeDeploy is told. */
export class ScriptError extends Error {
  readonly code: number;
  readonly scriptName: string;
  readonly log: string;

  constructor(code: number, scriptName: string, log: string, message: string) {
    super(message);
    this.code = code;
    this.scriptName = scriptName;
    this.log = log;
  }
}

/** The last lines of what scripts write, and a file with all of it. */
class ScriptLog {
  readonly #file: string;
  readonly #say: (line: string) => void;
  #tail: string[] = [];

  constructor(file: string, say: (line: string) => void) {
    this.#file = file;
    this.#say = say;
    mkdirSync(dirname(file), { recursive: true });
  }

  add(line: string): void {
    appendFileSync(this.#file, `${new Date().toISOString().slice(0, 19).replace("T", " ")} ${line}\n`);
    this.#say(line);
    this.#tail.push(`${line}\n`);
    // Whole lines only: of one that is too long nothing is left, as with AWS's agent.
    while (this.text.length >= LOG_MAX) this.#tail.shift();
  }

  get text(): string {
    return this.#tail.join("");
  }
}

/** Run the scripts of a life-cycle event, one after the other. */
export async function runScripts(
  event: string,
  scripts: readonly Script[],
  archive: string,
  env: Record<string, string>,
  logFile: string,
  say: (line: string) => void,
): Promise<void> {
  const log = new ScriptLog(logFile, say);
  log.add(`LifecycleEvent - ${event}`);
  for (const script of scripts) {
    const path = join(archive, script.location);
    if (!existsSync(path))
      throw new ScriptError(ERROR.missing, script.location, log.text, `Script does not exist at specified location: ${path}`);
    makeExecutable(script, path, log);
    log.add(`Script - ${script.location}`);
    await runScript(script, path, env, log);
  }
}

function makeExecutable({ location }: Script, path: string, log: ScriptLog): void {
  try {
    accessSync(path, constants.X_OK);
    return;
  } catch {
    // It may only lack the mode, as what comes out of a zip file often does.
  }
  try {
    chmodSync(path, 0o755);
  } catch {
    throw new ScriptError(ERROR.notExecutable, location, log.text, `Unable to set script at specified location: ${location} as executable`);
  }
}

async function runScript(
  { location, runas, sudo, timeoutSeconds }: Script,
  path: string,
  env: Record<string, string>,
  log: ScriptLog,
): Promise<void> {
  const argv = argvOf(`${sudo ? "sudo " : ""}${runas === undefined ? "" : `su ${runas} -c `}${path}`);
  const name = `Script at specified location: ${location}`;
  const who = runas === undefined ? name : `${name} run as user ${runas}`;
  // A group of its own: what does not end in time is ended with all that it has started.
  const child = spawn(argv[0]!, argv.slice(1), { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const notStarted = new Promise<never>((_, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const message = getSystemErrorMessage(error.errno!).replace(/^./, (char) => char.toUpperCase());
      reject(
        new ScriptError(
          ERROR.failed,
          location,
          log.text,
          `${who} failed with error Errno::${error.code} with message ${message} - ${argv[0]}`,
        ),
      );
    });
  });
  const exited = new Promise<readonly [number | null]>((resolve) => void child.once("exit", (code) => resolve([code])));
  const until = Date.now() + timeoutSeconds * 1000;
  const closed = [read(child.stdout, (line) => log.add(`[stdout]${line}`)), read(child.stderr, (line) => log.add(`[stderr]${line}`))];
  const exit = await Promise.race([exited, notStarted, after(until)]);
  if (exit === "late") {
    process.kill(-child.pid!, "SIGTERM");
    throw new ScriptError(ERROR.timedOut, location, log.text, `${name} failed to complete in ${timeoutSeconds} seconds`);
  }
  for (const [index, stream] of closed.entries()) {
    if ((await Promise.race([stream, after(until)])) !== "late") continue;
    throw new ScriptError(ERROR.leftOpen, location, log.text, `${name} failed to close ${index === 0 ? "STDOUT" : "STDERR"}`);
  }
  const [code] = exit;
  if (code !== 0) throw new ScriptError(ERROR.failed, location, log.text, `${who} failed with exit code ${code ?? ""}`);
}

/** AWS's agent gives Ruby a line, and no file: a location with a blank is a program and its argument, and one with a sign of the shell's is the shell's. */
const argvOf = (line: string): string[] => (/[*?{}[\]<>()~&|\\$;'`"\n#=%]/.test(line) ? ["sh", "-c", line] : line.split(/\s+/));

const read = (stream: Readable, take: (line: string) => void): Promise<unknown> => once(createInterface(stream).on("line", take), "close");

const after = (instant: number): Promise<"late"> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, instant - Date.now()), "late").unref());
