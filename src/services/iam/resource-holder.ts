import { sameJson } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { checkPolicyDocument } from "./document.ts";
import type { Group } from "./group.ts";
import { type Holdings, policies, policyArn } from "./policy.ts";
import type { Role } from "./role.ts";
import type { User } from "./user.ts";

export type Properties = Readonly<Record<string, any>>;
export type Holder = Role | User | Group;

/**
 * An inline policy that a resource of its own gives to roles, users and groups. Its id is that of the resource, after the
 * kind of the resource.
 */
export interface InlinePolicy extends Row, Holdings {
  readonly name: string;
  readonly document: string;
}

export const inlinePolicies = new Table<InlinePolicy>("iam/inline-policy", { reach: "account" });

export const textOf = (document: unknown): string => (typeof document === "string" ? document : JSON.stringify(document));

/** What a holder has after its own properties were changed: what others gave it stays. */
export function held(declared: Properties, previous: Properties, { inline, attached }: Pick<Holder, "inline" | "attached">) {
  const own = inlineOf(declared);
  for (const document of Object.values(own)) checkPolicyDocument(document);
  const gone = Object.keys(inlineOf(previous));
  const others = Object.fromEntries(Object.entries(inline).filter(([name]) => !gone.includes(name)));
  const detached: string[] = previous["ManagedPolicyArns"] ?? [];
  const kept = attached.filter((arn) => !detached.includes(arn));
  return { inline: { ...others, ...own }, attached: [...new Set([...kept, ...(declared["ManagedPolicyArns"] ?? [])])] };
}

/** Why a holder can not go whose own properties are these: somebody else gave it something, and would lose it. */
export function heldRefusal(holder: Holder, previous: Properties): string | undefined {
  const { inline, attached } = held({}, previous, holder);
  if (attached.length > 0) return "Cannot delete entity, must detach all policies first.";
  return Object.keys(inline).length > 0 ? "Cannot delete entity, must delete policies first." : undefined;
}

/** The policies that are a holder's own, or that somebody gave it by hand: not those that other resources give it. */
export function liveHeld(scope: Scope, kind: keyof Holdings, { id, inline, attached }: Holder): Properties {
  const givenInline = inlinePolicies.list(scope).filter((policy) => policy[kind].includes(id));
  const givenArns = policies.list(scope).flatMap((policy) => (policy.given?.[kind].includes(id) ? [policyArn(scope.account, policy)] : []));
  return {
    ManagedPolicyArns: attached.filter((arn) => !givenArns.includes(arn)),
    Policies: Object.entries(inline)
      .filter(([name]) => !givenInline.some((policy) => policy.name === name))
      .map(([PolicyName, document]) => ({ PolicyName, PolicyDocument: JSON.parse(document) })),
  };
}

/** Whether a text is the document. */
export const isDocument = (text: string | undefined, document: string): boolean =>
  text !== undefined && (text === document || sameJson(JSON.parse(text), JSON.parse(document)));

const inlineOf = (declared: Properties): Record<string, string> =>
  Object.fromEntries(
    ((declared["Policies"] ?? []) as Properties[]).map((policy) => [policy["PolicyName"], textOf(policy["PolicyDocument"])]),
  );
