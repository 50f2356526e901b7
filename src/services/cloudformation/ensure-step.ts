import { sameJson } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import { differences } from "./change.ts";
import { declaredResource } from "./declared-resource.ts";
import { asLive, liveDrift } from "./drift.ts";
import type { EvaluationContext } from "./evaluate.ts";
import { type Busy, changeResource, madeOf, setResource, withHalfMade } from "./phase.ts";
import type { DesiredResource } from "./plan.ts";
import { contextOf, knowledge } from "./planning.ts";
import { violationsOf } from "./property-validation.ts";
import { isRecorded, RECORDED } from "./recorded.ts";
import { ensureOnce, type Waits, waitsFor } from "./request.ts";
import { type Made, resources, type StackResource, type Step, valuesOf } from "./resource.ts";
import { importRefusal, setParent } from "./resource-import.ts";
import { signalsOutcome } from "./signal.ts";
import { askAboutResource } from "./stack-hook.ts";
import { policyOf, policyRefusal } from "./stack-policy.ts";
import { templateOf } from "./stored-template.ts";
import { typeInStack } from "./target.ts";
import { specificationOf } from "./type-knowledge.ts";
import { asText, type JsonObject } from "./value.ts";

/** Make one resource as it is wanted. */
export function ensureStep(scope: Scope, stack: Busy, row: StackResource): Waits | void {
  const unseen = row.step!.state === "WAITING" ? importWaits(scope, stack, row) : undefined;
  if (unseen !== undefined) return unseen;
  const begun = row.step!.state === "WAITING" ? beginEnsure(scope, stack, row) : row;
  if (begun === undefined) return;
  const hooked = passHooks(scope, stack, begun as StackResource & { step: Step });
  if (hooked === undefined || "because" in hooked) return hooked;
  const { step, now, type, logicalId } = hooked;
  const creating = now === undefined || step.replaces === true;
  const wanted = step.wanted!;
  const progress = ensureOnce(scope, stack, hooked, wanted, creating);
  switch (progress.state) {
    case "busy": {
      const id = creating ? (progress.id ?? step.id) : undefined;
      if (id !== undefined && id !== step.id) initiated(scope, stack, hooked, id);
      return waitsFor(logicalId, type, progress);
    }
    case "failed": {
      const id = progress.id ?? step.id;
      const failed = { ...hooked, step: { ...step, state: "FAILED" as const } };
      const kept = creating && id !== undefined ? withHalfMade(failed, madeOf(stack, hooked, id)) : failed;
      setResource(scope, stack, kept, now === undefined ? "CREATE_FAILED" : "UPDATE_FAILED", {
        reason: progress.reason,
        physicalId: id ?? now?.physicalId,
        properties: wanted.properties,
      });
      return;
    }
    case "done":
      return ensured(scope, stack, hooked, progress.id, creating);
  }
}

/** The resource once the hooks have let it pass; what is waited for meanwhile; undefined where the step is over with that. */
function passHooks(scope: Scope, stack: Busy, row: StackResource & { step: Step }): (StackResource & { step: Step }) | Waits | undefined {
  const { step, now, type, logicalId } = row;
  if (step.hooked) return row;
  const { properties } = step.wanted!;
  const action = now === undefined || step.replaces ? "CREATE" : "UPDATE";
  const verdict = askAboutResource(scope, stack, row, {
    action,
    key: step.token,
    physicalId: now?.physicalId ?? "",
    properties,
    ...(now && { previous: now.properties }),
  });
  switch (verdict.state) {
    case "busy":
      return waitsFor(logicalId, type, verdict);
    case "passed":
      return changeResource(scope, row, { step: { ...step, hooked: true } }) as typeof row;
    case "failed":
      setResource(scope, stack, row, now === undefined ? "CREATE_FAILED" : "UPDATE_FAILED", {
        reason: verdict.reason,
        physicalId: now?.physicalId,
        properties,
        step: { ...step, state: "FAILED" },
      });
      return undefined;
  }
}

function initiated(scope: Scope, stack: Busy, row: StackResource, id: string): StackResource {
  return setResource(scope, stack, row, row.now === undefined ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS", {
    reason: "Resource creation Initiated",
    physicalId: id,
    properties: row.step!.wanted!.properties,
    step: { ...row.step!, id },
  });
}

