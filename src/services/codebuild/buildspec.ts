import { parse, YAMLParseError } from "yaml";

/** The phases of a build that run commands, in order, as a buildspec names them. */
export const COMMAND_PHASES = ["install", "pre_build", "build", "post_build"] as const;
export type CommandPhase = (typeof COMMAND_PHASES)[number];

/** What is to be done in one phase. */
export interface PhaseSpec {
  readonly commands: readonly string[];
  /** Run after the commands, whether or not they went well. */
  readonly finally: readonly string[];
  readonly onFailure?: "ABORT" | "CONTINUE";
  readonly runtimeVersions: Readonly<Record<string, string>>;
}

/** Which files make an artifact. Texts may hold shell variables and command substitutions. */
export interface ArtifactSpec {
  readonly files: readonly string[];
  readonly exclude: readonly string[];
  readonly baseDirectory: string;
  readonly discardPaths: boolean;
  readonly name?: string;
}

/** A buildspec that can be run. https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html */
export interface Buildspec {
  readonly shell: "sh" | "bash";
  readonly variables: Readonly<Record<string, string>>;
  readonly parameterStore: Readonly<Record<string, string>>;
  readonly secretsManager: Readonly<Record<string, string>>;
  readonly exportedVariables: readonly string[];
  readonly phases: Readonly<Partial<Record<CommandPhase, PhaseSpec>>>;
  readonly artifacts?: ArtifactSpec;
  readonly secondaryArtifacts: Readonly<Record<string, ArtifactSpec>>;
  /** What it asks for that is taken note of, and not done: sentences for the log. */
  readonly remarks: readonly string[];
}

/** What is wrong with a buildspec, in a sentence for its phase context. */
export class BuildspecProblem extends Error {}

type Mapping = Readonly<Record<string, unknown>>;

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Read a buildspec; throws a `BuildspecProblem` where it cannot be run. */
export function parseBuildspec(text: string): Buildspec {
  const root = mapping(read(text), "buildspec");
  checkVersion(root["version"]);
  const env = mapping(root["env"], "env");
  const phases = mapping(root["phases"], "phases");
  if (Object.keys(phases).length === 0) throw new BuildspecProblem("phases is required in the buildspec");
  const artifacts = root["artifacts"] === undefined ? undefined : mapping(root["artifacts"], "artifacts");
  const secondary = mapping(artifacts?.["secondary-artifacts"], "secondary-artifacts");
  const hasPrimary = artifacts !== undefined && artifacts["files"] !== undefined;
  return {
    shell: shellOf(env["shell"]),
    variables: texts(env["variables"], "env/variables"),
    parameterStore: texts(env["parameter-store"], "env/parameter-store"),
    secretsManager: texts(env["secrets-manager"], "env/secrets-manager"),
    exportedVariables: list(env["exported-variables"], "exported-variables").map(checkVariableName),
    phases: phasesOf(phases),
    ...(hasPrimary && { artifacts: artifactOf(artifacts, "artifacts") }),
    secondaryArtifacts: Object.fromEntries(
      Object.entries(secondary).map(([name, value]) => [name, artifactOf(mapping(value, name), `secondary-artifacts/${name}`)]),
    ),
    remarks: remarksOn(root, phases),
  };
}

/** Every text of an artifact that the build's shell may have to expand, in a fixed order. */
export const expandableTexts = ({ files, exclude, baseDirectory, name = "" }: ArtifactSpec): string[] => [
  baseDirectory,
  name,
  ...files,
  ...exclude,
];

/** The artifact with its texts expanded, in the order of `expandableTexts`. */
export function withExpanded(artifact: ArtifactSpec, expanded: readonly string[]): ArtifactSpec {
  const [baseDirectory = artifact.baseDirectory, name = "", ...patterns] = expanded;
  const count = artifact.files.length;
  return {
    ...artifact,
    baseDirectory,
    ...(name !== "" && { name }),
    files: patterns.slice(0, count),
    exclude: patterns.slice(count),
  };
}

function read(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new BuildspecProblem(error.message.split("\n", 1)[0]!);
  }
}

function checkVersion(version: unknown): void {
  if (version === undefined) throw new BuildspecProblem("version is required in the buildspec");
  if (String(version) === "0.2") return;
  const known = String(version) === "0.1";
  throw new BuildspecProblem(known ? "buildspec version 0.1 is not implemented by Slipway" : `unknown buildspec version ${version}`);
}

