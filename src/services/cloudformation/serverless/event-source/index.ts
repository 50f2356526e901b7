import type { EventSource } from "./event-source.ts";

/** The events that a function may have. */
const all: readonly EventSource[] = [];

export const eventSources: ReadonlyMap<string, EventSource> = new Map(all.map((source) => [source.type, source]));
