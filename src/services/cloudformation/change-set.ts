import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  AlreadyExistsException,
  ChangeSetNotFoundException,
  type ChangeSetStatus,
  type ChangeSetType,
  CreateChangeSet$,
  DeleteChangeSet$,
  DescribeChangeSet$,
  ExecuteChangeSet$,
  type ExecutionStatus,
  InvalidChangeSetStatusException,
  ListChangeSets$,
  type OnFailure,
  type ResourceChange,
  type ResourceToImport,
} from "../../sdk/cloudformation.js";
import { forgetEvents, tellStack } from "./event.ts";
import { checkUpdatable, draft, startOn } from "./operation.ts";
import { describeParameter } from "./parameter.ts";
import { withImports } from "./resource-import.ts";
import { arnOf, findStack, idOfArn, isInProgress, requireStack, type Stack, stacks, type Target } from "./stack.ts";
import { dropTemplates, pruneTemplates, templateOf } from "./stored-template.ts";
import { targetOf } from "./target.ts";

/** What would become of a stack; its id is the stack's, a slash and the name. */
export interface ChangeSet extends Row {
  readonly name: string;
  readonly uuid: string;
  readonly stack: string;
  readonly type: ChangeSetType;
  readonly description?: string;
  readonly token?: string;
  readonly createdAt: number;
  readonly status: ChangeSetStatus;
  readonly reason?: string;
  readonly executionStatus: ExecutionStatus;
  readonly target: Target;
  readonly toImport?: readonly ToImport[];
  readonly importExisting: boolean;
  readonly includeNestedStacks: boolean;
  readonly onStackFailure?: OnFailure;
  readonly changes?: readonly ResourceChange[];
  /** The same with the values of properties before and after. */
  readonly changesWithValues?: readonly ResourceChange[];
  /** It is not to be looked whether it can be carried out. */
  readonly unvalidated?: boolean;
  /** ARNs, of a change set that was made with that of an outer stack. */
  readonly parentId?: string;
  readonly rootId?: string;
}

export interface ToImport {
  readonly logicalId: string;
  readonly type: string;
  readonly identifier: Readonly<Record<string, string>>;
}

export const changeSets = new Table<ChangeSet>("cloudformation/change-set", {
  indexes: { uuid: ({ uuid }) => uuid, parent: ({ parentId }) => parentId },
});

const refuse = (message: string): never => fault("ValidationError", message);

export const createChangeSet = operation(CreateChangeSet$, (scope, input) => {
  const { StackName, ChangeSetName, ChangeSetType = "UPDATE", ClientToken, Description, ResourcesToImport, OnStackFailure } = input;
  const known = findStack(scope, StackName!);
  const stack = stackFor(scope, StackName!, ChangeSetName!, ChangeSetType, known);
  const id = `${stack.id}/${ChangeSetName}`;
  const same = changeSets.get(scope, id);
  if (same !== undefined) {
    if (ClientToken !== undefined && same.token === ClientToken) return { Id: changeSetArn(scope, same), StackId: arnOf(scope, stack) };
    fault(AlreadyExistsException, `ChangeSet ${ChangeSetName} cannot be created due to a mismatch with existing attribute Name`);
  }
  const target = targetOf(scope, stack, input, { reviewed: true });
  const importing = {
    type: ChangeSetType,
    ...(ResourcesToImport && { toImport: ResourcesToImport.map(toImport) }),
    importExisting: input.ImportExistingResources ?? false,
  };
  // What transforms will make of the template is looked at when it is known, and so is what exists by its name.
  if (!target.unprocessed) withImports(scope, stack, target, { ...importing, importExisting: false });
  if (stacks.get(scope, stack.id) === undefined) tellStack(scope, stacks.put(scope, stack), "REVIEW_IN_PROGRESS", "User Initiated");
  const set = changeSets.put(scope, {
    id,
    name: ChangeSetName!,
    uuid: scope.id.uuid(),
    stack: stack.id,
    ...importing,
    ...(Description !== undefined && { description: Description }),
    ...(ClientToken !== undefined && { token: ClientToken }),
    createdAt: scope.clock.now(),
    status: "CREATE_PENDING",
    executionStatus: "UNAVAILABLE",
    target,
    includeNestedStacks: input.IncludeNestedStacks ?? false,
    ...(OnStackFailure !== undefined && { onStackFailure: OnStackFailure }),
    ...(input.DisableValidation && { unvalidated: true }),
  });
  return { Id: changeSetArn(scope, set), StackId: arnOf(scope, stack) };
});

function stackFor(scope: Scope, name: string, changeSet: string, type: ChangeSetType, known: Stack | undefined): Stack {
  const isNew = known === undefined || known.status === "REVIEW_IN_PROGRESS";
  if (type === "UPDATE" || (type === "IMPORT" && !isNew)) {
    const stack = known ?? refuse(`Stack [${name}] does not exist`);
    if (stack.status === "REVIEW_IN_PROGRESS") refuse(`Stack [${name}] does not exist`);
    if (isInProgress(stack)) refuse(`Stack:${arnOf(scope, stack)} is in ${stack.status} state and can not be updated.`);
    checkUpdatable(scope, stack);
    return stack;
  }
  if (!isNew) refuse(`Stack [${name}] already exists and cannot be created again with the changeSet [${changeSet}].`);
  return known ?? draft(scope, name);
}

