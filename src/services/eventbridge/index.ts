import { service } from "../../kernel/service.ts";
import * as bus from "./bus.ts";
import { dispatch } from "./dispatch.ts";
import * as event from "./event.ts";
import { eventResources } from "./resources.ts";
import { scheduleLoop } from "./rule.loop.ts";
import * as rule from "./rule.ts";
import * as target from "./target.ts";

export const eventbridge = service({
  name: "eventbridge",
  operations: [
    bus.createEventBus,
    bus.deleteEventBus,
    bus.describeEventBus,
    bus.listEventBuses,
    bus.putPermission,
    bus.removePermission,
    bus.updateEventBus,
    event.putEvents,
    event.testEventPattern,
    rule.deleteRule,
    rule.describeRule,
    rule.disableRule,
    rule.enableRule,
    rule.listRuleNamesByTarget,
    rule.listRules,
    rule.listTagsForResource,
    rule.putRule,
    rule.tagResource,
    rule.untagResource,
    target.listTargetsByRule,
    target.putTargets,
    target.removeTargets,
  ],
  tables: [bus.buses, rule.rules],
  loops: [scheduleLoop],
  consumers: [dispatch],
  resources: eventResources,
  targets: [event.busTarget],
});
