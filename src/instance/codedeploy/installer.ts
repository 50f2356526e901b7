import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { hasDefault, wholeAcl } from "./acl.ts";
import type { AppSpec, Permission } from "./appspec.ts";
import { argumentsOf, type Context } from "./context.ts";
import { matchesOf } from "./permission.ts";

/** Begins the line of what is kept for the cleanup that is no file but the context of one. */
const CONTEXT = "semanage\0";

/** One thing to do, in order, as it is kept in a file beside. */
export type Instruction =
  | { readonly type: "copy"; readonly source: string; readonly destination: string }
  | { readonly type: "mkdir"; readonly directory: string }
  | { readonly type: "chmod"; readonly file: string; readonly mode: string }
  | { readonly type: "setfacl"; readonly file: string; readonly acl: readonly string[] }
  | { readonly type: "semanage"; readonly file: string; readonly context: Context }
  | { readonly type: "chown"; readonly file: string; readonly owner?: string; readonly group?: string };

/**
 * Copy the files of a revision to where they belong: first those of the revision before are removed, then whatever is there already was
 * somebody else's. https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html#deployments-rollback-and-redeploy-content-options
 */
export function install(appSpec: AppSpec, archive: string, instructions: string, groupId: string, fileExistsBehavior: string): void {
  const cleanup = join(instructions, `${groupId}-cleanup`);
  if (existsSync(cleanup)) {
    for (const path of readFileSync(cleanup, "utf8").split("\n").slice(0, -1).reverse()) removeInstalled(path);
    rmSync(cleanup);
  }
  const plan = planOf(appSpec, archive, appSpec.fileExistsBehavior ?? fileExistsBehavior);
  writeFileSync(join(instructions, `${groupId}-install.json`), JSON.stringify({ instructions: plan }));
  writeFileSync(cleanup, "");
  for (const instruction of plan) carryOut(instruction, cleanup);
}

function removeInstalled(line: string): void {
  if (line.startsWith(CONTEXT)) return void spawnSync("semanage", ["fcontext", "-d", line.slice(CONTEXT.length)]);
  const path = line;
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) return rmSync(path);
  // What others have put there keeps it.
  if (readdirSync(path).length === 0) rmdirSync(path);
}

export function planOf({ files, permissions }: AppSpec, archive: string, fileExistsBehavior: string): Instruction[] {
  const plan = new Plan(fileExistsBehavior);
  for (const { source, destination } of files) {
    const from = join(archive, source);
    if (isFolder(from)) {
      plan.ancestors(destination);
      plan.copyFolder(from, destination);
    } else {
      const to = join(destination, basename(from));
      plan.ancestors(to);
      plan.copy(from, to);
    }
  }
  for (const permission of permissions) plan.permit(permission);
  return plan.instructions;
}

class Plan {
  readonly instructions: Instruction[] = [];
  readonly #behavior: string;
  readonly #copied = new Map<string, string>();
  readonly #made = new Set<string>();
  readonly #permitted = new Set<string>();

  constructor(behavior: string) {
    this.#behavior = behavior;
  }

  ancestors(path: string): void {
    const missing: string[] = [];
    for (let parent = dirname(resolve(path)); !existsSync(parent) && parent !== "/"; parent = dirname(parent)) missing.unshift(parent);
    for (const folder of missing) this.#make(folder);
  }

  copyFolder(from: string, to: string): void {
    if (!existsSync(to)) this.#make(to);
    for (const name of readdirSync(from).sort()) {
      const [inner, target] = [join(from, name), join(to, name)];
      // A link to a folder is taken for that folder; a link to a file stays one.
      if (isFolder(inner)) this.copyFolder(inner, target);
      else this.copy(inner, target);
    }
  }