const toImport = ({ LogicalResourceId, ResourceType, ResourceIdentifier = {} }: ResourceToImport): ToImport => ({
  logicalId: LogicalResourceId!,
  type: ResourceType!,
  identifier: ResourceIdentifier,
});

export const describeChangeSet = operation(DescribeChangeSet$, (scope, { ChangeSetName, StackName, NextToken, IncludePropertyValues }) => {
  const set = requireChangeSet(scope, ChangeSetName!, StackName);
  const stack = stacks.get(scope, set.stack)!;
  const { target } = set;
  const { template } = templateOf(scope, target);
  const changes = (IncludePropertyValues ? set.changesWithValues : set.changes) ?? [];
  const invalid = (): never => refuse("Invalid NextToken");
  const { items, nextToken } = page(changes, ({ LogicalResourceId }) => LogicalResourceId!, 100, NextToken, invalid);
  return {
    ...shownChangeSet(scope, stack, set),
    Parameters: target.parameters.map((value) => describeParameter(template.Parameters[value.key], value)),
    NotificationARNs: [...target.notificationArns],
    RollbackConfiguration: {
      ...(target.rollback && {
        RollbackTriggers: target.rollback.triggers.map(({ arn, type }) => ({ Arn: arn, Type: type })),
        MonitoringTimeInMinutes: target.rollback.monitoringMinutes,
      }),
    },
    Capabilities: [...target.capabilities] as [],
    Tags: target.tags.map((tag) => ({ ...tag })),
    Changes: items.map((ResourceChange) => ({ Type: "Resource" as const, ResourceChange: ResourceChange as ResourceChange })),
    ...(nextToken && { NextToken: nextToken }),
    ...(set.onStackFailure && { OnStackFailure: set.onStackFailure }),
    ...(target.deployment && { DeploymentConfig: { ...target.deployment } }),
    ...(target.revertDrift && { DeploymentMode: "REVERT_DRIFT" as const, StackDriftStatus: driftIn(changes) }),
  };
});

const driftIn = (changes: readonly ResourceChange[]): "DRIFTED" | "IN_SYNC" =>
  changes.some(({ ResourceDriftStatus: status }) => status === "MODIFIED" || status === "DELETED") ? "DRIFTED" : "IN_SYNC";

export const listChangeSets = operation(ListChangeSets$, (scope, { StackName, NextToken }) => {
  const stack = requireStack(scope, StackName);
  const invalid = (): never => refuse("Invalid NextToken");
  const open = changeSets.list(scope, `${stack.id}/`).filter(({ executionStatus }) => executionStatus !== "EXECUTE_COMPLETE");
  const { items, nextToken } = page(open, ({ id }) => id, 100, NextToken, invalid);
  return { Summaries: items.map((set) => shownChangeSet(scope, stack, set)), ...(nextToken && { NextToken: nextToken }) };
});

export const deleteChangeSet = operation(DeleteChangeSet$, (scope, { ChangeSetName, StackName }) => {
  const set = findChangeSet(scope, ChangeSetName!, StackName);
  if (set === undefined) {
    if (StackName !== undefined) requireStack(scope, StackName);
    return {};
  }
  checkRoot(set, "deleted");
  if (executionStatusOf(scope, stacks.get(scope, set.stack)!, set) === "EXECUTE_IN_PROGRESS")
    fault(InvalidChangeSetStatusException, "An operation on this ChangeSet is currently in progress.");
  forgetChangeSet(scope, set);
  return {};
});

/** Take a change set away, with those of nested stacks, and its template where nothing else has it. */
export function forgetChangeSet(scope: Scope, set: ChangeSet): void {
  for (const nested of nestedIn(scope, set)) forgetChangeSet(scope, nested);
  changeSets.remove(scope, set.id);
  const stack = stacks.get(scope, set.stack)!;
  const others = changeSets.list(scope, `${stack.id}/`).map(({ target }) => target);
  // A nested stack that was only to be looked at has nothing else.
  if (set.parentId !== undefined && stack.status === "REVIEW_IN_PROGRESS" && others.length === 0) {
    dropTemplates(scope, stack);
    forgetEvents(scope, stack);
    stacks.remove(scope, stack.id);
  } else pruneTemplates(scope, stack, others);
}

const nestedIn = (scope: Scope, set: ChangeSet): ChangeSet[] => changeSets.by(scope, "parent", changeSetArn(scope, set));

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/change-sets-for-nested-stacks.html */
function checkRoot({ rootId }: ChangeSet, verb: "executed" | "deleted"): void {
  if (rootId !== undefined)
    fault(InvalidChangeSetStatusException, `A nested change set can only be ${verb} from its root change set [${rootId}]`);
}

