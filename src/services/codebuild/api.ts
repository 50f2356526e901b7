import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Build, buildArn, builds, type PackedArtifact, type Variable } from "./build.ts";
import { mergedVariables } from "./override.ts";
import { projects, requireProject } from "./project.ts";
import { submitBuild } from "./start.ts";

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

function start(scope: Scope, uuid: string, request: PipelineBuildRequest): Build {
  const project = requireProject(scope, request.projectName);
  const { environment } = project.declaration;
  const secondary = Object.entries(request.source.secondary ?? {}).map(([name, { digest }]) => [name, digest] as const);
  return submitBuild(scope, project, {
    uuid,
    declaration: {
      ...project.declaration,
      // Whatever the project builds otherwise: CodePipeline hands source and artifacts in and out.
      source: { ...project.declaration.source!, type: "CODEPIPELINE" },
      secondarySources: [],
      artifacts: { type: "CODEPIPELINE" },
      secondaryArtifacts: [],
      environment: {
        ...environment!,
        environmentVariables: mergedVariables(environment?.environmentVariables ?? [], request.environmentVariables ?? []),
      },
    },
    sourceVersion: request.sourceVersion,
    resolvedSourceVersion: request.resolvedSourceVersion,
    initiator: request.initiator,
    handedIn: { "": request.source.primary.digest, ...Object.fromEntries(secondary) },
  });
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
