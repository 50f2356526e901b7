import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CreateStackRefactor$,
  DescribeStackRefactor$,
  ExecuteStackRefactor$,
  ListStackRefactorActions$,
  ListStackRefactors$,
  type ResourceLocation,
  type StackDefinition,
  type StackRefactorAction,
  type StackRefactorExecutionStatus,
  StackRefactorNotFoundException,
  type StackRefactorStatus,
} from "../../sdk/cloudformation.js";
import { changeSets } from "./change-set.ts";
import { tellStack } from "./event.ts";
import { draft } from "./operation.ts";
import { arnOf, findStack, requireStack, type Stack, stacks } from "./stack.ts";
import type { Location, Mapping, Move, RefactorDefinition } from "./stack-refactor-plan.ts";
import { dropTemplates, keepTemplate, pruneTemplates, templateOf, templates } from "./stored-template.ts";
import { targetOf } from "./target.ts";

/** Resources that are to be in other stacks, or under other names. */
export interface StackRefactor extends Row {
  readonly description?: string;
  readonly status: StackRefactorStatus;
  readonly reason?: string;
  readonly executionStatus: StackRefactorExecutionStatus;
  readonly executionReason?: string;
  readonly definitions: readonly RefactorDefinition[];
  readonly mappings: readonly Mapping[];
  readonly moves: readonly Move[];
  readonly createdAt: number;
}

export const stackRefactors = new Table<StackRefactor>("cloudformation/stack-refactor");

const refuse = (message: string): never => fault("ValidationError", message);
const STACKS_MAX = 5;
/** Nothing is made, so that nobody has to say that he knows what is. */
const Capabilities = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"];

export const createStackRefactor = operation(
  CreateStackRefactor$,
  (scope, { StackDefinitions = [], ResourceMappings = [], Description, EnableStackCreation = false }) => {
    if (StackDefinitions.length === 0 || StackDefinitions.length > STACKS_MAX)
      refuse(`A stack refactor is of at least 1 and at most ${STACKS_MAX} stacks.`);
    const names = StackDefinitions.map(({ StackName }) => StackName ?? refuse("StackName must be specified for each stack definition."));
    if (new Set(names).size < names.length) refuse("Each stack can be in a stack refactor only once.");
    const id = scope.id.uuid();
    const definitions = StackDefinitions.map((definition) => define(scope, id, definition, EnableStackCreation));
    const placeOf = ({ StackName, LogicalResourceId }: ResourceLocation): Location => {
      const stack = findStack(scope, StackName!);
      if (stack === undefined || !definitions.some((one) => one.stack === stack.id))
        return refuse(`The stack [${StackName}] of a resource mapping is not in the stack definitions.`);
      return { stack: stack.id, logicalId: LogicalResourceId! };
    };
    stackRefactors.put(scope, {
      id,
      ...(Description !== undefined && { description: Description }),
      status: "CREATE_IN_PROGRESS",
      executionStatus: "UNAVAILABLE",
      definitions,
      mappings: ResourceMappings.map(({ Source, Destination }) => ({ from: placeOf(Source!), to: placeOf(Destination!) })),
      moves: [],
      createdAt: scope.clock.now(),
    });
    return { StackRefactorId: id };
  },
);

/** What a definition wants of a stack, which is put under review where it is not there yet. */
function define(scope: Scope, refactor: string, definition: StackDefinition, mayCreate: boolean): RefactorDefinition {
  const known = findStack(scope, definition.StackName!);
  const stack = known ?? (mayCreate ? review(scope, definition.StackName!) : requireStack(scope, definition.StackName));
  const Parameters = (stack.target?.parameters ?? []).map(({ key }) => ({ ParameterKey: key, UsePreviousValue: true }));
  const { StackName: _, ...source } = definition;
  const wanted = targetOf(scope, stack, { ...source, Parameters, Capabilities }, { reviewed: true });
  if (wanted.unprocessed) refuse(`Stack [${stack.name}]: Slipway does not implement stack refactors of templates with transforms.`);
  // It is kept with the refactor: those of a stack go when an operation of it ends.
  const { id: __, ...stored } = templateOf(scope, wanted);
  const template = keepTemplate(scope, placeOfTemplates(refactor), stored);
  if (known === undefined) dropTemplates(scope, stack);
  else
    pruneTemplates(
      scope,
      stack,
      changeSets.list(scope, `${stack.id}/`).map(({ target }) => target),
    );
  const target = { ...wanted, template, capabilities: stack.target?.capabilities ?? [] };
  return { stack: stack.id, isNew: stack.status === "REVIEW_IN_PROGRESS", target, operations: stack.operations };
}

