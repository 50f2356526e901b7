import type { HttpSpec } from "../../compute/job.ts";
import { sameJson } from "../../kernel/json.ts";
import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { GitProvider } from "./git-provider.ts";
import { createHook, deleteHook, hookAmong, hookMade, hooksRequest, type ProviderHook, updateHook } from "./provider-hook.ts";
import { type Answer, type Asking, ask, type Patience } from "./provider-question.ts";

/** A hook that somebody wants at a git server. */
export interface HookWish {
  readonly provider: GitProvider;
  readonly hook: ProviderHook;
}

/** How a hook stands at the server. Whoever wants one keeps this in a row of his own. */
export interface KeptHook {
  /** The hook that is there, and the server's address of it. */
  readonly there?: HookWish & { readonly at: string };
  /** What is asked of the server. */
  readonly work?: HookWish & { readonly verb: "find" | "create" | "update" | "delete"; readonly at?: string; readonly asking: Asking };
  /** Questions are named by it. */
  readonly nth: number;
  /** There is none that sends there: somebody has looked, or its address is new. */
  readonly isMissing: boolean;
  /** What the server would not do. */
  readonly refused?: HookWish & { readonly status: number; readonly said: string };
}

/** Nothing is known of hooks that send there. */
export const UNKNOWN_HOOK: KeptHook = { nth: 0, isMissing: false };
/** Nobody was ever told to send there. */
export const NEW_HOOK: KeptHook = { nth: 0, isMissing: true };

/** Whether all is as it is wanted, or will not become so. */
export const isSettled = ({ there, work, refused }: KeptHook, wish: HookWish | undefined): boolean =>
  work === undefined && (wish === undefined ? there === undefined : isSame(there, wish) || isSame(refused, wish));

/**
 * Take the hook on to what is wanted, or away: what to put into the row, or what is waited for; undefined where it is settled. A hook that
 * may have been made when the process died is looked for before another is.
 */
export function keepHook(
  scope: Scope,
  id: string,
  kept: KeptHook,
  wish: HookWish | undefined,
  patience?: Patience,
): KeptHook | { readonly rest: Rest } | undefined {
  const { refused: _, ...known } = kept;
  const { work, there, nth } = known;
  if (work === undefined && !isSettled(kept, wish)) return { ...known, work: nextOf(known, wish), nth: nth + 1 };
  if (work === undefined) {
    const isAsAnother = wish !== undefined && isSame(there, wish) && !sameJson(there!.provider, wish.provider);
    return isAsAnother ? { ...kept, there: { ...there!, provider: wish.provider } } : undefined;
  }
  const answer = ask(scope, `${id}/${nth}`, work.asking, specOf(work), patience);
  return answer.state === "busy" ? { rest: answer.rest } : taken(kept, work, answer);
}

type Work = NonNullable<KeptHook["work"]>;

function nextOf({ there, isMissing }: KeptHook, wish: HookWish | undefined): Work {
  const asking = { attempt: 0 };
  if (there === undefined) return { ...wish!, verb: isMissing ? "create" : "find", asking };
  const isMoved = there.provider.api !== wish?.provider.api || there.hook.place !== wish.hook.place;
  const { provider, hook, at } = there;
  return isMoved ? { provider, hook, at, verb: "delete", asking } : { ...wish!, at, verb: "update", asking };
}

function specOf({ verb, provider, hook, at }: Work): HttpSpec {
  switch (verb) {
    case "find":
      return hooksRequest(provider, hook);
    case "create":
      return createHook(provider, hook);
    case "update":
      return updateHook(provider, hook, at!);
    case "delete":
      return deleteHook(provider, at!);
  }
}

function taken({ there, nth, isMissing }: KeptHook, work: Work, answer: Exclude<Answer, { state: "busy" }>): KeptHook {
  const { verb, provider, hook, at } = work;
  const before = { nth, isMissing, ...(there && { there }) };
  if (answer.state === "again") return { ...before, work: { ...work, verb: verb === "create" ? "find" : verb, asking: answer.asking } };
  // What is not wanted any more is forgotten, whatever the server says.
  if (verb === "delete") return { nth, isMissing: true };
  if (answer.state === "failed") {
    // Somebody has removed it there.
    if (verb === "update" && answer.status === 404) return { nth, isMissing: true };
    // What did not answer well may have made it.
    return { ...before, isMissing: isMissing && verb !== "create", refused: { provider, hook, status: answer.status, said: answer.said } };
  }
  switch (verb) {
    case "find": {
      const found = hookAmong(provider, hook, answer.body);
      // Its secret and its events may be others.
      if (found !== undefined)
        return { nth: nth + 1, isMissing: false, work: { ...work, verb: "update", at: found, asking: { attempt: 0 } } };
      return { nth, isMissing: true };
    }
    case "create": {
      const made = hookMade(provider, hook, answer.body);
      if (made !== undefined) return { nth, isMissing: false, there: { provider, hook, at: made } };
      return { ...before, refused: { provider, hook, status: 0, said: "The server did not say what it has made." } };
    }
    case "update":
      return { nth, isMissing: false, there: { provider, hook, at: at! } };
  }
}

/** Who asks, and with which password, the server does not keep. */
const isSame = (one: HookWish | undefined, other: HookWish): boolean =>
  one !== undefined && one.provider.api === other.provider.api && sameJson(one.hook, other.hook);
