import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type Capability,
  type DeploymentConfig,
  DescribeStacks$,
  ListStacks$,
  type OnFailure,
  type OperationType,
  type Output,
  type StackDriftStatus,
  type StackStatus,
  UpdateTerminationProtection$,
} from "../../sdk/cloudformation.js";
import { describeParameter, type ParameterValue } from "./parameter.ts";
import { templateOf } from "./stored-template.ts";
import type { Json } from "./value.ts";

/** All that a create or an update says of how a stack shall be, parameters and conditions settled. */
export interface Target {
  /** The id of its row in `templates`. */
  readonly template: string;
  readonly parameters: readonly ParameterValue[];
  /** What Ref gives of the parameters and the pseudo parameters. */
  readonly refs: Readonly<Record<string, Json>>;
  readonly conditions: Readonly<Record<string, boolean>>;
  /** The transforms of its template are still to be carried out, and the conditions not known. */
  readonly unprocessed?: boolean;
  readonly tags: readonly StackTag[];
  readonly capabilities: readonly string[];
  readonly notificationArns: readonly string[];
  readonly roleArn?: string;
  readonly rollback?: RollbackTriggers;
  /** As it was asked for. Here a resource is ready once it is configured, so that the modes do the same. */
  readonly deployment?: DeploymentConfig;
  /** What was changed by hand is to be as declared again. */
  readonly revertDrift?: boolean;
  /** By logical id, the physical ids of what exists already and comes into the stack. */
  readonly imports?: Readonly<Record<string, string>>;
}

export interface StackTag {
  readonly Key: string;
  readonly Value: string;
}

export interface RollbackTriggers {
  readonly triggers: readonly { readonly arn: string; readonly type: string }[];
  readonly monitoringMinutes: number;
}

/** What is being done to a stack. */
export interface StackOperation {
  readonly id: string;
  readonly kind: "CREATE" | "UPDATE" | "IMPORT" | "DELETE";
  /**
   * Where it stands: processing its template, making what is wanted, watching alarms, waiting for what becomes of its parent's
   * update, putting back what was, taking away what is left over.
   */
  readonly phase: "transform" | "apply" | "monitor" | "hold" | "restore" | "remove";
  /** Whether what is made is being undone. */
  readonly undoing: boolean;
  readonly token?: string;
  readonly startedAt: number;
  readonly deadlineAt?: number;
  readonly monitorUntil?: number;
  readonly target?: Target;
  /** The change set that it carries out. */
  readonly changeSetId?: string;
  /** The hooks have let it pass. */
  readonly hooked?: boolean;
  /** The names of the exports that it imports. */
  readonly imports: readonly string[];
  /** What to do when it fails. */
  readonly onFailure: OnFailure;
  readonly retainExceptOnCreate: boolean;
  /** Somebody wants it to stop: the sentence to fail with. */
  readonly cancelled?: string;
  /** Resources that ContinueUpdateRollback skips, or DeleteStack retains. */
  readonly skipped: readonly string[];
  /** What can not be removed is retained: FORCE_DELETE_STACK. */
  readonly force?: boolean;
  /** The stack policy that holds for this update only. */
  readonly policyBody?: string;
  /** The stack policy that holds once this update has gone well. */
  readonly nextPolicyBody?: string;
}

