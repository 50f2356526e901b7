import { type Buildspec, COMMAND_PHASES, type CommandPhase, expandableTexts, type PhaseSpec } from "./buildspec.ts";

/** Where the script leaves what came of it, relative to the workspace. */
export const EXPANDED_PATH = ".slipway/expanded";
/** The lines of the log, for a build that keeps them in S3. */
export const LOG_PATH = ".slipway/log";
export const exportedPath = (name: string): string => `.slipway/exported/${name}`;

const NO_COMMANDS: PhaseSpec = { commands: [], finally: [], runtimeVersions: {} };

/**
 * The shell's part of a build: what every build does alike. As in CodeBuild each command is a process of its own, and
 * hands its variables, exported or not, and its directory on to the next, so that `exit` ends a command and not the build.
 */
const PRELUDE = String.raw`
slipway_dir="$SLIPWAY_WORKSPACE/.slipway"
mkdir -p "$slipway_dir/exported" "$SLIPWAY_WORKSPACE/src"
export CODEBUILD_SRC_DIR="$SLIPWAY_WORKSPACE/src"
slipway_say() { printf '%ssay %s\n' "$slipway_mark" "$1"; }
slipway_tell() { printf '%s%s\n' "$slipway_mark" "$1"; }
slipway_enter() {
  slipway_tell "enter $1"
  slipway_code=0 slipway_skip=0 slipway_failed=- slipway_user=
  slipway_say "Entering phase $1"
}
slipway_refuse() {
  slipway_skip=1 slipway_code=1 slipway_failed=$1
}
slipway_run_as() {
  [ "$1" != "$(id -un)" ] || return 0
  if ! id -u "$1" > /dev/null 2>&1; then slipway_refuse "user:$1"; return 0; fi
  slipway_user=$1
  slipway_above=$SLIPWAY_WORKSPACE
  while [ "$slipway_above" != / ]; do
    [ "$(stat -f -c %T "$slipway_above" 2> /dev/null)" != tmpfs ] || chmod a+x "$slipway_above" 2> /dev/null
    slipway_above=$(dirname "$slipway_above")
  done
  chmod a+rw "$slipway_dir/env" "$slipway_dir/cwd"
}
slipway_runtime() {
  slipway_option=--version
  case "$1" in
    nodejs) slipway_program=node ;;
    python) slipway_program=python3 ;;
    golang) slipway_program=go slipway_option=version ;;
    android) slipway_program=adb ;;
    java) slipway_program=java slipway_option=-version ;;
    *) slipway_program=$1 ;;
  esac
  if ! command -v "$slipway_program" > /dev/null; then slipway_refuse "runtime:$1"; return 0; fi
  slipway_say "Selecting '$1' runtime version '$2': this machine has $("$slipway_program" "$slipway_option" 2>&1 | head -n 1)"
}
slipway_as() {
  if [ -z "$slipway_user" ]; then "$@"
  else setpriv --reuid="$slipway_user" --regid="$(id -g "$slipway_user")" --init-groups -- "$@"; fi
}
slipway_run() {
  [ "$slipway_skip" = 0 ] || return 0
  slipway_say "Running command $2"
  {
    [ "$slipway_isolated" = 1 ] || echo ". '$slipway_dir/env'"
    echo "IFS= read -r SLIPWAY_CWD < '$slipway_dir/cwd'; cd \"\$SLIPWAY_CWD\"; unset SLIPWAY_CWD"
    echo "export CODEBUILD_BUILD_SUCCEEDING=$slipway_succeeding"
    echo 'set -a'
    printf '%s\n' "$2"
    echo 'CODEBUILD_LAST_EXIT=$?'
    [ "$slipway_isolated" = 1 ] || echo "export -p > '$slipway_dir/env'; pwd > '$slipway_dir/cwd'"
    echo 'exit $CODEBUILD_LAST_EXIT'
  } > "$slipway_dir/script"
  slipway_as "$slipway_shell" "$slipway_dir/script" < /dev/null
  slipway_last=$?
  [ "$slipway_last" = 0 ] && return 0
  slipway_skip=1
  [ "$slipway_code" = 0 ] && slipway_code=$slipway_last slipway_failed=$1
  slipway_say "Command did not exit successfully $2 exit status $slipway_last"
}
slipway_finally() { slipway_skip=0; }
slipway_leave() {
  slipway_state=SUCCEEDED
  if [ "$slipway_code" != 0 ]; then slipway_state=FAILED slipway_succeeding=0; fi
  slipway_say "Phase complete: $1 State: $slipway_state"
  slipway_say "Phase context status code: $(slipway_context "$slipway_failed") Message: $(slipway_text "$slipway_failed")"
  slipway_tell "leave $1 $slipway_code $slipway_failed"
}
slipway_shell_env() { . "$slipway_dir/env"; cd "$(cat "$slipway_dir/cwd")" || exit; }
slipway_succeeding=1
export CODEBUILD_BUILD_SUCCEEDING=1
export PATH="$slipway_dir/bin:$PATH"
export -p > "$slipway_dir/env"
echo "$SLIPWAY_WORKSPACE/src" > "$slipway_dir/cwd"
`;

