import { isFault } from "../../../kernel/fault.ts";
import { nextOccurrence, parseSchedule } from "../../eventbridge/api.ts";
import { failed, type RuleProvider, refuseAction } from "../provider.ts";
import { instantIn, isTimeZone, wallClockIn } from "./time-zone.ts";

const MINUTE_MS = 60_000;

/** Succeeds as soon as the time is one that the expression names. https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-DeploymentWindow.html */
export const deploymentWindow: RuleProvider = {
  name: "DeploymentWindow",
  inputs: [0, 0],
  properties: [{ name: "Cron", required: true }, { name: "TimeZone" }],
  check({ Cron = "", TimeZone = "UTC" }, rule) {
    if (scheduleOf(Cron) === undefined) refuseAction(`Action configuration for action '${rule}' has an invalid value '${Cron}' for 'Cron'`);
    if (!isTimeZone(TimeZone)) refuseAction(`Action configuration for action '${rule}' has an invalid value '${TimeZone}' for 'TimeZone'`);
  },
  observe(scope, { configuration: { Cron = "", TimeZone = "UTC" } }) {
    const schedule = scheduleOf(Cron);
    if (schedule === undefined || !isTimeZone(TimeZone)) return failed("ConfigurationError", `There is no window ${Cron} in ${TimeZone}.`);
    const now = wallClockIn(TimeZone, scope.clock.now());
    const minute = Math.floor(now / MINUTE_MS) * MINUTE_MS;
    const opens = nextOccurrence(schedule, minute - 1, 0);
    if (opens === undefined) return failed("JobFailed", `The deployment window ${Cron} does not open again.`);
    if (opens === minute) return { status: "Succeeded", summary: "The deployment window is open." };
    const wakeAt = instantIn(TimeZone, opens);
    return { status: "InProgress", because: `its window opens at ${new Date(wakeAt).toISOString()}`, wakeAt };
  },
};

/** Quartz's seconds say nothing here, and its year may be left out. */
function scheduleOf(cron: string): ReturnType<typeof parseSchedule> | undefined {
  const [, ...fields] = cron.trim().split(/\s+/);
  try {
    return parseSchedule(`cron(${(fields.length === 5 ? [...fields, "*"] : fields).join(" ")})`);
  } catch (error) {
    if (!isFault(error)) throw error;
    return undefined;
  }
}
