import { compilePattern } from "../eventbridge/api.ts";
import type { TakenMessage } from "../sqs/api.ts";
import { parse } from "./destination.ts";
import { batchEvent } from "./event-batch.ts";
import type { EventSourceMapping } from "./event-source.ts";

/**
 * Whether one of the filters matches a message. A pattern for a body of JSON never matches text, and the other way round.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
 */
export function isWanted({ sourceArn, filters }: EventSourceMapping, message: TakenMessage): boolean {
  if (filters === undefined) return true;
  const [record] = batchEvent(sourceArn, [message]).Records;
  const body = parse(message.body);
  const asJson = { ...record, body: typeof body === "object" ? body : undefined };
  const asText = { ...record, body: typeof body === "object" ? undefined : message.body };
  return filters.some((filter) => {
    const wanted = JSON.parse(filter).body;
    const shown = wanted === undefined ? record : Array.isArray(wanted) ? asText : asJson;
    return compilePattern(filter).matches(withoutUndefined(shown));
  });
}

const withoutUndefined = (record: object | undefined): object =>
  Object.fromEntries(Object.entries(record ?? {}).filter(([, value]) => value !== undefined));
