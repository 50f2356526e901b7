import { fault } from "../../kernel/fault.ts";
import { MalformedPolicyDocumentException } from "../../sdk/iam.js";

/** One statement of a policy, with its members as lists. */
export interface Statement {
  readonly allow: boolean;
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly resources: readonly string[];
  readonly notResources: readonly string[];
  readonly principals: Readonly<Record<string, readonly string[]>> | undefined;
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Refuse what IAM would not take as a policy. */
export function checkPolicyDocument(text: string): void {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    fault(MalformedPolicyDocumentException, "This policy contains invalid Json");
  }
  if (typeof document !== "object" || document === null || Array.isArray(document))
    fault(MalformedPolicyDocumentException, "Syntax errors in policy.");
  const { Statement, Version } = document as { Statement?: unknown; Version?: unknown };
  if (Version !== undefined && Version !== "2012-10-17" && Version !== "2008-10-17")
    fault(MalformedPolicyDocumentException, "The policy must contain a valid version string");
  if (Statement === undefined) fault(MalformedPolicyDocumentException, "Syntax errors in policy.");
  for (const statement of listOf(Statement)) {
    const { Effect, Action, NotAction } = statement as Record<string, unknown>;
    if (Effect !== "Allow" && Effect !== "Deny") fault(MalformedPolicyDocumentException, "Syntax errors in policy.");
    if (Action === undefined && NotAction === undefined) fault(MalformedPolicyDocumentException, "Policy statement must contain actions.");
  }
}

/** The statements of a policy that IAM took. */
export function statementsOf(text: string): Statement[] {
  const document = JSON.parse(text);
  return listOf(document.Statement).map((statement: any) => ({
    allow: statement.Effect === "Allow",
    actions: listOf(statement.Action),
    notActions: listOf(statement.NotAction),
    resources: listOf(statement.Resource),
    notResources: listOf(statement.NotResource),
    principals: principalsOf(statement.Principal),
    conditions: Object.fromEntries(
      Object.entries(statement.Condition ?? {}).map(([operator, keys]) => [
        operator,
        Object.fromEntries(Object.entries(keys as object).map(([key, values]) => [key, listOf(values).map(String)])),
      ]),
    ),
  }));
}

function principalsOf(principal: unknown): Statement["principals"] {
  if (principal === undefined) return undefined;
  if (principal === "*") return { AWS: ["*"] };
  return Object.fromEntries(Object.entries(principal as object).map(([kind, names]) => [kind, listOf(names)]));
}

const listOf = (value: any): any[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
