import type { Scope } from "../../kernel/scope.ts";
import { type StepOutcome, sequence } from "../../kernel/sequence.ts";
import type { RevisionLocation } from "../../sdk/codedeploy.js";
import { announce } from "./announcement.ts";
import { type Deployment, deployments, type Ending } from "./deployment.ts";
import { startDeployment } from "./deployment-start.ts";
import { type EcsControl, type EcsEvent, patchEcs, setEcsEvent } from "./ecs.ts";
import { askHook } from "./lambda-platform.ts";
import type { Platform } from "./platform.ts";

const MINUTE_MS = 60_000;
/** A task set has so long to come up. https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html */
const INSTALL_MAX_MS = 60 * MINUTE_MS;

/**
 * Leads a service's traffic to a second task set, by the listeners of its load balancer.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-ecs.html
 */
export const ecsPlatform = (control: EcsControl): Platform => ({
  begin(scope, deployment) {
    const ecs = deployment.ecs!;
    const invalid = (message: string): Ending => ({ status: "Failed", code: "INVALID_ECS_SERVICE", message });
    if (ecs.restores !== undefined) {
      const { blue, green } = deployments.get(scope, ecs.restores)!.ecs!;
      patchEcs(scope, deployment, { blue: blue!, green: green! });
      return undefined;
    }
    const blue = control.primaryOf(scope, ecs);
    if (blue === undefined)
      return invalid(`The ECS service ${ecs.service} of the cluster ${ecs.cluster} cannot be found or is not deployed by CodeDeploy.`);
    const targetGroup = ecs.targetGroups.find((name) => name !== blue.targetGroup);
    if (targetGroup === undefined)
      return { status: "Failed", code: "MISSING_ELB_INFORMATION", message: "The deployment group has no second target group." };
    patchEcs(scope, deployment, { blue, green: { taskSetId: `${deployment.id}-green`, targetGroup } });
    return undefined;
  },
  step(scope, deployment) {
    if (deployment.ecs!.restores !== undefined) return restore(scope, control, deployment);
    const walked = sequence([
      ...deployment.ecs!.events.map(({ name }) => ({
        name,
        observe: () => awaitReadiness(scope, deployment, name) ?? lifecycle(scope, control, deployment, name),
      })),
      { name: "Terminate", observe: () => retire(scope, control, deployment) },
    ]);
    switch (walked.state) {
      case "waiting":
        return walked.rest;
      case "failed":
        return failureOf(walked.step as EcsEvent, walked.reason);
      case "done":
        return { status: "Succeeded" };
    }
  },
  settle(scope, deployment) {
    for (const { name, status } of deployment.ecs!.events)
      if (status === "Pending" || status === "InProgress")
        setEcsEvent(scope, deployment, name, { status: "Skipped", endedAt: scope.clock.now() });
    return undefined;
  },
  takeBack(scope, { id, application, groupName, revision, ecs }, rollbackId) {
    if (ecs!.green === undefined) return { started: false, message: "Nothing had been deployed." };
    startDeployment(scope, {
      id: rollbackId,
      application,
      groupName,
      configName: "CodeDeployDefault.ECSAllAtOnce",
      revision: revision as RevisionLocation,
      creator: "codeDeployRollback",
      description: `Rollback of deployment ${id}`,
      triggeringDeploymentId: id,
      restores: id,
    });
    return { started: true, message: `Deployment ${rollbackId} takes it back.` };
  },
});

/** Traffic moves when somebody says so, where the group wants that; nobody saying so stops the deployment. */
function awaitReadiness(scope: Scope, deployment: Deployment, name: EcsEvent): StepOutcome | undefined {
  const { blueGreen, readyAt, continued, events } = deployment.ecs!;
  const { actionOnTimeout, waitTimeInMinutes = 0 } = blueGreen.deploymentReadyOption ?? {};
  if (name !== "BeforeAllowTraffic" || actionOnTimeout !== "STOP_DEPLOYMENT") return undefined;
  if (events.find((event) => event.name === name)!.status !== "Pending") return undefined;
  if (continued) {
    if (deployment.status === "Ready") deployments.patch(scope, deployment.id, { status: "InProgress" });
    return undefined;
  }
  if (readyAt === undefined) {
    patchEcs(scope, deployment, { readyAt: scope.clock.now() });
    announce(scope, deployments.patch(scope, deployment.id, { status: "Ready" }), "READY");
    return { kind: "wait", because: "the replacement task set is ready" };
  }
  const until = readyAt + waitTimeInMinutes * MINUTE_MS;
  if (scope.clock.now() >= until) return { failed: TIMED_OUT };
  return { wakeAt: until, kind: "deadline", because: "somebody has to say that traffic may be rerouted" };
}

const TIMED_OUT = "The deployment was stopped because traffic rerouting was not started within the wait time.";

function failureOf(event: EcsEvent, message: string): Ending {
  if (message === TIMED_OUT) return { status: "Stopped", code: "TIMEOUT", message };
  const isEcs = event === "Install";
  return { status: "Failed", code: isEcs ? "ECS_UPDATE_ERROR" : "HOOK_EXECUTION_FAILURE", message };
}

