import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A program of the image: a module beside this one. */
export interface Program {
  readonly name: string;
  readonly module: string;
}

const AGAIN_AFTER_MS = 1_000;
const AGAIN_AFTER_MAX_MS = 30_000;
/** Whoever lived as long as this is started again at once. */
const HEALTHY_MS = 60_000;

/** Start a program, and start it again whenever it ends: later and later while it ends at once. */
export function keepRunning(program: Program, env: Record<string, string>, say: (line: string) => void, delayMs = AGAIN_AFTER_MS): void {
  const own = fileURLToPath(import.meta.url);
  const file = join(dirname(own), program.module + extname(own));
  if (!existsSync(file)) return say(`${program.name}: not installed`);
  const startedAt = performance.now();
  const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "inherit", "inherit"] });
  say(`${program.name}: started`);
  child.once("exit", (code, signal) => {
    const isHealthy = performance.now() - startedAt > HEALTHY_MS;
    const wait = isHealthy ? AGAIN_AFTER_MS : Math.min(delayMs * 2, AGAIN_AFTER_MAX_MS);
    say(`${program.name}: ended with ${code ?? signal}, starts again in ${wait} ms`);
    setTimeout(() => keepRunning(program, env, say, wait), wait);
  });
}
