import { ensureJob, forgetJob, type InstanceCommandSpec, isOver, type Job } from "../../../compute/job.ts";
import { isFault } from "../../../kernel/fault.ts";
import { idsFrom } from "../../../kernel/id.ts";
import type { Scope } from "../../../kernel/scope.ts";
import { deregisterTarget, registerTarget, targetsOf } from "../../elastic-load-balancing-v2/api.ts";
import { commandsOf, quoted, specificationOf } from "../deploy-specification.ts";
import { type DeployTarget, deployTargets, type TargetEvent, type TargetEventName, targetJob } from "../deploy-target.ts";
import type { Run } from "../run.ts";

/** Take an instance on as far as it goes; a sentence, where it waits for something. */
export function advanceTarget(scope: Scope, run: Run, target: DeployTarget): string | undefined {
  const begun = target.status === "PENDING" ? begin(scope, run, target) : target;
  if (isDraining(scope, begun)) return `${target.instanceId} is being drained of what is on its way to it`;
  for (const { name } of begun.events) {
    const event = eventOf(deployTargets.get(scope, target.id)!, name);
    if (event.status === "SUCCEEDED") continue;
    const job =
      event.status === "PENDING"
        ? start(scope, run, begun, name)
        : ensureJob(scope, targetJob(begun, name), specOf(scope, run, begun, name));
    if (!isOver(job)) return `${target.instanceId} is in ${name}`;
    forgetJob(scope, job.id);
    if (!conclude(scope, run, begun, name, job)) return end(scope, target, "FAILED");
  }
  return putBack(scope, run, begun);
}

/** Where the output of all of its instances goes. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EC2Deploy.html */
export const logOf = ({ pipeline, actionExecutionId }: Run) => ({ group: `/aws/codepipeline/${pipeline}`, stream: actionExecutionId });

export const groupsIn = (text = ""): string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);

/** It is taken out of its target groups first. */
function begin(scope: Scope, { configuration }: Run, { id, instanceId }: DeployTarget): DeployTarget {
  const registered = groupsIn(configuration["TargetGroupNameList"]).flatMap((group) =>
    targetsOf(scope, group)
      .filter(({ targetId, state }) => targetId === instanceId && state !== "draining")
      .map(({ port }) => ({ group, port })),
  );
  for (const group of new Set(registered.map((one) => one.group))) deregisterTarget(scope, group, instanceId);
  return deployTargets.patch(scope, id, { status: "IN_PROGRESS", startedAt: scope.clock.now(), registered });
}

const isDraining = (scope: Scope, { instanceId, registered = [] }: DeployTarget): boolean =>
  registered.some(({ group }) => targetsOf(scope, group).some(({ targetId, state }) => targetId === instanceId && state === "draining"));

const eventOf = ({ events }: DeployTarget, name: TargetEventName): TargetEvent => events.find((event) => event.name === name)!;

function patchEvent(scope: Scope, { id }: DeployTarget, name: TargetEventName, change: Partial<TargetEvent>): void {
  const { events } = deployTargets.get(scope, id)!;
  deployTargets.patch(scope, id, { events: events.map((event) => (event.name === name ? { ...event, ...change } : event)) });
}

function start(scope: Scope, run: Run, target: DeployTarget, name: TargetEventName): Job {
  const commandId = idsFrom(targetJob(target, name)).uuid();
  const commands = linesOf(scope, run, name).join("; ");
  const message = `Executing commands on instances ${target.instanceId}, SSM command id ${commandId}, commands: ${commands}`;
  scope.log({ ...logOf(run), message });
  patchEvent(scope, target, name, { status: "IN_PROGRESS", startedAt: scope.clock.now(), commandId });
  return ensureJob(scope, targetJob(target, name), specOf(scope, run, target, name));
}

