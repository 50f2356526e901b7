import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Server {
  readonly name: "slipway" | "moto";
  readonly port: number;
  /** From the start of the process until it answers. */
  readonly readyMs: number;
  /** Resident memory, in bytes. */
  memory(): number;
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Ours: built where it has been built. */
export async function startSlipway(): Promise<Server> {
  const built = join(ROOT, "dist", "main.js");
  const main = existsSync(built) ? built : join(ROOT, "src", "main.ts");
  const env = { ...process.env, PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter) };
  const folder = mkdtempSync(join(tmpdir(), "slipway-bench-"));
  const begun = performance.now();
  // As a user's shell does it: the first line of the file says how Node is to be started.
  const child = spawn(main, ["start", "--port", "0", "--data", folder, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
    env,
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (chunk) => resolve(String(chunk)));
    child.once("exit", (code) => reject(new Error(`slipway ended with ${code}`)));
  });
  const readyMs = performance.now() - begun;
  const { endpoint } = JSON.parse(line) as { endpoint: string };
  return {
    name: "slipway",
    port: Number(new URL(endpoint).port),
    readyMs,
    memory: () => residentMemory(child.pid!),
    stop: async () => {
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The moto server of the machine; undefined where there is none. */
export async function startMoto(): Promise<Server | undefined> {
  const port = await freePort();
  const begun = performance.now();
  const child = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const failed = new Promise<"absent">(
    (resolve) => void child.once("error", () => resolve("absent")).once("exit", () => resolve("absent")),
  );
  const ready = (async (): Promise<"ready"> => {
    for (;;) {
      const answers = await fetch(`http://127.0.0.1:${port}/moto-api/`).then(
        () => true,
        () => false,
      );
      if (answers) return "ready";
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  if ((await Promise.race([failed, ready])) === "absent") return undefined;
  const readyMs = performance.now() - begun;
  return { name: "moto", port, readyMs, memory: () => residentMemory(child.pid!), stop: () => ended(child) };
}

const ended = (child: ReturnType<typeof spawn>): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });

function residentMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024;
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
