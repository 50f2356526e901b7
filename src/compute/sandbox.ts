import { spawnSync } from "node:child_process";
import { type Dirent, existsSync, readdirSync, readlinkSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** What a sandboxed process sees of the machine: everything, read-only, except what is said here. */
export interface View {
  /** Directories it may write to. */
  readonly writable: readonly string[];
  /** Directories and files that it must see even where they lie in what is hidden. */
  readonly readable?: readonly string[];
  /** Directories that it sees elsewhere than they are, such as the code of a function at /var/task. */
  readonly mounts?: readonly { readonly from: string; readonly to: string }[];
  /** Programs that it finds under another name as well, where the machine has none of that name. */
  readonly links?: readonly { readonly from: string; readonly to: string }[];
  /** The directory that is its /tmp. */
  readonly tmp: string;
  /** Directories that it sees empty: our own data, other people's credentials. */
  readonly hidden: readonly string[];
}

/** Turns a command line into one that runs with the view. */
export interface Sandbox {
  readonly kind: "bubblewrap" | "plain";
  wrap(argv: readonly string[], cwd: string, view: View): string[];
}

/** Where there is no sandbox: the process sees and may write what we may. */
export const plainSandbox: Sandbox = { kind: "plain", wrap: (argv) => [...argv] };

/** As root: what a container's root may do with files and users, and nothing that reaches out of the sandbox. */
export const CAPABILITIES = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_SETUID",
  "CAP_SETGID",
  "CAP_KILL",
  "CAP_NET_BIND_SERVICE",
];

export const ISOLATION = ["--unshare-pid", "--unshare-ipc", "--die-with-parent"];
const MACHINE = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"];

/** The ways to call bubblewrap, best first: inside some containers only a user namespace of its own works. */
const CALLS = [
  [...ISOLATION, "--cap-drop", "ALL", ...CAPABILITIES.flatMap((name) => ["--cap-add", name])],
  ISOLATION,
  [...ISOLATION, "--unshare-user"],
];

/** What a build or a function needs of ours, and would not see where it lies in /tmp: Node, and the packages beside it. */
const OURS = [dirname(process.execPath), ...packagesAbove(import.meta.dirname)];

function packagesAbove(folder: string): string[] {
  const packages = join(folder, "node_modules");
  if (existsSync(packages)) return [packages];
  return dirname(folder) === folder ? [] : packagesAbove(dirname(folder));
}

/** Directories with the user's own keys, which nothing that runs here has any business with. */
const PRIVATE = [".aws", ".ssh", ".gnupg"].map((name) => join(homedir(), name));

/** The sandbox that this machine really runs, found by running it. */
export function probeSandbox(): Sandbox {
  for (const call of process.platform === "linux" ? CALLS : []) {
    const asRoot = call.includes("--cap-add");
    if (asRoot && process.getuid?.() !== 0) continue;
    if (spawnSync("bwrap", [...call, ...MACHINE, "true"], { stdio: "ignore", timeout: 5_000 }).status === 0) return bubblewrap(call);
  }
  return plainSandbox;
}

function bubblewrap(call: readonly string[]): Sandbox {
  return {
    kind: "bubblewrap",
    wrap(argv, cwd, { writable, readable = [], mounts = [], links = [], tmp, hidden }) {
      const empty = [...hidden, ...PRIVATE].filter((path) => existsSync(path)).map((path) => realpathSync(path));
      return [
        "bwrap",
        ...call,
        ...MACHINE,
        ...["--bind", tmp, "/tmp"],
        ...empty.flatMap((path) => ["--tmpfs", path]),
        ...mountPoints(mounts.map(({ to }) => to)),
        ...mounts.flatMap(({ from, to }) => ["--ro-bind", from, to]),
        ...links.filter(({ to }) => !existsSync(to)).flatMap(({ from, to }) => ["--symlink", from, to]),
        ...[...OURS, ...readable].flatMap((path) => ["--ro-bind", path, path]),
        ...writable.flatMap((path) => ["--bind", path, path]),
        ...["--chdir", cwd, "--"],
        ...argv,
      ];
    },
  };
}

/**
 * Nothing can be mounted at what a read-only directory does not have: make a writable one in its place, with all that it
 * had in it.
 */
function mountPoints(points: readonly string[]): string[] {
  const parents = new Set(points.map((point) => dirname(point)));
  return [...parents].flatMap((parent) => [
    "--tmpfs",
    parent,
    ...readdirSync(parent, { withFileTypes: true }).flatMap((entry) => copyOf(parent, entry)),
  ]);
}

function copyOf(parent: string, entry: Dirent): string[] {
  const path = join(parent, entry.name);
  return entry.isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path];
}