/** What a script has to be told besides the buildspec. */
export interface ScriptOptions {
  /** Identifiers of the secondary sources. */
  readonly secondarySources: readonly string[];
  /** How the lines begin that tell of its phases: `enter TYPE`, `leave TYPE code failed`; and `say TEXT`, which is for the log. */
  readonly mark: string;
}

/** The script that runs the phases of a buildspec and tells of them. It ends with 0 whatever they come to. */
export function buildScript(buildspec: Buildspec, { secondarySources, mark }: ScriptOptions): string {
  return [
    `slipway_shell=${buildspec.shell}`,
    `slipway_isolated=${buildspec.isolated ? 1 : 0}`,
    `slipway_mark=${quote(mark)}`,
    ...secondarySources.map((id) => `export CODEBUILD_SRC_DIR_${id.replaceAll(/\W/g, "_")}="$SLIPWAY_WORKSPACE/secondary/${id}"`),
    PRELUDE,
    contextFunctions(buildspec),
    endFunction(buildspec),
    ...greeting(buildspec),
    ...COMMAND_PHASES.flatMap((name) => phaseScript(name, buildspec.phases[name] ?? NO_COMMANDS)),
    "slipway_end",
    "",
  ].join("\n");
}

/** Why a phase failed: `failed` is phase:index of a command, runtime:name or user:name. */
export function failureOf(buildspec: Buildspec, failed: string, code: string): { statusCode: string; message: string } {
  const [what, which] = failed.split(":") as [string, string];
  if (what === "runtime") {
    const version = buildspec.phases.install?.runtimeVersions[which];
    return { statusCode: "YAML_FILE_ERROR", message: `Unknown runtime version named '${version}' of ${which}. This machine has none.` };
  }
  if (what === "user") return { statusCode: "CLIENT_ERROR", message: `user: unknown user ${which}` };
  const command = commandText(buildspec.phases[what as CommandPhase], Number(which));
  return { statusCode: "COMMAND_EXECUTION_ERROR", message: `Error while executing command: ${command}. Reason: exit status ${code}` };
}

/** The text of the nth command of a phase: what failed is reported by its number. */
const commandText = (phase: PhaseSpec | undefined, index: number): string =>
  [...(phase?.commands ?? []), ...(phase?.finally ?? [])][index] ?? "";

function phaseScript(name: CommandPhase, phase: PhaseSpec): string[] {
  const label = name.toUpperCase();
  const run = (command: string, index: number): string => `slipway_run ${name}:${index} ${quote(command)}`;
  const finallyCommands = phase.finally.map((command, index) => run(command, phase.commands.length + index));
  const runtimes = Object.entries(phase.runtimeVersions);
  return [
    `slipway_enter ${label}`,
    ...(phase.runAs === undefined ? [] : [`slipway_run_as ${quote(phase.runAs)}`]),
    ...runtimes.map(([runtime, version]) => `slipway_runtime ${quote(runtime)} ${expandable(version)}`),
    ...phase.commands.map(run),
    ...(finallyCommands.length > 0 ? ["slipway_finally", ...finallyCommands] : []),
    `slipway_leave ${label}`,
    ...(endsAfterFailure(name, phase) ? ['[ "$slipway_code" = 0 ] || slipway_end'] : []),
  ];
}

