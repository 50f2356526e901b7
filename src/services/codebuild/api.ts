import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type BuildBatch, buildBatchArn, buildBatches } from "./batch.ts";
import { submitBatch } from "./batch-start.ts";
import { type Build, buildArn, builds, type PackedArtifact, type Variable } from "./build.ts";
import { mergedVariables } from "./override.ts";
import { type Project, projects, requireProject } from "./project.ts";
import { type BuildRequest, submitBuild } from "./start.ts";

export { badge, publicBuild } from "./public-build.ts";
export { takeWebhook, type WebhookAnswer } from "./webhook-delivery.ts";

/** What CodePipeline asks of a project. */
export interface PipelineBuildRequest {
  readonly projectName: string;
  /** Digests of zips. The primary one is the source; the secondary ones are by the name of the input artifact. */
  readonly source: {
    readonly primary: { readonly digest: string };
    readonly secondary?: Readonly<Record<string, { readonly digest: string }>>;
  };
  readonly environmentVariables?: readonly Variable[];
  /** Such as arn:aws:s3:::bucket/key. */
  readonly sourceVersion?: string;
  /** Such as the id of a commit. */
  readonly resolvedSourceVersion?: string;
  /** Such as codepipeline/shop. */
  readonly initiator: string;
  /** Instead of the project's: a whole buildspec, a path or an ARN. */
  readonly buildspecOverride?: string;
}

/** What CodePipeline asks of a project as a batch. */
export interface PipelineBatchRequest extends PipelineBuildRequest {
  /** Whether it wants one archive of what all builds have left. */
  readonly combineArtifacts?: boolean;
}

/** How such a batch stands. */
export interface PipelineBatch {
  /** Absent where no batch could be started. */
  readonly id?: string;
  readonly arn?: string;
  readonly status: BuildBatch["status"];
  /** A sentence, where it did not succeed. */
  readonly reason?: string;
  /** The archive of all, where it was asked for. */
  readonly combined?: PackedArtifact;
  /** By the identifier of the build; secondary ones by identifier_artifact. */
  readonly artifacts: Readonly<Record<string, PackedArtifact>>;
}

/** How such a build stands. */
export interface PipelineBuild {
  /** Absent where no build could be started. */
  readonly id?: string;
  readonly arn?: string;
  readonly status: Build["status"];
  /** A sentence, where it did not succeed. */
  readonly reason?: string;
  readonly phases: Build["phases"];
  readonly exportedVariables: readonly { readonly name: string; readonly value: string }[];
  readonly artifacts: { readonly primary?: PackedArtifact; readonly secondary: Readonly<Record<string, PackedArtifact>> };
}

/** Make sure that the build was started, once per token, and say how it stands. */
export function ensureBuild(scope: Scope, token: string, request: PipelineBuildRequest): PipelineBuild {
  const uuid = idsFrom(token).uuid();
  const known = builds.get(scope, `${request.projectName}:${uuid}`);
  if (known !== undefined) return standing(scope, known);
  try {
    return standing(scope, start(scope, uuid, request));
  } catch (error) {
    if (!isFault(error)) throw error;
    return { status: "FAILED", reason: error.message, phases: [], exportedVariables: [], artifacts: { secondary: {} } };
  }
}

/** Ask for a build to be stopped. */
export function stopBuild(scope: Scope, id: string): void {
  const build = builds.get(scope, id);
  if (build !== undefined && build.endedAt === undefined) builds.patch(scope, id, { stopRequested: true });
}

/** Whether there is a project of that name. */
export const hasProject = (scope: Scope, name: string): boolean => projects.get(scope, name) !== undefined;

/** Make sure that the batch was started, once per token, and say how it stands. */
export function ensureBuildBatch(scope: Scope, token: string, request: PipelineBatchRequest): PipelineBatch {
  const uuid = idsFrom(token).uuid();
  const known = buildBatches.get(scope, `${request.projectName}:${uuid}`);
  if (known !== undefined) return batchStanding(scope, known);
  try {
    const { project, declaration, ...rest } = requestOf(scope, uuid, request);
    const buildBatchConfig = { ...declaration.buildBatchConfig, combineArtifacts: request.combineArtifacts ?? false };
    return batchStanding(scope, submitBatch(scope, project, { ...rest, declaration: { ...declaration, buildBatchConfig } }));
  } catch (error) {
    if (!isFault(error)) throw error;
    return { status: "FAILED", reason: error.message, artifacts: {} };
  }
}

