import { fault } from "../../kernel/fault.ts";
import type { Stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  BatchGetSandboxes$,
  InvalidInputException,
  ListSandboxes$,
  ListSandboxesForProject$,
  ResourceNotFoundException,
  type SandboxSessionPhase,
  type Sandbox as SandboxShape,
  StartSandbox$,
  StopSandbox$,
} from "../../sdk/codebuild.js";
import { type Build, logOf, type ResolvedSource, shownLogs } from "./build.ts";
import { initiatorOf } from "./build-operations.ts";
import { byAge, type Listing, listed } from "./listing.ts";
import { type Declaration, requireProject } from "./project.ts";
import { shownPhases } from "./shown-phase.ts";
import { refuseUnbuildable } from "./start.ts";

/** An environment that waits for commands, by its id: project, colon, UUID. */
export interface Sandbox extends Row {
  readonly project: string;
  readonly initiator: string;
  readonly requestedAt: number;
  readonly endedAt?: number;
  /** How it ended; one whose time was over is stopped. */
  readonly status: "IN_PROGRESS" | "STOPPED" | "FAILED" | "FAULT";
  /** What the loop does next. */
  readonly stage: "SUBMITTED" | "SOURCE" | "RUNNING" | "OVER";
  readonly phases: readonly Stored<SandboxSessionPhase>[];
  readonly declaration: Declaration;
  readonly sources?: Readonly<Record<string, ResolvedSource>>;
  readonly resolvedSourceVersion?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly deadlineAt: number;
  readonly stopRequested?: true;
  readonly idempotencyToken?: string;
}

export const sandboxes = new Table<Sandbox>("codebuild/sandbox", {
  indexes: { project: ({ project }) => project },
  arn: ({ id }, { account, region }) => `arn:aws:codebuild:${region}:${account}:sandbox/${id}`,
});

const MINUTE = 60_000;

export const startSandbox = operation(StartSandbox$, (scope, { projectName, idempotencyToken }) => {
  const project = requireProject(scope, projectName!);
  const { declaration } = project;
  const same = sandboxes
    .by(scope, "project", project.id)
    .find((one) => idempotencyToken !== undefined && one.idempotencyToken === idempotencyToken);
  if (same !== undefined) return { sandbox: shownSandbox(scope, same) };
  if (declaration.source?.type === "CODEPIPELINE")
    fault(InvalidInputException, "Invalid project source: CODEPIPELINE is not supported for sandboxes");
  refuseUnbuildable(declaration);
  const now = scope.clock.now();
  const sandbox = sandboxes.put(scope, {
    id: `${project.id}:${scope.id.uuid()}`,
    project: project.id,
    initiator: initiatorOf(scope),
    requestedAt: now,
    status: "IN_PROGRESS",
    stage: "SUBMITTED",
    phases: [{ phaseType: "SUBMITTED", startTime: now }],
    declaration,
    deadlineAt: now + declaration.timeoutInMinutes! * MINUTE,
    ...(idempotencyToken !== undefined && { idempotencyToken }),
  });
  return { sandbox: shownSandbox(scope, sandbox) };
});

export const stopSandbox = operation(StopSandbox$, (scope, { id }) => {
  const sandbox = requireSandbox(scope, id!);
  const stopping = sandbox.endedAt === undefined ? sandboxes.patch(scope, sandbox.id, { stopRequested: true }) : sandbox;
  return { sandbox: shownSandbox(scope, stopping) };
});

export const batchGetSandboxes = operation(BatchGetSandboxes$, (scope, { ids = [] }) => {
  const find = (id: string): Sandbox | undefined => sandboxes.get(scope, idOf(id));
  return {
    sandboxes: ids.flatMap((id) => find(id) ?? []).map((sandbox) => shownSandbox(scope, sandbox)),
    sandboxesNotFound: ids.filter((id) => find(id) === undefined),
  };
});

export const listSandboxes = operation(ListSandboxes$, (scope, input) => newest(sandboxes.list(scope), input));

