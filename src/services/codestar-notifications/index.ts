import { service } from "../../kernel/service.ts";
import { listEventTypes } from "./event-type.ts";
import { notify } from "./notification.ts";
import { notificationResources } from "./resources.ts";
import * as rule from "./rule.ts";
import * as target from "./target.ts";

export const codestarNotifications = service({
  name: "codestar-notifications",
  operations: [
    rule.createNotificationRule,
    rule.deleteNotificationRule,
    target.deleteTarget,
    rule.describeNotificationRule,
    listEventTypes,
    rule.listNotificationRules,
    rule.listTagsForResource,
    target.listTargets,
    rule.subscribe,
    rule.tagResource,
    rule.unsubscribe,
    rule.untagResource,
    rule.updateNotificationRule,
  ],
  tables: [rule.rules, target.targets],
  consumers: [notify],
  resources: notificationResources,
});
