import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allowTraffic, blockTraffic } from "./balancer.ts";
import { type Deployment, deployments } from "./deployment.ts";
import {
  type DeploymentInstance,
  deploymentInstances,
  endInstance,
  type InstanceEvent,
  isOpen,
  setInstanceEvent,
  tell,
} from "./deployment-instance.ts";
import { isEc2, isTerminated } from "./fleet.ts";

/** Agents and balancers have so long. https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html */
const EVENT_MAX_MS = 3_600_000;

/** Takes one instance through its life-cycle events: most are commands for its agent, two are the load balancer's. */
export const deploymentInstanceLoop: Loop<DeploymentInstance> = {
  table: deploymentInstances,
  turn(scope, instance) {
    if (instance.status !== "InProgress") return undefined;
    const deployment = deployments.get(scope, instance.deploymentId)!;
    if (isTerminated(scope, instance.targetId)) return endInstance(scope, instance, "Failed", "The instance was terminated.");
    const event = instance.events.find(isOpen);
    if (event === undefined) return endInstance(scope, instance, "Succeeded");
    if (event.status === "Pending" && deployment.ending?.status === "Stopped") return endInstance(scope, instance, "Skipped");
    if (event.name === instance.gate) return becomeReady(scope, instance);
    if (event.name === "BlockTraffic" || event.name === "AllowTraffic") return leadTraffic(scope, deployment, instance, event);
    return awaitAgent(scope, instance, event);
  },
};

function becomeReady(scope: Scope, instance: DeploymentInstance): undefined {
  tell(scope, deploymentInstances.patch(scope, instance.id, { status: "Ready", updatedAt: scope.clock.now() }), "READY");
}

function awaitAgent(scope: Scope, instance: DeploymentInstance, event: InstanceEvent): Rest | undefined {
  const now = scope.clock.now();
  if (event.sentAt === undefined) {
    setInstanceEvent(scope, instance, { ...event, sentAt: now });
    return undefined;
  }
  const until = event.until ?? event.sentAt + EVENT_MAX_MS;
  if (now >= until) {
    const diagnostics =
      event.status === "Pending"
        ? {
            errorCode: "UnknownError" as const,
            scriptName: "",
            message:
              "CodeDeploy agent was not able to receive the lifecycle event. Check the CodeDeploy agent logs on your host and make sure the agent is running and can connect to the CodeDeploy server.",
            logTail: "",
          }
        : {
            errorCode: "ScriptTimedOut" as const,
            scriptName: "",
            message: `The lifecycle event ${event.name} did not end in time.`,
            logTail: "",
          };
    setInstanceEvent(scope, instance, { ...event, status: "Failed", endedAt: now, diagnostics });
    return undefined;
  }
  const what = event.status === "Pending" ? "has not taken" : "is at";
  return { wakeAt: until, kind: "deadline", because: `the agent of ${instance.targetId} ${what} ${event.name}` };
}

function leadTraffic(scope: Scope, { server }: Deployment, instance: DeploymentInstance, event: InstanceEvent): Rest | undefined {
  const now = scope.clock.now();
  if (event.startedAt === undefined) {
    setInstanceEvent(scope, instance, { ...event, status: "InProgress", startedAt: now });
    return undefined;
  }
  const lead = event.name === "BlockTraffic" ? blockTraffic : allowTraffic;
  const traffic = isEc2(instance.targetId) ? lead(scope, server!.targetGroups, instance.targetId) : "done";
  const until = event.startedAt + EVENT_MAX_MS;
  if (traffic === "done") {
    setInstanceEvent(scope, instance, { ...event, status: "Succeeded", endedAt: now });
    return undefined;
  }
  if ("because" in traffic && now < until) return { wakeAt: until, kind: "deadline", because: traffic.because };
  const message = "failed" in traffic ? traffic.failed : `The load balancer was not done within an hour: ${traffic.because}.`;
  const diagnostics = { errorCode: "UnknownError" as const, scriptName: "", message, logTail: "" };
  setInstanceEvent(scope, instance, { ...event, status: "Failed", endedAt: now, diagnostics });
  return undefined;
}