export const listSandboxesForProject = operation(ListSandboxesForProject$, (scope, { projectName, ...input }) =>
  newest(sandboxes.by(scope, "project", requireProject(scope, projectName!).id), input),
);

/** The newest come first, unless asked for otherwise. */
function newest(all: readonly Sandbox[], { sortOrder = "DESCENDING", ...listing }: Listing) {
  const { items, next } = listed(all, ({ requestedAt, id }) => byAge(requestedAt, id), { sortOrder, ...listing });
  return { ids: items.map(({ id }) => id), ...next };
}

/** The sandbox as what puts sources into workspaces knows it: a build that has no number. */
export const asBuild = (sandbox: Sandbox): Build => {
  const { id, project, initiator, requestedAt, declaration, sources, deadlineAt, resolvedSourceVersion } = sandbox;
  const { sourceVersion } = declaration;
  return {
    id,
    project,
    number: 0,
    initiator,
    startedAt: requestedAt,
    status: "IN_PROGRESS",
    stage: "SOURCE",
    phases: [],
    declaration,
    queueDeadlineAt: deadlineAt,
    deadlineAt,
    ...(sources && { sources }),
    ...(sourceVersion !== undefined && { sourceVersion }),
    ...(resolvedSourceVersion !== undefined && { resolvedSourceVersion }),
  };
};

export const requireSandbox = (scope: Scope, id: string): Sandbox =>
  sandboxes.get(scope, idOf(id)) ?? fault(ResourceNotFoundException, `Sandbox ${id} cannot be found`);

const idOf = (id: string): string => id.split(":sandbox/").at(-1)!;

export const sandboxArn = (scope: Scope, id: string): string => scope.arn("codebuild", `sandbox/${id}`);

/** As long as it is not over, its status is its phase. https://docs.aws.amazon.com/codebuild/latest/userguide/sandbox.html */
function shownStatus({ endedAt, status, stopRequested, phases }: Sandbox): string {
  if (endedAt !== undefined) return status;
  const { phaseType } = phases.at(-1)!;
  return stopRequested ? "STOPPING" : phaseType === "SUBMITTED" ? "QUEUED" : phaseType!;
}

export function shownSandbox(scope: Scope, sandbox: Sandbox): SandboxShape {
  const { id, project, requestedAt, endedAt, phases, declaration, resolvedSourceVersion } = sandbox;
  const status = shownStatus(sandbox);
  const { source, secondarySources, secondarySourceVersions, environment, sourceVersion, serviceRole, encryptionKey } = declaration;
  const ended = endedAt === undefined ? {} : { endTime: new Date(endedAt) };
  return {
    id,
    arn: sandboxArn(scope, id),
    projectName: project,
    requestTime: new Date(requestedAt),
    startTime: new Date(requestedAt),
    ...ended,
    status,
    source: source as NonNullable<SandboxShape["source"]>,
    ...(sourceVersion !== undefined && { sourceVersion }),
    secondarySources: (secondarySources ?? []) as NonNullable<SandboxShape["secondarySources"]>,
    secondarySourceVersions: (secondarySourceVersions ?? []) as NonNullable<SandboxShape["secondarySourceVersions"]>,
    environment: environment as NonNullable<SandboxShape["environment"]>,
    timeoutInMinutes: declaration.timeoutInMinutes,
    queuedTimeoutInMinutes: declaration.queuedTimeoutInMinutes,
    logConfig: (declaration.logsConfig ?? {}) as NonNullable<SandboxShape["logConfig"]>,
    encryptionKey,
    ...(declaration.vpcConfig && { vpcConfig: declaration.vpcConfig as NonNullable<SandboxShape["vpcConfig"]> }),
    serviceRole,
    currentSession: {
      id: id.slice(id.lastIndexOf(":") + 1),
      status,
      startTime: new Date(requestedAt),
      ...ended,
      currentPhase: phases.at(-1)!.phaseType!,
      phases: shownPhases(phases),
      ...(resolvedSourceVersion !== undefined && { resolvedSourceVersion }),
      logs: logOf(asBuild(sandbox)) === undefined ? {} : shownLogs(scope, asBuild(sandbox)),
    },
  };
}
