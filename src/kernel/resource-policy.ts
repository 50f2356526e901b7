import { attempt, type ResourceType } from "./resource.ts";
import type { Scope } from "./scope.ts";
import type { Row, Table } from "./table.ts";

type Properties = Readonly<Record<string, any>>;

/** What can be given a policy (topics, queues), by the ids that templates name it by. */
export interface PolicyHolders {
  /** The property that names one of them, and the one that names several. */
  readonly one: string;
  readonly several: string;
  /** The policy as text; undefined where there is none. */
  policyOf(scope: Scope, id: string): string | undefined;
  setPolicy(scope: Scope, id: string, policy: string): void;
  /** It is as if nobody had given it a policy. */
  clearPolicy(scope: Scope, id: string): void;
  /** Those that have a policy. */
  withPolicy(scope: Scope): readonly string[];
}

/** Whom a template gave a policy to; its id is a name that stands for the policy. */
export interface GivenPolicy extends Row {
  readonly holders: readonly string[];
}

const textOf = (document: unknown): string => (typeof document === "string" ? document : JSON.stringify(document));

/** A type of resource that is one policy for several holders. */
export const sharedPolicyType = (type: string, given: Table<GivenPolicy>, holders: PolicyHolders): ResourceType<Properties> => ({
  type,
  ensure: (scope, declared, id, { generatedName, previous }) =>
    attempt(scope, () => {
      const name = id ?? generatedName;
      const wanted = declared[holders.several] as string[];
      const before: readonly string[] = given.get(scope, name)?.holders ?? previous?.[holders.several] ?? [];
      for (const one of before) if (!wanted.includes(one)) holders.clearPolicy(scope, one);
      for (const one of wanted) holders.setPolicy(scope, one, textOf(declared["PolicyDocument"]));
      given.put(scope, { id: name, holders: wanted });
      return name;
    }),
  read(scope, id) {
    const having = (given.get(scope, id)?.holders ?? []).filter((one) => holders.policyOf(scope, one) !== undefined);
    if (having.length === 0) return undefined;
    return { Id: id, [holders.several]: having, PolicyDocument: JSON.parse(holders.policyOf(scope, having[0]!)!) };
  },
  remove(scope, id, { previous }) {
    for (const one of given.get(scope, id)?.holders ?? previous?.[holders.several] ?? []) holders.clearPolicy(scope, one);
    given.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => given.list(scope).map(({ id }) => id),
});

/** A type of resource that is the policy of one holder, whose id is the holder's. */
export const inlinePolicyType = (type: string, holders: PolicyHolders): ResourceType<Properties> => ({
  type,
  ensure: (scope, declared) =>
    attempt(scope, () => {
      const id: string = declared[holders.one];
      holders.setPolicy(scope, id, textOf(declared["PolicyDocument"]));
      return id;
    }),
  read(scope, id) {
    const policy = holders.policyOf(scope, id);
    return policy === undefined ? undefined : { [holders.one]: id, PolicyDocument: JSON.parse(policy) };
  },
  remove(scope, id) {
    holders.clearPolicy(scope, id);
    return { state: "done", id };
  },
  list: (scope) => holders.withPolicy(scope),
});
