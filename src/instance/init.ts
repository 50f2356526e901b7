import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { type CommandSource, serveCommands } from "./commands.ts";
import { openDoor, serveOutside } from "./door.ts";
import { keepRunning, type Program } from "./program.ts";
import { serveProxy } from "./proxy.ts";
import { runBootScripts, runUserData } from "./user-data.ts";

/** What an instance is told at its start: by the file that the command line names. */
interface Start {
  /** Where the cloud answers AWS's API calls. */
  readonly endpoint: string;
  /** The folder of the sockets to the outside; none where the instance shares the machine's network. */
  readonly door?: string;
  /** Where its metadata is, where that is not at its usual address: a URL. */
  readonly metadata?: string;
  readonly userData?: string;
  /** Its root directory, as it sees it itself. */
  readonly root: string;
  readonly programs: readonly Program[];
}

const METADATA_ADDRESS = "169.254.169.254";
const METADATA_PORT = 8169;

const start = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Start;
const say = (line: string): void => console.log(`[slipway] ${line}`);

/** Answers the environment of what runs here. */
async function openNetwork(): Promise<Record<string, string>> {
  const { door, metadata } = start;
  if (door === undefined) return { AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata! };
  const { hostname, port } = new URL(start.endpoint);
  if (!hostname.startsWith("127.")) addAddress(hostname);
  await serveOutside({ host: hostname, port: Number(port || 80) }, `${door}/out`, `${hostname}:${port || 80}`);
  await serveOutside({ host: "127.0.0.1", port: METADATA_PORT }, `${door}/metadata`);
  if (addAddress(METADATA_ADDRESS)) redirectMetadata();
  const proxy = await serveProxy("127.0.0.1", `${door}/out`);
  await openDoor(`${door}/in`);
  return { ...proxy, AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${METADATA_PORT}/` };
}

/**
 * Whoever listens at 169.254.169.254:80 keeps everybody else in here from port 80. So the way there is led to another port, where
 * the machine has a program for that; AWS's clients are told of that port in any case.
 */
function redirectMetadata(): void {
  const rule = ["-d", METADATA_ADDRESS, "-p", "tcp", "--dport", "80", "-j", "REDIRECT", "--to-ports", String(METADATA_PORT)];
  spawnSync("iptables", ["-t", "nat", "-A", "OUTPUT", ...rule], { stdio: "ignore" });
}

const addAddress = (address: string): boolean =>
  spawnSync("ip", ["address", "add", `${address}/32`, "dev", "lo"], { stdio: "ignore" }).status === 0;

/** Where whoever started us can be told something. */
function metadataAt(): CommandSource["metadata"] {
  const { door, metadata } = start;
  const { hostname, port } = new URL(metadata ?? "http://localhost");
  return door === undefined ? { host: hostname, port } : { socketPath: `${door}/metadata` };
}

/** Tells whoever started us how far we are: there, or through with user data. */
function report(what: "ready" | "booted"): void {
  request({ ...metadataAt(), method: "PUT", path: `/slipway/${what}` })
    .on("error", (error) => say(`nobody hears that it is ${what}: ${error.message}`))
    .end();
}

const env = { ...process.env, ...(await openNetwork()) } as Record<string, string>;
report("ready");
// What a program keeps lies in the instance, also where that is a folder of the machine.
const CODEDEPLOY_AGENT_HOME = join(start.root, "opt/codedeploy-agent");
for (const program of start.programs) keepRunning(program, { ...env, CODEDEPLOY_AGENT_HOME }, say);
const metadataUrl = env["AWS_EC2_METADATA_SERVICE_ENDPOINT"]!;
void serveCommands({ metadata: metadataAt(), metadataUrl, endpoint: start.endpoint, root: start.root }, env);
await runBootScripts(start.root, env, say);
if (start.userData !== undefined) await runUserData(start.userData, start.root, env, say);
report("booted");
// Nothing else may be left to do; a machine without work is still there.
setInterval(() => {}, 2 ** 30);
