import type { Scope } from "../../kernel/scope.ts";
import { asLive } from "./drift.ts";
import { type EvaluationContext, evaluate } from "./evaluate.ts";
import { exportOf } from "./export.ts";
import { type Plan, type PlanOptions, planUpdate, type StackBefore, type TypeKnowledge } from "./plan.ts";
import { existing, resources, valuesOf } from "./resource.ts";
import { specification } from "./specification.ts";
import type { Stack, Target } from "./stack.ts";
import { templateOf } from "./stored-template.ts";
import { availabilityZones, resourceType } from "./target.ts";
import type { ResourceDeclaration, Template } from "./template.ts";
import { asText, type Json } from "./value.ts";

/** What the specification and the types themselves say of a change. */
export const knowledge = (scope: Scope): TypeKnowledge => ({
  coerce: (type, properties) => specification.coerce(type, properties),
  mutability: (type, path) =>
    resourceType(scope, type)?.replaceOn?.includes(path[0]!) ? "Immutable" : specification.mutability(type, path),
});

/** What evaluation sees of a stack on its way to a target; `imported` collects the exports that were asked for. */
export const contextOf = (
  scope: Scope,
  template: Template,
  target: Target,
  imported?: Set<string>,
): Omit<EvaluationContext, "resource"> => ({
  template,
  parameters: target.refs,
  conditions: target.conditions,
  importValue(name) {
    imported?.add(name);
    return exportOf(scope, name)?.value;
  },
  availabilityZones,
});

export interface Planned extends Plan {
  /** The names of the exports that the target imports. */
  readonly imported: readonly string[];
  /** Whether something else than resources changes: outputs, tags, notifications. */
  readonly otherwise: boolean;
}

/** The resources that a stack has, or where drift is to be reverted, what has become of them. */
function standing(scope: Scope, stack: Stack, { revertDrift }: Target): Pick<StackBefore, "resources" | "live"> {
  const made = existing(scope, stack);
  if (!revertDrift) return { resources: made };
  const found = made.map((one) => [one.logicalId, asLive(scope, one)] as const);
  return {
    resources: found.flatMap(([, live]) => live.made ?? []),
    live: new Map(found.map(([logicalId, { state }]) => [logicalId, state])),
  };
}

/** What has to happen so that the stack becomes as the target says. */
export function planFor(scope: Scope, stack: Stack, target: Target, options: PlanOptions = {}): Planned {
  const { template } = templateOf(scope, target);
  const deployed = stack.target && templateOf(scope, stack.target).template;
  const imported = new Set<string>();
  const context = contextOf(scope, template, target, imported);
  const before = standing(scope, stack, target);
  const plan = planUpdate(
    {
      ...before,
      template: deployed,
      parameters: stack.target?.refs ?? {},
      tags: stack.target?.tags ?? [],
      values: (logicalId) => valuesOf(scope, stack, logicalId),
    },
    { template, context, tags: target.tags, ...(target.imports && { imports: target.imports }) },
    knowledge(scope),
    options,
  );
  const outputs = (of: Template | undefined, to: Target | undefined): string =>
    of === undefined || to === undefined ? "" : JSON.stringify(outputsAsWritten(scope, stack, of, to, imported));
  const otherwise =
    outputs(deployed, stack.target) !== outputs(template, target) ||
    JSON.stringify(stack.target?.notificationArns ?? []) !== JSON.stringify(target.notificationArns) ||
    JSON.stringify(stack.target?.tags ?? []) !== JSON.stringify(target.tags);
  return { ...plan, imported: [...imported], otherwise };
}

/** The outputs as far as they can be known before anything is done. */
function outputsAsWritten(scope: Scope, stack: Stack, template: Template, target: Target, imported: Set<string>): Json {
  const context = { ...contextOf(scope, template, target, imported), resource: (logicalId: string) => valuesOf(scope, stack, logicalId) };
  return Object.entries(template.Outputs)
    .filter(([, { Condition }]) => Condition === undefined || target.conditions[Condition])
    .map(([name, output]) => {
      const evaluated = evaluate(context, output as unknown as Json);
      return [name, evaluated.state === "error" ? (output as unknown as Json) : (evaluated.value ?? null)];
    });
}

/** Whether the conditions let a resource be. */
export const isLive = ({ Condition }: Pick<ResourceDeclaration, "Condition">, { conditions }: Pick<Target, "conditions">): boolean =>
  Condition === undefined || conditions[Condition] === true;

/**
 * What of a target's new resources exists already outside of any stack, and may come in: named by the template, and kept by
 * its policy should the stack go.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
 */
export function importsOf(scope: Scope, stack: Stack, target: Target): Record<string, string> {
  const { template } = templateOf(scope, target);
  const context = { ...contextOf(scope, template, target), resource: () => undefined };
  const known = new Set(existing(scope, stack).map(({ logicalId }) => logicalId));
  const found: Record<string, string> = {};
  for (const [logicalId, declared] of Object.entries(template.Resources)) {
    if (known.has(logicalId) || !isLive(declared, target)) continue;
    if (declared.DeletionPolicy !== "Retain" && declared.DeletionPolicy !== "RetainExceptOnCreate") continue;
    const names = specification.type(declared.Type)?.primaryIdentifier ?? [];
    const values = names.map((name) => {
      const property = declared.Properties?.[name];
      const evaluated = property === undefined ? undefined : evaluate(context, property);
      return evaluated?.state === "value" ? asText(evaluated.value) : undefined;
    });
    if (values.length === 0 || values.includes(undefined)) continue;
    const id = values.join("|");
    if (resources.by(scope, "physical", id).some(({ type }) => type === declared.Type)) continue;
    if (resourceType(scope, declared.Type)?.read(scope, id) !== undefined) found[logicalId] = id;
  }
  return found;
}
