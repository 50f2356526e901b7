import { createHash } from "node:crypto";
import { type CommandOutput, ensureJob, type Job, jobs } from "../../compute/job.ts";
import { isFault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Artifacts, type Build, buildArn, type PackedArtifact, s3LogOf, uuidOf } from "./build.ts";
import type { ArtifactSpec } from "./buildspec.ts";
import { cacheOutputs, wantedCache } from "./cache.ts";
import { expandedArtifacts, expandedReports } from "./expanded.ts";
import { packsReport } from "./report-store.ts";
import { LOG_PATH, quote } from "./script.ts";
import { commandSpec } from "./source.ts";
import { uploadFor } from "./upload.ts";

/** An artifact that cannot be uploaded, in a sentence for the phase context. */
export class ArtifactProblem extends Error {}

type Wanted = readonly [identifier: string, spec: ArtifactSpec, artifact: Artifacts];

const MISSING_PATH = ".slipway/missing";

export const commandsJobId = ({ id }: Build): string => `codebuild/${id}/commands`;
export const artifactsJobId = ({ id }: Build): string => `codebuild/${id}/artifacts`;

/** What of the buildspec's artifacts the project wants: the primary one's identifier is empty. */
export function wantedArtifacts(scope: Scope, build: Build): Wanted[] {
  const { artifacts, secondaryArtifacts = [] } = build.declaration;
  const declared = expandedArtifacts(jobs.get(scope, commandsJobId(build))!, build.buildspec!);
  const isPipeline = artifacts?.type === "CODEPIPELINE";
  const secondary = new Map((secondaryArtifacts as Artifacts[]).map((artifact) => [artifact.artifactIdentifier!, artifact]));
  return Object.entries(declared).flatMap(([identifier, spec]): Wanted[] => {
    if (isPipeline) return [[identifier, spec, artifacts as Artifacts]];
    const wanted = identifier === "" ? (artifacts as Artifacts) : secondary.get(identifier);
    return wanted === undefined || wanted.type === "NO_ARTIFACTS" ? [] : [[identifier, spec, wanted]];
  });
}

/** What is kept of a workspace when the commands are over: artifacts, the results of tests, the cache. */
export function wantedOutputs(scope: Scope, build: Build): CommandOutput[] {
  const cache = wantedCache(build, build.buildspec!);
  const isWhole = build.phases.every(({ phaseStatus = "SUCCEEDED" }) => phaseStatus === "SUCCEEDED");
  const reports = Object.entries(expandedReports(jobs.get(scope, commandsJobId(build))!, build.buildspec!)).flatMap(
    ([name, { files, baseDirectory, discardPaths, group = name }]): CommandOutput[] => {
      const matching = { base: placeOf(baseDirectory), files, discardPaths };
      const zip: CommandOutput = { name: `report-zip/${name}`, type: "zip", ...matching };
      return [{ name: `report/${name}`, type: "files", ...matching }, ...(packsReport(scope, build, group) ? [zip] : [])];
    },
  );
  return [
    ...wantedArtifacts(scope, build).map(outputOf),
    ...reports,
    ...(cache !== undefined && isWhole ? cacheOutputs(cache) : []),
    ...(s3LogOf(build) === undefined ? [] : [{ name: "log", type: "files", base: ".", files: [LOG_PATH] } as const]),
  ];
}

/** The job that packs them. */
export function ensureArtifactsJob(scope: Scope, build: Build, outputs: readonly CommandOutput[]): Job {
  const named = wantedArtifacts(scope, build).filter(([, { baseDirectory }]) => !baseDirectory.includes("*"));
  const checks = named.map(
    ([, { baseDirectory }]) => `[ -d ${quote(placeOf(baseDirectory))} ] || echo ${quote(baseDirectory)} >> ${MISSING_PATH}`,
  );
  return ensureJob(scope, artifactsJobId(build), {
    ...commandSpec(scope, build),
    script: [...checks, "exit 0"].join("\n"),
    outputs: [...outputs, { name: "missing", type: "file", path: MISSING_PATH }],
  });
}

