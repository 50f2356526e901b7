import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  AddPermission$,
  type AddPermissionRequest,
  GetPolicy$,
  PolicyLengthExceededException,
  RemovePermission$,
} from "../../sdk/lambda.js";
import { functionArn, LATEST } from "./name.ts";
import { requireQualified } from "./qualifier.ts";
import { checkRevision, conflict, invalid, notFound } from "./refusal.ts";

/** A statement of a resource policy; there are only ones that allow. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Principal: "*" | { readonly Service: string } | { readonly AWS: string };
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The policy of a function, version or alias: `shop:`, `shop:3`, `shop:live`. */
export interface ResourcePolicy extends Row {
  readonly statements: readonly Statement[];
  readonly revisionId: string;
}

export const policies = new Table<ResourcePolicy>("lambda/policy", {
  indexes: { statement: ({ statements }) => statements.map(({ Sid }) => Sid) },
});

/** What somebody wants to do, for a policy to say whether he may. */
export interface Request {
  readonly action: "lambda:InvokeFunction" | "lambda:InvokeFunctionUrl";
  /** A service such as events.amazonaws.com; undefined where nobody says who he is. */
  readonly service?: string;
  /** By condition key. */
  readonly context: Readonly<Record<string, string>>;
}

/** bytes */
const POLICY_MAX = 20_480;

export const addPermission = operation(AddPermission$, (scope, input) => {
  const { scope: home, fn, qualifier } = requireQualified(scope, input.FunctionName!, input.Qualifier);
  if (qualifier === LATEST) invalid("We currently do not support adding policies for $LATEST.");
  const id = policyId(fn.id, qualifier);
  const known = policies.get(home, id);
  checkRevision(input.RevisionId, known?.revisionId ?? "", "GetPolicy");
  const statement = statementOf(input, functionArn(home, fn.id, qualifier));
  if (known?.statements.some(({ Sid }) => Sid === statement.Sid)) {
    conflict(
      `The statement id (${statement.Sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
    );
  }
  putStatements(home, id, [...(known?.statements ?? []), statement]);
  return { Statement: JSON.stringify(statement) };
});

export const removePermission = operation(RemovePermission$, (scope, { FunctionName, StatementId, Qualifier, RevisionId }) => {
  const { scope: home, fn, qualifier } = requireQualified(scope, FunctionName!, Qualifier);
  const policy = policies.get(home, policyId(fn.id, qualifier)) ?? noPolicy();
  checkRevision(RevisionId, policy.revisionId, "GetPolicy");
  if (!policy.statements.some(({ Sid }) => Sid === StatementId)) notFound(`Statement ${StatementId} is not found in resource policy.`);
  removeStatement(home, policy, StatementId!);
  return {};
});

export const getPolicy = operation(GetPolicy$, (scope, { FunctionName, Qualifier }) => {
  const { scope: home, fn, qualifier } = requireQualified(scope, FunctionName!, Qualifier);
  const { statements, revisionId } = policies.get(home, policyId(fn.id, qualifier)) ?? noPolicy();
  return { Policy: documentOf(statements), RevisionId: revisionId };
});

/** Whether the resource policy of what is called allows it. */
export function isGranted(scope: Scope, functionName: string, qualifier: string | undefined, request: Request): boolean {
  const statements = policies.get(scope, policyId(functionName, qualifier))?.statements ?? [];
  return statements.some((statement) => allows(statement, request));
}

/** The policy that holds a statement, found by the statement's id. */
export const policyWith = (scope: Scope, statementId: string): ResourcePolicy | undefined =>
  policies.by(scope, "statement", statementId, { limit: 1 })[0];

/** Take a statement away; a policy without any is none. */
export function removeStatement(scope: Scope, { id, statements }: ResourcePolicy, statementId: string): void {
  putStatements(
    scope,
    id,
    statements.filter(({ Sid }) => Sid !== statementId),
  );
}

export const policyId = (functionName: string, qualifier = ""): string => `${functionName}:${qualifier}`;

function putStatements(scope: Scope, id: string, statements: readonly Statement[]): void {
  if (statements.length === 0) return policies.remove(scope, id);
  const size = Buffer.byteLength(documentOf(statements));
  if (size > POLICY_MAX) fault(PolicyLengthExceededException, `The final policy size (${size}) is bigger than the limit (${POLICY_MAX}).`);
  policies.put(scope, { id, statements, revisionId: scope.id.uuid() });
}

const documentOf = (statements: readonly Statement[]): string =>
  JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: statements });

const noPolicy = (): never => notFound("The resource you requested does not exist.");

/** https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html */
function statementOf(input: AddPermissionRequest, Resource: string): Statement {
  const Action = input.Action!;
  if (input.FunctionUrlAuthType !== undefined && Action !== "lambda:InvokeFunctionUrl")
    invalid("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action");
  const equal = {
    ...(input.SourceAccount !== undefined && { "AWS:SourceAccount": input.SourceAccount }),
    ...(input.FunctionUrlAuthType !== undefined && { "lambda:FunctionUrlAuthType": input.FunctionUrlAuthType }),
    ...(input.EventSourceToken !== undefined && { "lambda:EventSourceToken": input.EventSourceToken }),
    ...(input.PrincipalOrgID !== undefined && { "aws:PrincipalOrgID": input.PrincipalOrgID }),
  };
  const Condition = {
    ...(Object.keys(equal).length > 0 && { StringEquals: equal }),
    ...(input.InvokedViaFunctionUrl !== undefined && { Bool: { "lambda:InvokedViaFunctionUrl": String(input.InvokedViaFunctionUrl) } }),
    ...(input.SourceArn !== undefined && { ArnLike: { "AWS:SourceArn": input.SourceArn } }),
  };
  return {
    Sid: input.StatementId!,
    Effect: "Allow",
    Principal: principalOf(input.Principal!),
    Action,
    Resource,
    ...(Object.keys(Condition).length > 0 && { Condition }),
  };
}

function principalOf(principal: string): Statement["Principal"] {
  if (principal === "*") return "*";
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` };
  if (principal.startsWith("arn:")) return { AWS: principal };
  if (/^[\w-]+(\.[\w-]+)+$/.test(principal)) return { Service: principal };
  return invalid("The provided principal was invalid. Please check the principal and try again.");
}

function allows({ Principal, Action, Condition = {} }: Statement, { action, service, context }: Request): boolean {
  if (Action !== action && Action !== "lambda:*" && Action !== "*") return false;
  if (Principal !== "*" && !("Service" in Principal && Principal.Service === service)) return false;
  return Object.values(Condition).every((keys) =>
    Object.entries(keys).every(([key, pattern]) => context[key] !== undefined && matches(context[key], pattern)),
  );
}

/** Whether a text is what a pattern with * and ? says. */
function matches(text: string, pattern: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s").test(text);
}