/** Whether it went well. What ran when the power was cut is not run twice: nobody knows how far it came. */
function conclude(scope: Scope, run: Run, target: DeployTarget, name: TargetEventName, { status, reason, result }: Job): boolean {
  const endedAt = scope.clock.now();
  if (status === "SUCCEEDED") {
    patchEvent(scope, target, name, { status: "SUCCEEDED", endedAt });
    return true;
  }
  const message = `----------ERROR-------\n${result?.outputs?.["output"]?.text ?? ""}${reason ?? status}`;
  scope.log({ ...logOf(run), message: `Instance ${target.instanceId} is FAILED on event ${name}, message:\n${message}` });
  patchEvent(scope, target, name, { status: "FAILED", endedAt, message });
  return false;
}

/** It comes back to the target groups that it was in, and is through when it is well there. */
function putBack(scope: Scope, run: Run, target: DeployTarget): string | undefined {
  for (const { group, port } of target.registered ?? []) {
    try {
      registerTarget(scope, group, target.instanceId, port);
    } catch (error) {
      if (!isFault(error)) throw error;
      scope.log({ ...logOf(run), message: `Instance ${target.instanceId} is FAILED: ${error.message}` });
      return end(scope, target, "FAILED");
    }
    const found = targetsOf(scope, group).find((one) => one.targetId === target.instanceId && one.port === port);
    if (found !== undefined && found.state !== "healthy" && found.state !== "unused")
      return `${target.instanceId} is ${found.state} in target group ${group}`;
  }
  return end(scope, target, "SUCCEEDED");
}

function end(scope: Scope, { id }: DeployTarget, status: "SUCCEEDED" | "FAILED"): undefined {
  deployTargets.patch(scope, id, { status, endedAt: scope.clock.now() });
}

function specOf(scope: Scope, run: Run, target: DeployTarget, name: TargetEventName): InstanceCommandSpec {
  const { bucket, key } = run.inputs[0]!;
  const folder = folderOf(run);
  const isFirst = target.events[0]!.name === name;
  const unlessDone = target.events.at(-1)!.name === name ? "" : "test \\$? = 0 || ";
  const isOwnScript = run.configuration["DeploySpec"] === undefined && name === "AFTER_DEPLOY";
  return {
    type: "instance-command",
    instanceId: target.instanceId,
    ...(isFirst && { download: { bucket, key, folder } }),
    commands: [
      `trap "${unlessDone}rm -rf '$PWD/${folder}'" EXIT`,
      // What the action itself does has to go well line by line; of the script at its end the exit code counts, as on AWS.
      ...(isOwnScript ? [`cd ${quoted(directoryOf(run))}`] : [`cd ${quoted(folder)}`, "set -e"]),
      ...linesOf(scope, run, name),
    ],
    env: {},
    timeoutMs: Math.max(1, run.timeoutAt - run.startedAt),
    log: logOf(run),
  };
}

/** Where the artifact lies, until the instance is through or an event has failed. */
const folderOf = ({ pipeline, actionExecutionId }: Run): string => `var/lib/codepipeline/${pipeline}/${actionExecutionId}`;

const directoryOf = ({ configuration: { TargetDirectory = "" } }: Run): string => TargetDirectory.replace(/\/+$/, "");

function linesOf(scope: Scope, run: Run, name: TargetEventName): string[] {
  const { PreScript = "", PostScript = "" } = run.configuration;
  const specification = specificationOf(scope, run);
  if (typeof specification === "object") return commandsOf(specification, name);
  const directory = quoted(directoryOf(run));
  const [pre, post] = [quoted(`./${PreScript}`), quoted(`${directoryOf(run)}/${PostScript}`)];
  switch (name) {
    case "BEFORE_DEPLOY":
      return [`chmod u+x ${pre}`, pre];
    case "DEPLOY":
      return [`mkdir -p ${directory}`, `cp -af . ${directory}/`];
    case "AFTER_DEPLOY":
      return [`chmod u+x ${post}`, post];
  }
}
