import type { Context } from "../context.ts";
import { declaredEvents, inOwner, readEvent } from "../event-source/declared.ts";
import { isMarked } from "../python-marks.ts";
import type { Resource } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";
import { cloudWatchEvent, eventBridgeRule, schedule, scheduleV2 } from "./event-bridge.ts";
import { restApi } from "./rest-api.ts";
import type { StartingSource } from "./starting.ts";

/** The events that a state machine may have. */
const all: readonly StartingSource[] = [cloudWatchEvent, eventBridgeRule, restApi, schedule, scheduleV2];

const sources: ReadonlyMap<string, StartingSource> = new Map(all.map((source) => [source.type, source]));

/** That the events are right by themselves: before anything is made. */
export const linkEvents = (declared: Declared, context: Context): void =>
  inOwner(declared.id, () => {
    for (const [name, section] of declaredEvents(declared)) {
      const { source, event } = readEvent(sources, declared.id, name, section, isMarked(declared.properties["Events"]));
      source.link?.(event, context);
    }
  });

/** What the events are made of. A fault here is said of the event alone. */
export const startingEvents = (declared: Declared, target: Resource, context: Context): Resource[] =>
  declaredEvents(declared).flatMap(([name, section]) => {
    const { source, event } = readEvent(sources, declared.id, name, section, isMarked(declared.properties["Events"]));
    const permissionsBoundary = declared.properties["PermissionsBoundary"];
    return source.transform(event, { target, permissionsBoundary, passedOn: declared.passedOn }, context);
  });
