import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  AlreadyExistsException,
  CancelUpdateStack$,
  ContinueUpdateRollback$,
  CreateStack$,
  DeleteStack$,
  type OnFailure,
  type OperationType,
  RollbackStack$,
  UpdateStack$,
} from "../../sdk/cloudformation.js";
import { exportsRefusal } from "./export.ts";
import { type Busy, cancelRunning, setStatus, startApply, startRemovals, startRestores } from "./phase.ts";
import type { Plan } from "./plan.ts";
import { type Planned, planFor } from "./planning.ts";
import { checkSkipped } from "./skipped-resource.ts";
import { arnOf, findStack, isInProgress, requireStack, type Stack, type StackOperation, stacks, type Target } from "./stack.ts";
import { givenPolicy } from "./stack-policy.ts";
import { dropTemplates } from "./stored-template.ts";
import { type TargetRequest, targetOf } from "./target.ts";

const refuse = (message: string): never => fault("ValidationError", message);

export const NO_UPDATES = "No updates are to be performed.";

/** From these a stack can be updated. */
const UPDATABLE = [
  "CREATE_COMPLETE",
  "CREATE_FAILED",
  "UPDATE_COMPLETE",
  "UPDATE_FAILED",
  "UPDATE_ROLLBACK_COMPLETE",
  "IMPORT_COMPLETE",
  "IMPORT_ROLLBACK_COMPLETE",
];

export const createStack = operation(CreateStack$, (scope, input) => {
  const { StackName, ClientRequestToken, OnFailure, DisableRollback = input.DeploymentConfig?.DisableRollback, TimeoutInMinutes } = input;
  const known = findStack(scope, StackName!);
  if (known !== undefined) {
    if (ClientRequestToken !== undefined && known.tokens.includes(`CREATE ${ClientRequestToken}`)) return idsOf(scope, known);
    fault(AlreadyExistsException, `Stack [${StackName}] already exists`);
  }
  if (OnFailure !== undefined && DisableRollback !== undefined)
    refuse("You can specify either OnFailure or DisableRollback, but not both.");
  const policyBody = givenPolicy(scope, input.StackPolicyBody, input.StackPolicyURL);
  const settings: NewStack = {
    onFailure: OnFailure ?? (DisableRollback ? "DO_NOTHING" : "ROLLBACK"),
    terminationProtection: input.EnableTerminationProtection ?? false,
    retainExceptOnCreate: input.RetainExceptOnCreate ?? false,
    ...(TimeoutInMinutes !== undefined && { timeoutMinutes: TimeoutInMinutes }),
    ...(policyBody !== undefined && { policyBody }),
  };
  return idsOf(scope, startCreate(scope, draft(scope, StackName!, settings), input, { token: ClientRequestToken }));
});

export const updateStack = operation(UpdateStack$, (scope, input) => {
  const { StackName, ClientRequestToken, DisableRollback = input.DeploymentConfig?.DisableRollback, RetainExceptOnCreate } = input;
  const stack = requireStack(scope, StackName);
  if (ClientRequestToken !== undefined && stack.tokens.includes(`UPDATE ${ClientRequestToken}`)) return idsOf(scope, stack);
  const policyBody = givenPolicy(scope, input.StackPolicyDuringUpdateBody, input.StackPolicyDuringUpdateURL);
  const nextPolicyBody = givenPolicy(scope, input.StackPolicyBody, input.StackPolicyURL);
  return idsOf(
    scope,
    startUpdate(scope, stack, input, {
      token: ClientRequestToken,
      ...(policyBody !== undefined && { policyBody }),
      ...(nextPolicyBody !== undefined && { nextPolicyBody }),
      onFailure: DisableRollback ? "DO_NOTHING" : "ROLLBACK",
      retainExceptOnCreate: RetainExceptOnCreate ?? false,
    }),
  );
});

export const deleteStack = operation(
  DeleteStack$,
  (scope, { StackName, RetainResources = [], RoleARN, ClientRequestToken, DeletionMode }) => {
    const stack = findStack(scope, StackName!);
    if (stack === undefined || stack.status === "DELETE_COMPLETE") return {};
    if (stack.terminationProtection) refuse(`Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`);
    if (RetainResources.length > 0 && stack.status !== "DELETE_FAILED")
      refuse(
        `Invalid operation on stack [${arnOf(scope, stack)}]. When you delete a stack, specify which resources to retain only when the stack is in the DELETE_FAILED state.`,
      );
    const inUse = exportsRefusal(scope, stack, new Map());
    if (inUse !== undefined && !isInProgress(stack)) {
      // Nothing of it is touched, and it stays what it was: https://repost.aws/knowledge-center/cloudformation-stack-export-name-error
      setStatus(
        scope,
        stack,
        stack.status,
        `Delete canceled. ${inUse.replace(/^Export (\S+) cannot be deleted/, "Cannot delete export $1")}.`,
      );
      return {};
    }
    startDelete(scope, stack, {
      token: ClientRequestToken,
      retain: RetainResources,
      force: DeletionMode === "FORCE_DELETE_STACK",
      ...(RoleARN !== undefined && { roleArn: RoleARN }),
    });
    return {};
  },
);

