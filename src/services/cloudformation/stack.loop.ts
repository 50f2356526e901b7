import { isFault } from "../../kernel/fault.ts";
import { sameJson } from "../../kernel/json.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { StackStatus } from "../../sdk/cloudformation.js";
import { changeSets } from "./change-set.ts";
import { dependencies } from "./condition.ts";
import { forgetResponses } from "./custom-resource.ts";
import { forgetDetections } from "./drift.ts";
import { ensureStep } from "./ensure-step.ts";
import { forgetEvents, tellStack } from "./event.ts";
import { exportedBy, setExports } from "./export.ts";
import { followsParent, openNestedStack, parentOf } from "./nested-stack.ts";
import { outputsOf, outputsRefusal } from "./output.ts";
import {
  type Busy,
  cancelRunning,
  changeResource,
  goesItself,
  rowsOf,
  setResource,
  setStatus,
  startApply,
  startRemovals,
  startRestores,
} from "./phase.ts";
import { planFor } from "./planning.ts";
import { removeStep } from "./remove-step.ts";
import { resources, type StackResource } from "./resource.ts";
import { resourceDrifts } from "./resource-drift.ts";
import { restoreStep } from "./restore-step.ts";
import { dropSignals } from "./signal.ts";
import { type BeforeUpdate, type Stack, type StackOperation, stacks } from "./stack.ts";
import { askAboutStack } from "./stack-hook.ts";
import { policyOf, policyRefusal } from "./stack-policy.ts";
import { restOf, stepAll } from "./step.ts";
import { pruneTemplates, templateOf, templates } from "./stored-template.ts";
import { processTarget } from "./target.ts";

/** A deleted stack can be described for 90 days. */
const KEPT_MS = 90 * 86_400_000;

type Words = Readonly<Record<"done" | "failed" | "undoing" | "undone" | "stuck", StackStatus>>;

/** How the operations name what becomes of a stack. */
const WORDS: Readonly<Record<"CREATE" | "UPDATE" | "IMPORT", Words>> = {
  CREATE: {
    done: "CREATE_COMPLETE",
    failed: "CREATE_FAILED",
    undoing: "ROLLBACK_IN_PROGRESS",
    undone: "ROLLBACK_COMPLETE",
    stuck: "ROLLBACK_FAILED",
  },
  UPDATE: {
    done: "UPDATE_COMPLETE",
    failed: "UPDATE_FAILED",
    undoing: "UPDATE_ROLLBACK_IN_PROGRESS",
    undone: "UPDATE_ROLLBACK_COMPLETE",
    stuck: "UPDATE_ROLLBACK_FAILED",
  },
  IMPORT: {
    done: "IMPORT_COMPLETE",
    failed: "IMPORT_ROLLBACK_FAILED",
    undoing: "IMPORT_ROLLBACK_IN_PROGRESS",
    undone: "IMPORT_ROLLBACK_COMPLETE",
    stuck: "IMPORT_ROLLBACK_FAILED",
  },
};

/**
 * Brings a stack to where its operation wants it. A turn steps every resource that is ready, in the order of their names,
 * so that the end does not depend on which of them was looked at first.
 */
export const stackLoop: Loop<Stack> = {
  table: stacks,
  turn(scope, stack) {
    if (stack.operation === undefined) return stack.status === "DELETE_COMPLETE" ? age(scope, stack) : undefined;
    const busy = stack as Busy;
    const rest = passHooks(scope, busy);
    if (rest !== undefined) return rest === "over" ? undefined : rest;
    switch (busy.operation.phase) {
      case "transform":
        return transform(scope, busy);
      case "apply":
        return apply(scope, busy);
      case "monitor":
        return monitor(scope, busy);
      case "hold":
        return hold(scope, busy);
      case "restore":
        return restore(scope, busy);
      case "remove":
        return remove(scope, busy);
    }
  },
};

