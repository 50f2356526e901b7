import { type CommandOutput, ensureJob, type Job, jobs } from "../../compute/job.ts";
import { isFault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { putObject } from "../s3/api.ts";
import { type Artifacts, type Build, type PackedArtifact, uuidOf } from "./build.ts";
import type { ArtifactSpec } from "./buildspec.ts";
import { expandedArtifacts } from "./report.ts";
import { quote } from "./script.ts";
import { commandSpec } from "./source.ts";

/** An artifact that cannot be uploaded, in a sentence for the phase context. */
export class ArtifactProblem extends Error {}

const MISSING_PATH = ".slipway/missing";

export const commandsJobId = ({ id }: Build): string => `codebuild/${id}/commands`;
export const artifactsJobId = ({ id }: Build): string => `codebuild/${id}/artifacts`;

/** What of the buildspec's artifacts the project wants: the primary one's identifier is empty. */
export function wantedArtifacts(scope: Scope, build: Build): [string, ArtifactSpec, Artifacts][] {
  const { artifacts, secondaryArtifacts = [] } = build.declaration;
  const declared = expandedArtifacts(jobs.get(scope, commandsJobId(build))!, build.buildspec!);
  const isPipeline = artifacts?.type === "CODEPIPELINE";
  const secondary = new Map((secondaryArtifacts as Artifacts[]).map((artifact) => [artifact.artifactIdentifier!, artifact]));
  return Object.entries(declared).flatMap(([identifier, spec]) => {
    if (isPipeline) return [[identifier, spec, artifacts as Artifacts]];
    const wanted = identifier === "" ? (artifacts as Artifacts) : secondary.get(identifier);
    return wanted === undefined || wanted.type === "NO_ARTIFACTS" ? [] : [[identifier, spec, wanted]];
  });
}

/** The job that packs the artifacts, each into a zip. */
export function ensureArtifactsJob(scope: Scope, build: Build, wanted: readonly [string, ArtifactSpec, Artifacts][]): Job {
  const zips = wanted.map(
    ([identifier, spec]): CommandOutput => ({
      name: `artifact/${identifier}`,
      type: "zip",
      base: baseOf(spec),
      files: spec.files,
      exclude: spec.exclude,
      discardPaths: spec.discardPaths,
    }),
  );
  const checks = wanted.map(([, spec]) => `[ -d ${quote(baseOf(spec))} ] || echo ${quote(spec.baseDirectory)} >> ${MISSING_PATH}`);
  return ensureJob(scope, artifactsJobId(build), {
    ...commandSpec(scope, build),
    script: [...checks, "exit 0"].join("\n"),
    outputs: [...zips, { name: "missing", type: "file", path: MISSING_PATH }],
  });
}

/** Take what was packed, and put it where the project wants it; throws an `ArtifactProblem`. */
export function storeArtifacts(
  scope: Scope,
  build: Build,
  job: Job,
  wanted: readonly [string, ArtifactSpec, Artifacts][],
): PackedArtifact[] {
  const [missing] = (job.result?.outputs?.["missing"]?.text ?? "").split("\n");
  if (missing) throw new ArtifactProblem(`no matching base directory path found for ${missing}`);
  return wanted.map(([identifier, spec, artifact]) => {
    const zip = job.result?.outputs?.[`artifact/${identifier}`];
    if (zip?.digest === undefined) throw new ArtifactProblem("no matching artifact paths found");
    const packed = { digest: zip.digest, size: zip.size!, ...(identifier !== "" && { identifier }) };
    return artifact.type === "S3" ? { ...packed, location: upload(scope, build, { spec, artifact, packed }) } : packed;
  });
}

function upload(
  scope: Scope,
  build: Build,
  { spec, artifact, packed }: { spec: ArtifactSpec; artifact: Artifacts; packed: { digest: string; size: number } },
): string {
  const key = keyOf(build, spec, artifact);
  try {
    putObject(scope, artifact.location!, key, packed, { contentType: "application/zip" });
  } catch (error) {
    if (!isFault(error)) throw error;
    throw new ArtifactProblem(`Error in UPLOAD_ARTIFACTS phase: ${error.name}: ${error.message}`);
  }
  return `arn:aws:s3:::${artifact.location}/${key}`;
}

/** path/namespace/name. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectArtifacts.html */
function keyOf(build: Build, spec: ArtifactSpec, { path = "", namespaceType, name, overrideArtifactName }: Artifacts): string {
  const called = (overrideArtifactName ? spec.name : undefined) ?? name ?? build.project;
  const parts = [path.replace(/^\/+|\/+$/g, ""), namespaceType === "BUILD_ID" ? uuidOf(build) : "", called];
  return parts.filter((part) => part !== "").join("/");
}

const baseOf = ({ baseDirectory }: ArtifactSpec): string =>
  baseDirectory.startsWith("/") ? baseDirectory : `src/${baseDirectory.replace(/\/+$/, "")}`;
