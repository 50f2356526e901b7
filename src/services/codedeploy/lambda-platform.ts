import type { Scope } from "../../kernel/scope.ts";
import { type StepOutcome, sequence } from "../../kernel/sequence.ts";
import type { LifecycleErrorCode } from "../../sdk/codedeploy.js";
import { aliasOf, functionExists, shiftAlias, versionExists } from "../lambda/api.ts";
import { lambdaAppSpec } from "./appspec.ts";
import type { Deployment, Ending } from "./deployment.ts";
import { startDeployment } from "./deployment-start.ts";
import { executionId, LAMBDA_EVENTS, type LambdaEvent, patchLambda, setEvent } from "./lambda.ts";
import type { Platform } from "./platform.ts";
import { revisionOf } from "./revision.ts";

const HOOK_TIMEOUT_MS = 3_600_000;

/** Moves an alias to the target version by the steps of the configuration; gives all of it back when something is wrong. */
export const lambdaPlatform: Platform = {
  begin,
  step(scope, deployment) {
    const walked = sequence(
      LAMBDA_EVENTS.filter((name) => deployment.lambda!.events[name]).map((name) => ({
        name,
        observe: () => lifecycle(scope, deployment, name),
      })),
    );
    switch (walked.state) {
      case "waiting":
        return walked.rest;
      case "failed":
        return { status: "Failed", code: "HOOK_EXECUTION_FAILURE", message: walked.reason };
      case "done":
        return { status: "Succeeded" };
    }
  },
  settle(scope, deployment) {
    const endedAt = scope.clock.now();
    const events = Object.entries(deployment.lambda!.events).map(([name, event]) => {
      const isOpen = event.status === "InProgress" || event.status === "Pending";
      return [name, isOpen ? { ...event, status: "Skipped" as const, endedAt } : event];
    });
    patchLambda(scope, deployment, { events: Object.fromEntries(events) });
    return undefined;
  },
  /** Back to the version that the alias had. */
  takeBack(scope, { id, application, groupName, lambda }, rollbackId) {
    const { spec } = lambda!;
    startDeployment(scope, {
      id: rollbackId,
      application,
      groupName,
      configName: "CodeDeployDefault.LambdaAllAtOnce",
      revision: revisionOf(lambdaAppSpec({ ...spec, targetVersion: spec.currentVersion, hooks: {} })),
      creator: "codeDeployRollback",
      description: `Rollback of deployment ${id}`,
      triggeringDeploymentId: id,
    });
    return { started: true, message: `Deployment ${rollbackId} takes it back.` };
  },
};

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/troubleshooting-deployments-lambda.html */
function begin(scope: Scope, { lambda, creator }: Deployment): Ending | undefined {
  const { functionName, alias, currentVersion, targetVersion, hooks } = lambda!.spec;
  const refuse = (
    code: "INVALID_LAMBDA_FUNCTION" | "INVALID_LAMBDA_CONFIGURATION" | "HOOK_EXECUTION_FAILURE",
    message: string,
  ): Ending => ({
    status: "Failed",
    code,
    message,
  });
  const found = aliasOf(scope, functionName, alias);
  if (!functionExists(scope, functionName)) return refuse("INVALID_LAMBDA_FUNCTION", `The function ${functionName} does not exist.`);
  if (found === undefined) return refuse("INVALID_LAMBDA_FUNCTION", `The alias ${alias} of the function ${functionName} does not exist.`);
  for (const version of [currentVersion, targetVersion])
    if (!versionExists(scope, functionName, version))
      return refuse("INVALID_LAMBDA_FUNCTION", `The version ${version} of the function ${functionName} does not exist.`);
  // A rollback leads the alias back from wherever it has come to.
  if (creator !== "codeDeployRollback" && found.version !== currentVersion && found.version !== targetVersion)
    return refuse(
      "INVALID_LAMBDA_CONFIGURATION",
      `The deployment failed because the alias ${alias} points to version ${found.version}, and the AppSpec file says that it points to ${currentVersion}.`,
    );
  const missing = Object.values(hooks).find((hook) => !functionExists(scope, hook!));
  if (missing !== undefined) return refuse("HOOK_EXECUTION_FAILURE", `The lifecycle event hook ${missing} does not exist.`);
  return undefined;
}

