import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { attempt, type Ended } from "./server.ts";

/** An AWS CLI of this machine. */
export interface Cli {
  readonly path: string;
  readonly version: string;
  /** The Python that can import it; undefined where it is a program of its own. */
  readonly python: string | undefined;
}

/** The AWS CLIs of this machine, by major version: the first of each on PATH, or the one that Debian brings. */
export function findClis(): Map<number, Cli> {
  const found = new Map<number, Cli>();
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin"];
  for (const folder of new Set(folders)) {
    const path = join(folder, "aws");
    if (!existsSync(path)) continue;
    const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
    const [, version, major] = /aws-cli\/((\d+)\S+)/.exec(stdout ?? "") ?? [];
    if (version !== undefined && !found.has(Number(major))) found.set(Number(major), { path, version, python: pythonOf(path, version) });
  }
  return found;
}

function pythonOf(path: string, version: string): string | undefined {
  const [, named] = /^#!\s*(\S*python\S*)/.exec(readFileSync(path, "latin1").slice(0, 200)) ?? [];
  const print = ["-c", "import awscli; print(awscli.__version__)"];
  return [named ?? "python3", "python3"].find((python) => spawnSync(python, print, { encoding: "utf8" }).stdout?.trim() === version);
}

/**
 * Runs one CLI, unmodified, many times. Its start-up is most of what a call costs; where its Python is known, it is paid
 * once.
 */
export class CliRunner {
  readonly #cli: Cli;
  readonly #folder = mkdtempSync(join(tmpdir(), "slipway-aws-cli-"));
  readonly #ends = new Map<number, (code: number) => void>();
  #process: ChildProcess | undefined;
  #calls = 0;

  constructor(cli: Cli) {
    this.#cli = cli;
  }

  async attempt(argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<Ended> {
    if (this.#cli.python === undefined) return attempt(this.#cli.path, argv, { env, cwd });
    this.#process ??= this.#start(this.#cli.python, env);
    const id = ++this.#calls;
    const [stdout, stderr] = [join(this.#folder, `${id}.out`), join(this.#folder, `${id}.err`)];
    const code = await new Promise<number>((resolve) => {
      this.#ends.set(id, resolve);
      this.#process!.stdin!.write(`${JSON.stringify({ id, argv, env, cwd, stdout, stderr })}\n`);
    });
    return { code, stdout: readFileSync(stdout, "utf8"), stderr: readFileSync(stderr, "utf8") };
  }

  close(): void {
    this.#process?.stdin?.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(python: string, env: NodeJS.ProcessEnv): ChildProcess {
    const child = spawn(python, [join(import.meta.dirname, "aws_cli.py")], { env, stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const { id, code } = JSON.parse(line);
      this.#ends.get(id)?.(code);
      this.#ends.delete(id);
    });
    return child;
  }
}
