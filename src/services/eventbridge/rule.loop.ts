import { idsFrom } from "../../kernel/id.ts";
import type { Loop } from "../../kernel/loop.ts";
import { send } from "./dispatch.ts";
import { instant } from "./event.ts";
import { type Rule, ruleArn, rules } from "./rule.ts";
import { nextOccurrence, parseSchedule } from "./schedule.ts";

/** A rule with a schedule sends its event at each occurrence; what passed while nothing ran is not made up for. */
export const scheduleLoop: Loop<Rule> = {
  table: rules,
  turn(scope, rule) {
    if (rule.schedule === undefined || rule.state !== "ENABLED") return;
    const schedule = parseSchedule(rule.schedule);
    const due = nextOccurrence(schedule, rule.ranAt ?? rule.startedAt, rule.startedAt);
    if (due === undefined) return;
    const now = scope.clock.now();
    if (now < due) return { wakeAt: due, kind: "tick", because: `the next occurrence of ${rule.schedule}` };
    const resource = ruleArn(scope, rule);
    send(scope, rule, {
      version: "0",
      id: idsFrom(`${resource} ${due}`).uuid(),
      "detail-type": "Scheduled Event",
      source: "aws.events",
      account: scope.account,
      time: instant(due),
      region: scope.region,
      resources: [resource],
      detail: {},
    });
    const following = nextOccurrence(schedule, due, rule.startedAt);
    rules.patch(scope, rule.id, { ranAt: following !== undefined && following < now ? now : due });
  },
};
