import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { deleteTaken, takeMessages, waitingMessages } from "../sqs/api.ts";
import { aliases } from "./alias.ts";
import { type Batch, batchEvent, batches, isWorkedOn, settleBatch } from "./event-batch.ts";
import { isWanted } from "./event-filter.ts";
import { type EventSourceMapping, mappings } from "./event-source.ts";
import { functions } from "./function.ts";
import { startInvocation, throttleReason } from "./invocation.ts";
import { isAlias } from "./name.ts";
import type { Qualified } from "./qualifier.ts";
import { versions } from "./version.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html: as many batches at once as Lambda begins with. */
const CONCURRENCY = 5;
/** bytes of bodies in a batch, so that with what is said of them it is below Lambda's limit of 6 MB */
const BODIES_MAX = 4_500_000;
const THROTTLED_MS = 1000;

/** Gives the messages of a queue to a function, and takes from the queue what the function has dealt with. */
export const eventSourceLoop: Loop<EventSourceMapping> = {
  table: mappings,
  turn(scope, mapping) {
    const open = batches.list(scope, `${mapping.id}/`);
    for (const batch of open) if (!isWorkedOn(scope, batch)) return settleBatch(scope, mapping, batch);
    const { id, state } = mapping;
    switch (state) {
      case "Creating":
      case "Enabling":
      case "Updating":
        mappings.patch(scope, id, { state: "Enabled" });
        return;
      case "Disabling":
      case "Deleting":
        if (open.length > 0) return { kind: "wait", because: "the function has yet to deal with what it was given" };
        if (state === "Deleting") return mappings.remove(scope, id);
        mappings.patch(scope, id, { state: "Disabled", gathersSince: undefined });
        return;
      case "Disabled":
        return;
      case "Enabled":
        return gather(scope, mapping, open);
    }
  },
};

function gather(scope: Scope, mapping: EventSourceMapping, open: readonly Batch[]): Rest | void {
  const { id, sourceArn, batchSize, windowSeconds, maximumConcurrency = CONCURRENCY, gathersSince } = mapping;
  if (open.length >= maximumConcurrency) return { kind: "wait", because: `${open.length} batches are being worked on` };
  const qualified = qualifiedOf(scope, mapping);
  if (qualified === undefined) return { kind: "wait", because: `function ${mapping.functionName} is not there` };
  const { ready, nextAt } = waitingMessages(scope, sourceArn, batchSize);
  const untilNext: Rest = { kind: "deadline", because: `a message in ${sourceArn}`, ...(nextAt !== undefined && { wakeAt: nextAt }) };
  if (ready === 0) return untilNext;
  const now = scope.clock.now();
  const dueAt = (gathersSince ?? now) + windowSeconds * 1000;
  if (ready < batchSize && now < dueAt) {
    if (gathersSince === undefined) mappings.patch(scope, id, { gathersSince: now });
    return { wakeAt: dueAt, kind: "tick", because: "more messages may come for the batch" };
  }
  if (throttleReason(scope, qualified) !== undefined)
    return { wakeAt: now + THROTTLED_MS, kind: "tick", because: "there was no room to run" };
  const messages = takeMessages(scope, sourceArn, batchSize, BODIES_MAX);
  // What waits is of groups that are being worked on, or was received too often and is elsewhere now.
  if (messages.length === 0) return untilNext;
  const wanted = messages.filter((message) => isWanted(mapping, message));
  for (const message of messages) if (!wanted.includes(message)) deleteTaken(scope, sourceArn, message.receiptHandle);
  if (wanted.length === 0) return;
  const invocation = scope.id.uuid();
  startInvocation(scope, invocation, { qualified, payload: JSON.stringify(batchEvent(sourceArn, wanted)) });
  const receipts = Object.fromEntries(wanted.map(({ messageId, receiptHandle }) => [messageId, receiptHandle]));
  batches.put(scope, { id: `${id}/${String(mapping.batches).padStart(12, "0")}`, invocation, receipts });
  mappings.patch(scope, id, { batches: mapping.batches + 1, gathersSince: undefined });
}

function qualifiedOf(scope: Scope, { functionName, qualifier }: EventSourceMapping): Qualified | undefined {
  const fn = functions.get(scope, functionName);
  if (fn === undefined || qualifier === undefined) return fn && { scope, fn };
  const rowId = `${functionName}:${qualifier}`;
  if (!isAlias(qualifier)) return versions.get(scope, rowId) && { scope, fn, qualifier };
  const alias = aliases.get(scope, rowId);
  return alias && { scope, fn, qualifier, alias };
}
