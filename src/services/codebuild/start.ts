import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { AccountLimitExceededException, InvalidInputException } from "../../sdk/codebuild.js";
import { type Artifacts, type Build, builds, type Source } from "./build.ts";
import { emitStateChange, measure } from "./phase.ts";
import { type Declaration, type Project, projects } from "./project.ts";

const MINUTE = 60_000;
const SOURCES: readonly string[] = ["CODECOMMIT", "CODEPIPELINE", "NO_SOURCE", "S3"];

/** What is to be built, and how it differs from the project. */
export interface BuildRequest {
  readonly uuid: string;
  readonly declaration: Declaration;
  readonly sourceVersion?: string | undefined;
  readonly resolvedSourceVersion?: string | undefined;
  readonly initiator: string;
  readonly handedIn?: Readonly<Record<string, string>>;
  readonly idempotencyToken?: string | undefined;
}

/** Submit a build; the loop does the rest. Refuses by name what Slipway cannot build. */
export function submitBuild(scope: Scope, project: Project, request: BuildRequest): Build {
  const { uuid, declaration, initiator, handedIn, idempotencyToken } = request;
  const { sourceVersion, resolvedSourceVersion } = request;
  refuseUnbuildable(declaration);
  refuseTooMany(scope, project);
  const now = scope.clock.now();
  const number = project.buildNumber + 1;
  projects.patch(scope, project.id, { buildNumber: number });
  const build = builds.put(scope, {
    id: `${project.id}:${uuid}`,
    project: project.id,
    number,
    initiator,
    startedAt: now,
    status: "IN_PROGRESS",
    stage: "SUBMITTED",
    phases: [{ phaseType: "SUBMITTED", startTime: now }],
    declaration,
    deadlineAt: now + declaration.timeoutInMinutes! * MINUTE,
    ...(sourceVersion !== undefined && { sourceVersion }),
    ...(resolvedSourceVersion !== undefined && { resolvedSourceVersion }),
    ...(handedIn && { handedIn }),
    ...(idempotencyToken !== undefined && { idempotencyToken }),
  });
  measure(scope, project.id, "Builds", 1, "Count");
  emitStateChange(scope, build);
  return build;
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html#CodeBuild-CreateProject-request-concurrentBuildLimit */
function refuseTooMany(scope: Scope, { id, declaration }: Project): void {
  const limit = declaration.concurrentBuildLimit;
  if (limit === undefined) return;
  const running = builds.by(scope, "project", id).filter(({ endedAt }) => endedAt === undefined);
  if (running.length >= limit) {
    fault(AccountLimitExceededException, `Project-level concurrent build limit cannot exceed the limit of ${limit} builds`);
  }
}

function refuseUnbuildable({ source, secondarySources = [], artifacts, secondaryArtifacts = [], logsConfig, ...rest }: Declaration): void {
  for (const { type } of [source!, ...secondarySources] as Source[]) {
    if (!SOURCES.includes(type!)) notImplemented(`Builds of sources of type ${type}`);
  }
  for (const { packaging, type } of [artifacts!, ...secondaryArtifacts] as Artifacts[]) {
    if (type === "S3" && packaging !== "ZIP") notImplemented("Artifacts in S3 with a packaging other than ZIP");
  }
  if (logsConfig?.s3Logs?.status === "ENABLED") notImplemented("Build logs in S3");
  if ((rest.fileSystemLocations ?? []).length > 0) notImplemented("File systems of builds");
  if (rest.environment?.type?.startsWith("WINDOWS")) notImplemented(`Environments of type ${rest.environment.type}`);
}

const notImplemented = (what: string): never => fault(InvalidInputException, `${what} are not implemented by Slipway.`);