function shellOf(value: unknown): Buildspec["shell"] {
  if (value === undefined || value === "sh" || value === "/bin/sh") return "sh";
  if (value === "bash" || value === "/bin/bash") return "bash";
  throw new BuildspecProblem(`the shell ${value} is not implemented by Slipway; sh and bash are`);
}

function phasesOf(phases: Mapping): Buildspec["phases"] {
  const known = COMMAND_PHASES.filter((name) => phases[name] !== undefined && phases[name] !== null);
  const unknown = Object.keys(phases).find((name) => !COMMAND_PHASES.includes(name as CommandPhase));
  if (unknown !== undefined) throw new BuildspecProblem(`unknown phase ${unknown}`);
  return Object.fromEntries(known.map((name) => [name, phaseOf(mapping(phases[name], name), name)]));
}

function phaseOf(phase: Mapping, name: string): PhaseSpec {
  const onFailure = phase["on-failure"];
  if (onFailure !== undefined && onFailure !== "ABORT" && onFailure !== "CONTINUE") {
    throw new BuildspecProblem(`on-failure ${onFailure} of phase ${name} is not implemented by Slipway; ABORT and CONTINUE are`);
  }
  return {
    commands: commands(phase["commands"]),
    finally: commands(phase["finally"]),
    ...(onFailure !== undefined && { onFailure }),
    runtimeVersions: texts(phase["runtime-versions"], "runtime-versions"),
  };
}

/** In CodeBuild's own words: an unquoted colon makes a mapping of a command. */
function commands(value: unknown): string[] {
  return asList(value).map((command, index) => {
    if (typeof command === "string" || typeof command === "number" || typeof command === "boolean") return String(command);
    throw new BuildspecProblem(
      command === null
        ? `Expected Commands[${index}] to be of string type: found null`
        : `Expected Commands[${index}] to be of string type: found subkeys instead`,
    );
  });
}

function artifactOf(value: Mapping, where: string): ArtifactSpec {
  const files = list(value["files"], `${where}/files`);
  if (files.length === 0) throw new BuildspecProblem(`files is required in ${where}`);
  return {
    files,
    exclude: list(value["exclude-paths"], `${where}/exclude-paths`),
    baseDirectory: value["base-directory"] === undefined ? "." : String(value["base-directory"]),
    discardPaths: ["yes", "true"].includes(String(value["discard-paths"] ?? "no").toLowerCase()),
    ...(value["name"] !== undefined && { name: String(value["name"]) }),
  };
}

function remarksOn(root: Mapping, phases: Mapping): string[] {
  const remarks: string[] = [];
  const runtimes = texts(mapping(phases["install"], "install")["runtime-versions"], "runtime-versions");
  for (const [name, version] of Object.entries(runtimes)) {
    remarks.push(`Runtime ${name} ${version} was asked for; the build uses what this machine has, and its version is not checked.`);
  }
  if (root["cache"] !== undefined) remarks.push("A cache was asked for; Slipway keeps none between builds.");
  if (root["reports"] !== undefined) remarks.push("Reports were asked for; test reports are not implemented by Slipway.");
  if (root["run-as"] !== undefined) remarks.push("run-as was asked for; commands run as the one user of the sandbox.");
  if (root["proxy"] !== undefined) remarks.push("proxy settings are not implemented by Slipway.");
  return remarks;
}

function mapping(value: unknown, where: string): Mapping {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new BuildspecProblem(`Expected ${where} to be a mapping`);
  return value as Mapping;
}

function texts(value: unknown, where: string): Record<string, string> {
  const entries = Object.entries(mapping(value, where));
  return Object.fromEntries(entries.map(([name, text]) => [name, text === null ? "" : String(text)]));
}

const asList = (value: unknown): unknown[] => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]);

function list(value: unknown, where: string): string[] {
  return asList(value).map((item) => {
    if (typeof item === "object") throw new BuildspecProblem(`Expected the items of ${where} to be of string type`);
    return String(item);
  });
}

function checkVariableName(name: string): string {
  if (!VARIABLE_NAME.test(name)) throw new BuildspecProblem(`${name} in exported-variables is not the name of a variable`);
  return name;
}
