import { idsFrom } from "../../kernel/id.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { ComputePlatform } from "../../sdk/codedeploy.js";
import { alarms } from "../cloudwatch/api.ts";
import { roleIdOf } from "../iam/api.ts";
import { announce } from "./announcement.ts";
import { byAge, type Deployment, deployments, type Ending, isForInstances, isOver } from "./deployment.ts";
import { groups } from "./group.ts";
import { isEnding, type Platform } from "./platform.ts";
import { roleRefusal } from "./service-role.ts";

/** Takes deployments through their platform's steps; ends them early when they are stopped or an alarm goes off, and has them taken back. */
export const deploymentLoop = (platforms: Readonly<Partial<Record<ComputePlatform, Platform>>>): Loop<Deployment> => ({
  table: deployments,
  turn(scope, deployment) {
    if (isOver(deployment)) return;
    const platform = platforms[deployment.platform]!;
    if (deployment.startedAt === undefined) {
      const before = othersBefore(scope, deployment);
      if (before !== undefined) return { kind: "wait", because: `deployment ${before.id} of the same group comes first` };
      return begin(scope, deployment, platform);
    }
    const decided = deployment.ending ?? groupGone(scope, deployment) ?? troubleOf(scope, deployment) ?? platform.step(scope, deployment);
    if (!isEnding(decided)) return decided;
    return end(scope, deployments.get(scope, deployment.id)!, decided, platform);
  },
});

/** Deployments of one group take place one after the other, in the order in which they were made; those to single new instances beside them. */
function othersBefore(scope: Scope, deployment: Deployment): Deployment | undefined {
  if (isForInstances(deployment.creator)) return undefined;
  return deployments.by(scope, "open", deployment.group).find((other) => !isForInstances(other.creator) && byAge(other, deployment) < 0);
}

function begin(scope: Scope, deployment: Deployment, platform: Platform): Rest | undefined {
  const started = deployments.patch(scope, deployment.id, { status: "InProgress", startedAt: scope.clock.now() });
  announce(scope, started, "START");
  const ending = missing(scope, started) ?? platform.begin(scope, started);
  return ending && end(scope, deployments.get(scope, deployment.id)!, ending, platform);
}

/** What may have gone since it was made. */
function missing(scope: Scope, deployment: Deployment): Ending | undefined {
  const found = groups.get(scope, deployment.group);
  if (found === undefined) return groupGone(scope, deployment);
  if (roleIdOf(scope, found.roleArn) === undefined) {
    const message = `The service role ${found.roleArn} cannot be accessed.`;
    return { status: "Failed", code: "IAM_ROLE_MISSING", message };
  }
  return roleRefusal(scope, deployment, found.roleArn);
}

function groupGone(scope: Scope, { group, application, groupName }: Deployment): Ending | undefined {
  if (groups.get(scope, group) !== undefined) return undefined;
  return { status: "Failed", code: "DEPLOYMENT_GROUP_MISSING", message: `The deployment group ${groupName} of ${application} is gone.` };
}

/** What ends a deployment from outside: somebody stops it, an alarm goes off. */
function troubleOf(scope: Scope, { stop, alarms: watched, creator }: Deployment): Ending | undefined {
  if (stop !== undefined) {
    return { status: "Stopped", code: "MANUAL_STOP", message: "The deployment was stopped by a user.", rollBack: stop.rollBack };
  }
  if (!watched?.enabled || creator === "codeDeployRollback") return undefined;
  const names = (watched.alarms ?? []).map(({ name }) => name!);
  const active = names.filter((name) => alarms.get(scope, name)?.state === "ALARM");
  if (active.length === 0) return undefined;
  const message = `One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: <${active.join(", ")}>`;
  return { status: "Stopped", code: "ALARM_ACTIVE", message };
}

function end(scope: Scope, deployment: Deployment, ending: Ending, platform: Platform): Rest | undefined {
  const now = scope.clock.now();
  if (ending.status === "Succeeded") {
    announce(scope, deployments.patch(scope, deployment.id, { status: "Succeeded", endedAt: now }), "SUCCESS");
    return undefined;
  }
  if (deployment.ending === undefined) deployments.patch(scope, deployment.id, { ending });
  const rest = platform.settle(scope, deployments.get(scope, deployment.id)!, ending);
  if (rest !== undefined) return rest;
  const { code, message } = ending;
  const ended = deployments.patch(scope, deployment.id, {
    status: ending.status,
    endedAt: now,
    error: { code, message },
    ending: undefined,
  });
  announce(scope, ended, ending.status === "Stopped" ? "STOP" : "FAILURE");
  if (rollsBack(deployment, ending)) takeBack(scope, ended, platform);
  return undefined;
}

const CONFIGURED = { MANUAL_STOP: "DEPLOYMENT_STOP_ON_REQUEST", ALARM_ACTIVE: "DEPLOYMENT_STOP_ON_ALARM" } as const;

function rollsBack({ rollback, creator }: Deployment, ending: Exclude<Ending, { status: "Succeeded" }>): boolean {
  if (creator === "codeDeployRollback" || isForInstances(creator)) return false;
  if (ending.rollBack) return true;
  const event = CONFIGURED[ending.code as keyof typeof CONFIGURED] ?? "DEPLOYMENT_FAILURE";
  return (rollback?.enabled ?? false) && (rollback?.events ?? []).includes(event);
}

/** A rollback is a deployment of its own. https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html */
function takeBack(scope: Scope, deployment: Deployment, platform: Platform): void {
  const rollbackId = `d-${idsFrom(`${deployment.id} rollback`).text(9)}`;
  const { started, message } =
    groupGone(scope, deployment) === undefined
      ? platform.takeBack(scope, deployment, rollbackId)
      : { started: false, message: "There is no deployment group any more to roll back." };
  const ended = deployments.patch(scope, deployment.id, {
    rollbackMessage: message,
    ...(started && { rollbackDeploymentId: rollbackId }),
  });
  if (started) announce(scope, ended, "ROLLBACK");
}