/** What the hooks keep an operation waiting for; or that they have ended it, or let it pass, with which this turn is over. */
function passHooks(scope: Scope, stack: Busy): Rest | "over" | undefined {
  const { operation: op } = stack;
  const isBeginning = op.phase === "apply" || (op.phase === "remove" && op.kind === "DELETE");
  if (op.hooked || op.undoing || op.cancelled !== undefined || !isBeginning) return undefined;
  const verdict = askAboutStack(scope, stack);
  switch (verdict.state) {
    case "busy":
      return restOf([verdict], op.deadlineAt);
    case "passed":
      if (verdict.results.length === 0) return undefined;
      stacks.patch(scope, stack.id, { operation: { ...op, hooked: true } });
      return "over";
    case "failed":
      if (op.kind === "DELETE") end(scope, stack, "DELETE_FAILED", verdict.reason);
      else fail(scope, stack, `${verdict.reason}. `);
      return "over";
  }
}

function age(scope: Scope, stack: Stack): Rest | void {
  const forgetAt = stack.deletedAt! + KEPT_MS;
  if (scope.clock.now() < forgetAt) return { wakeAt: forgetAt, kind: "tick", because: "a deleted stack is kept for 90 days" };
  for (const { id } of resources.list(scope, `${stack.id}/`)) resources.remove(scope, id);
  for (const { id } of templates.list(scope, `${stack.id}/`)) templates.remove(scope, id);
  forgetDetections(scope, stack.id);
  forgetEvents(scope, stack);
  stacks.remove(scope, stack.id);
}

/** Process the template; what is wanted is known only then. */
function transform(scope: Scope, stack: Busy): Rest | void {
  const { operation: op } = stack;
  const stop = stopOf(scope, op);
  if (stop !== undefined) return fail(scope, stack, stop);
  const processed = processTarget(scope, stack, op.target!, { token: op.id, startedAt: op.startedAt });
  switch (processed.state) {
    case "busy":
      return restOf([processed], op.deadlineAt);
    case "failed":
      tellStack(scope, stack, stack.status, processed.reason);
      return fail(scope, stack, `${processed.reason}. `);
    case "done": {
      const { target } = processed;
      const planned = attempt(() => planFor(scope, stack, target));
      if (typeof planned === "string") return fail(scope, stack, `${planned}. `);
      tellStack(scope, stack, stack.status, "Transformation succeeded");
      const next = stacks.patch(scope, stack.id, { operation: { ...op, phase: "apply", target, imports: planned.imported } }) as Busy;
      startApply(scope, next, planned);
    }
  }
}

function attempt<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    if (!isFault(error)) throw error;
    return error.message;
  }
}

/** Why an operation that makes something has to stop, if it has. */
function stopOf(scope: Scope, op: StackOperation): string | undefined {
  const late = op.deadlineAt !== undefined && scope.clock.now() >= op.deadlineAt;
  return op.cancelled ?? (late ? "Stack creation time exceeded the specified timeout. " : alarmsRefusal(scope, op));
}

function apply(scope: Scope, stack: Busy): Rest | void {
  const { operation: op } = stack;
  const stop = stopOf(scope, op);
  if (stop !== undefined) return fail(scope, stack, stop);
  if (deniesRemovals(scope, stack)) return fail(scope, stack);
  const { failed, open, rests } = stepAll(scope, stack, "ensure", (row) => ensureStep(scope, stack, row));
  if (failed.length > 0) return fail(scope, stack);
  if (open) return restOf(rests, op.deadlineAt);
  const refusal = outputsRefusal(scope, stack);
  if (refusal !== undefined) return fail(scope, stack, `${refusal}. `);
  const { rollback } = op.target!;
  if (rollback === undefined || rollback.triggers.length === 0 || rollback.monitoringMinutes === 0) return succeed(scope, stack);
  const monitorUntil = scope.clock.now() + rollback.monitoringMinutes * 60_000;
  stacks.patch(scope, stack.id, { operation: { ...op, phase: "monitor", monitorUntil } });
}

