import { deliveries } from "../../kernel/delivery.ts";
import type { Loop } from "../../kernel/loop.ts";
import { type AlarmAction, actions } from "./action.ts";
import { record } from "./history.ts";

/** Notes in the alarm's history how its action went, when that is known. */
export const actionLoop: Loop<AlarmAction> = {
  table: actions,
  turn(scope, { id, alarm, kind, action, stateUpdatedAt }) {
    const delivery = deliveries.get(scope, id);
    if (delivery?.status === "PENDING") return { kind: "wait", because: `${action} has not been told yet` };
    const delivered = delivery?.status === "DELIVERED";
    const actionState = delivered ? "Succeeded" : "Failed";
    const summary = delivered
      ? `Successfully executed action ${action}`
      : `Failed to execute action ${action}. Received error: "${delivery?.reason}"`;
    record(scope, { id: alarm, kind }, "Action", summary, {
      actionState,
      stateUpdateTimestamp: stateUpdatedAt,
      notificationResource: action,
    });
    actions.remove(scope, id);
  },
};
