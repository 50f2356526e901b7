import { dora, parsePolicy } from "../insights/dora.ts";
import { EVENTS, events } from "../kernel/facts.ts";
import { parseDuration } from "../kernel/time.ts";
import { type Endpoint, Refusal } from "./endpoint.ts";

/** The events of a partition after a place (`?after=at,seq`), oldest first, at most 1,000, and the place to ask from next. */
export const eventsEndpoint: Endpoint = ({ kernel }, { query, partition }) => {
  const [at, seq] = (query.get("after") ?? "").split(",").map(Number);
  const after = seq === undefined ? undefined : { at: at!, seq };
  const found = events.read(kernel.scope(partition), EVENTS, { limit: 1000, ...(after && { after }) });
  const last = found.at(-1) ?? after;
  return {
    events: found.map((entry) => ({ time: new Date(entry.at).toISOString(), ...entry.value })),
    ...(last && { next: `${last.at},${last.seq}` }),
  };
};

/** The five DORA metrics of the last `?window=` (30d), each with the events that it was computed from. */
export const doraEndpoint: Endpoint = ({ kernel }, { query, partition }) => {
  const windowMs = parseDuration(query.get("window") ?? "30d");
  if (windowMs === undefined) throw new Refusal(400, "window is a duration such as 30m or 30d");
  const to = kernel.clock.now();
  const from = to - windowMs;
  const found = events.read(kernel.scope(partition), EVENTS, { from, to: to + 1 });
  return dora(found, { from, to, policy: parsePolicy(query) });
};
