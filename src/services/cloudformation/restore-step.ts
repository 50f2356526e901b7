import { sameJson } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import { isCustom } from "./custom-resource.ts";
import { STACK } from "./event.ts";
import { type Busy, changeResource, setResource } from "./phase.ts";
import { ensureOnce, requestOf, type Waits, waitsFor, withReferences } from "./request.ts";
import type { Made, StackResource } from "./resource.ts";
import { isSkipped } from "./skipped-resource.ts";
import { typeInStack } from "./target.ts";

/** Put one resource back as it was. */
export function restoreStep(scope: Scope, stack: Busy, waiting: StackResource): Waits | void {
  const { logicalId, type, now, leftovers = [] } = waiting;
  const was = waiting.was!;
  const step = waiting.step!;
  const done = (row: StackResource, change: Partial<StackResource> = {}): void => {
    setResource(scope, stack, row, "UPDATE_COMPLETE", {
      physicalId: (change.now ?? was).physicalId,
      properties: was.properties,
      ...change,
      step: { ...step, state: "DONE" },
    });
  };
  if (isSkipped(stack, logicalId)) return done(waiting);
  const replaced = leftovers.some(({ physicalId }) => physicalId === was.physicalId);
  const tried = step.undoes?.wanted !== undefined && !step.undoes.replaces;
  // What changed within a nested stack does not show in its properties.
  const nested = type === STACK && now?.physicalId === was.physicalId;
  const touched = nested || tried || !sameJson(now?.properties, was.properties) || !sameJson(now?.tags, was.tags);
  const untold = !nested && step.undoes?.state === "DONE" && !replaced && sameJson(withoutToken(now), withoutToken(was));
  if (untold) {
    changeResource(scope, waiting, { now: was, step: { ...step, state: "DONE" } });
    return;
  }
  const row =
    step.state === "RUNNING"
      ? waiting
      : setResource(scope, stack, waiting, "UPDATE_IN_PROGRESS", {
          physicalId: was.physicalId,
          properties: was.properties,
          step: { ...step, state: "RUNNING", startedAt: scope.clock.now() },
        });
  if (replaced && !isCustom(type)) {
    const others = leftovers.filter(({ physicalId }) => physicalId !== was.physicalId);
    return done(row, { now: was, leftovers: [...others, now!] });
  }
  if (!touched && !replaced) return done(row, { now: was });
  const unfinished = finishPolicy(scope, stack, row, was);
  if (unfinished !== undefined) return unfinished;
  const attempted = step.undoes?.wanted?.properties ?? now!.properties;
  const request = requestOf(scope, stack, logicalId, type, {
    token: step.token,
    nameToken: was.token,
    wanted: was,
    previous: attempted,
    undoes: true,
  });
  const progress = withReferences(scope, was.properties, (properties) =>
    typeInStack(scope, type).ensure(scope, properties, now!.physicalId, request),
  );
  switch (progress.state) {
    case "busy":
      return waitsFor(logicalId, type, progress);
    case "failed":
      setResource(scope, stack, row, "UPDATE_FAILED", {
        reason: progress.reason,
        physicalId: was.physicalId,
        step: { ...row.step!, state: "FAILED" },
      });
      return;
    case "done": {
      const restored = { ...was, physicalId: progress.id };
      const others = [...leftovers, ...(now!.physicalId === progress.id ? [] : [now!])];
      return done(row, { now: restored, leftovers: others.filter(({ physicalId }) => physicalId !== progress.id) });
    }
  }
}

const withoutToken = (made: Made | undefined): object | undefined => made && { ...made, needs: [] };

/** An update that another service carries out is let come to its end before it is undone. */
function finishPolicy(scope: Scope, stack: Busy, row: StackResource, was: Made): Waits | undefined {
  const { undoes } = row.step!;
  if (undoes?.policy === undefined || undoes.state !== "CANCELLED") return undefined;
  const progress = ensureOnce(scope, stack, { ...row, now: was, step: undoes }, undoes.wanted!, false);
  return progress.state === "busy" ? waitsFor(row.logicalId, row.type, progress) : undefined;
}
