import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Group, groups, setRolling } from "./group.ts";
import { at, beginTermination, counts, type Member, members } from "./member.ts";

/** How the instances of a group are replaced, some at a time. */
export interface Plan {
  /** Those that go. */
  readonly replaces: readonly string[];
  /** Of them, how many stay for now. */
  readonly keeps?: number;
  /** So many are always in service, as far as the group wants as many. */
  readonly minHealthy: number;
  /** So many more than the group wants may be there meanwhile. */
  readonly surge: number;
  /** No more at a time, and the next ones only when all of these are ready. */
  readonly batch?: number;
  /** A new instance counts once it has been in service for so long. */
  readonly warmupSeconds: number;
  /** Whether those that are protected from scale-in go as well. */
  readonly replacesProtected: boolean;
  readonly replacesStandby: boolean;
  readonly because: string;
}

/** How far it has come: how many of those that go are left, how many have others in their place, and what it waits for; no rest where it is over. */
export interface Rolled {
  readonly left: number;
  readonly replaced: number;
  readonly rest?: Rest;
  /** Whether it waits for nothing but time. */
  readonly isWarmingUp?: boolean;
}

/** Take the next step: what is terminated here is launched anew by the group's own loop. */
export function roll(scope: Scope, group: Group, plan: Plan): Rolled {
  const all = members.by(scope, "group", group.id);
  const goes = ({ id }: Member): boolean => plan.replaces.includes(id);
  const counted = all.filter(counts);
  const now = scope.clock.now();
  const warmAt = ({ inServiceAt }: Member): number => (inServiceAt ?? now) + plan.warmupSeconds * 1000;
  const inService = counted.filter(({ lifecycle, health }) => lifecycle === "InService" && health === "Healthy");
  const ready = inService.filter((member) => goes(member) || warmAt(member) <= now);
  const leaving = all.filter((member) => goes(member) && (counts(member) || member.lifecycle === "Standby"));
  const victims = victimsOf(group, plan, leaving, ready, counted.length);
  for (const victim of victims) beginTermination(scope, group, victim, `At ${at(scope)} ${plan.because}`);
  const left = leaving.length - victims.length;
  const missing = Math.max(0, group.desiredCapacity - (ready.length - victims.filter((one) => ready.includes(one)).length));
  const replaced = Math.max(0, plan.replaces.length - left - missing);
  setRolling(scope, group, { surge: Math.max(0, Math.min(plan.surge, left - (plan.keeps ?? 0))) });
  if (left <= (plan.keeps ?? 0) && victims.length === 0 && counted.length === group.desiredCapacity && ready.length === counted.length)
    return { left, replaced };
  const warming = inService.filter((member) => !ready.includes(member)).map(warmAt);
  const isWarmingUp = warming.length > 0;
  const rest: Rest = isWarmingUp
    ? { wakeAt: Math.min(...warming), kind: "wait", because: "new instances warm up" }
    : { kind: "wait", because: `${left} instances are left to be replaced, ${replaced} are` };
  return { left, replaced, rest, isWarmingUp };
}

function victimsOf(group: Group, plan: Plan, leaving: readonly Member[], ready: readonly Member[], there: number): Member[] {
  const allowed = Math.max(0, leaving.length - (plan.keeps ?? 0));
  const wanted = group.desiredCapacity + Math.min(plan.surge, allowed);
  const isReady = (member: Member): boolean => ready.includes(member);
  const free = leaving
    .filter(({ isProtected }) => !isProtected || plan.replacesProtected)
    .filter(({ lifecycle }) => lifecycle !== "Standby" || plan.replacesStandby)
    .sort((one, other) => Number(isReady(one)) - Number(isReady(other)) || one.joinedAt - other.joinedAt || (one.id < other.id ? -1 : 1));
  const underWay = Math.max(0, wanted - ready.length);
  const atOnce = plan.batch === undefined ? wanted - underWay : underWay === 0 ? plan.batch : 0;
  // Where not one may be spared, one at a time is, once all of them are there.
  const spare = Math.max(ready.length - plan.minHealthy, ready.length >= wanted && there >= wanted ? 1 : 0);
  const ill = free.filter((member) => !isReady(member)).slice(0, allowed);
  const well = free.filter(isReady).slice(0, Math.max(0, Math.min(spare, atOnce, allowed - ill.length)));
  return [...ill, ...well];
}

/** The group is as it was before: what is too many of it goes. */
export const endRolling = (scope: Scope, groupName: string): void => {
  if (groups.get(scope, groupName)?.rolling !== undefined) groups.patch(scope, groupName, { rolling: undefined });
};
