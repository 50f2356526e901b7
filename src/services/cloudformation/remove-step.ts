import { idsFrom } from "../../kernel/id.ts";
import type { Progress } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { customData, isCustom } from "./custom-resource.ts";
import { type Busy, changeResource, goesItself, setResource } from "./phase.ts";
import { isRetained } from "./plan.ts";
import { requestOf, type Waits, waitsFor, withReferences } from "./request.ts";
import type { Made, StackResource, Step } from "./resource.ts";
import { setParent } from "./resource-import.ts";
import { askAboutResource } from "./stack-hook.ts";
import { typeInStack } from "./target.ts";

/** Take away what one resource has left over, and itself where it goes. */
export function removeStep(scope: Scope, stack: Busy, waiting: StackResource): Waits | void {
  const { operation: op } = stack;
  const goes = goesItself(scope, stack, waiting);
  const [victim] = [...(waiting.leftovers ?? []), ...(goes && waiting.now !== undefined ? [waiting.now] : [])];
  if (victim === undefined && op.kind === "IMPORT") return notImported(scope, stack, waiting, undefined);
  if (victim === undefined) return removed(scope, stack, waiting, goes);
  const { logicalId, type } = waiting;
  const { physicalId } = victim;
  const own = victim === waiting.now;
  const without = (row: StackResource): { now: undefined } | { leftovers: readonly Made[] } =>
    own ? { now: undefined } : { leftovers: row.leftovers!.slice(1) };
  const step = waiting.step!;
  const letGo = (row: StackResource): Waits | void => {
    if (own && row.imported && op.undoing) setParent(scope, type, physicalId, undefined);
    if (op.kind === "IMPORT") return notImported(scope, stack, { ...row, ...without(row) } as StackResource, physicalId);
    const next = setResource(scope, stack, row, "DELETE_SKIPPED", { physicalId, ...without(row), step: { ...step, state: "RUNNING" } });
    return removed(scope, stack, next, goes, true);
  };
  const isNew = op.undoing && (waiting.was === null || !own);
  const policy = isNew && stack.retainExceptOnCreate && victim.deletionPolicy === "Retain" ? "RetainExceptOnCreate" : victim.deletionPolicy;
  if ((own && waiting.imported && op.undoing) || isRetained(policy, isNew) || (op.kind === "DELETE" && op.skipped.includes(logicalId)))
    return letGo(waiting);
  let resumed =
    step.state === "RUNNING" && step.id === physicalId
      ? waiting
      : setResource(scope, stack, waiting, "DELETE_IN_PROGRESS", {
          physicalId,
          step: { ...step, state: "RUNNING", startedAt: scope.clock.now(), id: physicalId },
        });
  if (own && !op.undoing && physicalId !== "" && !resumed.step!.hooked) {
    const key = `${step.token}/${idsFrom(victim.token).hex(8)}`;
    const verdict = askAboutResource(scope, stack, resumed, { action: "DELETE", key, physicalId, previous: victim.properties });
    if (verdict.state === "busy") return waitsFor(logicalId, type, verdict);
    if (verdict.state === "failed") {
      setResource(scope, stack, resumed, "DELETE_FAILED", {
        reason: verdict.reason,
        physicalId,
        step: { ...resumed.step!, state: "FAILED" },
      });
      return;
    }
    resumed = changeResource(scope, resumed, { step: { ...resumed.step!, hooked: true } });
  }
  const named = physicalId === "" ? nameOf(scope, stack, resumed, victim) : { state: "done" as const, id: physicalId };
  if (named.state === "busy") return waitsFor(logicalId, type, named);
  const request = requestOf(scope, stack, logicalId, type, {
    token: `${step.token}/${idsFrom(victim.token).hex(8)}`,
    nameToken: victim.token,
    previous: victim.properties,
  });
  const progress =
    named.id === undefined || named.id === ""
      ? ({ state: "done", id: "" } as const)
      : withReferences(scope, {}, () => typeInStack(scope, type).remove(scope, named.id!, request));
  switch (progress.state) {
    case "busy":
      return waitsFor(logicalId, type, progress);
    case "failed":
      if (op.force) return letGo(resumed);
      setResource(scope, stack, resumed, "DELETE_FAILED", {
        reason: progress.reason,
        physicalId,
        step: { ...resumed.step!, state: "FAILED" },
      });
      return;
    case "done": {
      if (own && isCustom(type)) customData.remove(scope, resumed.id);
      const after = setResource(scope, stack, resumed, "DELETE_COMPLETE", { physicalId, ...without(resumed) });
      return removed(scope, stack, after, goes, true);
    }
  }
}

/** What an import that failed has brought in is out of the stack again, as it is. */
function notImported(scope: Scope, stack: Busy, row: StackResource, physicalId: string | undefined): void {
  setResource(scope, stack, row, "IMPORT_ROLLBACK_IN_PROGRESS", { physicalId });
  setResource(scope, stack, row, "IMPORT_ROLLBACK_COMPLETE", { physicalId, step: { ...row.step!, state: "DONE" } });
}

/** One of the things that a resource had to lose is gone: go on with the next, or be done. */
function removed(scope: Scope, stack: Busy, row: StackResource, goes: boolean, told = false): Waits | void {
  const more = (row.leftovers?.length ?? 0) > 0 || (goes && row.now !== undefined);
  const step: Step = { ...row.step!, state: more ? "RUNNING" : "DONE" };
  if (more) {
    const { id: _, ...fresh } = step;
    changeResource(scope, row, { step: fresh });
    return { because: `${row.logicalId}: what it replaced is taken away` };
  }
  // What stays has its own status again, not that of what it replaced.
  const status = row.now === undefined ? "DELETE_COMPLETE" : stack.status.startsWith("CREATE") ? "CREATE_COMPLETE" : "UPDATE_COMPLETE";
  if (told || row.now !== undefined) changeResource(scope, row, { step, status: row.now === undefined ? row.status : status });
  else setResource(scope, stack, row, "DELETE_COMPLETE", { step });
}

/** A creation that was given up before its physical id was known goes on until there is one, or until it fails. */
function nameOf(
  scope: Scope,
  stack: Busy,
  row: StackResource,
  victim: Made,
): { state: "done"; id: string | undefined } | Extract<Progress, { state: "busy" }> {
  const request = requestOf(scope, stack, row.logicalId, row.type, { token: victim.token, nameToken: victim.token, wanted: victim });
  const progress = withReferences(scope, victim.properties, (properties) =>
    typeInStack(scope, row.type).ensure(scope, properties, undefined, request),
  );
  return progress.state === "busy" && progress.id === undefined ? progress : { state: "done", id: progress.id };
}
