import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { AccountLimitExceededException, InvalidInputException } from "../../sdk/codebuild.js";
import { type AutoRetry, type BatchPlace, type Build, builds } from "./build.ts";
import { fleetArn, fleetByArn } from "./fleet.ts";
import { emitStateChange, measure } from "./phase.ts";
import { type Declaration, type Project, projects } from "./project.ts";
import { reportStatus } from "./status-report.ts";

const MINUTE = 60_000;

/** What is to be built, and how it differs from the project. */
export interface BuildRequest {
  readonly uuid: string;
  readonly declaration: Declaration;
  readonly sourceVersion?: string | undefined;
  readonly resolvedSourceVersion?: string | undefined;
  readonly initiator: string;
  readonly handedIn?: Readonly<Record<string, string>>;
  readonly idempotencyToken?: string | undefined;
  readonly asked?: string | undefined;
  readonly batch?: BatchPlace;
  readonly webhook?: Readonly<Record<string, string>>;
  readonly autoRetry?: AutoRetry;
  /** It stops where its commands say codebuild-breakpoint. */
  readonly isDebugged?: boolean | undefined;
}

/** Submit a build; the loop does the rest. Refuses by name what Slipway cannot build. */
export function submitBuild(scope: Scope, project: Project, request: BuildRequest): Build {
  const { uuid, declaration, initiator, handedIn, idempotencyToken, asked, batch, webhook, isDebugged } = request;
  const { sourceVersion, resolvedSourceVersion } = request;
  refuseUnbuildable(declaration);
  refuseTooMany(scope, project);
  const fleet = fleetOf(scope, declaration);
  const { autoRetry = retriesOf(declaration) } = request;
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
    queueDeadlineAt: now + declaration.queuedTimeoutInMinutes! * MINUTE,
    deadlineAt: now + (declaration.queuedTimeoutInMinutes! + declaration.timeoutInMinutes!) * MINUTE,
    ...(sourceVersion !== undefined && { sourceVersion }),
    ...(resolvedSourceVersion !== undefined && { resolvedSourceVersion }),
    ...(handedIn && { handedIn }),
    ...(idempotencyToken !== undefined && { idempotencyToken }),
    ...(asked !== undefined && { asked }),
    ...(fleet !== undefined && { fleet }),
    ...(batch && { batch }),
    ...(webhook && { webhook }),
    ...(autoRetry && { autoRetry }),
    ...(isDebugged && { isDebugged: true as const }),
  });
  measure(scope, project.id, "Builds", 1, "Count");
  emitStateChange(scope, build);
  reportStatus(scope, build);
  return build;
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html#CodeBuild-CreateProject-request-concurrentBuildLimit */
function refuseTooMany(scope: Scope, project: Project): void {
  if (hasRoom(scope, project)) return;
  const { concurrentBuildLimit: limit } = project.declaration;
  fault(AccountLimitExceededException, `Project-level concurrent build limit cannot exceed the limit of ${limit} builds`);
}

/** Whether the project may have one more build at a time. */
export function hasRoom(scope: Scope, { id, declaration }: Project): boolean {
  const limit = declaration.concurrentBuildLimit;
  return limit === undefined || builds.by(scope, "project", id).filter(({ endedAt }) => endedAt === undefined).length < limit;
}

/** The whole ARN of the fleet, which a project may name without its random part. */
function fleetOf(scope: Scope, { environment }: Declaration): string | undefined {
  const named = environment?.fleet?.fleetArn;
  if (named === undefined) return undefined;
  const fleet = fleetByArn(scope, named);
  return fleet === undefined ? fault(InvalidInputException, `Fleet cannot be found: ${named}`) : fleetArn(scope, fleet);
}

function retriesOf({ autoRetryLimit }: Declaration): AutoRetry | undefined {
  return autoRetryLimit ? { limit: autoRetryLimit, number: 0 } : undefined;
}

/** Refuse by name what this machine cannot be. */
export function refuseUnbuildable({ environment }: Declaration): void {
  if (environment?.type?.startsWith("WINDOWS") || environment?.type === "MAC_ARM")
    notImplemented(`Environments of type ${environment.type}`);
  if (environment?.dockerServer !== undefined) notImplemented("Docker servers of builds");
}

const notImplemented = (what: string): never => fault(InvalidInputException, `${what} are not implemented by Slipway.`);
