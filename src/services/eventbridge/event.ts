import type { DeliveryTarget } from "../../kernel/delivery.ts";
import type { Fact } from "../../kernel/facts.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { PutEvents$, type PutEventsRequestEntry, TestEventPattern$ } from "../../sdk/eventbridge.js";
import { buses, busName, DEFAULT_BUS } from "./bus.ts";
import { compilePattern } from "./pattern.ts";

const ENTRIES_MAX = 10;
const ENTRY_BYTES_MAX = 262_144;

export const putEvents = operation(PutEvents$, (scope, { Entries = [] }) => {
  const results = Entries.map((entry, index) => (index < ENTRIES_MAX ? putOne(scope, entry) : undefined)).filter(
    (result) => result !== undefined,
  );
  return { FailedEntryCount: results.filter((result) => "ErrorCode" in result).length, Entries: results };
});

export const testEventPattern = operation(TestEventPattern$, (_scope, { EventPattern, Event }) => ({
  Result: compilePattern(EventPattern!).matches(JSON.parse(Event!)),
}));

/** An event as it is delivered and matched. https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
export const eventOf = (scope: Scope, fact: Fact, at: number): Record<string, unknown> => ({
  version: "0",
  id: fact.id,
  "detail-type": fact.detailType,
  source: fact.source,
  account: scope.account,
  time: instant(fact.time ?? at),
  region: scope.region,
  resources: fact.resources,
  detail: fact.detail,
});

/** EventBridge shows whole seconds. */
export const instant = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** A bus as a rule's target: the event goes on, as it is, to that bus. */
export const busTarget: DeliveryTarget = {
  service: "events",
  resource: "event-bus/",
  deliver(scope, { arn, payload }) {
    const bus = busName(arn);
    if (bus !== DEFAULT_BUS && buses.get(scope, bus) === undefined)
      return { state: "failed", reason: `Event bus ${bus} does not exist.`, final: true };
    const { source, detail, resources, "detail-type": detailType, time } = JSON.parse(payload);
    scope.emit({ source, detailType, detail, resources, time: Date.parse(time), ...(bus !== DEFAULT_BUS && { bus }) });
    return { state: "done" };
  },
};

function putOne(scope: Scope, { Source, DetailType, Detail, EventBusName, Resources = [], Time }: PutEventsRequestEntry) {
  const refuse = (ErrorMessage: string, ErrorCode = "InvalidArgument") => ({ ErrorCode, ErrorMessage });
  if (!Source) return refuse("Parameter Source is not valid. Reason: Source is a required argument.");
  if (Source.startsWith("aws.")) return refuse("Not authorized for the source.", "NotAuthorizedForSourceException");
  if (!DetailType) return refuse("Parameter DetailType is not valid. Reason: DetailType is a required argument.");
  if (!Detail) return refuse("Parameter Detail is not valid. Reason: Detail is a required argument.");
  if (Buffer.byteLength(Detail) > ENTRY_BYTES_MAX) return refuse("Total size of the entries in the request is over the limit.");
  const detail = objectOf(Detail);
  if (detail === undefined) return refuse("Detail is malformed.", "MalformedDetail");
  const bus = busName(EventBusName);
  const home = EventBusName?.startsWith("arn:") ? scope.at(EventBusName) : scope;
  // AWS takes what goes to a bus that is not there, and drops it.
  const id = scope.id.uuid();
  if (bus === DEFAULT_BUS || buses.get(home, bus)) {
    const fact = { source: Source, detailType: DetailType, detail, resources: Resources, ...(Time && { time: Time.getTime() }) };
    home.emit({ ...fact, ...(bus !== DEFAULT_BUS && { bus }) });
  }
  return { EventId: id };
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
