import { service } from "../../kernel/service.ts";
import * as archive from "./archive.ts";
import * as bus from "./bus.ts";
import { dispatch } from "./dispatch.ts";
import * as event from "./event.ts";
import { replayLoop } from "./replay.loop.ts";
import * as replay from "./replay.ts";
import { eventResources } from "./resources.ts";
import { scheduleLoop } from "./rule.loop.ts";
import * as rule from "./rule.ts";
import * as target from "./target.ts";

export const eventbridge = service({
  name: "eventbridge",
  operations: [
    archive.createArchive,
    archive.deleteArchive,
    archive.describeArchive,
    archive.listArchives,
    archive.updateArchive,
    replay.cancelReplay,
    replay.describeReplay,
    replay.listReplays,
    replay.startReplay,
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
  tables: [archive.archives, bus.buses, replay.replays, rule.rules],
  loops: [scheduleLoop, replayLoop],
  consumers: [dispatch],
  resources: eventResources,
  targets: [event.busTarget],
});