function lifecycle(scope: Scope, control: EcsControl, deployment: Deployment, name: EcsEvent): StepOutcome {
  const event = deployment.ecs!.events.find((one) => one.name === name)!;
  if (event.status === "Succeeded") return "done";
  if (event.status === "Failed") return { failed: event.message ?? `The lifecycle event ${name} failed.` };
  if (event.status === "Pending") {
    setEcsEvent(scope, deployment, name, { status: "InProgress", startedAt: scope.clock.now() });
    return { kind: "wait", because: `${name} begins` };
  }
  const outcome = doEvent(scope, control, deployment, name, event.startedAt!);
  if (outcome === "done") setEcsEvent(scope, deployment, name, { status: "Succeeded", endedAt: scope.clock.now() });
  else if ("failed" in outcome)
    setEcsEvent(scope, deployment, name, {
      status: "Failed",
      endedAt: scope.clock.now(),
      message: outcome.failed,
      errorCode: "UnknownError",
    });
  else return outcome;
  return { kind: "wait", because: `${name} is over` };
}

function doEvent(scope: Scope, control: EcsControl, deployment: Deployment, name: EcsEvent, startedAt: number): StepOutcome {
  switch (name) {
    case "Install":
      return install(scope, control, deployment, startedAt);
    case "AllowTestTraffic": {
      const { testListenerArns, green } = deployment.ecs!;
      for (const arn of testListenerArns) control.route(scope, arn, { [green!.targetGroup]: 100 });
      return "done";
    }
    case "AllowTraffic":
      return allowTraffic(scope, control, deployment);
    default: {
      const hook = deployment.ecs!.spec.hooks[name];
      return hook === undefined ? "done" : askHook(scope, deployment.id, name, hook, startedAt);
    }
  }
}

function install(scope: Scope, control: EcsControl, { ecs }: Deployment, startedAt: number): StepOutcome {
  const { taskSetId, targetGroup } = ecs!.green!;
  const taskSet = control.ensureTaskSet(scope, ecs!, { id: taskSetId, spec: ecs!.spec, targetGroup });
  if (taskSet.state === "steady") return "done";
  if (taskSet.state === "failed") return { failed: taskSet.reason };
  const until = startedAt + INSTALL_MAX_MS;
  if (scope.clock.now() >= until)
    return { failed: "The deployment timed out while waiting for the replacement task set to become healthy." };
  const { wakeAt } = taskSet;
  if (wakeAt !== undefined && wakeAt < until) return { wakeAt, kind: "wait", because: "the tasks of the replacement are coming up" };
  return { wakeAt: until, kind: "deadline", because: "the tasks of the replacement are coming up" };
}

function allowTraffic(scope: Scope, control: EcsControl, deployment: Deployment): StepOutcome {
  const { shifts, percent: before, shiftedAt = scope.clock.now(), blue, green, listenerArns } = deployment.ecs!;
  const due = shifts.filter(({ afterMs }) => shiftedAt + afterMs <= scope.clock.now());
  const { percent } = due.at(-1)!;
  if (percent !== before) {
    const weights = percent === 100 ? { [green!.targetGroup]: 100 } : { [blue!.targetGroup]: 100 - percent, [green!.targetGroup]: percent };
    for (const arn of listenerArns) control.route(scope, arn, weights);
    patchEcs(scope, deployment, { percent, shiftedAt });
  }
  const next = shifts[due.length];
  if (next === undefined) {
    control.setPrimary(scope, deployment.ecs!, green!.taskSetId);
    return "done";
  }
  return {
    wakeAt: shiftedAt + next.afterMs,
    kind: "wait",
    because: `${percent} % of the traffic is at the replacement; ${next.percent} % follow`,
  };
}

/** The original task set is kept for a while: traffic can be led back to it at once. */
function retire(scope: Scope, control: EcsControl, deployment: Deployment): StepOutcome {
  const { blueGreen, bakedAt, terminationSkipped, blue } = deployment.ecs!;
  if (bakedAt === undefined) {
    patchEcs(scope, deployment, { bakedAt: scope.clock.now() });
    return { kind: "wait", because: "all of the traffic is at the replacement" };
  }
  const until = bakedAt + (blueGreen.terminateBlueInstancesOnDeploymentSuccess?.terminationWaitTimeInMinutes ?? 0) * MINUTE_MS;
  if (!terminationSkipped && scope.clock.now() < until)
    return { wakeAt: until, kind: "wait", because: "the original task set is kept until then" };
  control.removeTaskSet(scope, deployment.ecs!, blue!.taskSetId);
  return "done";
}

function restore(scope: Scope, control: EcsControl, deployment: Deployment): Ending {
  const { blue, green, listenerArns, testListenerArns } = deployment.ecs!;
  for (const arn of [...listenerArns, ...testListenerArns]) control.route(scope, arn, { [blue!.targetGroup]: 100 });
  control.setPrimary(scope, deployment.ecs!, blue!.taskSetId);
  control.removeTaskSet(scope, deployment.ecs!, green!.taskSetId);
  const now = scope.clock.now();
  setEcsEvent(scope, deployment, "AllowTraffic", { status: "Succeeded", startedAt: now, endedAt: now });
  return { status: "Succeeded" };
}