function monitor(scope: Scope, stack: Busy): Rest | void {
  const { operation: op } = stack;
  const stop = op.cancelled ?? alarmsRefusal(scope, op);
  if (stop !== undefined) return fail(scope, stack, stop);
  if (scope.clock.now() < op.monitorUntil!)
    return { wakeAt: op.monitorUntil!, kind: "wait", because: "the rollback triggers are monitored" };
  succeed(scope, stack);
}

/**
 * A nested stack keeps what its update has left over until that of its parent has come to its end: until then it may have
 * to go back.
 */
function hold(scope: Scope, stack: Busy): Rest | void {
  const parent = parentOf(scope, stack);
  const op = parent?.operation;
  if (op?.kind === "UPDATE" && (op.undoing || op.phase !== "remove"))
    return { kind: "wait", because: `the update of the stack ${parent!.name}, which it is nested in, is not over` };
  if (parent?.status === "UPDATE_FAILED" || parent?.status === "UPDATE_ROLLBACK_FAILED")
    return end(scope, stack, "UPDATE_COMPLETE", undefined, { journal: true });
  startRemovals(scope, stacks.patch(scope, stack.id, { operation: { ...stack.operation, phase: "remove" } }) as Busy);
}

function restore(scope: Scope, stack: Busy): Rest | void {
  const { failed, open, rests } = stepAll(scope, stack, "restore", (row) => restoreStep(scope, stack, row));
  if (open) return restOf(rests);
  if (failed.length > 0) {
    const reason = `The following resource(s) failed to update: [${names(failed)}]. `;
    return end(scope, stack, WORDS[wordsOf(stack)].stuck, reason, { journal: true });
  }
  const { before } = stack;
  if (before !== undefined) setExports(scope, stack, exportedBy(before.outputs));
  const next = setStatus(scope, stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", undefined, {
    ...(before && { policyBody: undefined, ...before, before: undefined }),
    operation: { ...stack.operation, phase: "remove" },
  }) as Busy;
  startRemovals(scope, next);
}

function remove(scope: Scope, stack: Busy): Rest | void {
  if (stack.operation.cancelled !== undefined) return end(scope, stack, "DELETE_FAILED", stack.operation.cancelled);
  const { failed, open, rests } = stepAll(scope, stack, "remove", (row) => removeStep(scope, stack, row));
  if (open) return restOf(rests);
  const { kind, undoing, onFailure } = stack.operation;
  const inner = kind === "UPDATE" && !undoing ? openNestedStack(scope, stack) : undefined;
  if (inner !== undefined) return { kind: "wait", because: `the nested stack ${inner.name} is in ${inner.status}` };
  const reason = failed.length === 0 ? undefined : `The following resource(s) failed to delete: [${names(failed)}]. `;
  if (kind === "DELETE" || (kind === "CREATE" && undoing && onFailure === "DELETE")) {
    return reason === undefined ? end(scope, stack, "DELETE_COMPLETE") : end(scope, stack, "DELETE_FAILED", reason);
  }
  const { done, undone, stuck } = WORDS[wordsOf(stack)];
  if (kind === "CREATE") return end(scope, stack, reason === undefined ? undone : stuck, reason);
  const verdict = undoing ? undone : done;
  end(scope, stack, verdict, reason && `${undoing ? "Rollback" : "Update"} successful. One or more resources could not be deleted.`);
}

const wordsOf = ({ operation }: Busy): keyof typeof WORDS => (operation.kind === "DELETE" ? "UPDATE" : operation.kind);

const names = (rows: readonly StackResource[]): string => rows.map(({ logicalId }) => logicalId).join(", ");