export const cancelUpdateStack = operation(CancelUpdateStack$, (scope, { StackName }) => {
  const stack = requireStack(scope, StackName);
  const { operation: op } = stack;
  if (op === undefined || stack.status !== "UPDATE_IN_PROGRESS")
    return refuse(`CancelUpdateStack cannot be called from current stack status ${stack.status}`);
  stacks.patch(scope, stack.id, { operation: { ...op, cancelled: "User Initiated", onFailure: "ROLLBACK" } });
  return {};
});

export const continueUpdateRollback = operation(
  ContinueUpdateRollback$,
  (scope, { StackName, ClientRequestToken, ResourcesToSkip = [] }) => {
    const stack = requireStack(scope, StackName);
    if (ClientRequestToken !== undefined && stack.tokens.includes(`CONTINUE ${ClientRequestToken}`)) return {};
    if (stack.parentId !== undefined) refuse("RollbackUpdatedStack cannot be invoked on child stacks");
    if (stack.status !== "UPDATE_ROLLBACK_FAILED")
      refuse(`Stack:${arnOf(scope, stack)} is in ${stack.status} state and can not continue update rollback.`);
    checkSkipped(scope, stack, ResourcesToSkip);
    startUndoing(scope, stack, { token: ClientRequestToken, word: "CONTINUE", skipped: ResourcesToSkip });
    return {};
  },
);

export const rollbackStack = operation(RollbackStack$, (scope, { StackName, ClientRequestToken }) => {
  const stack = requireStack(scope, StackName);
  if (ClientRequestToken !== undefined && stack.tokens.includes(`ROLLBACK ${ClientRequestToken}`)) return idsOf(scope, stack);
  if (stack.status !== "CREATE_FAILED" && stack.status !== "UPDATE_FAILED")
    refuse(`Stack:${arnOf(scope, stack)} is in ${stack.status} state and can not be rolled back.`);
  return idsOf(scope, startUndoing(scope, stack, { token: ClientRequestToken, word: "ROLLBACK", skipped: [] }));
});

const idsOf = (scope: Scope, stack: Stack): { StackId: string; OperationId?: string } => ({
  StackId: arnOf(scope, stack),
  ...(stack.lastOperations[0] && { OperationId: stack.lastOperations[0].id }),
});

type Setting = "onFailure" | "terminationProtection" | "retainExceptOnCreate" | "timeoutMinutes" | "policyBody" | "parentId" | "rootId";

/** What a stack is given when it comes to be; without a uuid, a fresh one. */
export type NewStack = Partial<Pick<Stack, Setting>> & { readonly uuid?: string };