export const executeChangeSet = operation(
  ExecuteChangeSet$,
  (scope, { ChangeSetName, StackName, ClientRequestToken, DisableRollback, RetainExceptOnCreate }) => {
    const set = requireChangeSet(scope, ChangeSetName!, StackName);
    const stack = stacks.get(scope, set.stack)!;
    if (ClientRequestToken !== undefined && stack.tokens.some((token) => token.endsWith(` ${ClientRequestToken}`))) return {};
    checkRoot(set, "executed");
    if (set.status !== "CREATE_COMPLETE" || set.executionStatus !== "AVAILABLE")
      fault(
        InvalidChangeSetStatusException,
        `ChangeSet [${changeSetArn(scope, set)}] cannot be executed in its current status of [${set.status}]`,
      );
    if (DisableRollback && set.onStackFailure !== undefined)
      refuse("You can specify either OnStackFailure or DisableRollback, but not both.");
    executeSet(scope, set, {
      ...(ClientRequestToken !== undefined && { token: ClientRequestToken }),
      ...(DisableRollback && { onFailure: "DO_NOTHING" as const }),
      ...(RetainExceptOnCreate !== undefined && { retainExceptOnCreate: RetainExceptOnCreate }),
    });
    return {};
  },
);

/** Carry out a change set; the others of its stack are void from then on. */
export function executeSet(
  scope: Scope,
  set: ChangeSet,
  { token, onFailure, retainExceptOnCreate }: { token?: string; onFailure?: OnFailure; retainExceptOnCreate?: boolean },
): Stack {
  const stack = stacks.get(scope, set.stack)!;
  const isNew = stack.status === "REVIEW_IN_PROGRESS";
  if (!isNew) checkUpdatable(scope, stack);
  const kind = set.type === "IMPORT" ? "IMPORT" : isNew ? "CREATE" : "UPDATE";
  for (const other of changeSets.list(scope, `${stack.id}/`)) if (other.id !== set.id) forgetChangeSet(scope, other);
  markExecuted(scope, set);
  const chosen = onFailure ?? set.onStackFailure ?? (set.target.deployment?.DisableRollback ? "DO_NOTHING" : undefined);
  return startOn(scope, stack, kind, set.target, {
    token,
    changeSetId: changeSetArn(scope, set),
    ...(chosen !== undefined ? { onFailure: chosen } : { onFailure: "ROLLBACK" as const }),
    ...(retainExceptOnCreate !== undefined && { retainExceptOnCreate }),
  });
}

/** It can still be described by its ARN, and its name is free. Those of nested stacks are carried out with it. */
function markExecuted(scope: Scope, set: ChangeSet): void {
  changeSets.remove(scope, set.id);
  changeSets.put(scope, { ...set, id: `${set.stack}/=${set.uuid}`, executionStatus: "EXECUTE_COMPLETE" });
  for (const nested of nestedIn(scope, set)) markExecuted(scope, nested);
}

export const changeSetArn = (scope: Scope, { name, uuid }: ChangeSet): string => scope.arn("cloudformation", `changeSet/${name}/${uuid}`);

export function findChangeSet(scope: Scope, nameOrArn: string, stackName: string | undefined): ChangeSet | undefined {
  const uuid = /:changeSet\/[^/]+\/(.+)$/.exec(nameOrArn)?.[1];
  if (uuid !== undefined) return changeSets.by(scope, "uuid", uuid)[0];
  if (stackName === undefined) return refuse("StackName must be specified if ChangeSetName is not specified as an ARN.");
  const id = idOfArn(stackName) ?? findStack(scope, stackName)?.id;
  return id === undefined ? undefined : changeSets.get(scope, `${id}/${nameOrArn}`);
}

export const requireChangeSet = (scope: Scope, nameOrArn: string, stackName: string | undefined): ChangeSet =>
  findChangeSet(scope, nameOrArn, stackName) ?? fault(ChangeSetNotFoundException, `ChangeSet [${nameOrArn}] does not exist`);

const executionStatusOf = (scope: Scope, stack: Stack, set: ChangeSet): ExecutionStatus =>
  set.executionStatus === "EXECUTE_COMPLETE" && stack.operation !== undefined && stack.changeSetId === changeSetArn(scope, set)
    ? "EXECUTE_IN_PROGRESS"
    : set.executionStatus;

const shownChangeSet = (scope: Scope, stack: Stack, set: ChangeSet) => ({
  StackId: arnOf(scope, stack),
  StackName: stack.name,
  ChangeSetId: changeSetArn(scope, set),
  ChangeSetName: set.name,
  ExecutionStatus: executionStatusOf(scope, stack, set),
  Status: set.status,
  ...(set.reason !== undefined && { StatusReason: set.reason }),
  CreationTime: new Date(set.createdAt),
  ...(set.description !== undefined && { Description: set.description }),
  ...(set.parentId !== undefined && { ParentChangeSetId: set.parentId }),
  ...(set.rootId !== undefined && { RootChangeSetId: set.rootId }),
  IncludeNestedStacks: set.includeNestedStacks,
  ImportExistingResources: set.importExisting,
});
