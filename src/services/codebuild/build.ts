import type { BlobRef } from "../../kernel/blob.ts";
import type { Stored } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { logStamp } from "../../kernel/time.ts";
import type {
  Build as BuildShape,
  EnvironmentVariable,
  BuildPhase as PhaseShape,
  ProjectArtifacts,
  ProjectSource,
  ProjectSourceVersion,
  StatusType,
} from "../../sdk/codebuild.js";
import { upgradedBuild } from "./build-upgrade.ts";
import type { Buildspec } from "./buildspec.ts";
import type { Declaration } from "./project.ts";
import { shownPhases } from "./shown-phase.ts";

export type Source = Stored<ProjectSource>;
export type Artifacts = Stored<ProjectArtifacts>;
export type Variable = Stored<EnvironmentVariable>;
export type Phase = Stored<PhaseShape>;
export type SourceVersion = Stored<ProjectSourceVersion>;

/** What a source has come to: the digest of a zip, the files of a folder, a commit of a repository of ours, or what git is to clone from elsewhere. */
export type ResolvedSource =
  | { readonly digest: string }
  | { readonly files: readonly { readonly path: string; readonly digest: string }[] }
  | { readonly repositoryId: string; readonly commit: string; readonly full: boolean }
  | { readonly url: string; readonly version: string; readonly depth: number; readonly submodules: boolean };