/** A stack; its id is name/uuid, as in its ARN. */
export interface Stack extends Row {
  readonly name: string;
  /** Another name, of its user's choice. */
  readonly alias?: string;
  readonly status: StackStatus;
  readonly reason?: string;
  readonly createdAt: number;
  readonly updatedAt?: number;
  readonly deletedAt?: number;
  /** As it is; nothing before the first create. */
  readonly target?: Target;
  readonly outputs: readonly StackOutput[];
  readonly imports: readonly string[];
  readonly onFailure: OnFailure;
  readonly timeoutMinutes?: number;
  readonly terminationProtection: boolean;
  readonly policyBody?: string;
  readonly retainExceptOnCreate: boolean;
  /** Of a nested stack, what it was before an update that its parent may still undo. */
  readonly before?: BeforeUpdate;
  /** ARNs, of a nested stack. */
  readonly parentId?: string;
  readonly rootId?: string;
  readonly changeSetId?: string;
  readonly operation?: StackOperation;
  /** Why the last operation was undone. */
  readonly failure?: string;
  /** How many operations it has had. */
  readonly operations: number;
  readonly lastOperations: readonly { readonly type: OperationType; readonly id: string }[];
  /** Whether its resources were as declared when that was last asked. */
  readonly drift?: { readonly status: StackDriftStatus; readonly checkedAt: number };
  /** The tokens of the last operations, by which a repeated call is known. */
  readonly tokens: readonly string[];
}

/** What of a stack an update changes, beside its resources. */
export type BeforeUpdate = Pick<Stack, "target" | "outputs" | "imports" | "policyBody">;

export type StackOutput = Readonly<Record<"OutputKey" | "OutputValue", string>> & { readonly [K in "Description" | "ExportName"]?: string };

export const stacks = new Table<Stack>("cloudformation/stack", {
  indexes: {
    live: ({ status, name, alias }) => (status === "DELETE_COMPLETE" ? undefined : alias === undefined ? name : [name, alias]),
    imports: ({ imports, operation, status }) =>
      status === "DELETE_COMPLETE" ? [] : [...new Set([...imports, ...(operation?.imports ?? [])])],
  },
  arn: ({ id }, { account, region }) => `arn:aws:cloudformation:${region}:${account}:stack/${id}`,
});

export const arnOf = (scope: Scope, { id }: Pick<Stack, "id">): string => scope.arn("cloudformation", `stack/${id}`);

/** The stack of a name or an alias, or of an ARN, by which a deleted one is found too. */
export function findStack(scope: Scope, nameOrArn: string): Stack | undefined {
  const id = idOfArn(nameOrArn);
  return id === undefined ? stacks.by(scope, "live", nameOrArn)[0] : stacks.get(scope, id);
}

export const idOfArn = (arn: string): string | undefined => /^arn:[^:]+:cloudformation:[^:]*:[^:]*:stack\/(.+)$/.exec(arn)?.[1];

export const requireStack = (
  scope: Scope,
  nameOrArn: string | undefined,
  sentence = (name: string): string => `Stack [${name}] does not exist`,
): Stack => findStack(scope, nameOrArn ?? "") ?? fault("ValidationError", sentence(nameOrArn ?? ""));

export const withId = (name: string): string => `Stack with id ${name} does not exist`;

export const isInProgress = ({ status }: Pick<Stack, "status">): boolean =>
  status.endsWith("_IN_PROGRESS") && status !== "REVIEW_IN_PROGRESS";

export const describeStacks = operation(DescribeStacks$, (scope, { StackName, NextToken }) => {
  if (StackName !== undefined) return { Stacks: [shownStack(scope, requireStack(scope, StackName, withId))] };
  const live = stacks
    .list(scope)
    .filter(({ status }) => status !== "DELETE_COMPLETE")
    .sort(newestFirst);
  const { items, nextToken } = page(live, orderOf, LISTED_MAX, NextToken, invalidToken);
  return { Stacks: items.map((stack) => shownStack(scope, stack)), ...(nextToken && { NextToken: nextToken }) };
});

export const listStacks = operation(ListStacks$, (scope, { StackStatusFilter, NextToken }) => {
  const all = stacks
    .list(scope)
    .filter(({ status }) => StackStatusFilter === undefined || StackStatusFilter.length === 0 || StackStatusFilter.includes(status))
    .sort(newestFirst);
  const { items, nextToken } = page(all, orderOf, LISTED_MAX, NextToken, invalidToken);
  return { StackSummaries: items.map((stack) => summaryOf(scope, stack)), ...(nextToken && { NextToken: nextToken }) };
});