/** A stack that has nothing yet, and is not kept yet. */
export function draft(scope: Scope, name: string, { uuid, ...settings }: NewStack = {}): Stack {
  if (!/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name))
    refuse(
      `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
    );
  return {
    id: `${name}/${uuid ?? scope.id.uuid()}`,
    name,
    status: "REVIEW_IN_PROGRESS",
    createdAt: scope.clock.now(),
    outputs: [],
    imports: [],
    onFailure: "ROLLBACK",
    terminationProtection: false,
    retainExceptOnCreate: false,
    operations: 0,
    lastOperations: [],
    tokens: [],
    ...settings,
  };
}

export interface Starting {
  readonly token?: string | undefined;
  readonly onFailure?: OnFailure;
  readonly retainExceptOnCreate?: boolean;
  readonly changeSetId?: string;
  readonly policyBody?: string;
  readonly nextPolicyBody?: string;
}

/** Refuses as UpdateStack does. */
export function checkUpdatable(scope: Scope, stack: Stack): void {
  if (!UPDATABLE.includes(stack.status)) refuse(`Stack:${arnOf(scope, stack)} is in ${stack.status} state and can not be updated.`);
}

/** Bring a stack that has nothing yet to what a request says. Where that is refused, nothing of it is kept. */
export function startCreate(scope: Scope, stack: Stack, request: TargetRequest, starting: Starting): Stack {
  try {
    return startOn(scope, stack, "CREATE", targetOf(scope, stack, request), starting);
  } catch (error) {
    if (stacks.get(scope, stack.id) === undefined) dropTemplates(scope, stack);
    throw error;
  }
}

/** Bring a stack that exists to what a request says. */
export function startUpdate(scope: Scope, stack: Stack, request: TargetRequest, starting: Starting): Stack {
  checkUpdatable(scope, stack);
  const target = targetOf(scope, stack, request);
  // What transforms make of the template may change nothing: that is known too late to refuse the call.
  if (target.unprocessed) return startOn(scope, stack, "UPDATE", target, starting);
  const plan = planFor(scope, stack, target);
  if (plan.changes.length === 0 && !plan.otherwise && stack.before === undefined) refuse(NO_UPDATES);
  return startOn(scope, stack, "UPDATE", target, starting, plan);
}

const TYPES = { CREATE: "CREATE_STACK", UPDATE: "UPDATE_STACK", IMPORT: "UPDATE_STACK", DELETE: "DELETE_STACK" } as const;

const NOTHING_YET: Plan = { changes: [], steps: [], desired: [], removed: [] };

/** Set out to bring a stack to a target. */
export function startOn(
  scope: Scope,
  stack: Stack,
  kind: "CREATE" | "UPDATE" | "IMPORT",
  target: Target,
  { token, onFailure = stack.onFailure, retainExceptOnCreate = stack.retainExceptOnCreate, changeSetId, ...policies }: Starting,
  plan: Planned | undefined = target.unprocessed ? undefined : planFor(scope, stack, target),
): Stack {
  const now = scope.clock.now();
  const begun = begin(
    scope,
    stack,
    `${kind}_IN_PROGRESS`,
    TYPES[kind],
    `${kind === "IMPORT" ? "UPDATE" : kind} ${token}`,
    {
      ...blank(scope, kind, token),
      phase: plan === undefined ? "transform" : "apply",
      target,
      imports: plan?.imported ?? [],
      onFailure,
      retainExceptOnCreate,
      ...(changeSetId !== undefined && { changeSetId }),
      ...policies,
      ...(kind === "CREATE" && stack.timeoutMinutes !== undefined && { deadlineAt: now + stack.timeoutMinutes * 60_000 }),
    },
    {
      retainExceptOnCreate,
      ...(kind === "CREATE" ? { onFailure } : { updatedAt: now }),
      ...(changeSetId !== undefined && { changeSetId }),
    },
  );
  startApply(scope, begun, plan ?? NOTHING_YET);
  return begun;
}

export interface Deleting {
  readonly token?: string | undefined;
  readonly retain?: readonly string[];
  readonly force?: boolean;
  readonly roleArn?: string;
}

/** Set out to delete a stack; one that is being deleted already goes on. */
export function startDelete(scope: Scope, stack: Stack, { token, retain = [], force = false, roleArn }: Deleting = {}): Stack {
  if (stack.status === "DELETE_IN_PROGRESS" || stack.status === "DELETE_COMPLETE") return stack;
  if (isInProgress(stack) && stack.status !== "CREATE_IN_PROGRESS")
    refuse(`Stack [${arnOf(scope, stack)}] cannot be deleted while in status ${stack.status}`);
  if (stack.operation !== undefined) cancelRunning(scope, stack as Busy);
  const target = stack.operation?.target ?? stack.target;
  const inUse = exportsRefusal(scope, stack, new Map());
  const begun = begin(scope, stack, "DELETE_IN_PROGRESS", "DELETE_STACK", `DELETE ${token}`, {
    ...blank(scope, "DELETE", token),
    phase: "remove",
    ...(target && { target: { ...target, ...(roleArn !== undefined && { roleArn }) } }),
    skipped: retain,
    ...(force && { force }),
    ...(inUse !== undefined && { cancelled: inUse }),
  });
  if (inUse === undefined) startRemovals(scope, begun);
  return begun;
}

/** Set out to put back what a nested stack was before an update, since that of its parent did not go well. */
export const goBack = (scope: Scope, stack: Stack, token: string, skipped: readonly string[]): Stack =>
  startUndoing(scope, stack, { token, word: "UPDATE", skipped });

/** Set out to put back what was, where an operation has left that undone. */
function startUndoing(
  scope: Scope,
  stack: Stack,
  { token, word, skipped }: { token: string | undefined; word: "CONTINUE" | "ROLLBACK" | "UPDATE"; skipped: readonly string[] },
): Stack {
  const creating = stack.status === "CREATE_FAILED";
  const type = word === "CONTINUE" ? "CONTINUE_ROLLBACK" : "ROLLBACK";
  const begun = begin(scope, stack, creating ? "ROLLBACK_IN_PROGRESS" : "UPDATE_ROLLBACK_IN_PROGRESS", type, `${word} ${token}`, {
    ...blank(scope, creating ? "CREATE" : "UPDATE", token),
    phase: creating ? "remove" : "restore",
    undoing: true,
    ...(stack.target && { target: stack.target }),
    skipped,
  });
  if (creating) startRemovals(scope, begun);
  else startRestores(scope, begun);
  return begun;
}

const blank = (scope: Scope, kind: StackOperation["kind"], token: string | undefined): StackOperation => ({
  id: scope.id.uuid(),
  kind,
  phase: "apply",
  undoing: false,
  ...(token !== undefined && { token }),
  startedAt: scope.clock.now(),
  imports: [],
  onFailure: "ROLLBACK",
  retainExceptOnCreate: false,
  skipped: [],
});

const TOKENS_MAX = 20;

function begin(
  scope: Scope,
  stack: Stack,
  status: Stack["status"],
  type: OperationType,
  token: string,
  op: StackOperation,
  change: { [K in keyof Stack]?: Stack[K] | undefined } = {},
): Busy {
  if (stacks.get(scope, stack.id) === undefined) stacks.put(scope, stack);
  return setStatus(scope, stack, status, "User Initiated", {
    failure: undefined,
    ...change,
    operation: op,
    operations: stack.operations + 1,
    lastOperations: [{ type, id: op.id }],
    tokens: [token, ...stack.tokens].slice(0, TOKENS_MAX),
  }) as Busy;
}
