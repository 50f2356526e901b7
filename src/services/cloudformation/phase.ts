import type { Scope } from "../../kernel/scope.ts";
import type { ResourceStatus, StackStatus } from "../../sdk/cloudformation.js";
import { tellResource, tellStack } from "./event.ts";
import { maskingOf } from "./no-echo.ts";
import { type DesiredResource, orderRemovals, type Plan } from "./plan.ts";
import { isLive } from "./planning.ts";
import { type Made, resourceRowId, resources, type StackResource } from "./resource.ts";
import { arnOf, type Stack, type StackOperation, stacks } from "./stack.ts";
import { templateOf } from "./stored-template.ts";

/** A stack with the operation that it has. */
export type Busy = Stack & { readonly operation: StackOperation };

/** Change a stack's status, tell of it, and keep what else changes. */
export function setStatus(
  scope: Scope,
  stack: Stack,
  status: StackStatus,
  reason: string | undefined,
  change: { [K in keyof Stack]?: Stack[K] | undefined } = {},
): Stack {
  const next = stacks.patch(scope, stack.id, { ...change, status, reason });
  tellStack(scope, next, status, reason);
  return next;
}

/** Change a resource's status, tell of it, and keep what else changes. */
export function setResource(
  scope: Scope,
  stack: Stack,
  row: StackResource,
  status: ResourceStatus,
  { reason, physicalId, properties, ...change }: Changes = {},
): StackResource {
  const { logicalId, type } = row;
  tellResource(scope, stack, {
    logicalId,
    type,
    status,
    ...(physicalId !== undefined && { physicalId }),
    ...(reason !== undefined && { reason }),
    ...(properties !== undefined && { properties: JSON.stringify(maskingOf(scope, stack)(properties)) }),
  });
  return resources.put(scope, compact({ ...row, ...change, status, reason, updatedAt: scope.clock.now() }));
}

type Changes = { [K in keyof StackResource]?: StackResource[K] | undefined } & {
  readonly physicalId?: string | undefined;
  readonly properties?: DesiredResource["properties"] | undefined;
};

const compact = (row: { [K in keyof StackResource]: StackResource[K] | undefined }): StackResource =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as unknown as StackResource;

export const changeResource = (
  scope: Scope,
  row: StackResource,
  change: { [K in keyof StackResource]?: StackResource[K] | undefined },
): StackResource => resources.put(scope, compact({ ...row, ...change }));

export const rowsOf = (scope: Scope, stack: Stack): StackResource[] => resources.list(scope, `${stack.id}/`);

const tokenOf = (scope: Scope, stack: Stack, verb: string, logicalId: string, nth = stack.operations): string =>
  `${arnOf(scope, stack)}/${nth}/${verb}/${logicalId}`;

/** The token by which a stack's nth operation makes a resource. */
export const ensureToken = (scope: Scope, stack: Stack, nth: number, logicalId: string): string =>
  tokenOf(scope, stack, "ensure", logicalId, nth);

/** Set out to make what is wanted. */
export function startApply(scope: Scope, stack: Busy, plan: Plan): void {
  for (const row of rowsOf(scope, stack)) if (row.step !== undefined) changeResource(scope, row, { step: undefined });
  for (const { logicalId, after } of plan.steps) {
    const id = resourceRowId(stack, logicalId);
    const { type } = plan.desired.find((one) => one.logicalId === logicalId)!;
    const known = resources.get(scope, id) ?? { id, logicalId, type, status: "CREATE_IN_PROGRESS" as const, updatedAt: scope.clock.now() };
    const token = tokenOf(scope, stack, "ensure", logicalId);
    changeResource(scope, { ...known, type }, { step: { verb: "ensure", after, state: "WAITING", token } });
  }
}

/** Give up what is being made: what became of it so far is kept to be undone. */
export function cancelRunning(scope: Scope, stack: Busy): void {
  for (const row of rowsOf(scope, stack)) {
    const { step } = row;
    if (step?.state === "RUNNING" && step.verb === "ensure") {
      const creating = step.replaces || row.now === undefined;
      const status = row.now === undefined ? "CREATE_FAILED" : "UPDATE_FAILED";
      const reason = creating ? "Resource creation cancelled" : "Resource update cancelled";
      const given = creating ? withHalfMade(row, madeOf(stack, row, step.id ?? "")) : row;
      const physicalId = step.id ?? row.now?.physicalId;
      setResource(scope, stack, given, status, { reason, physicalId, step: { ...step, state: "CANCELLED" } });
    } else if (step?.state === "WAITING") {
      if (row.now === undefined && row.was === undefined) resources.remove(scope, row.id);
      else changeResource(scope, row, { step: undefined });
    }
  }
}

/** What a step makes, under the physical id it has. */
export function madeOf(stack: Busy, { step }: StackResource, physicalId: string): Made {
  return { ...step!.wanted!, physicalId, token: step!.token, tags: stack.operation.target?.tags ?? [] };
}

/** The resource with something half made: beside what is there, or by itself. */
export const withHalfMade = (row: StackResource, made: Made): StackResource =>
  row.now === undefined ? { ...row, now: made } : { ...row, leftovers: [...(row.leftovers ?? []), made] };

/** Set out to put back what was before. */
export function startRestores(scope: Scope, stack: Busy): void {
  const rows = rowsOf(scope, stack).filter(({ was, step }) => was && !(step?.verb === "restore" && step.state === "DONE"));
  const names = new Set(rows.map(({ logicalId }) => logicalId));
  for (const row of rows) {
    const { logicalId, was, step } = row;
    const undoes = step?.verb === "restore" ? step.undoes : step;
    changeResource(scope, row, {
      step: {
        verb: "restore",
        after: was!.needs.filter((need) => names.has(need)),
        state: "WAITING",
        token: tokenOf(scope, stack, "restore", logicalId),
        ...(undoes && { undoes }),
      },
    });
  }
}

/** Set out to take away what is not wanted (any more); what was made last goes first. */
export function startRemovals(scope: Scope, stack: Busy): void {
  const rows = rowsOf(scope, stack).filter((row) => isToRemove(scope, stack, row));
  const removals = orderRemovals(rows.map((row) => row.now ?? row.was ?? nothing(row)));
  const byId = new Map(rows.map((row) => [row.logicalId, row]));
  for (const { resource, after } of removals) {
    const row = byId.get(resource.logicalId)!;
    const token = tokenOf(scope, stack, "remove", row.logicalId);
    changeResource(scope, row, { step: { verb: "remove", after, state: "WAITING", token } });
  }
}

const nothing = ({ logicalId, type, step }: StackResource): Made => ({
  logicalId,
  type,
  physicalId: "",
  properties: {},
  needs: step?.after ?? [],
  token: "",
  tags: [],
});

/** Whether the resource itself goes, not only what it replaced. */
export function goesItself(scope: Scope, stack: Busy, row: StackResource): boolean {
  const { kind, undoing, target } = stack.operation;
  if (kind === "DELETE" || (kind === "CREATE" && undoing))
    return row.now !== undefined || (row.status !== "DELETE_COMPLETE" && row.status !== "DELETE_SKIPPED");
  if (undoing) return row.was === null;
  const declared = templateOf(scope, target!).template.Resources[row.logicalId];
  return declared === undefined || !isLive(declared, target!);
}

const isToRemove = (scope: Scope, stack: Busy, row: StackResource): boolean =>
  (row.leftovers?.length ?? 0) > 0 || goesItself(scope, stack, row);
