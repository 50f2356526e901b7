import {
  asList,
  BuildspecProblem,
  type BuildspecText,
  commands,
  flag,
  list,
  type Mapping,
  mapping,
  readBuildspec,
  texts,
} from "./buildspec-text.ts";

export { BuildspecProblem } from "./buildspec-text.ts";

/** The phases of a build that run commands, in order, as a buildspec names them. */
export const COMMAND_PHASES = ["install", "pre_build", "build", "post_build"] as const;
export type CommandPhase = (typeof COMMAND_PHASES)[number];

/** What follows when a command of a phase fails. A retry is one of the whole build, where the message matches. */
export type OnFailure =
  | { readonly action: "ABORT" | "CONTINUE" }
  | { readonly action: "RETRY"; readonly count: number; readonly pattern: string };

/** What is to be done in one phase. */
export interface PhaseSpec {
  readonly commands: readonly string[];
  /** Run after the commands, whether or not they went well. */
  readonly finally: readonly string[];
  readonly onFailure?: OnFailure;
  /** The Linux user that runs the commands. */
  readonly runAs?: string;
  readonly runtimeVersions: Readonly<Record<string, string>>;
}

/** Which files make an artifact. Texts may hold shell variables and command substitutions. */
export interface ArtifactSpec {
  readonly files: readonly string[];
  readonly exclude: readonly string[];
  readonly baseDirectory: string;
  readonly discardPaths: boolean;
  readonly keepLinks: boolean;
  readonly name?: string;
  readonly s3Prefix?: string;
}

export const REPORT_FORMATS = {
  TEST: ["JUNITXML", "CUCUMBERJSON", "NUNITXML", "NUNIT3XML", "TESTNGXML", "VISUALSTUDIOTRX"],
  CODE_COVERAGE: ["CLOVERXML", "COBERTURAXML", "JACOCOXML", "SIMPLECOV"],
} as const;
export type ReportFormat = (typeof REPORT_FORMATS)[keyof typeof REPORT_FORMATS][number];

/** Which files hold the results of tests, and how they are written. */
export interface ReportSpec {
  readonly files: readonly string[];
  readonly baseDirectory: string;
  readonly discardPaths: boolean;
  readonly format: ReportFormat;
  /** The name or the ARN of the report group, once the shell has expanded it. */
  readonly group?: string;
}

export interface CacheSpec {
  readonly paths: readonly string[];
  /** May hold shell variables and command substitutions. */
  readonly key?: string;
  /** Each is how a key may begin. */
  readonly fallbackKeys: readonly string[];
  readonly action?: "restore" | "save";
}

/** A buildspec that can be run. https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html */
export interface Buildspec {
  /** Version 0.1: each command begins anew, with nothing of what the last one set. */
  readonly isolated: boolean;
  readonly shell: "sh" | "bash";
  readonly variables: Readonly<Record<string, string>>;
  readonly parameterStore: Readonly<Record<string, string>>;
  readonly secretsManager: Readonly<Record<string, string>>;
  readonly exportedVariables: readonly string[];
  readonly gitCredentialHelper: boolean;
  readonly phases: Readonly<Partial<Record<CommandPhase, PhaseSpec>>>;
  readonly artifacts?: ArtifactSpec;
  readonly secondaryArtifacts: Readonly<Record<string, ArtifactSpec>>;
  /** By the name or the ARN of a report group. */
  readonly reports: Readonly<Record<string, ReportSpec>>;
  readonly cache?: CacheSpec;
  /** What it asks for that is taken note of, and not done: sentences for the log. */
  readonly remarks: readonly string[];
}

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const REPORT_GROUPS_MAX = 5;
const FALLBACK_KEYS_MAX = 5;
const RETRIES = 3;
const RUNTIMES = ["android", "dotnet", "golang", "java", "nodejs", "php", "python", "ruby"];

