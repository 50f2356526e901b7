import type { Loop } from "../../kernel/loop.ts";
import { type HandlerCall, handlerCalls } from "./handler-call.ts";

const DAY = 86_400_000;

/** What came of a handler is kept for a day, so that whoever asked can ask again. */
export const handlerCallLoop: Loop<HandlerCall> = {
  table: handlerCalls,
  turn(scope, call) {
    if (call.endedAt === undefined) return;
    const forgetAt = call.endedAt + DAY;
    if (scope.clock.now() < forgetAt) return { wakeAt: forgetAt, kind: "tick", because: "what came of a handler is kept for a day" };
    handlerCalls.remove(scope, call.id);
  },
};