/**
 * A failed install or pre_build ends the build; a failed build goes on to post_build, unless the buildspec says.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html
 */
export function endsAfterFailure(name: CommandPhase, { onFailure }: PhaseSpec): boolean {
  if (onFailure !== undefined) return onFailure.action !== "CONTINUE";
  return name === "install" || name === "pre_build";
}

function greeting({ phases, remarks }: Buildspec): string[] {
  const named = COMMAND_PHASES.filter((name) => phases[name] !== undefined);
  const counts = named.map((name) => `slipway_say ${quote(` ${name.toUpperCase()}: ${phases[name]!.commands.length} commands`)}`);
  return [
    `slipway_say ${quote(`Phases found in YAML: ${named.length}`)}`,
    ...counts,
    ...remarks.map((remark) => `slipway_say ${quote(remark)}`),
    "slipway_say 'Phase complete: DOWNLOAD_SOURCE State: SUCCEEDED'",
    "slipway_say 'Phase context status code:  Message: '",
  ];
}

/** The status code and the message of a phase's context, by what failed. */
function contextFunctions(buildspec: Buildspec): string {
  const { phases } = buildspec;
  const failures = [
    ...COMMAND_PHASES.flatMap((name) =>
      [...(phases[name]?.commands ?? []), ...(phases[name]?.finally ?? [])].map((_, index) => `${name}:${index}`),
    ),
    ...Object.keys(phases.install?.runtimeVersions ?? {}).map((name) => `runtime:${name}`),
    ...Object.values(phases).flatMap(({ runAs }) => (runAs === undefined ? [] : [`user:${runAs}`])),
  ];
  const cases = (of: (failure: { statusCode: string; message: string }) => string): string[] =>
    failures.map((failed) => `${quote(failed)}) printf '%s' ${of(failureOf(buildspec, failed, CODE))} ;;`);
  const codeShown = (message: string): string => message.split(CODE).map(quote).join('"$slipway_code"');
  return [
    "slipway_context() {",
    'case "$1" in',
    ...cases(({ statusCode }) => statusCode),
    "*) ;;",
    "esac",
    "}",
    "slipway_text() {",
    'case "$1" in',
    ...cases(({ message }) => codeShown(message)),
    "*) ;;",
    "esac",
    "}",
  ].join("\n");
}

/** Stands for the exit code, which only the running script knows. */
const CODE = "\u0001";

/** At the end the exported variables are read, and what artifacts are called is expanded, in the build's own shell. */
function endFunction(buildspec: Buildspec): string {
  const { exportedVariables, artifacts, secondaryArtifacts, reports } = buildspec;
  const texts = [
    ...[...(artifacts ? [artifacts] : []), ...Object.values(secondaryArtifacts)].flatMap(expandableTexts),
    ...Object.entries(reports).flatMap(([name, { baseDirectory, files }]) => [name, baseDirectory, ...files]),
  ];
  return [
    "slipway_end() {",
    "(",
    "slipway_shell_env",
    ...exportedVariables.map((name) => `[ -z "\${${name}+x}" ] || printf '%s' "$${name}" > "$slipway_dir/exported/${name}"`),
    ...texts.map((text) => `printf '%s\\n' ${expandable(text)} >> "$slipway_dir/expanded"`),
    ")",
    "exit 0",
    "}",
  ].join("\n");
}

export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** In double quotes: only variables and command substitutions are expanded. */
export const expandable = (text: string): string => `"${text.replaceAll(/[\\"]/g, "\\$&")}"`;
