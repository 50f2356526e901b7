import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { deleteTaken, type TakenMessage } from "../sqs/api.ts";
import { parse } from "./destination.ts";
import { type EventSourceMapping, mappings } from "./event-source.ts";
import { invocations, type Outcome } from "./invocation.ts";

/** Messages that a function was given, by mapping and number. */
export interface Batch extends Row {
  readonly invocation: string;
  /** By id of the message, what it takes to delete it. */
  readonly receipts: Readonly<Record<string, string>>;
}

export const batches = new Table<Batch>("lambda/event-batch");

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
export function batchEvent(sourceArn: string, messages: readonly TakenMessage[]): { readonly Records: readonly object[] } {
  const Records = messages.map(({ messageAttributes, ...message }) => ({
    ...message,
    messageAttributes: Object.fromEntries(
      Object.entries(messageAttributes).map(([name, { dataType, text, base64 }]) => [
        name,
        {
          ...(text !== undefined && { stringValue: text }),
          ...(base64 !== undefined && { binaryValue: base64 }),
          stringListValues: [],
          binaryListValues: [],
          dataType,
        },
      ]),
    ),
    eventSource: "aws:sqs",
    eventSourceARN: sourceArn,
    awsRegion: sourceArn.split(":")[3],
  }));
  return { Records };
}

/** Whether the function has yet to answer. An invocation that is gone was lost with the process that it ran in. */
export function isWorkedOn(scope: Scope, { invocation }: Batch): boolean {
  const found = invocations.get(scope, invocation);
  return found !== undefined && found.status !== "ENDED";
}

/** Delete what the function has dealt with. The other messages are seen again after the queue's visibility timeout. */
export function settleBatch(scope: Scope, { id, sourceArn, responseTypes }: EventSourceMapping, batch: Batch): void {
  const outcome = invocations.get(scope, batch.invocation)?.outcome;
  const failed = outcome === undefined || outcome.functionError !== undefined ? undefined : failuresIn(outcome, responseTypes, batch);
  for (const [messageId, receipt] of Object.entries(batch.receipts)) {
    if (failed !== undefined && !failed.includes(messageId)) deleteTaken(scope, sourceArn, receipt);
  }
  invocations.remove(scope, batch.invocation);
  batches.remove(scope, batch.id);
  mappings.patch(scope, id, { lastResult: failed === undefined ? "PROBLEM: Function call failed" : "OK" });
}

/**
 * The messages that a function says it failed at; undefined where what it says makes no sense, and all have failed.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
function failuresIn({ payload }: Outcome, responseTypes: EventSourceMapping["responseTypes"], { receipts }: Batch): string[] | undefined {
  if (!responseTypes.includes("ReportBatchItemFailures")) return [];
  const answer = parse(payload);
  if (answer === null || answer === "") return [];
  const items: unknown = answer?.batchItemFailures;
  if (items === null || (typeof answer === "object" && items === undefined)) return [];
  if (!Array.isArray(items)) return undefined;
  const ids = items.map((item) => item?.itemIdentifier);
  return ids.every((id) => typeof id === "string" && Object.hasOwn(receipts, id)) ? ids : undefined;
}
