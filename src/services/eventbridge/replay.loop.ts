import { idsFrom } from "../../kernel/id.ts";
import type { Loop } from "../../kernel/loop.ts";
import { archivedEvents, archives } from "./archive.ts";
import { send } from "./dispatch.ts";
import { eventOf } from "./event.ts";
import { compilePattern } from "./pattern.ts";
import { type Replay, replays } from "./replay.ts";
import { ruleArn, rules } from "./rule.ts";

const BATCH = 100;

/** Sends archived events to the rules of their bus, in their order, a hundred of the bus's events in a turn. */
export const replayLoop: Loop<Replay> = {
  table: replays,
  turn(scope, replay) {
    const { id, state, bus, ruleArns, from, to, place } = replay;
    if (state !== "STARTING" && state !== "RUNNING") return;
    const archive = archives.get(scope, replay.archive);
    if (archive === undefined) {
      replays.patch(scope, id, { state: "FAILED", endedAt: scope.clock.now() });
      return;
    }
    const { archived, last } = archivedEvents(scope, archive, { from, to: to + 1, limit: BATCH, ...(place && { after: place }) });
    const wanted = rules
      .by(scope, "bus", bus)
      .filter((rule) => rule.state === "ENABLED" && rule.pattern !== undefined && (ruleArns?.includes(ruleArn(scope, rule)) ?? true));
    for (const { at, value } of archived) {
      const event = eventOf(scope, value, at);
      // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html: what tells it from the event that it was.
      const replayed = { ...event, id: idsFrom(`${id} ${value.id}`).uuid(), "replay-name": id };
      for (const rule of wanted) if (compilePattern(rule.pattern!).matches(replayed)) send(scope, rule, replayed);
    }
    if (last === undefined) replays.patch(scope, id, { state: "COMPLETED", endedAt: scope.clock.now() });
    else replays.patch(scope, id, { state: "RUNNING", place: { at: last.at, seq: last.seq } });
  },
};
