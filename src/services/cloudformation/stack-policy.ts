import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { GetStackPolicy$, SetStackPolicy$ } from "../../sdk/cloudformation.js";
import { requireStack, type Stack, stacks } from "./stack.ts";
import { textAt } from "./template-url.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

/**
 * What an update may do to which resources. All that is not allowed is denied, and what is denied stays so.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
 */
interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly actions: Patterns;
  readonly resources: Patterns;
  /** The types that it is about; undefined for all. */
  readonly types?: readonly string[];
}

/** Whether a name fits one of the patterns, or, of the elements Not…, none. */
interface Patterns {
  readonly patterns: readonly string[];
  readonly negated: boolean;
}

/** What an update is about to do to a resource. */
export interface UpdateAction {
  readonly action: "Update:Modify" | "Update:Replace" | "Update:Delete";
  readonly logicalId: string;
  readonly type: string;
}

/** A policy as it was given in a request, by itself or by the place where it lies; undefined where there is none. */
export function givenPolicy(scope: Scope, body: string | undefined, url: string | undefined): string | undefined {
  if (body !== undefined && url !== undefined) fault("ValidationError", "You cannot specify both StackPolicyURL and StackPolicyBody");
  const text = body ?? (url === undefined ? undefined : textAt(scope, url));
  if (text !== undefined) statementsOf(text);
  return text;
}

/** The sentence to refuse with; undefined where the policy, or that there is none, lets it happen. */
export function policyRefusal(policy: string | undefined, { action, logicalId, type }: UpdateAction): string | undefined {
  const statements = policy === undefined ? [] : statementsOf(policy);
  if (statements.length === 0) return undefined;
  const resource = `LogicalResourceId/${logicalId}`;
  const about = statements.map(
    (statement, index) =>
      [statement, index + 1, fits(statement.actions, action) && fits(statement.resources, resource) && ofType(statement, type)] as const,
  );
  const denied = about.find(([{ effect }, , applies]) => applies && effect === "Deny");
  if (denied !== undefined)
    return `Action denied by stack policy: Statement [#${denied[1]}] does not allow [${action}] for resource [${resource}]`;
  if (about.some(([, , applies]) => applies)) return undefined;
  return `Action not allowed by stack policy: No statement allows [${action}] for resource [${resource}]`;
}

export const setStackPolicy = operation(SetStackPolicy$, (scope, { StackName, StackPolicyBody, StackPolicyURL }) => {
  const policyBody = givenPolicy(scope, StackPolicyBody, StackPolicyURL);
  const stack = requireStack(scope, StackName);
  stacks.patch(scope, stack.id, { policyBody });
  return {};
});

/** While an update has a policy of its own, that one. */
export const getStackPolicy = operation(GetStackPolicy$, (scope, { StackName }) => {
  const policy = policyOf(requireStack(scope, StackName));
  return policy === undefined ? {} : { StackPolicyBody: policy };
});

/** The policy that holds now. */
export const policyOf = ({ operation, policyBody }: Stack): string | undefined => operation?.policyBody ?? policyBody;

const ACTIONS = ["Update:Modify", "Update:Replace", "Update:Delete"];
const MEMBERS = ["Sid", "Effect", "Action", "NotAction", "Principal", "Resource", "NotResource", "Condition"];

const invalid = (): never => fault("ValidationError", "Error validating stack policy: Invalid stack policy");

/** Without a statement there is no policy: this is how one is taken away. */
function statementsOf(text: string): Statement[] {
  if (text.trim() === "") return [];
  const policy = parsed(text);
  if (!isObject(policy)) return invalid();
  const statements = policy["Statement"] ?? [];
  return (isList(statements) ? statements : [statements]).map(statementOf);
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return invalid();
  }
}

function statementOf(statement: Json): Statement {
  if (!isObject(statement) || Object.keys(statement).some((member) => !MEMBERS.includes(member))) return invalid();
  const { Effect: effect, Principal: principal, Condition: condition } = statement;
  if (effect !== "Allow" && effect !== "Deny") return invalid();
  if (principal !== "*" && !(isObject(principal) && principal["AWS"] === "*")) return invalid();
  const actions = patternsOf(statement, "Action");
  if (!actions.patterns.every((pattern) => ACTIONS.some((action) => matches(pattern, action)))) return invalid();
  const types = condition === undefined ? undefined : typesOf(condition);
  return { effect, actions, resources: patternsOf(statement, "Resource"), ...(types && { types }) };
}

function patternsOf(statement: JsonObject, element: "Action" | "Resource"): Patterns {
  const [given, inverse] = [statement[element], statement[`Not${element}`]];
  if ((given === undefined) === (inverse === undefined)) return invalid();
  return { patterns: texts(given ?? inverse), negated: given === undefined };
}

/** Of conditions there are two, and one key. */
function typesOf(condition: Json): readonly string[] {
  if (!isObject(condition)) return invalid();
  return Object.entries(condition).flatMap(([operator, keys]) => {
    if (operator !== "StringEquals" && operator !== "StringLike") return invalid();
    if (!isObject(keys) || Object.keys(keys).some((key) => key !== "ResourceType")) return invalid();
    return texts(keys["ResourceType"]);
  });
}

function texts(value: Json | undefined): readonly string[] {
  const all = isList(value) ? value : [value];
  return all.every((text) => typeof text === "string") ? (all as readonly string[]) : invalid();
}

const fits = ({ patterns, negated }: Patterns, name: string): boolean => patterns.some((pattern) => matches(pattern, name)) !== negated;

const ofType = ({ types }: Statement, type: string): boolean => types === undefined || types.some((pattern) => matches(pattern, type));

/** `*` stands for any text, `?` for one character. */
function matches(pattern: string, name: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${expression}$`).test(name);
}
