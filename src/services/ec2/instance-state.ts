import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { InstanceStateChange } from "../../sdk/ec2.js";
import { RebootInstances$, StartInstances$, StopInstances$, TerminateInstances$ } from "../../sdk/ec2.js";
import { ec2Operation } from "./ec2-operation.ts";
import { enterState, type Instance, instances, requireInstances, stateOf } from "./instance.ts";
import { notImplemented } from "./vpc.ts";

export const startInstances = ec2Operation(StartInstances$, (scope, { InstanceIds = [] }) => ({
  StartingInstances: requireInstances(scope, InstanceIds).map((instance) => change(instance, start(scope, instance))),
}));

export const stopInstances = ec2Operation(StopInstances$, (scope, { InstanceIds = [], Hibernate }) => {
  if (Hibernate) notImplemented("Hibernation");
  return { StoppingInstances: requireInstances(scope, InstanceIds).map((instance) => change(instance, stop(scope, instance))) };
});

export const rebootInstances = ec2Operation(RebootInstances$, (scope, { InstanceIds = [] }) => {
  for (const instance of requireInstances(scope, InstanceIds)) {
    if (instance.state !== "running") incorrectState(instance, "rebooted");
    instances.patch(scope, instance.id, { rebootRequested: true });
  }
  return {};
});

export const terminateInstances = ec2Operation(TerminateInstances$, (scope, { InstanceIds = [] }) => {
  const wanted = requireInstances(scope, InstanceIds);
  for (const { id, terminationProtection } of wanted) {
    if (terminationProtection)
      fault(
        "OperationNotPermitted",
        `The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
      );
  }
  return { TerminatingInstances: wanted.map((instance) => change(instance, terminate(scope, instance))) };
});

function start(scope: Scope, instance: Instance): Instance {
  if (instance.state === "pending" || instance.state === "running") return instance;
  if (instance.state !== "stopped") incorrectState(instance, "started");
  const launchedAt = scope.clock.now();
  return enterState(scope, instance, "pending", { boot: instance.boot + 1, launchedAt, reason: undefined });
}

export function stop(scope: Scope, instance: Instance, by: "user" | "itself" = "user"): Instance {
  if (instance.state === "stopped" || instance.state === "stopping") return instance;
  if (instance.state !== "running") incorrectState(instance, "stopped");
  if (instance.stopProtection && by === "user")
    fault(
      "OperationNotPermitted",
      `The instance '${instance.id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
    );
  return enterState(scope, instance, "stopping", { reason: reasonOf(scope, by), rebootRequested: undefined });
}

/** Whatever protects it from its users does not protect it from here. */
export function terminate(scope: Scope, instance: Instance, by: "user" | "itself" = "user"): Instance {
  if (instance.state === "terminated" || instance.state === "shutting-down") return instance;
  return enterState(scope, instance, "shutting-down", { reason: reasonOf(scope, by), rebootRequested: undefined });
}

function reasonOf(scope: Scope, by: "user" | "itself"): NonNullable<Instance["reason"]> {
  const at = new Date(scope.clock.now()).toISOString().replace("T", " ").slice(0, 19);
  return by === "user"
    ? {
        code: "Client.UserInitiatedShutdown",
        message: "Client.UserInitiatedShutdown: User initiated shutdown",
        transition: `User initiated (${at} GMT)`,
      }
    : {
        code: "Client.InstanceInitiatedShutdown",
        message: "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
        transition: "",
      };
}

const incorrectState = ({ id, state }: Instance, verb: string): never =>
  fault(
    "IncorrectInstanceState",
    verb === "rebooted"
      ? `The instance '${id}' is not in a state from which it can be rebooted.`
      : `The instance '${id}' is not in a state from which it can be ${verb}. Its state is ${state}.`,
  );

const change = (before: Instance, after: Instance): InstanceStateChange => ({
  InstanceId: before.id,
  PreviousState: stateOf(before.state),
  CurrentState: stateOf(after.state),
});