/** Ask for a batch to be stopped. */
export function stopBuildBatch(scope: Scope, id: string): void {
  const batch = buildBatches.get(scope, id);
  if (batch !== undefined && batch.endedAt === undefined) buildBatches.patch(scope, id, { stopRequested: true });
}

function start(scope: Scope, uuid: string, request: PipelineBuildRequest): Build {
  const { project, ...rest } = requestOf(scope, uuid, request);
  return submitBuild(scope, project, rest);
}

function requestOf(scope: Scope, uuid: string, request: PipelineBuildRequest): BuildRequest & { readonly project: Project } {
  const project = requireProject(scope, request.projectName);
  const { environment } = project.declaration;
  const { sourceVersion, resolvedSourceVersion, initiator, buildspecOverride } = request;
  const secondary = Object.entries(request.source.secondary ?? {}).map(([name, { digest }]) => [name, digest] as const);
  return {
    project,
    uuid,
    declaration: {
      ...project.declaration,
      // Whatever the project builds otherwise: CodePipeline hands source and artifacts in and out.
      source: {
        ...project.declaration.source!,
        type: "CODEPIPELINE",
        ...(buildspecOverride !== undefined && { buildspec: buildspecOverride }),
      },
      secondarySources: [],
      artifacts: { type: "CODEPIPELINE" },
      secondaryArtifacts: [],
      environment: {
        ...environment!,
        environmentVariables: mergedVariables(environment?.environmentVariables ?? [], request.environmentVariables ?? []),
      },
    },
    sourceVersion,
    resolvedSourceVersion,
    initiator,
    handedIn: { "": request.source.primary.digest, ...Object.fromEntries(secondary) },
  };
}

function batchStanding(scope: Scope, { id, status, phases, groups, artifact }: BuildBatch): PipelineBatch {
  const artifacts = groups.flatMap(({ identifier, current }) => {
    const build = current?.buildId === undefined ? undefined : builds.get(scope, current.buildId);
    return (build?.artifacts ?? []).map((one) => [[identifier, one.identifier].filter(Boolean).join("_"), one] as const);
  });
  const context = phases.findLast(({ contexts }) => contexts !== undefined)?.contexts?.[0];
  const hasFailed = status !== "SUCCEEDED" && status !== "IN_PROGRESS";
  return {
    id,
    arn: buildBatchArn(scope, id),
    status,
    ...(hasFailed && { reason: `Build batch terminated with state: ${status}. Message: ${context?.message ?? ""}` }),
    ...(artifact && { combined: artifact }),
    artifacts: Object.fromEntries(artifacts),
  };
}

function standing(scope: Scope, build: Build): PipelineBuild {
  const { id, status, phases, exportedVariables = [], artifacts = [] } = build;
  const primary = artifacts.find(({ identifier }) => identifier === undefined);
  const secondary = artifacts.flatMap((artifact) => (artifact.identifier === undefined ? [] : [[artifact.identifier, artifact] as const]));
  const reason = reasonOf(build);
  return {
    id,
    arn: buildArn(scope, id),
    status,
    ...(reason !== undefined && { reason }),
    phases,
    exportedVariables,
    artifacts: { ...(primary && { primary }), secondary: Object.fromEntries(secondary) },
  };
}

/** The context of the first phase that did not succeed, as CodePipeline quotes it. */
function reasonOf({ status, phases }: Build): string | undefined {
  if (status === "SUCCEEDED" || status === "IN_PROGRESS") return undefined;
  const context = phases.find(({ phaseStatus }) => phaseStatus !== undefined && phaseStatus !== "SUCCEEDED")?.contexts?.[0];
  return `Build terminated with state: ${status}. Phase: ${phases.find(({ phaseStatus }) => phaseStatus !== "SUCCEEDED")?.phaseType}, Code: ${context?.statusCode ?? ""}, Message: ${context?.message ?? ""}`;
}