function lifecycle(scope: Scope, deployment: Deployment, name: LambdaEvent): StepOutcome {
  const event = deployment.lambda!.events[name]!;
  switch (event.status) {
    case "Succeeded":
      return "done";
    case "Failed":
      return { failed: event.message ?? `The lifecycle event ${name} failed.` };
    case "InProgress":
      return name === "AllowTraffic" ? allowTraffic(scope, deployment) : awaitHook(scope, deployment, name);
    default:
      setEvent(scope, deployment, name, { status: "InProgress", startedAt: scope.clock.now() });
      return { kind: "wait", because: `${name} begins` };
  }
}

function allowTraffic(scope: Scope, deployment: Deployment): StepOutcome {
  const { shifts, spec, percent: before, shiftedAt = scope.clock.now() } = deployment.lambda!;
  const now = scope.clock.now();
  const due = shifts.filter(({ afterMs }) => shiftedAt + afterMs <= now);
  const percent = due.at(-1)!.percent;
  if (percent !== before) {
    shift(scope, deployment, percent);
    const moved = patchLambda(scope, deployment, { percent, shiftedAt });
    if (percent === 100)
      setEvent(scope, moved, "AllowTraffic", { ...moved.lambda!.events.AllowTraffic!, status: "Succeeded", endedAt: now });
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
function shift(scope: Scope, { lambda }: Deployment, percent: number): void {
  const { functionName, alias, currentVersion, targetVersion } = lambda!.spec;
  if (percent === 100 || currentVersion === targetVersion) shiftAlias(scope, functionName, alias, { version: targetVersion, weights: {} });
  else shiftAlias(scope, functionName, alias, { version: currentVersion, weights: { [targetVersion]: percent / 100 } });
}

function awaitHook(scope: Scope, deployment: Deployment, name: "BeforeAllowTraffic" | "AfterAllowTraffic"): StepOutcome {
  const { events, spec } = deployment.lambda!;
  const startedAt = events[name]!.startedAt!;
  const answer = askHook(scope, deployment.id, name, spec.hooks[name]!, startedAt);
  if (!("failed" in answer)) return answer;
  const { failed: message, errorCode } = answer;
  setEvent(scope, deployment, name, { status: "Failed", startedAt, endedAt: scope.clock.now(), message, errorCode });
  return { kind: "wait", because: message };
}

/** A hook is a function that reports back by PutLifecycleEventHookExecutionStatus within the hour. */
export function askHook(
  scope: Scope,
  deploymentId: string,
  name: string,
  hook: string,
  startedAt: number,
): { failed: string; errorCode: LifecycleErrorCode } | { wakeAt: number; kind: "deadline"; because: string } {
  const arn = hook.startsWith("arn:") ? hook : scope.arn("lambda", `function:${hook}`);
  const payload = JSON.stringify({ DeploymentId: deploymentId, LifecycleEventHookExecutionId: executionId(deploymentId, name) });
  const sent = scope.deliver(`codedeploy/${deploymentId}/${name}`, arn, payload, { from: "codedeploy.amazonaws.com", attemptsMax: 3 });
  if (sent.status === "FAILED")
    return { failed: `The lifecycle event hook ${hook} could not be invoked: ${sent.reason}`, errorCode: "ScriptMissing" };
  const deadline = startedAt + HOOK_TIMEOUT_MS;
  if (scope.clock.now() >= deadline)
    return { failed: `The lifecycle event hook ${hook} did not report back within an hour.`, errorCode: "ScriptTimedOut" };
  return { wakeAt: deadline, kind: "deadline", because: `the hook ${hook} has not reported back yet` };
}
