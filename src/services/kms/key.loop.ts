import type { Loop } from "../../kernel/loop.ts";
import { aliases } from "./alias.ts";
import { type Key, keys } from "./key.ts";

/** A key whose waiting period is over goes, and its aliases with it. */
export const keyLoop: Loop<Key> = {
  table: keys,
  turn(scope, key) {
    if (key.deletesAt === undefined) return;
    if (scope.clock.now() < key.deletesAt)
      return { wakeAt: key.deletesAt, kind: "deadline", because: "its waiting period before deletion" };
    for (const { id, keyId } of aliases.list(scope)) if (keyId === key.id) aliases.remove(scope, id);
    keys.remove(scope, key.id);
  },
};
