import { idsFrom } from "../../kernel/id.ts";
import type { Loop } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type StepOutcome, sequence } from "../../kernel/sequence.ts";
import type { ErrorCode } from "../../sdk/codedeploy.js";
import { alarms } from "../cloudwatch/api.ts";
import { aliasOf, shiftAlias, versionExists } from "../lambda/api.ts";
import { lambdaAppSpec } from "./appspec.ts";
import {
  type Deployment,
  deployments,
  executionId,
  isOver,
  LIFECYCLE,
  type LifecycleName,
  revisionOf,
  setEvent,
  startDeployment,
} from "./deployment.ts";
import { groups } from "./group.ts";

const HOOK_TIMEOUT_MS = 3_600_000;

/** Moves the alias to the target version by the steps of its configuration; gives all of it back when something is wrong. */
export const deploymentLoop: Loop<Deployment> = {
  table: deployments,
  turn(scope, deployment) {
    if (isOver(deployment)) return;
    const before = othersBefore(scope, deployment);
    if (before !== undefined) return { kind: "wait", because: `deployment ${before.id} of the same group comes first` };
    if (deployment.status !== "InProgress") return begin(scope, deployment);
    const trouble = troubleOf(scope, deployment);
    if (trouble !== undefined) return end(scope, deployment, trouble);
    const walked = sequence(
      LIFECYCLE.filter((name) => deployment.events[name]).map((name) => ({ name, observe: () => lifecycle(scope, deployment, name) })),
    );
    switch (walked.state) {
      case "waiting":
        return walked.rest;
      case "failed":
        return end(scope, deployment, { status: "Failed", code: "HEALTH_CONSTRAINTS", message: walked.reason });
      case "done":
        return end(scope, deployment, { status: "Succeeded" });
    }
  },
};

/** How a deployment ends: what CodeDeploy says of it, and whether it is to be taken back. */
type Ending =
  | { readonly status: "Succeeded" }
  | { readonly status: "Failed" | "Stopped"; readonly code: ErrorCode; readonly message: string; readonly rollBack?: boolean };

/** Deployments of one group take place one after the other, in the order in which they were made. */
function othersBefore(scope: Scope, deployment: Deployment): Deployment | undefined {
  return deployments
    .by(scope, "group", deployment.group)
    .find(
      (other) =>
        !isOver(other) &&
        other.id !== deployment.id &&
        (other.createdAt < deployment.createdAt || (other.createdAt === deployment.createdAt && other.id < deployment.id)),
    );
}

function begin(scope: Scope, deployment: Deployment): void {
  const started = deployments.patch(scope, deployment.id, { status: "InProgress", startedAt: scope.clock.now() });
  announce(scope, started, "START");
  const { functionName, alias, currentVersion, targetVersion } = deployment.spec;
  const found = aliasOf(scope, functionName, alias);
  const refuse = (message: string): void => end(scope, started, { status: "Failed", code: "REVISION_MISSING", message });
  if (found === undefined) return refuse(`The alias ${alias} of the function ${functionName} does not exist.`);
  if (!versionExists(scope, functionName, targetVersion))
    return refuse(`The version ${targetVersion} of the function ${functionName} does not exist.`);
  // https://docs.aws.amazon.com/codedeploy/latest/userguide/troubleshooting-deployments-lambda.html
  // A rollback leads the alias back from wherever it has come to.
  if (deployment.creator !== "codeDeployRollback" && found.version !== currentVersion && found.version !== targetVersion) {
    refuse(
      `The deployment failed because the alias ${alias} points to version ${found.version}, and the AppSpec file says that it points to ${currentVersion}.`,
    );
  }
}

/** What ends a deployment from outside: somebody stops it, an alarm goes off. */
function troubleOf(scope: Scope, { stop, alarms: watched, creator }: Deployment): Ending | undefined {
  if (stop !== undefined) {
    return { status: "Stopped", code: "MANUAL_STOP", message: "The deployment was stopped by a user.", rollBack: stop.rollBack };
  }
  if (!watched?.enabled || creator === "codeDeployRollback") return undefined;
  const active = (watched.alarms ?? []).map(({ name }) => name!).filter((name) => alarms.get(scope, name)?.state === "ALARM");
  if (active.length === 0) return undefined;
  const message = `One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: <${active.join(", ")}>`;
  return { status: "Stopped", code: "ALARM_ACTIVE", message };
}