function ensured(scope: Scope, stack: Busy, begun: StackResource, id: string, creating: boolean): Waits | void {
  const { now, step } = begun;
  const wanted = step!.wanted!;
  const row = creating && step!.id !== id ? initiated(scope, stack, begun, id) : begun;
  const signals = creating ? signalsOutcome(scope, stack, row) : "done";
  if (typeof signals === "object" && "failed" in signals) {
    const failed = { ...row, step: { ...row.step!, state: "FAILED" as const } };
    setResource(scope, stack, withHalfMade(failed, madeOf(stack, row, id)), now === undefined ? "CREATE_FAILED" : "UPDATE_FAILED", {
      reason: signals.failed,
      physicalId: id,
    });
    return;
  }
  if (typeof signals === "object") return { ...signals, deadline: true };
  const made = creating ? madeOf(stack, row, id) : { ...madeOf(stack, row, id), token: now!.token };
  const replaced = now !== undefined && now.physicalId !== id ? { ...now, ...leavingPolicy(wanted) } : undefined;
  setResource(scope, stack, row, now === undefined ? "CREATE_COMPLETE" : "UPDATE_COMPLETE", {
    ...(isRecorded(scope, row.type) && { reason: RECORDED }),
    physicalId: id,
    properties: wanted.properties,
    now: made,
    ...(replaced && { leftovers: [...(row.leftovers ?? []), replaced] }),
    step: { ...row.step!, id, state: "DONE" },
  });
}

/** A replaced resource goes by the UpdateReplacePolicy, which then stands in the place of its DeletionPolicy. */
const leavingPolicy = ({ updateReplacePolicy = "Delete" }: DesiredResource): Pick<Made, "deletionPolicy"> => ({
  deletionPolicy: updateReplacePolicy,
});

/** Evaluate what is wanted and compare; undefined where the step is over with that. */
function beginEnsure(scope: Scope, stack: Busy, waiting: StackResource): StackResource | undefined {
  const { operation: op } = stack;
  const { logicalId, type, now, step } = waiting as StackResource & { step: Step };
  const row = { ...waiting, was: waiting.was !== undefined ? waiting.was : (now ?? null) };
  const startedAt = scope.clock.now();
  const refuse = (reason: string): undefined => {
    setResource(scope, stack, row, now === undefined ? "CREATE_FAILED" : "UPDATE_FAILED", {
      reason,
      physicalId: now?.physicalId,
      step: { ...step, state: "FAILED", startedAt },
    });
    return undefined;
  };
  const wanted = desire(scope, stack, logicalId);
  if (typeof wanted === "string") return refuse(wanted);
  const importId = now === undefined ? op.target!.imports?.[logicalId] : undefined;
  if (importId !== undefined) return importOne(scope, stack, row, wanted, importId);
  if (now === undefined) {
    const unfit = whyUnfit(scope, type, logicalId, wanted.properties);
    if (unfit !== undefined) return refuse(unfit);
    const properties = wanted.properties;
    return setResource(scope, stack, row, "CREATE_IN_PROGRESS", { properties, step: { ...step, state: "RUNNING", startedAt, wanted } });
  }
  const live = op.target!.revertDrift ? asLive(scope, now).made : now;
  const difference = live === undefined ? "recreation" : compare(scope, stack, live, wanted);
  if (difference === "none" || difference === "attributes") {
    const made = difference === "none" && live === now ? now : { ...wanted, physicalId: now.physicalId, token: now.token, tags: now.tags };
    changeResource(scope, row, { now: made, step: { ...step, state: "DONE", startedAt, wanted } });
    return undefined;
  }
  const unfit = whyUnfit(scope, type, logicalId, wanted.properties);
  if (unfit !== undefined) return refuse(unfit);
  const replaces = difference === "replacement" || difference === "recreation";
  const denied = policyRefusal(policyOf(stack), { action: replaces ? "Update:Replace" : "Update:Modify", logicalId, type });
  if (denied !== undefined) return refuse(denied);
  if (difference === "update" && isMissing(scope, now))
    return refuse(`Resource of type '${type}' with identifier '${now.physicalId}' was not found.`);
  const name = difference === "replacement" ? customName(scope, now, wanted) : undefined;
  if (name !== undefined)
    return refuse(
      `CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ${name} and update the stack again.`,
    );
  const policy = replaces
    ? undefined
    : Object.keys(wanted.updatePolicy ?? {}).find((one) => scope.registry.updatePolicy(one) !== undefined);
  return setResource(scope, stack, row, "UPDATE_IN_PROGRESS", {
    ...(difference === "replacement" && {
      reason: "Requested update requires the creation of a new physical resource; hence creating one.",
    }),
    physicalId: now.physicalId,
    properties: wanted.properties,
    step: { ...step, state: "RUNNING", startedAt, wanted, ...(replaces && { replaces }), ...(policy && { policy }) },
  });
}

