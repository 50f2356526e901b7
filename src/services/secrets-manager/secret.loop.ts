import type { Loop } from "../../kernel/loop.ts";
import { type Secret, secrets } from "./secret.ts";

/** A secret whose recovery window is over goes. */
export const secretLoop: Loop<Secret> = {
  table: secrets,
  turn(scope, { id, deletesAt }) {
    if (deletesAt === undefined) return;
    if (scope.clock.now() < deletesAt) return { wakeAt: deletesAt, kind: "deadline", because: "its recovery window" };
    secrets.remove(scope, id);
  },
};
