import type { Delivered, DeliveryTarget } from "../../kernel/delivery.ts";
import { send } from "./message.ts";
import { isFifo, queues } from "./queue.ts";

/** What SNS, EventBridge and S3 send to a queue. */
export const queueTarget: DeliveryTarget = {
  service: "sqs",
  deliver(scope, { arn, payload, context }): Delivered {
    const queue = queues.get(scope, arn.split(":").at(-1)!);
    if (queue === undefined)
      return { state: "failed", reason: "AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist.", final: true };
    const groupId = context?.messageGroupId;
    if (isFifo(queue) && groupId === undefined)
      return { state: "failed", reason: "The request must contain the parameter MessageGroupId.", final: true };
    const attributes = Object.entries(context?.attributes ?? {}).map(([name, text]) => [name, { dataType: "String", text }]);
    send(scope, queue, {
      body: payload,
      ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
      ...(groupId !== undefined && { groupId, ...(isFifo(queue) && { deduplicationId: scope.id.uuid() }) }),
    });
    return { state: "done" };
  },
};