/** Why the operation may not go on: an alarm that it was told to watch. */
function alarmsRefusal(scope: Scope, { target }: StackOperation): string | undefined {
  const alarms = scope.registry.reference("alarm");
  const bad = (target?.rollback?.triggers ?? []).flatMap(({ arn }) => {
    const state = alarms?.resolve(scope.at(arn), arn) ?? { state: "absent", reason: "" };
    return state.state === "absent" || (state.state === "value" && state.value === "ALARM")
      ? [{ arn, missing: state.state === "absent" }]
      : [];
  });
  if (bad.length === 0) return undefined;
  return bad[0]!.missing
    ? `The following Rollback Trigger(s) do not exist: [${bad[0]!.arn}]. `
    : `The following Rollback Trigger(s) went to ALARM state: [${bad.map(({ arn }) => arn).join(", ")}]. `;
}

/** Whether the stack policy keeps what the update would take away; the resources then tell so. */
function deniesRemovals(scope: Scope, stack: Busy): boolean {
  const policy = policyOf(stack);
  if (policy === undefined || stack.operation.kind !== "UPDATE") return false;
  let any = false;
  for (const row of rowsOf(scope, stack)) {
    if (row.now === undefined || !goesItself(scope, stack, row)) continue;
    const { logicalId, type, now } = row;
    const reason = policyRefusal(policy, { action: "Update:Delete", logicalId, type });
    if (reason === undefined) continue;
    any = true;
    const step = { verb: "ensure", after: [], state: "FAILED", token: "" } as const;
    setResource(scope, stack, row, "UPDATE_FAILED", { reason, physicalId: now.physicalId, was: now, step });
  }
  return any;
}

/** Stop making, and undo what was made where that is wanted. */
function fail(scope: Scope, stack: Busy, sentence?: string): void {
  cancelRunning(scope, stack);
  const { operation: op } = stack;
  const failed = rowsOf(scope, stack).filter(({ step }) => step?.state === "FAILED" || step?.state === "CANCELLED");
  const created = failed.filter(({ now, was, status }) => status === "CREATE_FAILED" || (now === undefined && !was));
  const updated = failed.filter((row) => !created.includes(row));
  const parts = [
    ...(created.length > 0
      ? [`The following resource(s) failed to ${op.kind === "IMPORT" ? "import" : "create"}: [${names(created)}]. `]
      : []),
    ...(updated.length > 0 ? [`The following resource(s) failed to update: [${names(updated)}]. `] : []),
  ];
  const reason = sentence ?? parts.join("");
  // AWS's sentence names the resources only; whoever waits for the stack is told why, too.
  const causes = failed
    .filter(({ step }) => step?.state === "FAILED")
    .map(({ logicalId, reason: why }) => `${logicalId}: ${why ?? "no reason given"}`);
  const failure = [reason.trimEnd(), ...causes].join(" ");
  const { failed: failedStatus, undoing } = WORDS[wordsOf(stack)];
  if (op.onFailure === "DO_NOTHING" && op.kind !== "IMPORT") {
    const given = stacks.patch(scope, stack.id, { failure }) as Busy;
    return end(scope, given, failedStatus, reason, { journal: true });
  }
  const deleting = op.kind === "CREATE" && op.onFailure === "DELETE";
  const phase = op.kind === "UPDATE" ? "restore" : "remove";
  const next = setStatus(
    scope,
    stack,
    deleting ? "DELETE_IN_PROGRESS" : undoing,
    op.kind === "CREATE" && !deleting ? `${reason}Rollback requested by user.` : reason,
    { operation: withoutCancel({ ...op, phase, undoing: true }), failure },
  ) as Busy;
  if (phase === "restore") startRestores(scope, next);
  else startRemovals(scope, next);
}

const withoutCancel = ({ cancelled: _, ...op }: StackOperation): StackOperation => op;

