import { parse } from "yaml";
import type { Scope } from "../../kernel/scope.ts";
import { fileOf } from "./artifact.ts";
import type { TargetEventName } from "./deploy-target.ts";
import type { Run } from "./run.ts";

/** How an artifact is deployed to an instance: what a deploy spec file says. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EC2Deploy.html#action-reference-EC2Deploy-spec-reference */
export interface DeploySpecification {
  readonly files: readonly { readonly source: string; readonly destination: string }[];
  readonly permissions: readonly FilePermission[];
  readonly scripts: Readonly<Record<"BEFORE_DEPLOY" | "AFTER_DEPLOY", readonly DeployScript[]>>;
}

interface FilePermission {
  readonly object: string;
  readonly pattern: string;
  readonly except: readonly string[];
  readonly types: readonly string[];
  readonly mode?: string;
  readonly owner?: string;
  readonly group?: string;
  readonly acls: readonly string[];
}

interface DeployScript {
  readonly location: string;
  readonly timeoutSeconds: number;
  readonly runas?: string;
}

const TIMEOUT_SECONDS = 3600;
/** AppSpec files have hooks instead of scripts. */
const HOOKS = {
  BEFORE_DEPLOY: ["ApplicationStop", "BeforeInstall"],
  AFTER_DEPLOY: ["AfterInstall", "ApplicationStart", "ValidateService"],
} as const;

/** The deploy spec file of the artifact; undefined where the configuration itself says what to do, a sentence where it is wrong. */
export function specificationOf(scope: Scope, { configuration: { DeploySpec }, inputs }: Run): DeploySpecification | string | undefined {
  if (DeploySpec === undefined) return undefined;
  const text = fileOf(scope, inputs[0]!, DeploySpec);
  return text === undefined ? `File [${DeploySpec}] does not exist in artifact [${inputs[0]!.name}]` : parseDeploySpecification(text);
}

/** Read one; a sentence where it is none. */
export function parseDeploySpecification(text: string): DeploySpecification | string {
  let said: any;
  try {
    // As AppSpec files are read: 0644 is a number in octal there.
    said = parse(text, { version: "1.1" });
  } catch (error) {
    return `The deploy spec file is not valid YAML: ${(error as Error).message.split("\n", 1)[0]}`;
  }
  if (typeof said !== "object" || said === null || Array.isArray(said)) return "The deploy spec file is not a YAML mapping.";
  const version = Number(said.version);
  if (version !== 0 && version !== 0.1) return `The deploy spec file has an unsupported version: ${said.version ?? ""}`;
  try {
    return {
      files: listOf(said.files).map(mappingOf),
      permissions: listOf(said.permissions).map(permissionOf),
      scripts: {
        BEFORE_DEPLOY: scriptsIn(version === 0 ? HOOKS.BEFORE_DEPLOY : ["BeforeDeploy"], version === 0 ? said.hooks : said.scripts),
        AFTER_DEPLOY: scriptsIn(version === 0 ? HOOKS.AFTER_DEPLOY : ["AfterDeploy"], version === 0 ? said.hooks : said.scripts),
      },
    };
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    return `The deploy spec file is not valid: ${error.message}`;
  }
}

/** The lines of the script of an event, in a shell whose directory has the artifact. */
export function commandsOf({ files, permissions, scripts }: DeploySpecification, event: TargetEventName): string[] {
  if (event !== "DEPLOY") return scripts[event].flatMap(runScript);
  return [...files.flatMap(copy), ...permissions.flatMap(permit)];
}

/** A text as one word of a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

class Wrong extends Error {}

const wrong = (message: string): never => {
  throw new Wrong(message);
};

function listOf(value: unknown): any[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : wrong("a list was expected");
}

function mappingOf(said: any): DeploySpecification["files"][number] {
  if (!said?.source || !said.destination) return wrong("each of its files must have a source and a destination");
  return { source: String(said.source), destination: String(said.destination) };
}

function permissionOf(said: any): FilePermission {
  if (!said?.object) return wrong("each of its permissions must have an object");
  const { mode, owner, group } = said;
  return {
    object: String(said.object),
    pattern: said.pattern === undefined || said.pattern === "**" ? "*" : String(said.pattern),
    except: listOf(said.except).map(String),
    types: said.type === undefined ? ["file", "directory"] : listOf(said.type).map(String),
    ...(mode !== undefined && { mode: typeof mode === "number" ? mode.toString(8) : String(mode) }),
    ...(owner && { owner: String(owner) }),
    ...(group && { group: String(group) }),
    acls: listOf(said.acls).map(String),
  };
}

function scriptsIn(names: readonly string[], said: any): DeployScript[] {
  return names.flatMap((name) =>
    listOf(said?.[name]).map(({ location, timeout = TIMEOUT_SECONDS, runas }: any) => {
      if (!location) return wrong(`each script of ${name} must have a location`);
      if (!(Number(timeout) > 0)) return wrong(`the timeout of ${location} is no number of seconds`);
      return { location: String(location).replace(/^\/+/, ""), timeoutSeconds: Number(timeout), ...(runas && { runas: String(runas) }) };
    }),
  );
}

function runScript({ location, timeoutSeconds, runas }: DeployScript): string[] {
  const path = quoted(`./${location}`);
  const line = runas === undefined ? path : `su ${quoted(runas)} -c ${path}`;
  return [`chmod ${runas === undefined ? "u" : "a"}+x ${path}`, `timeout ${timeoutSeconds} ${line}`];
}

/** What is in a folder goes to the destination, a file goes into it. */
function copy({ source, destination }: DeploySpecification["files"][number]): string[] {
  const [from, to] = [quoted(`./${source.replace(/^\/+/, "")}`), quoted(destination)];
  return [`mkdir -p ${to}`, `if [ -d ${from} ]; then cp -af ${from}/. ${to}/; else cp -af ${from} ${to}/; fi`];
}

function permit({ object, pattern, except, types, mode, owner, group, acls }: FilePermission): string[] {
  const changes = [
    ...(mode === undefined ? [] : [`chmod ${quoted(mode)}`]),
    ...(owner === undefined ? [] : [`chown ${quoted(owner)}`]),
    ...(group === undefined ? [] : [`chgrp ${quoted(group)}`]),
    ...(acls.length === 0 ? [] : [`setfacl -m ${quoted(acls.join(","))}`]),
  ];
  const names = [`-name ${quoted(pattern)}`, ...except.map((name) => `! -name ${quoted(name)}`)].join(" ");
  return types.flatMap((type) =>
    changes.map((change) => `find ${quoted(object)} -type ${type === "directory" ? "d" : "f"} ${names} -exec ${change} {} +`),
  );
}