/** Take what was packed, and put it where the project wants it; throws an `ArtifactProblem`. */
export function storeArtifacts(scope: Scope, build: Build, job: Job): PackedArtifact[] {
  const wanted = wantedArtifacts(scope, build);
  const [missing] = (job.result?.outputs?.["missing"]?.text ?? "").split("\n");
  if (wanted.length > 0 && missing) throw new ArtifactProblem(`no matching base directory path found for ${missing}`);
  return wanted.map((one) => {
    const [identifier, , artifact] = one;
    const kept = job.result?.outputs?.[`artifact/${identifier}`];
    const named = identifier !== "" && { identifier };
    if (isUnpacked(artifact)) {
      if (kept?.files === undefined) throw new ArtifactProblem("no matching artifact paths found");
      const root = keyOf(build, one);
      for (const file of kept.files) upload(scope, build, artifact, [root, file.path].filter(Boolean).join("/"), file);
      const size = kept.files.reduce((total, file) => total + file.size, 0);
      return { digest: kept.files[0]!.digest, size, location: `arn:aws:s3:::${artifact.location}/${root}`, ...named };
    }
    if (kept?.digest === undefined) throw new ArtifactProblem("no matching artifact paths found");
    const packed = { digest: kept.digest, size: kept.size!, ...named };
    if (artifact.type !== "S3") return packed;
    const key = keyOf(build, one);
    upload(scope, build, artifact, key, packed);
    const md5 = createHash("md5").update(scope.blobs.read(packed.digest)).digest("hex");
    return { ...packed, location: `arn:aws:s3:::${artifact.location}/${key}`, sha256: packed.digest.slice("sha256:".length), md5 };
  });
}

function outputOf([identifier, spec, artifact]: Wanted): CommandOutput {
  const { files, exclude, discardPaths } = spec;
  const matching = { name: `artifact/${identifier}`, base: placeOf(spec.baseDirectory), files, exclude, discardPaths };
  return isUnpacked(artifact) ? { ...matching, type: "files" } : { ...matching, type: "zip", followLinks: !spec.keepLinks };
}

function upload(
  scope: Scope,
  build: Build,
  { location, encryptionDisabled }: Artifacts,
  key: string,
  body: { digest: string; size: number },
): void {
  try {
    const place = { bucket: location!, key, encryptionDisabled };
    uploadFor(scope, build, place, body, {
      contentType: key.endsWith(".zip") ? "application/zip" : "application/octet-stream",
      metadata: { "codebuild-buildarn": buildArn(scope, build.id) },
    });
  } catch (error) {
    if (!isFault(error)) throw error;
    throw new ArtifactProblem(`Error in UPLOAD_ARTIFACTS phase: ${error.name}: ${error.message}`);
  }
}

/** path/namespace/name. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectArtifacts.html */
function keyOf(build: Build, [, spec, artifact]: Wanted): string {
  const { path = "", namespaceType, name, overrideArtifactName } = artifact;
  const inNamespace = namespaceType === "BUILD_ID";
  const called = ((overrideArtifactName ? spec.name : undefined) ?? name ?? build.project).replace(/^\/+/, "");
  const parts = [path.replace(/^\/+|\/+$/g, ""), inNamespace ? (spec.s3Prefix ?? "") : "", inNamespace ? uuidOf(build) : "", called];
  return parts.filter((part) => part !== "").join("/");
}

/** Artifacts in S3 are put there file by file, unless they are to be zipped. */
const isUnpacked = ({ type, packaging }: Artifacts): boolean => type === "S3" && packaging !== "ZIP";

const placeOf = (directory: string): string => (directory.startsWith("/") ? directory : `src/${directory.replace(/\/+$/, "")}`);
