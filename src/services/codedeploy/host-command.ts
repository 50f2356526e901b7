import type { Scope } from "../../kernel/scope.ts";
import type { LifecycleErrorCode, RevisionLocation } from "../../sdk/codedeploy.js";
import { deployments } from "./deployment.ts";
import { commandOf, type DeploymentInstance, deploymentInstances, type InstanceEvent, setInstanceEvent } from "./deployment-instance.ts";
import { groups } from "./group.ts";

/** An event of an instance that its agent is to take. */
export interface HostCommand {
  /** deployment/target/event */
  readonly id: string;
  readonly deploymentId: string;
  readonly event: string;
}

/** An agent that took a command and said nothing of it is offered it again. */
export const OFFERED_MS = 30_000;
const EVENT_MAX_MS = 3_600_000;
const LOG_TAIL_MAX = 4096;

/** The command that waits for the agent of a host; or from when on there may be one that it was offered before. */
export function offerCommand(scope: Scope, host: string): HostCommand | { readonly againAt?: number } {
  const now = scope.clock.now();
  const open = deploymentInstances
    .by(scope, "host", host)
    .map((instance) => ({ instance, event: commandOf(instance)! }))
    .filter(({ event }) => event.status === "Pending");
  const found = open.find(({ event }) => event.offeredAt === undefined || event.offeredAt + OFFERED_MS <= now);
  if (found !== undefined) {
    const { instance, event } = found;
    setInstanceEvent(scope, instance, { ...event, offeredAt: now });
    return { id: `${instance.id}/${event.name}`, deploymentId: instance.deploymentId, event: event.name };
  }
  return open.length === 0 ? {} : { againAt: Math.min(...open.map(({ event }) => event.offeredAt! + OFFERED_MS)) };
}

/** What the agent of a host is to take or is at. */
export const instancesOnHost = (scope: Scope, host: string): (HostCommand & Pick<InstanceEvent, "status" | "startedAt">)[] =>
  deploymentInstances.by(scope, "host", host).map((instance) => {
    const { name, status, startedAt } = commandOf(instance)!;
    return {
      id: `${instance.id}/${name}`,
      deploymentId: instance.deploymentId,
      event: name,
      status,
      ...(startedAt !== undefined && { startedAt }),
    };
  });

/** Whose command it is; undefined where there is none. */
export const hostOfCommand = (scope: Scope, id: string): string | undefined =>
  deploymentInstances.get(scope, id.slice(0, id.lastIndexOf("/")))?.host;

/** The agent has it. Where there is nothing to run, the event is over at once. Answers how the command stands; undefined for none. */
export function acknowledgeCommand(scope: Scope, id: string, isNoop: boolean): InstanceEvent["status"] | undefined {
  return onCommand(scope, id, (instance, event) => {
    if (event.status !== "Pending") return event;
    const now = scope.clock.now();
    const taken = { ...event, startedAt: now, until: now + EVENT_MAX_MS };
    return change(
      scope,
      instance,
      isNoop ? { ...taken, status: "Succeeded", endedAt: now, diagnostics: SUCCESS } : { ...taken, status: "InProgress" },
    );
  });
}

/** The agent says how long it will take. */
export function postponeCommand(scope: Scope, id: string, until: number): InstanceEvent["status"] | undefined {
  return onCommand(scope, id, (instance, event) =>
    event.status === "InProgress" ? change(scope, instance, { ...event, until: Math.min(until, event.startedAt! + EVENT_MAX_MS) }) : event,
  );
}

/** As agents report a script's end. https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_Diagnostics.html */
interface Report {
  readonly error_code?: number;
  readonly script_name?: string;
  readonly message?: string;
  readonly log?: string;
}

export function completeCommand(
  scope: Scope,
  id: string,
  isGood: boolean,
  { error_code = 5, script_name = "", message = "", log = "" }: Report,
): boolean {
  const status = onCommand(scope, id, (instance, event) => {
    if (event.status !== "Pending" && event.status !== "InProgress") return event;
    const diagnostics = {
      errorCode: ERROR_CODES[error_code] ?? "UnknownError",
      scriptName: script_name,
      message,
      logTail: log.slice(-LOG_TAIL_MAX),
    };
    const startedAt = event.startedAt ?? scope.clock.now();
    return change(scope, instance, {
      ...event,
      startedAt,
      status: isGood ? "Succeeded" : "Failed",
      endedAt: scope.clock.now(),
      diagnostics: isGood ? SUCCESS : diagnostics,
    });
  });
  return status !== undefined;
}

const ERROR_CODES: readonly LifecycleErrorCode[] = [
  "Success",
  "ScriptMissing",
  "ScriptNotExecutable",
  "ScriptTimedOut",
  "ScriptFailed",
  "UnknownError",
];
const SUCCESS = { errorCode: "Success", scriptName: "", message: "Succeeded", logTail: "" } as const;

function onCommand(
  scope: Scope,
  id: string,
  work: (instance: DeploymentInstance, event: InstanceEvent) => InstanceEvent,
): InstanceEvent["status"] | undefined {
  const end = id.lastIndexOf("/");
  const instance = deploymentInstances.get(scope, id.slice(0, end));
  const event = instance?.events.find(({ name }) => name === id.slice(end + 1));
  return instance === undefined || event === undefined ? undefined : work(instance, event).status;
}

function change(scope: Scope, instance: DeploymentInstance, event: InstanceEvent): InstanceEvent {
  setInstanceEvent(scope, instance, event);
  return event;
}

/** What an agent has to know of a deployment, as it reads it. */
export function specificationOf(scope: Scope, deploymentId: string): Readonly<Record<string, unknown>> | undefined {
  const deployment = deployments.get(scope, deploymentId);
  const group = deployment && groups.get(scope, deployment.group);
  if (deployment?.server === undefined || group === undefined) return undefined;
  const { server, application, groupName, creator, revision } = deployment;
  return {
    DeploymentId: deploymentId,
    DeploymentGroupId: group.groupId,
    DeploymentGroupName: groupName,
    ApplicationName: application,
    DeploymentCreator: creator,
    DeploymentType: server.type,
    AgentActionOverrides: { AgentOverrides: { FileExistsBehavior: server.fileExistsBehavior ?? "DISALLOW" } },
    Revision: revisionFor(revision as RevisionLocation),
  };
}

function revisionFor({ revisionType, s3Location, gitHubLocation }: RevisionLocation) {
  if (revisionType === "GitHub") {
    const [Account, Repository] = gitHubLocation!.repository!.split("/");
    return { RevisionType: "GitHub", GitHubRevision: { Account, Repository, CommitId: gitHubLocation!.commitId, BundleType: "tar" } };
  }
  const { bucket, key, bundleType, version, eTag } = s3Location!;
  const S3Revision = {
    Bucket: bucket,
    Key: key,
    BundleType: bundleType,
    ...(version && { Version: version }),
    ...(eTag && { ETag: eTag }),
  };
  return { RevisionType: "S3", S3Revision };
}
