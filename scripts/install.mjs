// What every script needs before it can start: the packages of the lock file, the generated src/sdk, and Node 24. Runs on Node 20.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
/** The Node that npm brings; the machine's own may be older. */
export const node = join(modules, "node", "bin", "node");
/** The environment in which `node` is that one, and the tools of node_modules are in reach. */
export const environment = {
  ...process.env,
  PATH: [dirname(node), join(modules, ".bin"), process.env.PATH].join(delimiter),
};

/** Install what is missing or not what the lock file says; nothing where everything is there. */
export function ensureInstalled() {
  if (!isInstalled()) must("npm", ["ci", "--no-audit", "--no-fund"]);
  if (!existsSync(join(root, "src", "sdk", "services.json"))) must(node, [join("scripts", "prepare.mjs")]);
}

/** Run a program in the project's folder and show what it says; answers its exit code, 124 where it took too long. */
export function run(command, args, { timeout } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env: environment, stdio: "inherit", timeout });
    // Ctrl-C reaches the whole process group; a signal to this process alone is passed on.
    const pass = (signal) => child.kill(signal);
    process.once("SIGTERM", pass);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      process.removeListener("SIGTERM", pass);
      resolve(code ?? (signal === "SIGTERM" ? 124 : 1));
    });
  });
}

/** Whether node_modules holds just what package-lock.json lists; packages of other platforms may be missing. */
function isInstalled() {
  if (!existsSync(node)) return false;
  const wanted = packagesOf(join(root, "package-lock.json"));
  const found = packagesOf(join(modules, ".package-lock.json"));
  const same = ([path, { version, optional }]) => (path in found ? found[path].version === version : optional === true);
  return Object.entries(wanted).every(same) && Object.keys(found).every((path) => path in wanted);
}

function packagesOf(file) {
  if (!existsSync(file)) return {};
  const { "": _ourselves, ...packages } = JSON.parse(readFileSync(file, "utf8")).packages;
  return packages;
}

function must(command, args) {
  process.stdout.write(`> ${[command, ...args].join(" ")}\n`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
