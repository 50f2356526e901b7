import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export const REGION = "eu-west-1";

/** What the ready line says. */
interface Ready {
  readonly endpoint: string;
  readonly credentials?: string;
}

/** A cloud in a process of its own, on a free port, that keeps nothing, and a folder for its clients. */
export class Server implements AsyncDisposable {
  readonly endpoint: string;
  /** Where root's access key is, where signatures are checked. */
  readonly credentials: string | undefined;
  /** A folder of this server's clients, gone when it stops. */
  readonly folder: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, { endpoint, credentials }: Ready) {
    this.#child = child;
    this.endpoint = endpoint;
    this.credentials = credentials;
    this.folder = mkdtempSync(join(tmpdir(), "slipway-clients-"));
  }

  static async start(...args: string[]): Promise<Server> {
    const child = spawn(process.execPath, [MAIN, "start", "--ephemeral", "--port", "0", "--json", ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ready = await new Promise<Ready>((resolve, reject) => {
      child.stdout!.once("data", (line) => resolve(JSON.parse(String(line))));
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    });
    return new Server(child, ready);
  }

  /** Root's access key, where signatures are checked. */
  rootKey(): { accessKeyId: string; secretAccessKey: string } {
    const [, accessKeyId, secretAccessKey] = /_id = (\S+)\n\S+ = (\S+)\n/.exec(readFileSync(this.credentials!, "utf8"))!;
    return { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! };
  }

  /** A folder of the given name for files of a client. */
  makeFolder(name: string): string {
    const folder = join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** What a client of an account finds in its environment; nothing of the user's own accounts, settings or caches. */
  environment(account: string): NodeJS.ProcessEnv {
    const home = this.makeFolder("home");
    const gitConfig = join(home, "gitconfig");
    writeFileSync(gitConfig, "[user]\n\tname = Developer\n\temail = developer@example.com\n[init]\n\tdefaultBranch = main\n");
    return {
      PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
      // Python looks for a user's own packages in it.
      HOME: process.env["HOME"],
      TMPDIR: tmpdir(),
      CDK_HOME: home,
      CDK_DISABLE_CLI_TELEMETRY: "true",
      NO_COLOR: "1",
      GIT_CONFIG_GLOBAL: gitConfig,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      AWS_CONFIG_FILE: join(home, "config"),
      AWS_SHARED_CREDENTIALS_FILE: join(home, "credentials"),
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: account,
      AWS_SECRET_ACCESS_KEY: "slipway",
      AWS_EC2_METADATA_DISABLED: "true",
      CDK_DEFAULT_ACCOUNT: account,
      CDK_DEFAULT_REGION: REGION,
      AWS_PAGER: "",
    };
  }

  /** Ask /_slipway something. A body makes it a POST. */
  async ask(path: string, body?: object): Promise<any> {
    const response = await fetch(`${this.endpoint}/_slipway/${path}`, body && { method: "POST", body: JSON.stringify(body) });
    const answer = (await response.json()) as { error?: string };
    if (!response.ok) throw new Error(answer.error);
    return answer;
  }

  /** Wait until an event of a service has happened in an account whose detail has the given members. */
  async happened(account: string, source: string, detail: Readonly<Record<string, string>>, seconds = 40): Promise<void> {
    const wanted = Object.entries(detail);
    let after = "";
    await until(
      `${source} ${JSON.stringify(detail)}`,
      async () => {
        const { events, next } = await this.ask(`events?account=${account}&region=${REGION}${after}`);
        if (next !== undefined) after = `&after=${next}`;
        const matches = (event: any) => event.source === source && wanted.every(([name, value]) => event.detail[name] === value);
        return events.some(matches) ? true : undefined;
      },
      seconds,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = new Promise((resolve) => this.#child.once("exit", resolve));
      this.#child.kill("SIGTERM");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** How a command ended, and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** What it reads from its standard input. */
  readonly input?: string;
}

/** Run a command to its end, however it ends. */
export function attempt(command: string, args: readonly string[], { env, cwd, input = "" }: Surroundings): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (piece) => {
      stdout += piece;
    });
    child.stderr.setEncoding("utf8").on("data", (piece) => {
      stderr += piece;
    });
    // A command may end before it has read its input.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Run a command that must end well; answers what it printed to standard output. */
export async function run(command: string, args: readonly string[], surroundings: Surroundings): Promise<string> {
  const { code, stdout, stderr } = await attempt(command, args, surroundings);
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** Ask until there is an answer; what is asked for happens by itself, in its own time. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, seconds = 20): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`${what}: not within ${seconds} seconds`);
    await pause(50);
  }
}
