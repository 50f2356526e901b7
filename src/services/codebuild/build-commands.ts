import { type CommandInput, ensureJob, type Job } from "../../compute/job.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import { commandsJobId } from "./artifact.ts";
import { type Build, builds, logOf, type Phase, s3LogOf } from "./build.ts";
import type { Buildspec } from "./buildspec.ts";
import { enterPhase, leavePhase, type PhaseEnd, SUCCEEDED } from "./phase.ts";
import { buildScript, EXPANDED_PATH, exportedPath, failureOf, LOG_PATH } from "./script.ts";
import { commandSpec, PRIMARY } from "./source.ts";
import { toolInputs } from "./tools.ts";

/** The job that runs the commands of all phases, in one workspace. */
export function askForCommands(scope: Scope, build: Build, restored: readonly CommandInput[]): void {
  const buildspec = build.buildspec!;
  const secondarySources = Object.keys(build.sources!).filter((identifier) => identifier !== PRIMARY);
  const mark = markOf(build);
  const script = buildScript(buildspec, { secondarySources, mark });
  const { digest } = scope.blobs.write(Buffer.from(script));
  const log = logOf(build);
  ensureJob(scope, commandsJobId(build), {
    ...commandSpec(scope, build),
    inputs: [...restored, ...toolInputs(scope), { path: ".slipway/build.sh", digest }],
    script: '. "$SLIPWAY_WORKSPACE/.slipway/build.sh"',
    shell: buildspec.shell,
    env: build.variables!,
    mark,
    saysAs: "[Container]",
    ...(build.secrets && { secrets: build.secrets }),
    ...(log && { log }),
    ...(s3LogOf(build) && { logFile: LOG_PATH }),
    outputs: [
      { name: "expanded", type: "file", path: EXPANDED_PATH },
      ...buildspec.exportedVariables.map((name) => ({ name: `exported/${name}`, type: "file" as const, path: exportedPath(name) })),
    ],
  });
}

/** Take what the script has told of its phases since the last time: lines `enter TYPE` and `leave TYPE code failed`. */
export function takeProgress(scope: Scope, build: Build, { progress = [] }: Job): Build {
  const { toldLines = 0 } = build;
  if (progress.length === toldLines) return build;
  let current = builds.patch(scope, build.id, { toldLines: progress.length });
  for (const { at, text } of progress.slice(toldLines)) {
    const [verb, phaseType, code = "0", failed = "-"] = text.split(" ") as [string, NonNullable<Phase["phaseType"]>, string?, string?];
    const { phaseType: newest, endTime } = current.phases.at(-1)!;
    if (verb === "enter" && newest !== phaseType) current = enterPhase(scope, current, phaseType, at);
    if (verb === "leave" && newest === phaseType && endTime === undefined) {
      current = leavePhase(scope, current, endFrom(build.buildspec!, code, failed), at);
    }
  }
  return current;
}

const endFrom = (buildspec: Buildspec, code: string, failed: string): PhaseEnd =>
  code === "0" ? SUCCEEDED : { status: "FAILED", ...failureOf(buildspec, failed, code) };

/** Nothing that a command prints by chance. */
const markOf = ({ id }: Build): string => `::${idsFrom(`codebuild mark ${id}`).hex(24)}::`;