/** Read a buildspec; throws a `BuildspecProblem` where it cannot be run. */
export function parseBuildspec(text: string): Buildspec {
  const { root, lineOf } = readBuildspec(text);
  const version = versionOf(root["version"]);
  const env = mapping(root["env"], "env");
  const phases = mapping(root["phases"], "phases");
  if (Object.keys(phases).length === 0) throw new BuildspecProblem("phases is required in the buildspec");
  const artifacts = root["artifacts"] === undefined ? undefined : mapping(root["artifacts"], "artifacts");
  const secondary = mapping(artifacts?.["secondary-artifacts"], "secondary-artifacts");
  const hasPrimary = artifacts !== undefined && artifacts["files"] !== undefined;
  const secrets = {
    parameterStore: texts(env["parameter-store"], "env/parameter-store"),
    secretsManager: texts(env["secrets-manager"], "env/secrets-manager"),
  };
  const oldVariables = texts(
    mapping(root["environment_variables"], "environment_variables")["plaintext"],
    "environment_variables/plaintext",
  );
  return {
    isolated: version === "0.1",
    shell: shellOf(env["shell"]),
    variables: { ...(version === "0.1" && oldVariables), ...texts(env["variables"], "env/variables") },
    ...secrets,
    exportedVariables: exportedOf(env["exported-variables"], secrets),
    gitCredentialHelper: flag(env["git-credential-helper"]),
    phases: phasesOf(phases, root["run-as"], lineOf),
    ...(hasPrimary && { artifacts: artifactOf(artifacts, "artifacts") }),
    secondaryArtifacts: Object.fromEntries(
      Object.entries(secondary).map(([name, value]) => [name, artifactOf(mapping(value, name), `secondary-artifacts/${name}`)]),
    ),
    reports: reportsOf(mapping(root["reports"], "reports")),
    ...(root["cache"] !== undefined && { cache: cacheOf(mapping(root["cache"], "cache")) }),
    remarks: root["proxy"] === undefined ? [] : ["proxy settings have no effect here: there is no proxy server."],
  };
}

/** Every text of an artifact that the build's shell may have to expand, in a fixed order. */
export const expandableTexts = ({ files, exclude, baseDirectory, name = "", s3Prefix = "" }: ArtifactSpec): string[] => [
  baseDirectory,
  name,
  s3Prefix,
  ...files,
  ...exclude,
];

/** The artifact with its texts expanded, in the order of `expandableTexts`. */
export function withExpanded(artifact: ArtifactSpec, expanded: readonly string[]): ArtifactSpec {
  const [baseDirectory = artifact.baseDirectory, name = "", s3Prefix = "", ...patterns] = expanded;
  const count = artifact.files.length;
  return {
    ...artifact,
    baseDirectory,
    ...(name !== "" && { name }),
    ...(s3Prefix !== "" && { s3Prefix }),
    files: patterns.slice(0, count),
    exclude: patterns.slice(count),
  };
}

function versionOf(version: unknown): "0.1" | "0.2" {
  if (version === undefined) throw new BuildspecProblem("version is required in the buildspec");
  const text = String(version);
  if (text === "0.1" || text === "0.2") return text;
  throw new BuildspecProblem(`unknown buildspec version ${version}`);
}

function shellOf(value: unknown): Buildspec["shell"] {
  if (value === undefined || value === "sh" || value === "/bin/sh") return "sh";
  if (value === "bash" || value === "/bin/bash") return "bash";
  throw new BuildspecProblem(`the shell ${value} is not implemented by Slipway; sh and bash are`);
}

function phasesOf(phases: Mapping, runAs: unknown, lineOf: BuildspecText["lineOf"]): Buildspec["phases"] {
  const known = COMMAND_PHASES.filter((name) => phases[name] !== undefined && phases[name] !== null);
  const unknown = Object.keys(phases).find((name) => !COMMAND_PHASES.includes(name as CommandPhase));
  if (unknown !== undefined) {
    throw new BuildspecProblem(`Invalid buildspec phase name: ${unknown.toUpperCase()}. Expecting: BUILD,INSTALL,POST_BUILD,PRE_BUILD`);
  }
  return Object.fromEntries(known.map((name) => [name, phaseOf(mapping(phases[name], name), name, runAs, lineOf)]));
}

function phaseOf(phase: Mapping, name: string, globalUser: unknown, lineOf: BuildspecText["lineOf"]): PhaseSpec {
  const onFailure = onFailureOf(phase["on-failure"], name);
  const runAs = phase["run-as"] ?? globalUser;
  const runtimeVersions = texts(phase["runtime-versions"], "runtime-versions");
  const unknown = Object.keys(runtimeVersions).find((runtime) => !RUNTIMES.includes(runtime));
  if (unknown !== undefined) {
    throw new BuildspecProblem(`Unknown runtime named '${unknown}'. This build image has the following runtimes: ${RUNTIMES.join(", ")}`);
  }
  return {
    commands: commands(phase["commands"], (index) => lineOf(["phases", name, "commands", index])),
    finally: commands(phase["finally"], (index) => lineOf(["phases", name, "finally", index])),
    ...(onFailure && { onFailure }),
    ...(runAs !== undefined && runAs !== null && { runAs: String(runAs) }),
    runtimeVersions,
  };
}

