import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { searchPath } from "./environment.ts";
import { Processes, type SandboxedProcess } from "./process.ts";
import { MARK, startTimeOf } from "./process-tree.ts";
import { probeSandbox } from "./sandbox.ts";

const kinds = probeSandbox().kind === "plain" ? ["plain"] : ["plain", "bubblewrap"];
if (kinds.length === 1) console.warn("bubblewrap is not here: only plain processes are tested");

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-process-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An argument that no other process on the machine has. */
const unique = (): string => `unique-${process.hrtime.bigint()}`;

const isRunning = (name: string): boolean => commandLines().some((line) => line.includes(name));

const commandLines = (): string[] => readdirSync("/proc").flatMap((pid) => (/^\d+$/.test(pid) ? commandLineOf(pid) : []));

function commandLineOf(pid: string): string[] {
  try {
    return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()];
  } catch {
    return [];
  }
}

describe.each(kinds)("%s", (kind) => {
  let processes: Processes;

  beforeEach(() => {
    processes = new Processes(folder, { plain: kind === "plain", warn: () => {} });
  });

  afterEach(() => processes.close());

  function sh(script: string): SandboxedProcess {
    const [cwd, tmp] = [join(folder, "cwd"), join(folder, "tmp")];
    for (const path of [cwd, tmp]) mkdirSync(path, { recursive: true });
    return processes.start({
      argv: ["sh", "-c", script],
      cwd,
      env: { PATH: searchPath() },
      view: { writable: [cwd], tmp, hidden: [folder] },
    });
  }

  /** Runs a script that says "ready", and waits until it has. */
  async function shReady(script: string): Promise<SandboxedProcess> {
    const running = sh(script);
    await new Promise<void>((resolve) => running.output.on("data", (chunk) => String(chunk).includes("ready") && resolve()));
    return running;
  }

  test("says how it exited", async () => {
    expect(await sh("exit 0").exited).toBe(0);
    expect(await sh("exit 7").exited).toBe(7);
    expect(await sh("kill -9 $$").exited).toBe(137);
    expect(readdirSync(join(folder, "processes"))).toEqual([]);
  });

  test("both outputs are one, in order", async () => {
    const running = sh("for i in 1 2 3; do echo out$i; echo err$i >&2; done");
    expect(await text(running.output)).toBe("out1\nerr1\nout2\nerr2\nout3\nerr3\n");
  });

  test("its environment is what was said, and nothing of ours", async () => {
    const running = sh("env | grep -v -e ^PWD= -e ^OLDPWD= -e ^SHLVL= -e ^_= | sort | cut -d= -f1");
    expect((await text(running.output)).trim().split("\n")).toEqual(["PATH", MARK]);
  });

  test("stopping ends the whole tree: also a grandchild that left its parents and its group", async () => {
    const name = unique();
    const running = await shReady(`trap '' TERM; (setsid sh -c 'echo ready; sleep 3600; : ${name}' &); while :; do sleep 1; done`);
    expect(isRunning(name)).toBe(true);
    await running.stop(100);
    expect(await running.exited).toBe(137);
    expect(isRunning(name)).toBe(false);
  });

  test("a process that wants to may end in peace", async () => {
    const running = await shReady("trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.05; done");
    const rest = text(running.output);
    await running.stop();
    expect([await running.exited, (await rest).trim().split("\n").at(-1)]).toEqual([5, "bye"]);
  });

  test("what it left in the background ends with it", async () => {
    const name = unique();
    const running = sh(`(setsid sh -c 'sleep 3600; : ${name}' &) ; echo done`);
    running.output.resume();
    expect(await running.exited).toBe(0);
    expect(isRunning(name)).toBe(false);
  });

  test("its memory is known while it runs", async () => {
    const running = await shReady("echo ready; sleep 5");
    expect(running.peakMemory()).toBeGreaterThan(500_000);
    await running.stop(0);
  });

  test.skipIf(kind === "plain")("it writes only where it may, and does not see our data", async () => {
    const running = sh(`echo x > here && echo y > /tmp/y && ls ${folder} && touch ${join(dirname(process.execPath), "no")}`);
    const said = await text(running.output);
    expect(said).toMatch(/^cwd\n.*Read-only file system\n$/);
    expect(readFileSync(join(folder, "tmp", "y"), "utf8")).toBe("y\n");
  });
});

test("at boot what an earlier life left running is ended, and nothing else", async () => {
  const start = (env: NodeJS.ProcessEnv) =>
    spawn("sleep", ["3600"], { env: { PATH: searchPath(), ...env }, stdio: "ignore", detached: true });
  const ours = start({ [MARK]: "left" });
  const stranger = start({});
  const ended = new Promise((resolve) => ours.once("exit", (_code, signal) => resolve(signal)));
  mkdirSync(join(folder, "processes"));
  writeFileSync(join(folder, "processes", "left"), `${ours.pid} ${startTimeOf(ours.pid!)}`);
  // The pid is used again, by a process that started at another time.
  writeFileSync(join(folder, "processes", "gone"), `${stranger.pid} 1`);
  new Processes(folder, { plain: true }).endLeftOvers();
  expect(await ended).toBe("SIGKILL");
  expect(startTimeOf(stranger.pid!)).toBeDefined();
  stranger.kill("SIGKILL");
  expect(readdirSync(join(folder, "processes"))).toEqual([]);
});
