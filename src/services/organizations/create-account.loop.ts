import type { Loop } from "../../kernel/loop.ts";
import { type AccountCreation, accountCreations, completeCreation } from "./create-account.ts";

/** A creation can be asked about for 90 days. */
const KEPT_MS = 90 * 86_400_000;

/** Makes the accounts that are wished for. */
export const createAccountLoop: Loop<AccountCreation> = {
  table: accountCreations,
  turn(scope, creation) {
    if (creation.completedAt === undefined) return completeCreation(scope, creation);
    const forgetAt = creation.completedAt + KEPT_MS;
    if (scope.clock.now() < forgetAt) return { wakeAt: forgetAt, kind: "tick", because: "how an account came to be is kept for 90 days" };
    accountCreations.remove(scope, creation.id);
  },
};