/** Which build of a batch this one is. */
export interface BatchPlace {
  /** Of the batch. */
  readonly id: string;
  readonly identifier: string;
  /** It only fetches the buildspec of the batch. */
  readonly downloads?: true;
  /** Which part of the tests it runs, of how many. */
  readonly shard?: { readonly index: number; readonly count: number };
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_AutoRetryConfig.html; the ids of the builds before and after. */
export interface AutoRetry {
  readonly limit: number;
  readonly number: number;
  readonly previous?: string;
  readonly next?: string;
}

/** An artifact that was packed, and where it was put. */
export interface PackedArtifact extends BlobRef {
  /** Of secondary artifacts. */
  readonly identifier?: string;
  readonly location?: string;
  /** In hex, of what is one object in S3. */
  readonly sha256?: string;
  readonly md5?: string;
}

/** A build, by its id: project, colon, UUID. */
export interface Build extends Row {
  readonly project: string;
  readonly number: number;
  readonly initiator: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly status: StatusType;
  /** What the loop does next. */
  readonly stage: "SUBMITTED" | "QUEUED" | "SOURCE" | "CACHE" | "COMMANDS" | "ARTIFACTS" | "LOG" | "OVER";
  readonly phases: readonly Phase[];
  /** The project's declaration with the overrides of this build. */
  readonly declaration: Declaration;
  readonly sourceVersion?: string;
  readonly resolvedSourceVersion?: string;
  /** By the identifier of the source, the primary one's being empty. */
  readonly sources?: Readonly<Record<string, ResolvedSource>>;
  /** What CodePipeline hands in: digests by the identifier of the source, the primary one's being empty. */
  readonly handedIn?: Readonly<Record<string, string>>;
  readonly buildspec?: Buildspec;
  /** What a build that fetches the buildspec of a batch has found. */
  readonly buildspecText?: string;
  readonly batch?: BatchPlace;
  /** CODEBUILD_WEBHOOK_ variables, where a webhook started it. */
  readonly webhook?: Readonly<Record<string, string>>;
  readonly autoRetry?: AutoRetry;
  /** How many lines of the progress of its commands have been taken into its phases. */
  readonly toldLines?: number;
  /** What its commands find in their environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Values of them that the log hides. */
  readonly secrets?: readonly string[];
  /** The key that the cache is kept by, as the build's shell expanded it. */
  readonly cacheKey?: string;
  readonly reportArns?: readonly string[];
  /** The lines of its commands, where they go to S3 only. */
  readonly logDigest?: string;
  readonly exportedVariables?: readonly { readonly name: string; readonly value: string }[];
  readonly artifacts?: readonly PackedArtifact[];
  /** When it must have left the queue. */
  readonly queueDeadlineAt: number;
  /** When it must be over; counted from when it leaves the queue. */
  readonly deadlineAt: number;
  /** The ARN of the fleet that it runs on. */
  readonly fleet?: string;
  readonly stopRequested?: true;
  readonly idempotencyToken?: string;
  /** The digest of what was asked for with the token. */
  readonly asked?: string;
  /** It stops where its commands say codebuild-breakpoint, and goes on when somebody says codebuild-resume. */
  readonly isDebugged?: true;
}

export const builds = new Table<Build>("codebuild/build", {
  version: 2,
  upgrade: upgradedBuild,
  indexes: {
    project: ({ project }) => project,
    token: ({ project, idempotencyToken: token }) => token && `${project} ${token}`,
    batch: ({ batch }) => batch?.id,
    fleet: ({ fleet, endedAt }) => (endedAt === undefined ? fleet : undefined),
  },
  arn: ({ id }, { account, region }) => `arn:aws:codebuild:${region}:${account}:build/${id}`,
});

export const buildArn = (scope: Scope, id: string): string => scope.arn("codebuild", `build/${id}`);

/** The UUID part of a build's id. */
export const uuidOf = ({ id }: Pick<Build, "id">): string => id.slice(id.lastIndexOf(":") + 1);

export const workspaceOf = ({ id }: Build): string => `codebuild/${id}`;

/** Where a build's lines go, where they go anywhere. */
export function logOf(build: Build): { group: string; stream: string } | undefined {
  const { status = "ENABLED", groupName, streamName } = build.declaration.logsConfig?.cloudWatchLogs ?? {};
  if (status === "DISABLED") return undefined;
  const uuid = uuidOf(build);
  return { group: groupName ?? `/aws/codebuild/${build.project}`, stream: streamName === undefined ? uuid : `${streamName}/${uuid}` };
}

/** The object that a build's lines go to when it is over: LOCATION/UUID.gz. */
export function s3LogOf(build: Build): { bucket: string; key: string } | undefined {
  const { status, location } = build.declaration.logsConfig?.s3Logs ?? {};
  if (status !== "ENABLED" || location === undefined) return undefined;
  const [bucket, ...path] = location.replace(/^arn:[^:]*:s3:::/, "").split("/");
  return { bucket: bucket!, key: [...path.filter(Boolean), `${uuidOf(build)}.gz`].join("/") };
}

/** Write a line of CodeBuild's own to the log of a build. */
export function say(scope: Scope, build: Build, message: string): void {
  const log = logOf(build);
  if (log === undefined) return;
  scope.log({ ...log, message: `[Container] ${logStamp(scope.clock.now())} ${message}` });
}

/** The build as the API shows it. */
export function shownBuild(scope: Scope, build: Build): BuildShape {
  const { declaration, phases, artifacts = [], autoRetry } = build;
  const { source, secondarySources, environment, serviceRole, timeoutInMinutes, queuedTimeoutInMinutes, encryptionKey, cache } =
    declaration;
  const shownArtifact = ({ identifier, location, sha256, md5 }: PackedArtifact) => ({
    ...(location !== undefined && { location }),
    ...(sha256 !== undefined && { sha256sum: sha256 }),
    ...(md5 !== undefined && { md5sum: md5 }),
    ...(identifier !== undefined && { artifactIdentifier: identifier }),
  });
  const primary = artifacts.find(({ identifier }) => identifier === undefined);
  return {
    id: build.id,
    arn: buildArn(scope, build.id),
    buildNumber: build.number,
    startTime: new Date(build.startedAt),
    ...(build.endedAt !== undefined && { endTime: new Date(build.endedAt) }),
    currentPhase: currentPhase(build),
    buildStatus: build.status,
    ...(build.sourceVersion !== undefined && { sourceVersion: build.sourceVersion }),
    ...(build.resolvedSourceVersion !== undefined && { resolvedSourceVersion: build.resolvedSourceVersion }),
    projectName: build.project,
    phases: shownPhases(phases),
    source: source as ProjectSource,
    secondarySources: (secondarySources ?? []) as ProjectSource[],
    secondarySourceVersions: (declaration.secondarySourceVersions ?? []) as ProjectSourceVersion[],
    artifacts: primary === undefined ? { location: "" } : shownArtifact(primary),
    secondaryArtifacts: artifacts.filter(({ identifier }) => identifier !== undefined).map(shownArtifact),
    cache: cache as NonNullable<BuildShape["cache"]>,
    environment: environment as NonNullable<BuildShape["environment"]>,
    serviceRole,
    logs: shownLogs(scope, build),
    timeoutInMinutes,
    queuedTimeoutInMinutes,
    buildComplete: build.endedAt !== undefined,
    initiator: build.initiator,
    encryptionKey,
    ...(declaration.vpcConfig && { vpcConfig: declaration.vpcConfig }),
    ...(build.batch && { buildBatchArn: scope.arn("codebuild", `build-batch/${build.batch.id}`) }),
    ...(build.reportArns && { reportArns: [...build.reportArns] }),
    ...(autoRetry && {
      autoRetryConfig: {
        autoRetryLimit: autoRetry.limit,
        autoRetryNumber: autoRetry.number,
        ...(autoRetry.next !== undefined && { nextAutoRetry: buildArn(scope, autoRetry.next) }),
        ...(autoRetry.previous !== undefined && { previousAutoRetry: buildArn(scope, autoRetry.previous) }),
      },
    }),
    ...(build.isDebugged && { debugSession: { sessionEnabled: true, sessionTarget: `codebuild:${uuidOf(build)}` } }),
    exportedEnvironmentVariables: (build.exportedVariables ?? []).map((variable) => ({ ...variable })),
  };
}

/** The newest phase. */
export const currentPhase = ({ phases }: Build): string => phases.at(-1)?.phaseType ?? "SUBMITTED";

export function shownLogs(scope: Scope, build: Build): NonNullable<BuildShape["logs"]> {
  const log = logOf(build);
  const cloudWatchLogs = { ...build.declaration.logsConfig?.cloudWatchLogs, status: log === undefined ? "DISABLED" : "ENABLED" } as const;
  const s3 = s3LogOf(build);
  const inS3 = {
    ...(s3 && { s3LogsArn: `arn:aws:s3:::${s3.bucket}/${s3.key}` }),
    s3Logs: {
      ...(build.declaration.logsConfig?.s3Logs as object),
      status: s3 === undefined ? ("DISABLED" as const) : ("ENABLED" as const),
    },
  };
  if (log === undefined) return { cloudWatchLogs, ...inS3 };
  const { group, stream } = log;
  return {
    groupName: group,
    streamName: stream,
    deepLink: `https://console.aws.amazon.com/cloudwatch/home?region=${scope.region}#logsV2:log-groups/log-group/${encodeURIComponent(group)}/log-events/${encodeURIComponent(stream)}`,
    cloudWatchLogsArn: scope.arn("logs", `log-group:${group}:log-stream:${stream}`),
    cloudWatchLogs,
    ...inS3,
  };
}
