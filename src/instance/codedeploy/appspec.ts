import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "../yaml.js";
import { aclOf } from "./acl.ts";
import { type Context, contextOf } from "./context.ts";

/** An AppSpec file of the Server platform. https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html */
export interface AppSpec {
  readonly files: readonly { readonly source: string; readonly destination: string }[];
  readonly permissions: readonly Permission[];
  readonly hooks: Readonly<Record<string, readonly Script[]>>;
  readonly fileExistsBehavior?: string;
}

export interface Permission {
  readonly object: string;
  readonly pattern: string;
  readonly except: readonly string[];
  readonly type: readonly string[];
  readonly owner?: string;
  readonly group?: string;
  readonly mode?: string;
  readonly acls?: readonly string[];
  readonly context?: Context;
}

export interface Script {
  readonly location: string;
  readonly runas?: string;
  readonly sudo: boolean;
  readonly timeoutSeconds: number;
}

const TIMEOUT_SECONDS = 3600;
const BEHAVIORS = ["DISALLOW", "OVERWRITE", "RETAIN"];

/** The AppSpec file of an unpacked revision; undefined where it has none of this name. */
export function appSpecIn(archive: string): AppSpec | undefined {
  const file = join(archive, "appspec.yml");
  return existsSync(file) ? parseAppSpec(readFileSync(file, "utf8")) : undefined;
}

export function parseAppSpec(text: string): AppSpec {
  // AWS's agent reads YAML 1.1: there, 0644 is a number in octal, and comes out as 420.
  const said = parse(text, { version: "1.1" }) as any;
  if (said === undefined || said === null || said === false)
    throw new Error(
      "The deployment failed because the application specification file was empty. Make sure your AppSpec file defines at minimum the 'version' and 'os' properties.",
    );
  if (Array.isArray(said)) throw noList();
  if (said.version !== 0)
    throw new Error(
      `The deployment failed because an invalid version value (${versionIn(text, said)}) was entered in the application specification file. Make sure your AppSpec file specifies "0.0" as the version, and then try again.`,
    );
  if (said.os !== "linux")
    throw new Error(
      `The deployment failed because the application specification file specifies an unsupported operating system (${said.os ?? ""}). Specify either "linux" or "windows" in the os section of the AppSpec file, and then try again.`,
    );
  const behavior = said.file_exists_behavior;
  if (behavior !== undefined && behavior !== null && !BEHAVIORS.includes(behavior))
    throw new Error(
      `The deployment failed because an invalid file_exists_behavior value (${behavior}) was entered in the application specification file. Make sure your AppSpec file specifies one of ${BEHAVIORS.join(",")} as the file_exists_behavior, and then try again.`,
    );
  return {
    files: listOf(said.files).map(fileOf),
    permissions: listOf(said.permissions).map(permissionOf),
    hooks: Object.fromEntries(
      Object.entries(said.hooks ?? {}).flatMap(([name, scripts]) => (scripts ? [[name, listOf(scripts).map(scriptOf)]] : [])),
    ),
    ...(behavior && { fileExistsBehavior: behavior }),
  };
}

/** As it is written: 1.0 is not 1 to whoever wrote it. */
const versionIn = (text: string, { version }: any): string =>
  typeof version === "number" ? (/^version:\s*([^\s#]+)/m.exec(text)?.[1] ?? String(version)) : String(version ?? "");

function listOf(said: unknown): any[] {
  if (said === undefined || said === null || said === false) return [];
  if (!Array.isArray(said)) throw noList();
  return said;
}

/** In the words of AWS's agent, which is written in Ruby. */
const noList = (): Error => new Error("no implicit conversion of String into Integer");

function fileOf({ source, destination }: any) {
  if (source === undefined || source === null)
    throw new Error(
      "The deployment failed because the application specification file specifies a destination file, but no source file. Update the files section of the AppSpec file, and then try again.",
    );
  if (destination === undefined || destination === null)
    throw new Error(
      `The deployment failed because the application specification file specifies only a source file (${source}). Add the name of the destination file to the files section of the AppSpec file, and then try again.`,
    );
  return { source: String(source), destination: String(destination) };
}

function permissionOf({ object, pattern, except, type, owner, group, mode, acls, context }: any): Permission {
  if (!String(object ?? "").trim())
    throw new Error(
      "The deployment failed because a permission listed in the application specification file has no object value. Update the permissions section of the AppSpec file, and then try again.",
    );
  for (const one of type ?? [])
    if (one !== "file" && one !== "directory")
      throw new Error(
        `The deployment failed because the application specification filespecifies a permission for an object type not supported for permissions (${one}). Update the permissions section of the AppSpec file, and then try again.`,
      );
  return {
    object: String(object).trim(),
    pattern: pattern ?? "**",
    except: except ?? [],
    type: type ?? ["file", "directory"],
    ...(owner && { owner: String(owner) }),
    ...(group && { group: String(group) }),
    ...(mode !== undefined && mode !== null && { mode: modeOf(mode) }),
    ...(acls && { acls: aclOf(listOf(acls)) }),
    ...(context && { context: contextOf(context) }),
  };
}

/** Of a number, the digits are meant. */
function modeOf(said: string | number): string {
  const mode = String(said).padStart(3, "0");
  if (mode.length > 4)
    throw new Error(
      `The deployment failed because the length of a permissions mode (${mode}) in the application specification file is invalid. Permissions modes must be between one and four characters long. Update the permissions section of the AppSpec file, and then try again.`,
    );
  const wrong = /[^0-7]/.exec(mode)?.[0];
  if (wrong !== undefined)
    throw new Error(
      `The deployment failed because the permissions mode (${mode}) in the application specification file contains an invalid character (${wrong}). Update the permissions section of the AppSpec file, and then try again.`,
    );
  return mode;
}

function scriptOf({ location, runas, sudo, timeout }: any): Script {
  if (!String(location ?? "").trim())
    throw new Error(
      "The deployment failed because the application specification file specifies a script with no location value. Specify the location in the hooks section of the AppSpec file, and then try again.",
    );
  const timeoutSeconds = Math.trunc(Number(timeout ?? TIMEOUT_SECONDS));
  if (!(timeoutSeconds > 0))
    throw new Error(
      "The deployment failed because an invalid timeout value was provided for a script in the application specification file. Make corrections in the hooks section of the AppSpec file, and then try again.",
    );
  return { location: String(location).trim(), ...(runas && { runas: String(runas).trim() }), sudo: Boolean(sudo), timeoutSeconds };
}
