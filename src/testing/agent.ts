import type { Rest } from "../kernel/loop.ts";
import type { Scope } from "../kernel/scope.ts";
import { acknowledgeCommand, completeCommand, offerCommand } from "../services/codedeploy/api.ts";
import { instancesOnHost } from "../services/codedeploy/host-command.ts";

/** What an agent does with a life-cycle event: nothing where no script is for it, something that takes time, or no answer at all. */
export type AgentDoing = "nothing" | "silence" | { readonly takesMs?: number; readonly fails?: string };

/** The twin of a CodeDeploy agent: takes the commands of its instance, and ends them as told. */
export function actAsAgent(
  scope: Scope,
  instanceId: string,
  doingOf: (event: string, deploymentId: string) => AgentDoing,
): Rest | undefined {
  const host = scope.arn("ec2", `instance/${instanceId}`);
  const isSilent = instancesOnHost(scope, host).some(
    ({ event, deploymentId, status }) => status === "Pending" && doingOf(event, deploymentId) === "silence",
  );
  for (let offered = isSilent ? {} : offerCommand(scope, host); "id" in offered; offered = offerCommand(scope, host))
    acknowledgeCommand(scope, offered.id, doingOf(offered.event, offered.deploymentId) === "nothing");
  const now = scope.clock.now();
  let next: number | undefined;
  for (const { id, event, deploymentId, status, startedAt } of instancesOnHost(scope, host)) {
    if (status !== "InProgress") continue;
    const doing = doingOf(event, deploymentId);
    const { takesMs = 0, fails = undefined } = typeof doing === "string" ? {} : doing;
    const endsAt = startedAt! + takesMs;
    if (endsAt > now) next = Math.min(next ?? endsAt, endsAt);
    else if (fails === undefined) completeCommand(scope, id, true, {});
    else
      completeCommand(scope, id, false, { error_code: 4, script_name: `scripts/${event}.sh`, message: fails, log: `[stderr]${fails}\n` });
  }
  return next === undefined ? undefined : { wakeAt: next, kind: "wait", because: `the agent of ${instanceId} runs a script` };
}
