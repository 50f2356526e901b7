import type { Stored } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { BuildBatchPhase, BuildBatch as BuildBatchShape, BuildGroup, BuildSummary, StatusType } from "../../sdk/codebuild.js";
import type { BatchTask } from "./batch-spec.ts";
import { type Build, buildArn, builds, type PackedArtifact } from "./build.ts";
import type { Declaration } from "./project.ts";
import { shownPhases } from "./shown-phase.ts";

/** One build of a batch over its attempts. A build that will never be started is STOPPED without an id. */
export interface BatchGroup extends BatchTask {
  readonly current?: BatchAttempt;
  readonly prior: readonly BatchAttempt[];
}

export interface BatchAttempt {
  readonly buildId?: string;
  readonly requestedAt: number;
  readonly status: StatusType;
}

/** A batch of builds, by its id: project, colon, UUID. */
export interface BuildBatch extends Row {
  readonly project: string;
  readonly number: number;
  readonly initiator: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly status: StatusType;
  /** What the loop does next. */
  readonly stage: "SUBMITTED" | "DOWNLOAD" | "RUNNING" | "COMBINE" | "OVER";
  readonly phases: readonly Stored<BuildBatchPhase>[];
  readonly declaration: Declaration;
  readonly sourceVersion?: string;
  readonly resolvedSourceVersion?: string;
  readonly handedIn?: Readonly<Record<string, string>>;
  readonly webhook?: Readonly<Record<string, string>>;
  /** The build that fetches the buildspec of the batch. */
  readonly download?: BatchAttempt;
  readonly fastFail: boolean;
  readonly groups: readonly BatchGroup[];
  /** How often it was retried: builds of each attempt have ids of their own. */
  readonly attempt: number;
  readonly deadlineAt: number;
  readonly stopRequested?: true;
  readonly isLate?: true;
  readonly artifact?: PackedArtifact;
  /** Its builds stop where their commands say codebuild-breakpoint. */
  readonly isDebugged?: true;
  readonly idempotencyToken?: string;
  /** The digest of what was asked for with the token. */
  readonly asked?: string;
  /** Of the newest retry. */
  readonly retryToken?: string;
}

export const buildBatches = new Table<BuildBatch>("codebuild/build-batch", {
  indexes: { project: ({ project }) => project, token: ({ project, idempotencyToken: token }) => token && `${project} ${token}` },
  arn: ({ id }, { account, region }) => `arn:aws:codebuild:${region}:${account}:build-batch/${id}`,
});

export const DOWNLOAD_SOURCE = "DOWNLOAD_SOURCE";

export const buildBatchArn = (scope: Scope, id: string): string => scope.arn("codebuild", `build-batch/${id}`);

/** How a build of a batch stands: as its row says, as long as there is one. */
export function standingOf(scope: Scope, { buildId, status }: BatchAttempt): StatusType {
  return (buildId === undefined ? undefined : builds.get(scope, buildId)?.status) ?? status;
}

/** The batch as the API shows it. */
export function shownBatch(scope: Scope, batch: BuildBatch): BuildBatchShape {
  const { declaration, phases, download, groups, artifact } = batch;
  const { source, secondarySources, environment, serviceRole, encryptionKey, cache, buildBatchConfig } = declaration;
  const shown = (attempt: BatchAttempt, identifier: string): BuildSummary => summaryOf(scope, attempt, identifier, declaration);
  return {
    id: batch.id,
    arn: buildBatchArn(scope, batch.id),
    startTime: new Date(batch.startedAt),
    ...(batch.endedAt !== undefined && { endTime: new Date(batch.endedAt) }),
    currentPhase: phases.at(-1)!.phaseType!,
    buildBatchStatus: batch.status,
    ...(batch.sourceVersion !== undefined && { sourceVersion: batch.sourceVersion }),
    ...(batch.resolvedSourceVersion !== undefined && { resolvedSourceVersion: batch.resolvedSourceVersion }),
    projectName: batch.project,
    phases: shownPhases(phases),
    source: source as NonNullable<BuildBatchShape["source"]>,
    secondarySources: (secondarySources ?? []) as NonNullable<BuildBatchShape["secondarySources"]>,
    secondarySourceVersions: (declaration.secondarySourceVersions ?? []) as NonNullable<BuildBatchShape["secondarySourceVersions"]>,
    artifacts: { location: artifact?.location ?? "" },
    secondaryArtifacts: [],
    cache: cache as NonNullable<BuildBatchShape["cache"]>,
    environment: environment as NonNullable<BuildBatchShape["environment"]>,
    serviceRole,
    logConfig: (declaration.logsConfig ?? {}) as NonNullable<BuildBatchShape["logConfig"]>,
    buildTimeoutInMinutes: declaration.timeoutInMinutes,
    queuedTimeoutInMinutes: declaration.queuedTimeoutInMinutes,
    complete: batch.endedAt !== undefined,
    initiator: batch.initiator,
    encryptionKey,
    ...(declaration.vpcConfig && { vpcConfig: declaration.vpcConfig as NonNullable<BuildBatchShape["vpcConfig"]> }),
    debugSessionEnabled: batch.isDebugged ?? false,
    buildBatchNumber: batch.number,
    buildBatchConfig: buildBatchConfig as NonNullable<BuildBatchShape["buildBatchConfig"]>,
    buildGroups: [
      ...(download ? [{ identifier: DOWNLOAD_SOURCE, ignoreFailure: false, currentBuildSummary: shown(download, DOWNLOAD_SOURCE) }] : []),
      ...groups.map(
        ({ identifier, dependsOn, ignoreFailure, current, prior }): BuildGroup => ({
          identifier,
          dependsOn: [...dependsOn],
          ignoreFailure,
          ...(current && { currentBuildSummary: shown(current, identifier) }),
          ...(prior.length > 0 && { priorBuildSummaryList: prior.map((attempt) => shown(attempt, identifier)) }),
        }),
      ),
    ],
    reportArns: groups.flatMap(({ current }) => (current?.buildId && builds.get(scope, current.buildId)?.reportArns) || []),
  };
}

function summaryOf(scope: Scope, attempt: BatchAttempt, identifier: string, declaration: Declaration): BuildSummary {
  const build: Build | undefined = attempt.buildId === undefined ? undefined : builds.get(scope, attempt.buildId);
  const type = identifier === DOWNLOAD_SOURCE ? "NO_ARTIFACTS" : (declaration.artifacts?.type ?? "NO_ARTIFACTS");
  const place = ({ location }: PackedArtifact) => (location === undefined ? {} : { location });
  const [primary, ...others] = [...(build?.artifacts ?? [])].sort((one, other) => Number(!!one.identifier) - Number(!!other.identifier));
  return {
    ...(attempt.buildId !== undefined && { arn: buildArn(scope, attempt.buildId) }),
    requestedOn: new Date(attempt.requestedAt),
    buildStatus: standingOf(scope, attempt),
    ...(build?.endedAt !== undefined && {
      primaryArtifact: { type: type as "S3", identifier, ...(primary && place(primary)) },
      secondaryArtifacts: others.map((one) => ({ type: type as "S3", identifier: one.identifier!, ...place(one) })),
    }),
  };
}