  copy(from: string, to: string): void {
    const destination = resolve(to);
    if (existsSync(destination)) {
      if (this.#behavior === "RETAIN") return;
      if (this.#behavior === "DISALLOW")
        throw new Error(`The deployment failed because a specified file already exists at this location: ${to}`);
      if (this.#behavior !== "OVERWRITE")
        throw new Error(
          `The deployment failed because an invalid option was specified for fileExistsBehavior: ${this.#behavior}. Valid options include OVERWRITE, RETAIN, and DISALLOW.`,
        );
    }
    if (this.#copied.has(destination))
      throw new Error(
        `The deployment failed because the application specification file specifies two source files named ${from} and ${this.#copied.get(destination)} for the same destination (${destination}). Remove one of the source file paths from the AppSpec file, and then try again.`,
      );
    if (this.#made.has(destination))
      throw new Error(
        `The deployment failed because the application specification file calls for installing the file ${from}, but a file with that name already exists at the location (${destination}). Update your AppSpec file or directory structure, and then try again.`,
      );
    this.instructions.push({ type: "copy", source: from, destination });
    this.#copied.set(destination, from);
  }

  permit(permission: Permission): void {
    const object = resolve(permission.object);
    if (this.#copied.has(object)) {
      if (!permission.type.includes("file")) return;
      if (permission.pattern !== "**")
        throw new Error(
          `The deployment failed because the application specification file includes an object (${permission.object}) with an invalid pattern (${permission.pattern}), such as a pattern for a file applied to a directory. Correct the permissions section of the AppSpec file, and then try again.`,
        );
      if (permission.except.length > 0)
        throw new Error(
          `The deployment failed because the except parameter for a pattern in the permissions section (${JSON.stringify(permission.except).replaceAll(",", ", ")}) for the object named ${permission.object} contains an invalid format. Update the AppSpec file, and then try again.`,
        );
      this.#give(object, permission);
    } else if (this.#made.has(object) || existsSync(object)) {
      for (const path of matchesOf(permission, [...this.#copied.keys()], [...this.#made])) this.#give(path, permission);
    }
  }

  #make(folder: string): void {
    const directory = resolve(folder);
    if (this.#copied.has(directory))
      throw new Error(
        `The deployment failed because the application specification file includes an mkdir command more than once for the same destination path (${directory}) from (${this.#copied.get(directory)}). Update the files section of the AppSpec file, and then try again.`,
      );
    if (this.#made.has(directory)) return;
    this.instructions.push({ type: "mkdir", directory });
    this.#made.add(directory);
  }

  #give(file: string, { mode, acls, context, owner, group }: Permission): void {
    if (acls !== undefined && hasDefault(acls) && this.#copied.has(file))
      throw new Error(
        "The deployment failed because the -d parameter has been specified to apply an acl setting to a file. This parameter is supported for directories only. Update the AppSpec file, and then try again.",
      );
    if (this.#permitted.has(file))
      throw new Error(
        `The deployment failed because the permissions setting for (${file}) is specified more than once in the application specification file. Update the files section of the AppSpec file, and then try again.`,
      );
    this.#permitted.add(file);
    if (mode !== undefined) this.instructions.push({ type: "chmod", file, mode });
    if (acls !== undefined) this.instructions.push({ type: "setfacl", file, acl: acls });
    if (context !== undefined) this.instructions.push({ type: "semanage", file, context });
    if (owner !== undefined || group !== undefined)
      this.instructions.push({ type: "chown", file, ...(owner && { owner }), ...(group && { group }) });
  }
}

/** Noted before it is copied, so that what is cut off half-way is cleaned up. */
function carryOut(instruction: Instruction, cleanup: string): void {
  switch (instruction.type) {
    case "copy": {
      const { source, destination } = instruction;
      appendFileSync(cleanup, `${destination}\n`);
      const found = lstatSync(source, { throwIfNoEntry: false });
      if (found === undefined) throw new Error(`No such file or directory @ rb_sysopen - ${source}`);
      if (found.isSymbolicLink()) {
        rmSync(destination, { force: true });
        symlinkSync(readlinkSync(source), destination);
        return;
      }
      copyFileSync(source, destination);
      if (process.getuid!() === 0) chownSync(destination, found.uid, found.gid);
      chmodSync(destination, found.mode & 0o7777);
      utimesSync(destination, found.atime, found.mtime);
      return;
    }
    case "mkdir":
      mkdirSync(instruction.directory);
      appendFileSync(cleanup, `${instruction.directory}\n`);
      return;
    case "chmod":
      return chmodSync(instruction.file, Number.parseInt(instruction.mode, 8));
    case "setfacl":
      return setAcl(instruction.file, instruction.acl);
    case "semanage":
      setContext(realpathSync(instruction.file), instruction.context);
      appendFileSync(cleanup, `${CONTEXT}${realpathSync(instruction.file)}\n`);
      return;
    case "chown":
      return chown(instruction.file, instruction.owner, instruction.group);
  }
}

function setAcl(file: string, said: readonly string[]): void {
  const acl = wholeAcl(said, statSync(file).mode).join(",");
  run(
    ["setfacl", "--set", acl, file],
    `The deployment failed because of a problem with the acls permission settings in the application specification file for this object: ${file}.`,
  );
}

function setContext(file: string, context: Context): void {
  const why =
    "The deployment failed because the application specification file contains an error in the settings for the context parameter. Update the permissions section of the AppSpec file, and then try again.";
  run(["semanage", "fcontext", "-a", ...argumentsOf(context), file], why);
  run(["restorecon", "-v", file], why);
}

/** One that is not there is told in the words of AWS's agent. */
function chown(file: string, owner: string | undefined, group: string | undefined): void {
  const { status, stderr, error } = spawnSync("chown", [`${owner ?? ""}${group === undefined ? "" : `:${group}`}`, file], {
    encoding: "utf8",
  });
  if (status === 0) return;
  const nobody = /invalid (user|group)/.exec(stderr ?? "")?.[1];
  if (nobody !== undefined) throw new Error(`can't find ${nobody} for ${nobody === "user" ? owner : group}`);
  throw new Error(error?.message ?? stderr.trim());
}

function run([program, ...args]: readonly [string, ...string[]], why: string): void {
  const { status, pid } = spawnSync(program, args, { stdio: "ignore" });
  // What a shell would have said of a program that is not there.
  if (status !== 0) throw new Error(`${why} Failed command: ${program} ${args.join(" ")}. Exit code: pid ${pid} exit ${status ?? 127}`);
}

/** A link to one is one. */
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
