import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import { type Aws, Metadata } from "./codedeploy/aws.ts";
import { download } from "./codedeploy/bundle.ts";

// Runs what it is given as SSM's agent runs AWS-RunShellScript. It asks where metadata is, so that it needs no keys.

/** How the agent gets at who gives it commands. */
export interface CommandSource {
  /** Where the metadata service is, as a socket or as a URL. */
  readonly metadata: { readonly socketPath: string } | { readonly host: string; readonly port: string };
  /** Where it is for AWS's clients. */
  readonly metadataUrl: string;
  /** Where AWS's services answer. */
  readonly endpoint: string;
  readonly root: string;
}

interface Command {
  readonly id: string;
  readonly download?: { readonly bucket: string; readonly key: string; readonly folder: string };
  readonly commands: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const AGAIN_AFTER_MS = 1_000;
const AGAIN_AFTER_MAX_MS = 10_000;
/** How long what was written is waited for after the end. */
const OUTPUT_MS = 250;
/** What begins the last thing that is said. */
const END = "\u0000";

/** Ask for commands for ever, and run each. Nothing that goes wrong ends it. */
export async function serveCommands(source: CommandSource, env: Readonly<Record<string, string>>): Promise<never> {
  const metadata = new Metadata(source.metadataUrl);
  for (let delay = AGAIN_AFTER_MS; ; ) {
    try {
      const command = await ask(source);
      delay = AGAIN_AFTER_MS;
      // Others are asked for while it runs; one that nobody wants any more is none.
      if (command !== undefined) carryOut(source, metadata, command, env).catch(() => {});
    } catch {
      // Whoever gives commands is being restarted.
      await new Promise((resolve) => setTimeout(resolve, delay));
      delay = Math.min(delay * 2, AGAIN_AFTER_MAX_MS);
    }
  }
}

async function ask({ metadata }: CommandSource): Promise<Command | undefined> {
  const asking = request({ ...metadata, method: "POST", path: "/slipway/commands" }).end();
  const [answer] = await once(asking, "response");
  let body = "";
  for await (const chunk of answer) body += chunk;
  return answer.statusCode === 200 ? (JSON.parse(body) as Command) : undefined;
}

/** Whoever gave the command hears what it writes; when he hears no more, what runs is ended. */
async function carryOut(source: CommandSource, metadata: Metadata, command: Command, env: Readonly<Record<string, string>>): Promise<void> {
  const report = request({ ...source.metadata, method: "POST", path: `/slipway/commands/${command.id}` });
  report.flushHeaders();
  const [answer] = await once(report, "response");
  answer.resume();
  if (answer.statusCode !== 200) return void report.destroy();
  const stop = new AbortController();
  for (const event of ["close", "error"]) report.on(event, () => stop.abort());
  const ended = await perform(source, metadata, command, env, report, stop.signal).catch((error: Error) => ({ error: error.message }));
  report.end(`${END}${JSON.stringify(ended)}\n`);
}

async function perform(
  { endpoint, root }: CommandSource,
  metadata: Metadata,
  { id, download: wanted, commands, env: own }: Command,
  env: Readonly<Record<string, string>>,
  report: Writable,
  signal: AbortSignal,
): Promise<{ exitCode: number }> {
  if (wanted !== undefined) {
    const { region } = await metadata.identity();
    const aws: Aws = { endpoint, region, credentials: () => metadata.credentials() };
    await fetchTo(aws, wanted, join(root, "var/lib/slipway/commands", id));
  }
  // Meanwhile nobody may want it any more.
  signal.throwIfAborted();
  // A group of its own: it is ended with all that it has started.
  const child = spawn("/bin/sh", ["-c", commands.join("\n")], {
    cwd: root,
    env: { ...env, ...own },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const end = (): void => {
    try {
      process.kill(-child.pid!, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  signal.addEventListener("abort", end, { once: true });
  // A line of one is not cut by a line of the other.
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on("line", (line) => report.write(`${line}\n`));
  const closed = once(child, "close").catch(() => {});
  const [code, killed] = await once(child, "exit");
  // What it has left in the background may hold its output open, and goes on.
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, OUTPUT_MS))]);
  signal.removeEventListener("abort", end);
  return { exitCode: code ?? (killed === null ? 1 : 137) };
}

async function fetchTo(aws: Aws, { bucket, key, folder }: NonNullable<Command["download"]>, aside: string): Promise<void> {
  mkdirSync(aside, { recursive: true });
  try {
    await download(aws, { type: "S3", bucket, key, bundleType: "zip" }, aside, folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