function review(scope: Scope, name: string): Stack {
  const stack = stacks.put(scope, draft(scope, name));
  tellStack(scope, stack, "REVIEW_IN_PROGRESS", "User Initiated");
  return stack;
}

const placeOfTemplates = (refactor: string): string => `=refactor/${refactor}`;

/** Forget a refactor, and its templates. */
export function forgetRefactor(scope: Scope, { id }: StackRefactor): void {
  for (const template of templates.list(scope, `${placeOfTemplates(id)}/`)) templates.remove(scope, template.id);
  stackRefactors.remove(scope, id);
}

const requireRefactor = (scope: Scope, id: string | undefined): StackRefactor =>
  stackRefactors.get(scope, id ?? "") ?? fault(StackRefactorNotFoundException, `Stack refactor [${id}] does not exist`);

const summaryOf = ({ id, description, status, reason, executionStatus, executionReason }: StackRefactor) => ({
  StackRefactorId: id,
  ...(description !== undefined && { Description: description }),
  ExecutionStatus: executionStatus,
  ...(executionReason !== undefined && { ExecutionStatusReason: executionReason }),
  Status: status,
  ...(reason !== undefined && { StatusReason: reason }),
});

export const describeStackRefactor = operation(DescribeStackRefactor$, (scope, { StackRefactorId }) => {
  const refactor = requireRefactor(scope, StackRefactorId);
  return { ...summaryOf(refactor), StackIds: refactor.definitions.map(({ stack }) => arnOf(scope, { id: stack })) };
});

const LISTED_MAX = 100;
const invalidToken = (): never => refuse("Invalid NextToken");

export const listStackRefactors = operation(
  ListStackRefactors$,
  (scope, { ExecutionStatusFilter: filter = [], MaxResults = LISTED_MAX, NextToken }) => {
    const found = stackRefactors.list(scope).filter(({ executionStatus }) => filter.length === 0 || filter.includes(executionStatus));
    const { items, nextToken } = page(found, ({ id }) => id, MaxResults, NextToken, invalidToken);
    return { StackRefactorSummaries: items.map(summaryOf), ...(nextToken && { NextToken: nextToken }) };
  },
);

export const listStackRefactorActions = operation(
  ListStackRefactorActions$,
  (scope, { StackRefactorId, MaxResults = LISTED_MAX, NextToken }) => {
    const { definitions, moves } = requireRefactor(scope, StackRefactorId);
    const created = moves.length === 0 ? [] : definitions.filter(({ isNew }) => isNew);
    const actions: { id: string; action: StackRefactorAction }[] = [
      ...created.map(({ stack }) => ({
        Action: "CREATE" as const,
        Entity: "STACK" as const,
        Description: `Stack ${arnOf(scope, { id: stack })} created.`,
      })),
      ...moves.map((move) => shownMove(scope, move)),
    ].map((action, index) => ({ id: String(index).padStart(6, "0"), action }));
    const { items, nextToken } = page(actions, ({ id }) => id, MaxResults, NextToken, invalidToken);
    return { StackRefactorActions: items.map(({ action }) => action), ...(nextToken && { NextToken: nextToken }) };
  },
);

const shownMove = (scope: Scope, { from, to, physicalId, manual }: Move): StackRefactorAction => ({
  Action: "MOVE",
  Entity: "RESOURCE",
  PhysicalResourceId: physicalId,
  Description: "No configuration changes detected.",
  Detection: manual ? "MANUAL" : "AUTO",
  TagResources: [],
  UntagResources: [],
  ResourceMapping: {
    Source: { StackName: arnOf(scope, { id: from.stack }), LogicalResourceId: from.logicalId },
    Destination: { StackName: arnOf(scope, { id: to.stack }), LogicalResourceId: to.logicalId },
  },
});

export const executeStackRefactor = operation(ExecuteStackRefactor$, (scope, { StackRefactorId }) => {
  const { id, executionStatus } = requireRefactor(scope, StackRefactorId);
  if (executionStatus !== "AVAILABLE")
    refuse(`Stack refactor [${id}] cannot be executed in its current execution status of [${executionStatus}]`);
  stackRefactors.patch(scope, id, { executionStatus: "EXECUTE_IN_PROGRESS" });
  return {};
});
