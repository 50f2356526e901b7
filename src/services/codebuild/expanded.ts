import type { Job } from "../../compute/job.ts";
import { type ArtifactSpec, type Buildspec, expandableTexts, type ReportSpec, withExpanded } from "./buildspec.ts";

/** The artifacts with their texts as the build's shell expanded them; the primary one's identifier is empty. */
export function expandedArtifacts(job: Job, { artifacts, secondaryArtifacts }: Buildspec): Record<string, ArtifactSpec> {
  const all = { ...(artifacts && { "": artifacts }), ...secondaryArtifacts };
  const take = linesOf(job);
  return Object.fromEntries(
    Object.entries(all).map(([identifier, artifact]) => {
      const expanded = take(expandableTexts(artifact).length);
      return [identifier, expanded === undefined ? artifact : withExpanded(artifact, expanded)];
    }),
  );
}

/** The reports with their texts as the build's shell expanded them. */
export function expandedReports(job: Job, { artifacts, secondaryArtifacts, reports }: Buildspec): Record<string, ReportSpec> {
  const take = linesOf(job);
  for (const artifact of [...(artifacts ? [artifacts] : []), ...Object.values(secondaryArtifacts)]) take(expandableTexts(artifact).length);
  return Object.fromEntries(
    Object.entries(reports).map(([name, report]) => {
      const [group, baseDirectory, ...files] = take(2 + report.files.length) ?? [];
      return [name, baseDirectory === undefined ? report : { ...report, baseDirectory, files, group: group! }];
    }),
  );
}

/** The exported variables that were set when the commands were over. */
export function reportedExports(job: Job, { exportedVariables }: Buildspec): { name: string; value: string }[] {
  return exportedVariables.flatMap((name) => {
    const value = job.result?.outputs?.[`exported/${name}`]?.text;
    return value === undefined ? [] : [{ name, value }];
  });
}

/** Takes the next so many lines of what the shell expanded; undefined where there are not so many. */
function linesOf(job: Job): (count: number) => string[] | undefined {
  const lines = (job.result?.outputs?.["expanded"]?.text ?? "").split("\n").slice(0, -1);
  let at = 0;
  return (count) => {
    const taken = lines.slice(at, at + count);
    at += count;
    return taken.length === count ? taken : undefined;
  };
}