/** Whether somebody has taken a resource away: an update must not make it anew in silence, without what was in it. */
const isMissing = (scope: Scope, made: Made): boolean => liveDrift(scope, made)?.status === "DELETED";

/** What the type has to say against the declared properties. */
function whyUnfit(scope: Scope, type: string, logicalId: string, properties: JsonObject): string | undefined {
  const violations = violationsOf(scope, type, properties);
  const failed = (message: string): string => `Properties validation failed for resource ${logicalId} with message:\n${message}`;
  return violations.length === 0 ? undefined : failed(violations.map(({ path, message }) => `#${path}: ${message}`).join("\n"));
}

/** What comes in from outside is looked at first, where that takes a hand. */
function importWaits(scope: Scope, stack: Busy, { logicalId, type, now, step }: StackResource): Waits | undefined {
  const id = now === undefined ? stack.operation.target!.imports?.[logicalId] : undefined;
  const progress = id === undefined ? undefined : typeInStack(scope, type).observe?.(scope, `${step!.token} import`, id);
  return progress?.state === "busy" ? waitsFor(logicalId, type, progress) : undefined;
}

/** A resource that exists comes into the stack as it is. */
function importOne(scope: Scope, stack: Busy, row: StackResource, wanted: DesiredResource, id: string): undefined {
  const step = { ...row.step!, startedAt: scope.clock.now(), wanted, id };
  const { properties } = wanted;
  const started = setResource(scope, stack, { ...row, imported: true }, "IMPORT_IN_PROGRESS", {
    physicalId: id,
    properties,
    reason: "Resource import started.",
    step,
  });
  const refusal = importRefusal(scope, row.type, typeInStack(scope, row.type), id);
  if (refusal !== undefined) {
    setResource(scope, stack, started, "IMPORT_FAILED", {
      physicalId: id,
      reason: refusal,
      step: { ...step, state: "FAILED" },
    });
    return undefined;
  }
  setParent(scope, row.type, id, stack);
  setResource(scope, stack, started, "IMPORT_COMPLETE", {
    physicalId: id,
    properties,
    reason: "Resource import completed.",
    now: madeOf(stack, { ...started, step }, id),
    step: { ...step, state: "DONE" },
  });
  return undefined;
}

/** The resource as the template wants it, with the values that are there now; or why that can not be said. */
function desire(scope: Scope, stack: Busy, logicalId: string): DesiredResource | string {
  const target = stack.operation.target!;
  const { template } = templateOf(scope, target);
  const declared = template.Resources[logicalId]!;
  const context: EvaluationContext = { ...contextOf(scope, template, target), resource: (other) => valuesOf(scope, stack, other) };
  return declaredResource(scope, context, logicalId, declared, dependenciesOf(scope, stack, logicalId));
}

/** What a resource is made after, by the template alone; taken down when everything is made. */
const dependenciesOf = (scope: Scope, stack: Busy, logicalId: string): readonly string[] =>
  resources.get(scope, `${stack.id}/${logicalId}`)?.step?.after ?? [];

type Difference = "none" | "attributes" | "update" | "replacement";

/** What has to be done so that a resource becomes as it is wanted. */
function compare(scope: Scope, stack: Busy, now: Made, wanted: DesiredResource): Difference {
  const types = knowledge(scope);
  const keys = new Set([...Object.keys(now.properties), ...Object.keys(wanted.properties)]);
  const changed = [...keys].filter((name) => !sameJson(now.properties[name], wanted.properties[name]));
  const paths = changed.flatMap((name) => differences(now.properties[name], wanted.properties[name], [name]));
  if (paths.some((path) => types.mutability(now.type, path) === "Immutable")) return "replacement";
  const retagged = !sameJson(now.tags, stack.operation.target!.tags);
  if (changed.length > 0 || retagged || now.type === "AWS::CloudFormation::Stack") return "update";
  const { physicalId: _, token: __, tags: ___, needs: ____, ...before } = now;
  const { needs: _____, ...after } = wanted;
  return sameJson(before, after) ? "none" : "attributes";
}

/** The name that the template gives, where it is what identifies the resource and stays the same. */
function customName(scope: Scope, now: Made, wanted: DesiredResource): string | undefined {
  const names = specificationOf(scope, now.type).type(now.type)?.primaryIdentifier ?? [];
  const name = names.length === 1 ? now.properties[names[0]!] : undefined;
  return name !== undefined && sameJson(name, wanted.properties[names[0]!]) ? asText(name) : undefined;
}
