import { type Buildspec, COMMAND_PHASES, type CommandPhase, expandableTexts, type PhaseSpec } from "./buildspec.ts";

/** Where the script leaves what came of it, relative to the workspace. */
export const REPORT_PATH = ".slipway/report";
export const EXPANDED_PATH = ".slipway/expanded";
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
slipway_ms() {
  slipway_ms_text=$(date +%s%3N)
  case "$slipway_ms_text" in *[!0-9]*) slipway_ms_text="$(date +%s)000" ;; esac
  echo "$slipway_ms_text"
}
slipway_now() { echo $(($(slipway_ms) + slipway_offset)); }
slipway_say() {
  slipway_at=$(($(slipway_now) / 1000))
  slipway_stamp=$(date -u -d "@$slipway_at" '+%Y/%m/%d %H:%M:%S' 2>/dev/null || date -u -r "$slipway_at" '+%Y/%m/%d %H:%M:%S')
  printf '[Container] %s %s\n' "$slipway_stamp" "$1"
}
slipway_enter() {
  slipway_start=$(slipway_now)
  slipway_code=0 slipway_skip=0 slipway_failed=-
  slipway_say "Entering phase $1"
}
slipway_run() {
  [ "$slipway_skip" = 0 ] || return 0
  slipway_say "Running command $2"
  {
    echo ". '$slipway_dir/env'"
    echo "cd \"\$(cat '$slipway_dir/cwd')\""
    echo "export CODEBUILD_BUILD_SUCCEEDING=$slipway_succeeding"
    echo 'set -a'
    printf '%s\n' "$2"
    echo 'CODEBUILD_LAST_EXIT=$?'
    echo "export -p > '$slipway_dir/env'"
    echo "pwd > '$slipway_dir/cwd'"
    echo 'exit $CODEBUILD_LAST_EXIT'
  } > "$slipway_dir/script"
  "$slipway_shell" "$slipway_dir/script" < /dev/null
  slipway_last=$?
  [ "$slipway_last" = 0 ] && return 0
  slipway_skip=1
  [ "$slipway_code" = 0 ] && slipway_code=$slipway_last slipway_failed=$1
  slipway_say "Command did not exit successfully $2 exit status $slipway_last"
}
slipway_finally() { slipway_skip=0; }
slipway_leave() {
  slipway_state=SUCCEEDED slipway_context=' Message: '
  if [ "$slipway_code" != 0 ]; then
    slipway_state=FAILED slipway_succeeding=0
    slipway_context="COMMAND_EXECUTION_ERROR Message: Error while executing command: $(slipway_text "$slipway_failed"). Reason: exit status $slipway_code"
  fi
  slipway_say "Phase complete: $1 State: $slipway_state"
  slipway_say "Phase context status code: $slipway_context"
  echo "phase $1 $slipway_start $(slipway_now) $slipway_code $slipway_failed" >> "$slipway_dir/report"
}
slipway_shell_env() { . "$slipway_dir/env"; cd "$(cat "$slipway_dir/cwd")" || exit; }
slipway_succeeding=1
export CODEBUILD_BUILD_SUCCEEDING=1
export -p > "$slipway_dir/env"
echo "$SLIPWAY_WORKSPACE/src" > "$slipway_dir/cwd"
`;

/** What a script has to be told besides the buildspec. */
export interface ScriptOptions {
  /** The cloud's time when the script starts; milliseconds. */
  readonly startsAt: number;
  /** Identifiers of the secondary sources. */
  readonly secondarySources: readonly string[];
}

/** The script that runs the phases of a buildspec and reports on them in files. It ends with 0 whatever they come to. */
export function buildScript(buildspec: Buildspec, { startsAt, secondarySources }: ScriptOptions): string {
  return [
    `slipway_shell=${buildspec.shell}`,
    `slipway_offset=0`,
    ...secondarySources.map((id) => `export CODEBUILD_SRC_DIR_${id.replaceAll(/\W/g, "_")}="$SLIPWAY_WORKSPACE/secondary/${id}"`),
    PRELUDE,
    `slipway_offset=$((${startsAt} - $(slipway_ms)))`,
    textsFunction(buildspec),
    endFunction(buildspec),
    ...greeting(buildspec),
    ...COMMAND_PHASES.flatMap((name) => phaseScript(name, buildspec.phases[name] ?? NO_COMMANDS)),
    "slipway_end",
    "",
  ].join("\n");
}

/** The text of the nth command of a phase: what failed is reported by its number. */
export const commandText = (phase: PhaseSpec | undefined, index: number): string =>
  [...(phase?.commands ?? []), ...(phase?.finally ?? [])][index] ?? "";

function phaseScript(name: CommandPhase, phase: PhaseSpec): string[] {
  const label = name.toUpperCase();
  const run = (command: string, index: number): string => `slipway_run ${name}:${index} ${quote(command)}`;
  const finallyCommands = phase.finally.map((command, index) => run(command, phase.commands.length + index));
  return [
    `slipway_enter ${label}`,
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
  if (onFailure !== undefined) return onFailure === "ABORT";
  return name === "install" || name === "pre_build";
}

function greeting({ phases }: Buildspec): string[] {
  const named = COMMAND_PHASES.filter((name) => phases[name] !== undefined);
  const counts = named.map((name) => `slipway_say ${quote(` ${name.toUpperCase()}: ${phases[name]!.commands.length} commands`)}`);
  return [`slipway_say ${quote(`Phases found in YAML: ${named.length}`)}`, ...counts];
}

function textsFunction({ phases }: Buildspec): string {
  const cases = COMMAND_PHASES.flatMap((name) =>
    [...(phases[name]?.commands ?? []), ...(phases[name]?.finally ?? [])].map(
      (command, index) => `${name}:${index}) printf '%s' ${quote(command)} ;;`,
    ),
  );
  return ["slipway_text() {", 'case "$1" in', ...cases, "*) ;;", "esac", "}"].join("\n");
}

/** At the end the exported variables are read, and what artifacts are called is expanded, in the build's own shell. */
function endFunction(buildspec: Buildspec): string {
  const { exportedVariables, artifacts, secondaryArtifacts } = buildspec;
  const texts = [...(artifacts ? [artifacts] : []), ...Object.values(secondaryArtifacts)].flatMap(expandableTexts);
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
const expandable = (text: string): string => `"${text.replaceAll(/[\\"]/g, "\\$&")}"`;
