import type { Job } from "../../compute/job.ts";
import type { BuildPhaseType } from "../../sdk/codebuild.js";
import { type ArtifactSpec, type Buildspec, type CommandPhase, expandableTexts, withExpanded } from "./buildspec.ts";
import { type PhaseEnd, SUCCEEDED } from "./phase.ts";
import { commandText } from "./script.ts";

/** One phase as the build's script tells of it. */
export interface ReportedPhase {
  readonly phaseType: BuildPhaseType;
  /** milliseconds */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly end: PhaseEnd;
}

/** The phases that ran, from the lines `phase TYPE start end code failed`, failed being phase:index or a dash. */
export function reportedPhases(job: Job, buildspec: Buildspec): ReportedPhase[] {
  const lines = (job.result?.outputs?.["report"]?.text ?? "").split("\n").filter((line) => line.startsWith("phase "));
  return lines.map((line) => {
    const [, phaseType, startedAt, endedAt, code, failed] = line.split(" ");
    const end = code === "0" ? SUCCEEDED : commandFailure(buildspec, failed!, code!);
    return { phaseType: phaseType as BuildPhaseType, startedAt: Number(startedAt), endedAt: Number(endedAt), end };
  });
}

/** The exported variables that were set when the commands were over. */
export function reportedExports(job: Job, { exportedVariables }: Buildspec): { name: string; value: string }[] {
  return exportedVariables.flatMap((name) => {
    const value = job.result?.outputs?.[`exported/${name}`]?.text;
    return value === undefined ? [] : [{ name, value }];
  });
}

/** The artifacts with their texts as the build's shell expanded them; the primary one's identifier is empty. */
export function expandedArtifacts(job: Job, { artifacts, secondaryArtifacts }: Buildspec): Record<string, ArtifactSpec> {
  const all = { ...(artifacts && { "": artifacts }), ...secondaryArtifacts };
  const lines = (job.result?.outputs?.["expanded"]?.text ?? "").split("\n");
  let at = 0;
  return Object.fromEntries(
    Object.entries(all).map(([identifier, artifact]) => {
      const count = expandableTexts(artifact).length;
      const expanded = lines.slice(at, at + count);
      at += count;
      return [identifier, expanded.length === count ? withExpanded(artifact, expanded) : artifact];
    }),
  );
}

function commandFailure(buildspec: Buildspec, failed: string, code: string): PhaseEnd {
  const [phase, index] = failed.split(":");
  const command = commandText(buildspec.phases[phase as CommandPhase], Number(index));
  return {
    status: "FAILED",
    statusCode: "COMMAND_EXECUTION_ERROR",
    message: `Error while executing command: ${command}. Reason: exit status ${code}`,
  };
}
