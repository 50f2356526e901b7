import { fault, isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { ResourceChange } from "../../sdk/cloudformation.js";
import { type ChangeSet, changeSetArn, changeSets } from "./change-set.ts";
import { findingsOf, reasonOf } from "./early-validation.ts";
import { KNOWN_AFTER_APPLY } from "./evaluate.ts";
import { tellFinding, tellStack } from "./event.ts";
import { nestedDraft, nestedRequest } from "./nested-stack.ts";
import { maskingOf } from "./no-echo.ts";
import { ensureToken } from "./phase.ts";
import type { DesiredResource } from "./plan.ts";
import { type Planned, planFor } from "./planning.ts";
import { generatedName } from "./request.ts";
import { resourceRowId, resources } from "./resource.ts";
import { withImports } from "./resource-import.ts";
import { arnOf, findStack, type Stack, stacks, type Target } from "./stack.ts";
import { targetOf } from "./target.ts";
import type { Json } from "./value.ts";

export const NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set.";

const refuse = (message: string): never => fault("ValidationError", message);

/** What a change set would change, or why it cannot be; undefined while those of nested stacks are not done. */
export function planned(scope: Scope, set: ChangeSet): Partial<ChangeSet> | undefined {
  const stack = stacks.get(scope, set.stack)!;
  try {
    return scope.attempt(() => {
      const target = withImports(scope, stack, set.target, set);
      const plan = planFor(scope, stack, target);
      const nested = set.includeNestedStacks ? nestedChangeSets(scope, { stack, set, target, plan }) : new Map<string, ChangeSet>();
      const open = [...nested.values()].find(({ status }) => status !== "CREATE_COMPLETE" && status !== "FAILED");
      if (open !== undefined) return undefined;
      const failed = [...nested.values()].find(({ status, reason }) => status === "FAILED" && reason !== NO_CHANGES);
      if (failed !== undefined)
        return refuse(`Nested change set ${changeSetArn(scope, failed)} was not successfully created: Currently in FAILED.`);
      const shown = (changes: readonly ResourceChange[]): ResourceChange[] =>
        changes.flatMap((change) => withNested(scope, change, nested));
      const changes = shown(plan.changes);
      if (changes.length === 0 && !plan.otherwise) return { status: "FAILED", reason: NO_CHANGES };
      const findings = set.unvalidated ? [] : findingsOf(scope, plan);
      for (const finding of findings) tellFinding(scope, stack, changeSetArn(scope, set), finding);
      if (findings.length > 0) return { status: "FAILED", reason: reasonOf(findings) };
      const masking = maskingOf(scope, stack, target);
      const withValues = shown(planFor(scope, stack, target, { includePropertyValues: true }).changes);
      const changesWithValues = masking(withValues as unknown as Json[]) as unknown as ResourceChange[];
      return { status: "CREATE_COMPLETE", executionStatus: "AVAILABLE", target, changes, changesWithValues };
    });
  } catch (error) {
    if (!isFault(error)) throw error;
    return { status: "FAILED", reason: error.message };
  }
}

interface Outer {
  readonly stack: Stack;
  readonly set: ChangeSet;
  readonly target: Target;
  readonly plan: Planned;
}

/** The change sets of the nested stacks that are made or may change, by logical id; made where they are not there yet. */
function nestedChangeSets(scope: Scope, outer: Outer): Map<string, ChangeSet> {
  const found = new Map<string, ChangeSet>();
  for (const { logicalId } of outer.plan.steps) {
    const desired = outer.plan.desired.find((one) => one.logicalId === logicalId)!;
    if (desired.type === "AWS::CloudFormation::Stack") found.set(logicalId, ensureNested(scope, outer, desired));
  }
  return found;
}

function ensureNested(scope: Scope, { stack, set, target }: Outer, { logicalId, properties }: DesiredResource): ChangeSet {
  const uuid = idsFrom(`nested ${set.uuid} ${logicalId}`).uuid();
  const known = changeSets.by(scope, "uuid", uuid)[0];
  if (known !== undefined) return known;
  if (JSON.stringify(properties["TemplateURL"] ?? "").includes(KNOWN_AFTER_APPLY))
    return refuse(`The TemplateURL of ${logicalId} is known only when the change set is executed`);
  const { now } = resources.get(scope, resourceRowId(stack, logicalId)) ?? {};
  const existing = now === undefined ? undefined : findStack(scope, now.physicalId);
  const inner = existing ?? review(scope, stack, logicalId);
  const wanted = targetOf(scope, inner, nestedRequest(properties, target, target.tags, target.roleArn), { reviewed: true });
  const name = `${set.name}-${logicalId}`.slice(0, 115);
  return changeSets.put(scope, {
    id: `${inner.id}/${name}-${idsFrom(uuid).text(12)}`,
    name: `${name}-${idsFrom(uuid).text(12)}`,
    uuid,
    stack: inner.id,
    type: existing === undefined ? "CREATE" : "UPDATE",
    createdAt: scope.clock.now(),
    status: "CREATE_PENDING",
    executionStatus: "UNAVAILABLE",
    target: wanted,
    importExisting: set.importExisting,
    includeNestedStacks: true,
    ...(set.unvalidated && { unvalidated: true }),
    parentId: changeSetArn(scope, set),
    rootId: set.rootId ?? changeSetArn(scope, set),
  });
}

/** A nested stack that is not there yet, under the name and id that it has once the change set is executed. */
function review(scope: Scope, outer: Stack, logicalId: string): Stack {
  const token = ensureToken(scope, outer, outer.operations + 1, logicalId);
  const inner = nestedDraft(scope, outer, {
    token,
    logicalId,
    generatedName: generatedName(outer, logicalId, token),
    stackId: arnOf(scope, outer),
  });
  tellStack(scope, stacks.put(scope, inner), "REVIEW_IN_PROGRESS", "User Initiated");
  return inner;
}

/** A change of a nested stack names its change set; one that only might have come and does not is none. */
function withNested(scope: Scope, change: ResourceChange, nested: ReadonlyMap<string, ChangeSet>): ResourceChange[] {
  const set = nested.get(change.LogicalResourceId!);
  if (set === undefined) return [change];
  const isCertain = (change.Details ?? []).some(({ Evaluation }) => Evaluation === "Static");
  if (set.reason !== NO_CHANGES) return [{ ...change, ChangeSetId: changeSetArn(scope, set) }];
  return isCertain || change.Action !== "Modify" ? [change] : [];
}
