import type { Scope } from "../../kernel/scope.ts";
import { type AccessKey, accessKeys, newKey } from "./access-key.ts";

/** The key of the root user of an account, where it has one. */
export const rootKeyOf = (scope: Scope): AccessKey | undefined =>
  accessKeys.list(scope).find(({ account, user }) => account === scope.account && user === undefined);

/** The first key of a ledger, so that somebody can call at all: one of the root user. None where there are keys already. */
export const ensureFirstKey = (scope: Scope): AccessKey | undefined =>
  accessKeys.list(scope).length === 0 ? newKey(scope) : rootKeyOf(scope);

/** The key again, after the ledger forgot it. */
export const restoreKey = (scope: Scope, key: AccessKey): AccessKey => accessKeys.put(scope, key);
