import type { BalancerAction, BalancerGroup, BalancerTarget } from "./balancer-plan.ts";

/** Where a request goes, and the cookies that make the next one go there too. */
export interface Choice {
  readonly group: BalancerGroup;
  /** Undefined where the group has nobody. */
  readonly target?: BalancerTarget;
  readonly cookies: readonly string[];
}

const GROUP_COOKIE = "AWSALBTG";
const TARGET_COOKIE = "AWSALB";

/** Chooses a group by weight and a target in turn. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/sticky-sessions.html */
export class Chooser {
  /** By group, how many were chosen. */
  readonly #turns = new Map<string, number>();
  /** By target, how many requests it has in hand. */
  readonly #outstanding = new Map<string, number>();

  choose(action: Extract<BalancerAction, { type: "forward" }>, cookie: string | undefined): Choice {
    const cookies = new Map((cookie ?? "").split(/;\s*/).map((one) => one.split("=", 2) as [string, string]));
    const stuck =
      action.stickySeconds === undefined ? undefined : action.groups.find(({ name }) => seal(name) === cookies.get(GROUP_COOKIE));
    const group = stuck ?? weighted(action.groups);
    const given: string[] = [];
    if (action.stickySeconds !== undefined) given.push(cookieOf(GROUP_COOKIE, group.name, action.stickySeconds));
    if (group.targets.length === 0) return { group, cookies: given };
    const wanted =
      group.stickySeconds === undefined ? undefined : group.targets.find((one) => seal(keyOf(one)) === cookies.get(TARGET_COOKIE));
    const target = wanted ?? this.#next(group);
    if (group.stickySeconds !== undefined) given.push(cookieOf(TARGET_COOKIE, keyOf(target), group.stickySeconds));
    return { group, target, cookies: given };
  }

  /** A request is in the target's hand until the answer's function is called. */
  take(target: BalancerTarget): () => void {
    const key = keyOf(target);
    this.#outstanding.set(key, (this.#outstanding.get(key) ?? 0) + 1);
    return () => {
      const left = this.#outstanding.get(key)! - 1;
      if (left === 0) this.#outstanding.delete(key);
      else this.#outstanding.set(key, left);
    };
  }

  #next({ name, algorithm, targets }: BalancerGroup): BalancerTarget {
    const turn = this.#turns.get(name) ?? 0;
    this.#turns.set(name, turn + 1);
    if (algorithm !== "least_outstanding_requests") return targets[turn % targets.length]!;
    const load = (target: BalancerTarget): number => this.#outstanding.get(keyOf(target)) ?? 0;
    return [...targets].sort((one, other) => load(one) - load(other))[0]!;
  }
}

export const keyOf = ({ id, port }: BalancerTarget): string => `${id}:${port}`;

/** A group without weight gets nothing, unless no group has any. */
function weighted(groups: readonly BalancerGroup[]): BalancerGroup {
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  let left = Math.random() * total;
  for (const group of groups) {
    left -= group.weight;
    if (left < 0) return group;
  }
  return groups[0]!;
}

const seal = (text: string): string => Buffer.from(text).toString("base64url");

const cookieOf = (name: string, value: string, seconds: number): string =>
  `${name}=${seal(value)}; Expires=${new Date(Date.now() + seconds * 1000).toUTCString()}; Path=/`;