export const updateTerminationProtection = operation(UpdateTerminationProtection$, (scope, { StackName, EnableTerminationProtection }) => {
  const stack = requireStack(scope, StackName);
  if (stack.status === "DELETE_COMPLETE" || stack.status === "DELETE_IN_PROGRESS")
    fault("ValidationError", `Stack [${stack.name}] is in ${stack.status} state and termination protection cannot be updated`);
  stacks.patch(scope, stack.id, { terminationProtection: EnableTerminationProtection! });
  return { StackId: arnOf(scope, stack) };
});

const LISTED_MAX = 100;
const invalidToken = (): never => fault("ValidationError", "Invalid NextToken");

/** A text by which stacks are in the order of a list: what was created last comes first. */
const orderOf = ({ createdAt, id }: Stack): string => `${String(Number.MAX_SAFE_INTEGER - createdAt).padStart(16, "0")} ${id}`;
const newestFirst = (one: Stack, other: Stack): number => (orderOf(one) < orderOf(other) ? -1 : 1);

/** As DescribeStacks shows it: while an update makes what is wanted, with what is wanted. */
function shownStack(scope: Scope, stack: Stack) {
  const { operation: op } = stack;
  const target = (op?.undoing ? stack.target : undefined) ?? op?.target ?? stack.target;
  const template = target && templateOf(scope, target).template;
  const { rollback } = target ?? {};
  return {
    ...summaryOf(scope, stack),
    ...(template?.Description !== undefined && { Description: template.Description }),
    ...(stack.changeSetId !== undefined && { ChangeSetId: stack.changeSetId }),
    Parameters: target?.parameters.map((value) => describeParameter(template?.Parameters[value.key], value)) ?? [],
    RollbackConfiguration: {
      ...(rollback && {
        RollbackTriggers: rollback.triggers.map(({ arn, type }) => ({ Arn: arn, Type: type })),
        MonitoringTimeInMinutes: rollback.monitoringMinutes,
      }),
    },
    ...(target?.deployment && { DeploymentConfig: { ...target.deployment } }),
    DisableRollback: (op?.onFailure ?? stack.onFailure) === "DO_NOTHING",
    NotificationARNs: [...(target?.notificationArns ?? [])],
    ...(stack.timeoutMinutes !== undefined && { TimeoutInMinutes: stack.timeoutMinutes }),
    Capabilities: [...(target?.capabilities ?? [])] as Capability[],
    Outputs: stack.outputs.map((output): Output => ({ ...output })),
    ...(target?.roleArn !== undefined && { RoleARN: target.roleArn }),
    Tags: target?.tags.map((tag) => ({ ...tag })) ?? [],
    EnableTerminationProtection: stack.terminationProtection,
    ...(stack.alias !== undefined && { AliasName: stack.alias }),
    ...(stack.retainExceptOnCreate && { RetainExceptOnCreate: true }),
  };
}

function summaryOf(scope: Scope, stack: Stack) {
  const { operation: op, target } = stack;
  const shown = op?.target ?? target;
  const description = shown && templateOf(scope, shown).template.Description;
  return {
    StackId: arnOf(scope, stack),
    StackName: stack.name,
    ...(description !== undefined && { TemplateDescription: description }),
    CreationTime: new Date(stack.createdAt),
    ...(stack.updatedAt !== undefined && { LastUpdatedTime: new Date(stack.updatedAt) }),
    ...(stack.deletedAt !== undefined && { DeletionTime: new Date(stack.deletedAt) }),
    StackStatus: stack.status,
    ...(stack.reason !== undefined && { StackStatusReason: stack.reason }),
    ...(stack.parentId !== undefined && { ParentId: stack.parentId }),
    ...(stack.rootId !== undefined && { RootId: stack.rootId }),
    DriftInformation: {
      StackDriftStatus: stack.drift?.status ?? "NOT_CHECKED",
      ...(stack.drift && { LastCheckTimestamp: new Date(stack.drift.checkedAt) }),
    },
    LastOperations: stack.lastOperations.map(({ type, id }) => ({ OperationType: type, OperationId: id })),
  };
}
