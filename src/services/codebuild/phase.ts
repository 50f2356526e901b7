import type { Scope } from "../../kernel/scope.ts";
import type { BuildPhaseType, StatusType } from "../../sdk/codebuild.js";
import { type Build, buildArn, builds, currentPhase, type Phase, shownLogs } from "./build.ts";

/** Why a phase ended as it did. */
export interface PhaseEnd {
  readonly status: StatusType;
  readonly statusCode?: string;
  readonly message?: string;
}

export const SUCCEEDED: PhaseEnd = { status: "SUCCEEDED" };

/** How the phases are called in the metrics of AWS/CodeBuild. */
const METRICS: Readonly<Partial<Record<BuildPhaseType, string>>> = {
  SUBMITTED: "SubmittedDuration",
  QUEUED: "QueuedDuration",
  PROVISIONING: "ProvisioningDuration",
  DOWNLOAD_SOURCE: "DownloadSourceDuration",
  INSTALL: "InstallDuration",
  PRE_BUILD: "PreBuildDuration",
  BUILD: "BuildDuration",
  POST_BUILD: "PostBuildDuration",
  UPLOAD_ARTIFACTS: "UploadArtifactsDuration",
  FINALIZING: "FinalizingDuration",
};

/** The build has entered a phase. */
export const enterPhase = (scope: Scope, build: Build, phaseType: BuildPhaseType, startTime = scope.clock.now()): Build =>
  builds.patch(scope, build.id, { phases: [...build.phases, { phaseType, startTime }] });

/** The newest phase of the build has ended. */
export function leavePhase(scope: Scope, build: Build, end: PhaseEnd = SUCCEEDED, endTime = scope.clock.now()): Build {
  const { startTime, phaseType } = build.phases.at(-1)!;
  const durationInSeconds = Math.floor((endTime - startTime!) / 1000);
  const phase: Phase = {
    phaseType: phaseType!,
    phaseStatus: end.status,
    startTime: startTime!,
    endTime,
    durationInSeconds,
    contexts: [{ statusCode: end.statusCode ?? "", message: end.message ?? "" }],
  };
  const left = builds.patch(scope, build.id, { phases: [...build.phases.slice(0, -1), phase] });
  emitPhaseChange(scope, left, phase);
  const metric = METRICS[phaseType!];
  if (metric !== undefined) measure(scope, build.project, metric, (endTime - startTime!) / 1000, "Seconds");
  return left;
}

/** A phase that was over as soon as it was entered, or that is told of afterwards. */
export const passPhase = (scope: Scope, build: Build, phaseType: BuildPhaseType, end?: PhaseEnd): Build =>
  leavePhase(scope, enterPhase(scope, build, phaseType), end);

/** Measured per project, and over all of them. */
export function measure(scope: Scope, project: string, name: string, value: number, unit: string): void {
  const namespace = "AWS/CodeBuild";
  scope.measure({ namespace, name, dimensions: { ProjectName: project } }, { value, unit });
  scope.measure({ namespace, name }, { value, unit });
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html */
export function emitStateChange(scope: Scope, build: Build): void {
  scope.emit({
    source: "aws.codebuild",
    detailType: "CodeBuild Build State Change",
    resources: [buildArn(scope, build.id)],
    detail: {
      "build-status": build.status,
      "project-name": build.project,
      "build-id": buildArn(scope, build.id),
      "additional-information": additionalInformation(scope, build),
      "current-phase": currentPhase(build),
      "current-phase-context": contextText(build.phases.at(-1)),
      version: "1",
    },
  });
}

function emitPhaseChange(scope: Scope, build: Build, phase: Phase): void {
  scope.emit({
    source: "aws.codebuild",
    detailType: "CodeBuild Build Phase Change",
    resources: [buildArn(scope, build.id)],
    detail: {
      "completed-phase": phase.phaseType,
      "project-name": build.project,
      "build-id": buildArn(scope, build.id),
      "completed-phase-context": contextText(phase),
      "additional-information": additionalInformation(scope, build),
      "completed-phase-status": phase.phaseStatus,
      "completed-phase-duration-seconds": phase.durationInSeconds,
      version: "1",
      "completed-phase-start": dateText(phase.startTime!),
      "completed-phase-end": dateText(phase.endTime!),
    },
  });
}

function additionalInformation(scope: Scope, build: Build): Record<string, unknown> {
  const { declaration, artifacts = [] } = build;
  const { environment, source } = declaration;
  const logs = shownLogs(scope, build);
  return {
    artifact: { location: artifacts.find(({ identifier }) => identifier === undefined)?.location ?? "" },
    environment: {
      image: environment?.image,
      "privileged-mode": environment?.privilegedMode ?? false,
      "compute-type": environment?.computeType,
      type: environment?.type,
      "environment-variables": (environment?.environmentVariables ?? []).map((variable) => ({ type: "PLAINTEXT", ...variable })),
    },
    "timeout-in-minutes": declaration.timeoutInMinutes,
    "queued-timeout-in-minutes": declaration.queuedTimeoutInMinutes,
    "build-complete": build.endedAt !== undefined,
    "build-number": build.number,
    initiator: build.initiator,
    "build-start-time": dateText(build.startedAt),
    source: { ...(source?.buildspec && { buildspec: source.buildspec }), location: source?.location ?? "", type: source?.type },
    ...(build.sourceVersion !== undefined && { "source-version": build.sourceVersion }),
    ...(logs.groupName !== undefined && {
      logs: { "group-name": logs.groupName, "stream-name": logs.streamName, "deep-link": logs.deepLink },
    }),
    phases: build.phases.map((phase) => ({
      ...(phase.contexts && { "phase-context": phase.contexts.map(({ statusCode, message }) => `${statusCode}: ${message}`) }),
      "start-time": dateText(phase.startTime!),
      ...(phase.endTime !== undefined && { "end-time": dateText(phase.endTime), "duration-in-seconds": phase.durationInSeconds }),
      "phase-type": phase.phaseType,
      ...(phase.phaseStatus !== undefined && { "phase-status": phase.phaseStatus }),
    })),
  };
}

const contextText = (phase: Phase | undefined): string =>
  `[${(phase?.contexts ?? []).map(({ statusCode, message }) => `${statusCode}: ${message}`).join(", ")}]`;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Such as "Sep 1, 2017 4:14:28 PM". */
function dateText(instant: number): string {
  const date = new Date(instant);
  const hours = date.getUTCHours();
  const pad = (value: number): string => String(value).padStart(2, "0");
  const day = `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}, ${date.getUTCFullYear()}`;
  return `${day} ${hours % 12 || 12}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())} ${hours < 12 ? "AM" : "PM"}`;
}
