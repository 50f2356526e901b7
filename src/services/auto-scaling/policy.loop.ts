import type { Loop } from "../../kernel/loop.ts";
import { alarms } from "../cloudwatch/api.ts";
import { drives, type Policy, policies, react } from "./policy.ts";

/** Carries a policy out once more every minute, as long as its alarm stays in the state that it is an action of. */
export const policyLoop: Loop<Policy> = {
  table: policies,
  turn(scope, policy) {
    if (policy.alarm === undefined) return undefined;
    const { name, state, nextAt } = policy.alarm;
    const alarm = alarms.get(scope, name);
    if (alarm === undefined || alarm.state !== state || !drives(alarm, policy.arn)) {
      policies.patch(scope, policy.id, { alarm: undefined });
      return undefined;
    }
    if (scope.clock.now() < nextAt) return { wakeAt: nextAt, kind: "tick", because: `the alarm ${name} is in ${state}` };
    react(scope, policy, alarm);
    return undefined;
  },
};
