import { alarms } from "../../cloudwatch/api.ts";
import { failed, type RuleProvider, refuseAction } from "../provider.ts";
import type { RuleRun } from "../rule-run.ts";

const STATES = ["ALARM", "OK", "INSUFFICIENT_DATA"];
const MINUTE_MS = 60_000;

/**
 * Fails where an alarm is in one of the states that it monitors. Before a stage is entered it waits so long for another state; at
 * the end of a stage it watches so long. https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-CloudWatchAlarm.html
 */
export const cloudWatchAlarm: RuleProvider = {
  name: "CloudWatchAlarm",
  inputs: [0, 0],
  properties: [{ name: "AlarmName", required: true }, { name: "AlarmStates" }, { name: "WaitTime" }],
  check({ AlarmStates = "ALARM", WaitTime = "0" }, rule) {
    const wrong = statesIn(AlarmStates).find((state) => !STATES.includes(state));
    if (wrong !== undefined) refuseAction(`Action configuration for action '${rule}' has an invalid value '${wrong}' for 'AlarmStates'`);
    if (!/^\d+$/.test(WaitTime))
      refuseAction(`Action configuration for action '${rule}' has an invalid value '${WaitTime}' for 'WaitTime'`);
  },
  observe(scope, run) {
    const { AlarmName = "", AlarmStates = "ALARM", WaitTime = "0" } = run.configuration;
    const alarm = alarms.get(scope, AlarmName);
    if (alarm === undefined) return failed("ConfigurationError", `The alarm ${AlarmName} does not exist.`);
    const isBad = statesIn(AlarmStates).includes(alarm.state);
    const endsAt = run.startedAt + Number(WaitTime) * MINUTE_MS;
    const isOver = scope.clock.now() >= endsAt;
    const summary = `The alarm ${AlarmName} is in state ${alarm.state}.`;
    const { condition } = run as RuleRun;
    if (isOver ? isBad : isBad && condition !== "BEFORE_ENTRY") return failed("JobFailed", summary, { summary });
    if (isOver || condition === "BEFORE_ENTRY") {
      if (!isBad) return { status: "Succeeded", summary };
    }
    return { status: "InProgress", because: `it watches alarm ${AlarmName}, which is in state ${alarm.state}`, wakeAt: endsAt, summary };
  },
};

const statesIn = (text: string): string[] => text.split(",").map((state) => state.trim());
