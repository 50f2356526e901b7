import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CAPABILITIES, ISOLATION } from "./sandbox.ts";

/** The directories of this machine that every instance sees as they are, read-only: its operating system. */
const SYSTEM = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix", "gnu"];
/** What a new instance has of its own, empty. */
const OWN = [
  "var/log",
  "var/lib/cloud",
  "var/tmp",
  "var/cache",
  "var/spool",
  "var/www",
  "opt",
  "srv",
  "home/ec2-user",
  "root",
  "tmp",
  "mnt",
];
/** Directories of which an instance has its own, with links in it to what the machine has there. */
const LINKED = ["opt", "usr/local/bin", "usr/local/lib", "usr/local/share", "usr/local/sbin", "usr/local/include", "usr/local/etc"];
/** Whose contents are nobody's business. */
const SECRET = ["shadow", "shadow-", "gshadow", "gshadow-"];

/** Where an instance sees what is ours: Node, the programs of its image, and the sockets to the outside. */
export const INSIDE = { node: "/run/slipway/node", programs: "/run/slipway/instance", door: "/run/slipway/door", machine: "/run/machine" };

/** The folders of one instance. */
export interface InstancePlaces {
  /** Its root directory, kept between starts. */
  readonly root: string;
  /** Its /usr/local, which lies in the read-only /usr. */
  readonly local: string;
  /** The sockets to the outside. */
  readonly door: string;
  /** Where the programs of images are. */
  readonly programs: string;
}

/** In a network of its own, so that every instance has all ports, and may add an address to it. */
const NETWORK = ["--unshare-net", "--unshare-uts"];
const CALLS = [
  [...ISOLATION, "--cap-drop", "ALL", ...[...CAPABILITIES, "CAP_NET_ADMIN", "CAP_NET_RAW"].flatMap((name) => ["--cap-add", name])],
  [...ISOLATION, "--unshare-user", "--uid", "0", "--gid", "0", "--cap-add", "CAP_NET_ADMIN"],
  [...ISOLATION, "--unshare-user", "--uid", "0", "--gid", "0"],
];

/** How to call bubblewrap for an instance on this machine; undefined where it does not work. */
export function probeInstanceSandbox(): readonly string[] | undefined {
  if (process.platform !== "linux") return undefined;
  const calls = process.getuid?.() === 0 ? CALLS : CALLS.slice(1);
  return calls
    .map((call) => [...call, ...NETWORK])
    .find((call) => spawnSync("bwrap", [...call, "--ro-bind", "/", "/", "true"], { stdio: "ignore", timeout: 5_000 }).status === 0);
}

/** The command line that runs `argv` in an instance. Directories `hidden` are seen empty. */
export function instanceCommand(
  call: readonly string[],
  argv: readonly string[],
  hostName: string,
  { root, local, door, programs }: InstancePlaces,
  hidden: readonly string[],
): string[] {
  const system = SYSTEM.map((name) => `/${name}`).filter((path) => existsSync(path) && !lstatSync(path).isSymbolicLink());
  const machine = ["/opt", "/usr/local"].filter((path) => existsSync(path));
  const seen = [...system, ...machine];
  const empty = hidden
    .filter((path) => existsSync(path))
    .map((path) => realpathSync(path))
    .flatMap((path) => [path, `${INSIDE.machine}${path}`])
    .filter((path) => seen.some((place) => path.startsWith(`${place}/`) || path.startsWith(`${INSIDE.machine}${place}/`)));
  return [
    "bwrap",
    ...call,
    ...["--hostname", hostName],
    ...["--bind", root, "/"],
    ...system.flatMap((path) => ["--ro-bind", path, path]),
    ...["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/run"],
    ...machine.flatMap((path) => ["--ro-bind", path, `${INSIDE.machine}${path}`]),
    ...empty.flatMap((path) => ["--tmpfs", path]),
    ...(existsSync("/usr/local") ? ["--bind", local, "/usr/local"] : []),
    ...["--ro-bind", dirname(process.execPath), INSIDE.node],
    ...["--ro-bind", programs, INSIDE.programs],
    ...["--bind", door, INSIDE.door],
    ...["--chdir", "/", "--"],
    ...argv,
  ];
}

/** Make the file tree of an instance, where there is none: as new as this machine's own /etc. */
export function furnish({ root, local }: InstancePlaces, hostName: string): void {
  if (existsSync(join(root, "etc"))) return;
  for (const name of OWN) mkdirSync(join(root, name), { recursive: true });
  for (const name of SYSTEM) copyLink(`/${name}`, join(root, name));
  // What we may not read is not copied; cp says so and goes on.
  spawnSync("cp", ["-a", "/etc", join(root, "etc.new")], { stdio: "ignore" });
  for (const name of SECRET) rmSync(join(root, "etc.new", name), { force: true });
  nameHost(join(root, "etc.new"), hostName);
  for (const path of LINKED) linkTo(`/${path}`, path === "opt" ? join(root, path) : join(local, path.slice("usr/local/".length)));
  spawnSync("chmod", ["1777", join(root, "tmp"), join(root, "var/tmp")]);
  symlinkSync("/run", join(root, "var/run"));
  // Last, for by it one knows that all is there.
  spawnSync("mv", [join(root, "etc.new"), join(root, "etc")]);
}

function nameHost(etc: string, hostName: string): void {
  mkdirSync(etc, { recursive: true });
  for (const name of ["hostname", "hosts"]) rmSync(join(etc, name), { force: true });
  writeFileSync(join(etc, "hostname"), `${hostName}\n`);
  writeFileSync(join(etc, "hosts"), `127.0.0.1 localhost ${hostName}\n::1 localhost\n`);
}

/** /bin is often a link to /usr/bin. */
function copyLink(from: string, to: string): void {
  if (lstatSync(from, { throwIfNoEntry: false })?.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
}

/** Links, so that an instance may remove or replace what it does not want of the machine. */
function linkTo(from: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  if (!existsSync(from)) return;
  for (const name of readdirSync(from)) symlinkSync(`${INSIDE.machine}${from}/${name}`, join(folder, name));
}
