import { parseArn } from "../../kernel/arn.ts";
import type { Caller } from "../../kernel/caller.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Statement, statementsOf } from "./document.ts";
import { type Group, groups } from "./group.ts";
import { documentOf } from "./policy.ts";
import { roles } from "./role.ts";
import { users } from "./user.ts";

type Context = Readonly<Record<string, string>>;

/** One thing that somebody wants to do. */
interface Request {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

/** Even against an explicit deny. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const ALWAYS_ALLOWED = "sts:GetCallerIdentity";
/** What whoever is known may do: CodeDeploy sees for itself that an agent asks for its own host. */
const NEEDS_NO_POLICY = /^codedeploy-commands:/;

/**
 * Whether the policies of the caller allow a call: identity policies, cut by the permissions boundary; an explicit Deny
 * wins. The root user of an account may do everything. Answers AWS's sentence to refuse with.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function authorize(scope: Scope, caller: Caller, action: string, resource: string, context: Context): string | undefined {
  if (caller.type === "root" || caller.type === "service" || action === ALWAYS_ALLOWED) return undefined;
  const request = { action, resource, context: { ...globalContext(scope, caller), ...context } };
  const refusal = (why: string): string => `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
  const holder = holderOf(scope, caller);
  if (holder === undefined) return refusal(`because no identity-based policy allows the ${action} action`);
  const holding = [holder, ...groupsOf(scope, caller)];
  const identity = holding.flatMap(({ inline, attached }) => [
    ...Object.values(inline),
    ...attached.flatMap((arn) => documentOf(scope.at(caller.arn), arn) ?? []),
  ]);
  const verdict = decide(identity, request);
  if (verdict === "denied") return refusal("with an explicit deny in an identity-based policy");
  if (verdict === "silent" && NEEDS_NO_POLICY.test(action)) return undefined;
  if (verdict === "silent") return refusal(`because no identity-based policy allows the ${action} action`);
  if (holder.boundaryArn === undefined) return undefined;
  const boundary = documentOf(scope.at(caller.arn), holder.boundaryArn);
  if (boundary !== undefined && decide([boundary], request) === "allowed") return undefined;
  return refusal(`because no permissions boundary allows the ${action} action`);
}

/** The same of the policy that a session was made with: it allows nothing by itself, and cuts what its role or user may do. */
export function authorizeSession(
  scope: Scope,
  caller: Caller,
  policy: string,
  action: string,
  resource: string,
  context: Context,
): string | undefined {
  const verdict = decide([policy], { action, resource, context: { ...globalContext(scope, caller), ...context } });
  if (verdict === "allowed" || action === ALWAYS_ALLOWED || NEEDS_NO_POLICY.test(action)) return undefined;
  const why = verdict === "denied" ? "with an explicit deny in a session policy" : `because no session policy allows the ${action} action`;
  return `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
}

/** What policies say of a request, all of them together. */
export function decide(documents: readonly string[], request: Request): "allowed" | "denied" | "silent" {
  const matching = documents.flatMap(statementsOf).filter((statement) => applies(statement, request));
  if (matching.some(({ allow }) => !allow)) return "denied";
  return matching.length > 0 ? "allowed" : "silent";
}

/** What a policy that is attached to a resource says of the caller's request: only statements whose principals name him count. */
export function decideForPrincipal(scope: Scope, document: string, action: string, resource: string): "allowed" | "denied" | "silent" {
  const { caller } = scope;
  const request = { action, resource, context: globalContext(scope, caller) };
  const matching = statementsOf(document).filter(({ principals }) => (principals?.["AWS"] ?? []).some((name) => isNamed(name, caller)));
  const applying = matching.filter((statement) => applies(statement, request));
  if (applying.some(({ allow }) => !allow)) return "denied";
  return applying.length > 0 ? "allowed" : "silent";
}

/** An account stands for all that are in it, a role for its sessions. */
function isNamed(principal: string, { accountId, arn, type }: Caller): boolean {
  if (principal === "*" || principal === accountId || principal === `arn:aws:iam::${accountId}:root` || principal === arn) return true;
  if (type !== "assumed-role") return false;
  const named = parseArn(principal);
  const role = parseArn(arn)?.resource.split("/")[1];
  return named?.account === accountId && named.resource.startsWith("role/") && named.resource.split("/").at(-1) === role;
}

function holderOf(scope: Scope, { type, arn, accountId }: Caller) {
  const home = scope.in({ account: accountId, region: "" });
  const parts = parseArn(arn)?.resource.split("/") ?? [];
  return type === "user" ? users.get(home, parts.at(-1)!) : roles.get(home, parts[1] ?? "");
}

const groupsOf = (scope: Scope, { type, arn, accountId }: Caller): readonly Group[] =>
  type === "user" ? groups.by(scope.in({ account: accountId, region: "" }), "member", arn.split("/").at(-1)!) : [];

const globalContext = (scope: Scope, { arn, accountId, userId, sourceIp, region }: Caller): Context => ({
  "aws:PrincipalArn": arn,
  "aws:PrincipalAccount": accountId,
  "aws:userid": userId,
  "aws:SourceIp": sourceIp,
  "aws:RequestedRegion": region,
  "aws:CurrentTime": new Date(scope.clock.now()).toISOString(),
  "aws:SecureTransport": "false",
});

function applies({ actions, notActions, resources, notResources, conditions }: Statement, { action, resource, context }: Request): boolean {
  const among = (patterns: readonly string[], text: string, fold: boolean): boolean =>
    patterns.some((pattern) => like(substituted(pattern, context), text, fold));
  if (notActions.length > 0 ? among(notActions, action, true) : !among(actions, action, true)) return false;
  if (notResources.length > 0 ? among(notResources, resource, false) : resources.length > 0 && !among(resources, resource, false))
    return false;
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) =>
      holds(
        operator,
        valueOfKey(context, key),
        values.map((value) => substituted(value, context)),
      ),
    ),
  );
}

/** Keys are compared without regard to case. */
const valueOfKey = (context: Context, key: string): string | undefined => {
  const wanted = key.toLowerCase();
  return Object.entries(context).find(([name]) => name.toLowerCase() === wanted)?.[1];
};

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
function holds(operator: string, value: string | undefined, wanted: readonly string[]): boolean {
  const [, quantifier, name, ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  if (name === "Null") return wanted.includes(String(value === undefined));
  if (value === undefined) return ifExists !== undefined || quantifier === "ForAllValues" || /Not/.test(name ?? "");
  const any = (test: (one: string) => boolean): boolean => wanted.some(test);
  switch (name) {
    case "StringEquals":
    case "ArnEquals":
    case "ArnLike":
    case "StringLike":
      return any((one) => (name === "StringEquals" ? one === value : like(one, value, false)));
    case "StringNotEquals":
      return !wanted.includes(value);
    case "StringNotLike":
    case "ArnNotLike":
    case "ArnNotEquals":
      return !any((one) => like(one, value, false));
    case "StringEqualsIgnoreCase":
      return any((one) => one.toLowerCase() === value.toLowerCase());
    case "StringNotEqualsIgnoreCase":
      return !any((one) => one.toLowerCase() === value.toLowerCase());
    case "Bool":
      return any((one) => one.toLowerCase() === value.toLowerCase());
    case "IpAddress":
      return any((one) => inBlock(one, value));
    case "NotIpAddress":
      return !any((one) => inBlock(one, value));
    default:
      return ordered(name ?? "", value, wanted);
  }
}

/** NumericLessThan, DateGreaterThanEquals and their like; an operator that is not known holds for nothing. */
function ordered(name: string, value: string, wanted: readonly string[]): boolean {
  const [, kind, comparison] = /^(Numeric|Date)(Equals|NotEquals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals)$/.exec(name) ?? [];
  if (kind === undefined) return false;
  const number = (text: string): number => (kind === "Numeric" ? Number(text) : Date.parse(text));
  const given = number(value);
  const tests: Readonly<Record<string, (one: number) => boolean>> = {
    Equals: (one) => given === one,
    NotEquals: (one) => given !== one,
    LessThan: (one) => given < one,
    LessThanEquals: (one) => given <= one,
    GreaterThan: (one) => given > one,
    GreaterThanEquals: (one) => given >= one,
  };
  return wanted.map(number).some(tests[comparison!]!);
}

function inBlock(block: string, address: string): boolean {
  const [base, bits = "32"] = block.split("/");
  const number = (text: string): number => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(base!) / size) === Math.floor(number(address) / size);
}

/** ${aws:username} and its like; a variable without a value matches nothing. */
const substituted = (text: string, context: Context): string =>
  text.replace(/\$\{([^}]+)\}/g, (_, name: string) =>
    name === "*" || name === "?" || name === "$" ? name : (valueOfKey(context, name) ?? "\0"),
  );

/** A pattern with * and ?, in time proportional to both lengths. */
function like(pattern: string, text: string, fold: boolean): boolean {
  const [p, t] = fold ? [pattern.toLowerCase(), text.toLowerCase()] : [pattern, text];
  let at = 0;
  let star = -1;
  let mark = 0;
  let index = 0;
  while (index < t.length) {
    if (p[at] === "*") {
      star = at++;
      mark = index;
    } else if (at < p.length && (p[at] === "?" || p[at] === t[index])) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++mark;
    } else return false;
  }
  while (p[at] === "*") at++;
  return at === p.length;
}