/** ABORT, CONTINUE, RETRY, RETRY-count, RETRY-regex or RETRY-count-regex. */
function onFailureOf(value: unknown, phase: string): OnFailure | undefined {
  if (value === undefined) return undefined;
  if (value === "ABORT" || value === "CONTINUE") return { action: value };
  const [match, count, pattern] = /^RETRY(?:-(\d{1,3})(?=-|$))?(?:-(.+))?$/is.exec(String(value)) ?? [];
  if (match === undefined || Number(count ?? 0) > 100 || !isPattern(pattern)) {
    throw new BuildspecProblem(`Invalid on-failure value of phase ${phase}: ${value}`);
  }
  return { action: "RETRY", count: count === undefined ? RETRIES : Number(count), pattern: pattern ?? ".*" };
}

function isPattern(text = ""): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

function artifactOf(value: Mapping, where: string): ArtifactSpec {
  const files = list(value["files"], `${where}/files`);
  if (files.length === 0) throw new BuildspecProblem(`files is required in ${where}`);
  return {
    files,
    exclude: list(value["exclude-paths"], `${where}/exclude-paths`),
    baseDirectory: value["base-directory"] === undefined ? "." : String(value["base-directory"]),
    discardPaths: flag(value["discard-paths"]),
    keepLinks: flag(value["enable-symlinks"]),
    ...(value["name"] !== undefined && { name: String(value["name"]) }),
    ...(value["s3-prefix"] !== undefined && { s3Prefix: String(value["s3-prefix"]) }),
  };
}

function reportsOf(reports: Mapping): Buildspec["reports"] {
  const entries = Object.entries(reports);
  if (entries.length > REPORT_GROUPS_MAX) throw new BuildspecProblem(`reports may name at most ${REPORT_GROUPS_MAX} report groups`);
  return Object.fromEntries(entries.map(([name, value]) => [name, reportOf(mapping(value, name), `reports/${name}`)]));
}

function reportOf(value: Mapping, where: string): ReportSpec {
  const files = list(value["files"], `${where}/files`);
  if (files.length === 0) throw new BuildspecProblem(`files is required in ${where}`);
  const format = String(value["file-format"] ?? "JUNITXML").toUpperCase() as ReportFormat;
  const formats: readonly string[] = [...REPORT_FORMATS.TEST, ...REPORT_FORMATS.CODE_COVERAGE];
  if (!formats.includes(format)) throw new BuildspecProblem(`Invalid file-format of ${where}: ${format}. Expecting: ${formats.join(",")}`);
  return {
    files,
    baseDirectory: value["base-directory"] === undefined ? "." : String(value["base-directory"]),
    discardPaths: flag(value["discard-paths"]),
    format,
  };
}

function cacheOf(value: Mapping): CacheSpec {
  const action = value["action"];
  if (action !== undefined && action !== "restore" && action !== "save") {
    throw new BuildspecProblem(`Invalid cache action: ${action}. Expecting: restore,save`);
  }
  const fallbackKeys = list(value["fallback-keys"], "cache/fallback-keys");
  if (fallbackKeys.length > FALLBACK_KEYS_MAX) throw new BuildspecProblem(`cache may have at most ${FALLBACK_KEYS_MAX} fallback-keys`);
  const key = value["key"];
  return {
    paths: list(value["paths"], "cache/paths"),
    ...(key !== undefined && key !== null && { key: String(key) }),
    fallbackKeys,
    ...(action !== undefined && { action }),
  };
}

/** What is secret stays so, and nothing that AWS's own tools read is handed on. */
function exportedOf(value: unknown, { parameterStore, secretsManager }: Pick<Buildspec, "parameterStore" | "secretsManager">): string[] {
  return asList(value)
    .map(String)
    .map(checkVariableName)
    .filter((name) => !name.startsWith("AWS_") && !(name in parameterStore) && !(name in secretsManager));
}

function checkVariableName(name: string): string {
  if (!VARIABLE_NAME.test(name)) throw new BuildspecProblem(`${name} in exported-variables is not the name of a variable`);
  return name;
}