function lifecycle(scope: Scope, deployment: Deployment, name: LifecycleName): StepOutcome {
  const event = deployment.events[name]!;
  const now = scope.clock.now();
  switch (event.status) {
    case "Succeeded":
      return "done";
    case "Failed":
      return { failed: event.message ?? `The lifecycle event ${name} failed.` };
    case "InProgress":
      return name === "AllowTraffic" ? allowTraffic(scope, deployment) : awaitHook(scope, deployment, name);
    default: {
      setEvent(scope, deployment, name, { status: "InProgress", startedAt: now });
      return { kind: "wait", because: `${name} begins` };
    }
  }
}

function allowTraffic(scope: Scope, deployment: Deployment): StepOutcome {
  const { shifts, spec } = deployment;
  const now = scope.clock.now();
  const shiftedAt = deployment.shiftedAt ?? now;
  const due = shifts.filter(({ afterMs }) => shiftedAt + afterMs <= now);
  const percent = due.at(-1)!.percent;
  if (percent !== deployment.percent) {
    shift(scope, deployment, percent);
    const moved = deployments.patch(scope, deployment.id, { percent, shiftedAt });
    if (percent === 100) setEvent(scope, moved, "AllowTraffic", { ...moved.events.AllowTraffic!, status: "Succeeded", endedAt: now });
  }
  const next = shifts[due.length];
  if (next === undefined) return { kind: "wait", because: "all of the traffic moves" };
  return {
    wakeAt: shiftedAt + next.afterMs,
    kind: "wait",
    because: `${percent} % of the traffic of ${spec.functionName}:${spec.alias} is at version ${spec.targetVersion}; ${next.percent} % follow`,
  };
}

/** All of the traffic is the target's own; less is a share of what the alias otherwise gives to the current version. */
function shift(scope: Scope, { spec }: Deployment, percent: number): void {
  const { functionName, alias, currentVersion, targetVersion } = spec;
  if (percent === 100 || currentVersion === targetVersion) shiftAlias(scope, functionName, alias, { version: targetVersion, weights: {} });
  else shiftAlias(scope, functionName, alias, { version: currentVersion, weights: { [targetVersion]: percent / 100 } });
}

/** A hook is a function that reports back by PutLifecycleEventHookExecutionStatus within the hour. */
function awaitHook(scope: Scope, deployment: Deployment, name: "BeforeAllowTraffic" | "AfterAllowTraffic"): StepOutcome {
  const hook = deployment.spec.hooks[name]!;
  const arn = hook.startsWith("arn:") ? hook : scope.arn("lambda", `function:${hook}`);
  const payload = JSON.stringify({ DeploymentId: deployment.id, LifecycleEventHookExecutionId: executionId(deployment.id, name) });
  const sent = scope.deliver(`codedeploy/${deployment.id}/${name}`, arn, payload, { from: "codedeploy.amazonaws.com", attemptsMax: 3 });
  const startedAt = deployment.events[name]!.startedAt!;
  const fail = (message: string): StepOutcome => {
    setEvent(scope, deployment, name, { status: "Failed", startedAt, endedAt: scope.clock.now(), message });
    return { kind: "wait", because: message };
  };
  if (sent.status === "FAILED") return fail(`The lifecycle event hook ${hook} could not be invoked: ${sent.reason}`);
  const deadline = startedAt + HOOK_TIMEOUT_MS;
  if (scope.clock.now() >= deadline) return fail(`The lifecycle event hook ${hook} did not report back within an hour.`);
  return { wakeAt: deadline, kind: "deadline", because: `the hook ${hook} has not reported back yet` };
}

