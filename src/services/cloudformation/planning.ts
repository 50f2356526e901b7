import type { Scope } from "../../kernel/scope.ts";
import { asLive } from "./drift.ts";
import { type EvaluationContext, evaluate } from "./evaluate.ts";
import { exportOf } from "./export.ts";
import { type Plan, type PlanOptions, planUpdate, type StackBefore, type TypeKnowledge } from "./plan.ts";
import { existing, valuesOf } from "./resource.ts";
import type { Stack, Target } from "./stack.ts";
import { templateOf } from "./stored-template.ts";
import { availabilityZones, resourceType } from "./target.ts";
import type { ResourceDeclaration, Template } from "./template.ts";
import { specificationOf } from "./type-knowledge.ts";
import type { Json } from "./value.ts";

/** What the specification and the types themselves say of a change. */
export const knowledge = (scope: Scope): TypeKnowledge => ({
  coerce: (type, properties) => specificationOf(scope, type).coerce(type, properties),
  mutability: (type, path) =>
    resourceType(scope, type)?.replaceOn?.includes(path[0]!) ? "Immutable" : specificationOf(scope, type).mutability(type, path),
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
