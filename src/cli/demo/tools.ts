import { spawn } from "node:child_process";

/** A command that did not end with 0, with all that it printed. */
export class CommandError extends Error {
  constructor(command: string, code: number | null, output: string) {
    super(`${command} ended with ${code}:\n${output.trimEnd()}`);
  }
}

/** Run a command to its end; answers what it printed. Nothing of it is shown unless it fails. */
export function run(command: string, args: readonly string[], { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(output) : reject(new CommandError([command, ...args].join(" "), code, output))));
  });
}

/** Ask until there is an answer; what is asked for happens by itself, in its own time. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, seconds = 120): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`${what}: not within ${seconds} seconds`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