function end(scope: Scope, deployment: Deployment, ending: Ending): void {
  const now = scope.clock.now();
  if (ending.status === "Succeeded") {
    announce(scope, deployments.patch(scope, deployment.id, { status: "Succeeded", endedAt: now }), "SUCCESS");
    return;
  }
  const { code, message } = ending;
  const rollBack = rollsBack(deployment, ending);
  const events = Object.fromEntries(
    Object.entries(deployment.events).map(([name, event]) => [
      name,
      event.status === "InProgress" || event.status === "Pending" ? { ...event, status: "Skipped" as const, endedAt: now } : event,
    ]),
  );
  const ended = deployments.patch(scope, deployment.id, { status: ending.status, endedAt: now, error: { code, message }, events });
  announce(scope, ended, ending.status === "Stopped" ? "STOP" : "FAILURE");
  if (rollBack) takeBack(scope, ended);
}

const CONFIGURED = { MANUAL_STOP: "DEPLOYMENT_STOP_ON_REQUEST", ALARM_ACTIVE: "DEPLOYMENT_STOP_ON_ALARM" } as const;

function rollsBack({ rollback, creator }: Deployment, ending: Exclude<Ending, { status: "Succeeded" }>): boolean {
  if (creator === "codeDeployRollback") return false;
  if (ending.rollBack) return true;
  const event = CONFIGURED[ending.code as keyof typeof CONFIGURED] ?? "DEPLOYMENT_FAILURE";
  return (rollback?.enabled ?? false) && (rollback?.events ?? []).includes(event);
}

/** A rollback is a deployment of its own, back to the version that the alias had. */
function takeBack(scope: Scope, deployment: Deployment): void {
  const { id, application, groupName, spec } = deployment;
  const rollbackId = `d-${idsFrom(`${id} rollback`).text(9)}`;
  const content = lambdaAppSpec({ ...spec, currentVersion: spec.currentVersion, targetVersion: spec.currentVersion, hooks: {} });
  startDeployment(scope, {
    id: rollbackId,
    application,
    groupName,
    configName: "CodeDeployDefault.LambdaAllAtOnce",
    revision: revisionOf(content),
    creator: "codeDeployRollback",
    description: `Rollback of deployment ${id}`,
    triggeringDeploymentId: id,
  });
  deployments.patch(scope, id, { rollbackDeploymentId: rollbackId, rollbackMessage: `Deployment ${rollbackId} takes it back.` });
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html */
function announce(scope: Scope, deployment: Deployment, state: "START" | "SUCCESS" | "FAILURE" | "STOP"): void {
  const { application, groupName, id } = deployment;
  const detail = {
    instanceGroupId: groups.get(scope, deployment.group)?.groupId,
    region: scope.region,
    application,
    deploymentId: id,
    state,
    deploymentGroup: groupName,
  };
  const resources = [scope.arn("codedeploy", `application:${application}`), scope.arn("codedeploy", `deploymentgroup:${deployment.group}`)];
  scope.emit({ source: "aws.codedeploy", detailType: "CodeDeploy Deployment State-change Notification", detail, resources });
  notify(scope, deployment, state);
}

const TRIGGERS = { START: "DeploymentStart", SUCCESS: "DeploymentSuccess", FAILURE: "DeploymentFailure", STOP: "DeploymentStop" } as const;

/** What the group's triggers send to their topics. */
function notify(
  scope: Scope,
  { id, application, groupName, group, status, error, createdAt, endedAt }: Deployment,
  state: keyof typeof TRIGGERS,
): void {
  for (const { triggerName, triggerTargetArn, triggerEvents = [] } of groups.get(scope, group)?.triggers ?? []) {
    if (!triggerEvents.includes(TRIGGERS[state])) continue;
    const message = {
      region: scope.region,
      accountId: scope.account,
      eventTriggerName: triggerName,
      applicationName: application,
      deploymentId: id,
      deploymentGroupName: groupName,
      createTime: new Date(createdAt).toUTCString(),
      completeTime: endedAt === undefined ? null : new Date(endedAt).toUTCString(),
      status: state === "START" ? "CREATED" : status.toUpperCase(),
      ...(error && { errorInformation: JSON.stringify({ ErrorCode: error.code, ErrorMessage: error.message }) }),
    };
    const subject = `${state}: AWS CodeDeploy ${id} in ${scope.region} to ${application}`.slice(0, 100);
    scope.deliver(`codedeploy/${id}/${state}/${triggerName}`, triggerTargetArn!, JSON.stringify(message), {
      from: "codedeploy.amazonaws.com",
      context: { subject },
    });
  }
}
