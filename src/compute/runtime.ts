import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { searchPath } from "./environment.ts";

/** Where a function's code and layers are, as it sees them. */
export interface FunctionPaths {
  readonly task: string;
  readonly opt: string;
}

/** How a runtime of Lambda is run on this machine. */
export interface RuntimeCommand {
  readonly argv: readonly string[];
  /** Where Lambda's runtime has the interpreter, which programs in layers begin with (#!/var/lang/bin/python). */
  readonly interpreter?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Such as nodejs:24.21.0: what really runs. */
  readonly version: string;
  /** One sentence, where that is not what the function asked for. */
  readonly warning?: string;
}

/** The folder with our runtime clients. */
export const RUNTIMES = fileURLToPath(new URL("./runtimes", import.meta.url));

interface Python {
  readonly path: string;
  /** Such as 3.13. */
  readonly version: string;
}

/** Finds what the machine has for the runtimes that functions name. */
export class Runtimes {
  readonly #pythons = new Map<string, Promise<Python | undefined>>();

  /** How to run it, or a sentence that says why it cannot be run. */
  async commandFor(runtime: string, paths: FunctionPaths, codeFolder: string, memoryMb: number): Promise<RuntimeCommand | string> {
    const [, family, version] = /^(nodejs|python|provided)(?:\.?(.*))?$/.exec(runtime) ?? [];
    switch (family) {
      case "nodejs":
        return nodeCommand(runtime, Number.parseInt(version!, 10), paths, memoryMb);
      case "python":
        return this.#pythonCommand(runtime, version!, paths);
      case "provided":
        return providedCommand(runtime, paths, codeFolder);
      default:
        return `The runtime ${runtime} is not implemented by Slipway; nodejs, python and provided are`;
    }
  }

  async #pythonCommand(runtime: string, version: string, { task, opt }: FunctionPaths): Promise<RuntimeCommand | string> {
    const python = (await this.#python(`python${version}`)) ?? (await this.#python("python3"));
    if (python === undefined) return `The runtime ${runtime} needs python3, which this machine does not have`;
    const env = {
      PYTHONPATH: `${opt}/python:${opt}/python/lib/python${python.version}/site-packages`,
      PYTHONNOUSERSITE: "1",
      LAMBDA_TASK_ROOT: task,
    };
    const warning = `Slipway: ${runtime} runs on Python ${python.version}, which is what this machine has.`;
    return {
      argv: [python.path, join(RUNTIMES, "python.py")],
      interpreter: "/var/lang/bin/python",
      env,
      version: `python:${python.version}`,
      ...(python.version !== version && { warning }),
    };
  }

  #python(name: string): Promise<Python | undefined> {
    let found = this.#pythons.get(name);
    if (found === undefined) {
      found = probePython(name);
      this.#pythons.set(name, found);
    }
    return found;
  }
}

/** Version managers put scripts before the interpreter that take longer than a cold start: ask for the real one. */
async function probePython(name: string): Promise<Python | undefined> {
  const ask = "import sys; print(sys.executable); print('%d.%d' % sys.version_info[:2])";
  try {
    const { stdout } = await promisify(execFile)(name, ["-c", ask], { env: { PATH: searchPath() }, timeout: 10_000 });
    const [path, version] = stdout.trim().split("\n");
    return { path: path!, version: version! };
  } catch {
    return undefined;
  }
}

function nodeCommand(runtime: string, major: number, { opt }: FunctionPaths, memoryMb: number): RuntimeCommand {
  const { node } = process.versions;
  const warning = `Slipway: ${runtime} runs on Node.js ${node}, which is what this machine has.`;
  return {
    argv: [process.execPath, ...heapOptions(memoryMb), join(RUNTIMES, "nodejs.mjs")],
    interpreter: "/var/lang/bin/node",
    env: {
      NODE_PATH: [`${opt}/nodejs/node${major}/node_modules`, `${opt}/nodejs/node_modules`].join(":"),
      // Lambda's own runtimes have the AWS SDK. Where we have it (it is not among our dependencies), so has the function.
      SLIPWAY_SDK_FROM: join(dirname(RUNTIMES), "index.js"),
    },
    version: `nodejs:${node}`,
    ...(Number.parseInt(node, 10) !== major && { warning }),
  };
}

/**
 * V8 sizes its heap by the memory of the machine, which on Lambda is the function's; on this machine it would let garbage
 * lie until the function is killed for it. https://nodejs.org/api/cli.html#--max-semi-space-sizesize-in-mib
 */
const heapOptions = (memoryMb: number): string[] => [
  `--max-old-space-size=${Math.ceil(memoryMb * 0.9)}`,
  `--max-semi-space-size=${Math.min(16, Math.ceil(memoryMb / 512))}`,
];

function providedCommand(runtime: string, { task }: FunctionPaths, codeFolder: string): RuntimeCommand | string {
  if (!existsSync(join(codeFolder, "bootstrap"))) return `Couldn't find valid bootstrap(s): [${task}/bootstrap]`;
  return { argv: [`${task}/bootstrap`], env: {}, version: `${runtime.replace(".", ":")}` };
}
