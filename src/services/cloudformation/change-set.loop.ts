import type { Loop } from "../../kernel/loop.ts";
import { type ChangeSet, changeSets, planned } from "./change-set.ts";

/** Works out what a change set would change. */
export const changeSetLoop: Loop<ChangeSet> = {
  table: changeSets,
  turn(scope, set) {
    switch (set.status) {
      case "CREATE_PENDING":
        changeSets.patch(scope, set.id, { status: "CREATE_IN_PROGRESS" });
        return;
      case "CREATE_IN_PROGRESS":
        changeSets.patch(scope, set.id, planned(scope, set));
        return;
      default:
        return;
    }
  },
};