/** Everything is made: the stack is now what it should be, but for what is left over. */
function succeed(scope: Scope, stack: Busy): void {
  const { operation: op } = stack;
  const { target } = op;
  const { outputs } = outputsOf(scope, stack);
  setExports(scope, stack, exportedBy(outputs));
  keepNeeds(scope, stack);
  const { imports: _, revertDrift: __, ...kept } = target!;
  const change: Partial<Stack> = {
    target: kept,
    outputs,
    imports: op.imports,
    ...(op.nextPolicyBody !== undefined && { policyBody: op.nextPolicyBody }),
  };
  if (op.kind !== "UPDATE") {
    const next = stacks.patch(scope, stack.id, change) as Busy;
    return end(scope, next, WORDS[op.kind as "CREATE" | "IMPORT"].done);
  }
  const held = followsParent(stack) && parentOf(scope, stack)?.operation?.kind === "UPDATE";
  const next = setStatus(scope, stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", undefined, {
    ...change,
    operation: { ...op, phase: held ? "hold" : "remove" },
    ...(held && { before: stack.before ?? beforeOf(stack) }),
  }) as Busy;
  if (!held) startRemovals(scope, next);
}

const beforeOf = ({ target, outputs, imports, policyBody }: Stack): BeforeUpdate => ({
  outputs,
  imports,
  ...(target && { target }),
  ...(policyBody !== undefined && { policyBody }),
});

/** What needs what may have changed without the resource itself changing. */
function keepNeeds(scope: Scope, stack: Busy): void {
  const target = stack.operation.target!;
  const graph = dependencies(templateOf(scope, target).template, target.conditions);
  for (const row of rowsOf(scope, stack)) {
    const needs = graph.get(row.logicalId);
    if (row.now !== undefined && needs !== undefined && !sameJson(row.now.needs, [...needs]))
      changeResource(scope, row, { now: { ...row.now, needs: [...needs] } });
  }
}

interface Ending {
  /** Keep what was, so that it can still be put back. */
  readonly journal?: boolean;
}

/** The operation is over. */
function end(scope: Scope, stack: Busy, status: StackStatus, reason?: string, { journal = false }: Ending = {}): void {
  const gone = status === "DELETE_COMPLETE" || status === "ROLLBACK_COMPLETE";
  const shown = gone || status === "DELETE_FAILED" || status === "ROLLBACK_FAILED";
  if (!journal) for (const row of rowsOf(scope, stack)) settle(scope, stack, row, shown);
  forgetResponses(scope, stack.id);
  dropSignals(scope, stack.id);
  if (gone) setExports(scope, stack, new Map());
  // The status is told while the operation is there: its token is on the event.
  const told = setStatus(scope, stack, status, reason);
  const { operation: op, before, ...rest } = told;
  const last = op!.target ?? rest.target;
  const ended = stacks.put(scope, {
    ...rest,
    ...(journal && before && { before }),
    ...(gone && { imports: [], outputs: [] }),
    ...(gone && rest.target === undefined && last !== undefined && { target: last }),
    ...(journal && last !== undefined && rest.target === undefined && { target: last }),
    ...(status === "DELETE_COMPLETE" && { deletedAt: scope.clock.now() }),
  });
  const sets = changeSets.list(scope, `${stack.id}/`);
  if (status === "DELETE_COMPLETE") for (const { id } of sets) changeSets.remove(scope, id);
  pruneTemplates(scope, ended, status === "DELETE_COMPLETE" ? [] : sets.map(({ target }) => target));
}

/** A resource after an operation; of one that is gone, that it was there. What could not be cleaned up is let go. */
function settle(scope: Scope, stack: Busy, row: StackResource, shown: boolean): void {
  const { now, step, was: _, leftovers: __, imported: ___, ...rest } = row;
  const cleaning = step?.verb === "remove" && !shown;
  const kept = cleaning && step.state === "FAILED" && goesItself(scope, stack, row) ? undefined : now;
  if (kept !== undefined) {
    const status = cleaning && rest.status.startsWith("DELETE_") ? "UPDATE_COMPLETE" : rest.status;
    resources.put(scope, { ...rest, status, now: kept });
  } else {
    if (shown) resources.put(scope, rest);
    else resources.remove(scope, row.id);
    resourceDrifts.remove(scope, row.id);
  }
}
