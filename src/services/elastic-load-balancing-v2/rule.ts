import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  CreateRule$,
  DeleteRule$,
  DescribeRules$,
  ModifyRule$,
  OperationNotPermittedException,
  PriorityInUseException,
  RuleNotFoundException,
  SetRulePriorities$,
  type Rule as Shape,
} from "../../sdk/elastic-load-balancing-v2.js";
import { type Action, actionsOf, groupsOf, shownAction } from "./action.ts";
import { type Condition, conditionsOf, shownCondition } from "./condition.ts";
import { requireListener } from "./listener.ts";
import { listed, notImplemented } from "./listing.ts";

/** A rule of a listener, by its ARN; the one of the priority default is the listener's default action. */
export interface Rule extends Row {
  readonly listenerArn: string;
  readonly priority: number | "default";
  readonly conditions: readonly Condition[];
  readonly actions: readonly Action[];
  readonly tags: Tags;
  /** As a template has them, and what that meant. */
  readonly declared?: Pick<Rule, "conditions" | "actions"> & {
    readonly ownActions: readonly unknown[];
    readonly ownConditions: readonly unknown[];
  };
}

export const rules = new Table<Rule>("elastic-load-balancing-v2/rule", {
  indexes: { listener: ({ listenerArn }) => listenerArn, targetGroup: ({ actions }) => groupsOf(actions) },
});

export const createRule = operation(CreateRule$, (scope, input) => {
  const listener = requireListener(scope, input.ListenerArn!);
  if (input.Transforms !== undefined && input.Transforms.length > 0) notImplemented("A transform of a rule");
  requireFree(scope, listener.id, input.Priority!);
  const actions = actionsOf(scope, input.Actions!, listener.protocol);
  const rule = putRule(scope, listener.id, input.Priority!, conditionsOf(input.Conditions!), actions, tagsOf(input.Tags));
  return { Rules: [shown(rule)] };
});

export const describeRules = operation(DescribeRules$, (scope, { ListenerArn, RuleArns, ...paging }) => {
  const found =
    RuleArns !== undefined && RuleArns.length > 0
      ? RuleArns.map((arn) => requireRule(scope, arn))
      : inOrder(rules.by(scope, "listener", requireListener(scope, ListenerArn ?? "").id));
  const placed = found.map((rule, index) => ({ id: String(index).padStart(6, "0"), rule }));
  const { items, next } = listed(placed, paging);
  return { Rules: items.map(({ rule }) => shown(rule)), ...next };
});

export const modifyRule = operation(ModifyRule$, (scope, { RuleArn, Conditions, Actions, Transforms, ResetTransforms: _ }) => {
  const rule = requireRule(scope, RuleArn!);
  if (Transforms !== undefined && Transforms.length > 0) notImplemented("A transform of a rule");
  if (rule.priority === "default") fault(OperationNotPermittedException, "Default rule cannot be modified");
  const { protocol } = requireListener(scope, rule.listenerArn);
  const next = rules.patch(scope, rule.id, {
    conditions: Conditions === undefined ? rule.conditions : conditionsOf(Conditions),
    actions: Actions === undefined ? rule.actions : actionsOf(scope, Actions, protocol),
  });
  return { Rules: [shown(next)] };
});

export const deleteRule = operation(DeleteRule$, (scope, { RuleArn }) => {
  const rule = requireRule(scope, RuleArn!);
  if (rule.priority === "default") fault(OperationNotPermittedException, "Default rule cannot be deleted");
  rules.remove(scope, rule.id);
  return {};
});

export const setRulePriorities = operation(SetRulePriorities$, (scope, { RulePriorities = [] }) => {
  const wished = RulePriorities.map(({ RuleArn, Priority }) => ({ rule: requireRule(scope, RuleArn!), priority: Priority! }));
  const moved = new Set(wished.map(({ rule }) => rule.id));
  for (const { rule, priority } of wished) {
    if (rule.priority === "default") fault(OperationNotPermittedException, "Default rule's priority cannot be changed");
    requireFree(scope, rule.listenerArn, priority, moved);
  }
  return { Rules: wished.map(({ rule, priority }) => shown(rules.patch(scope, rule.id, { priority }))) };
});

/** Make a rule; the default one is made anew in place. */
export function putRule(
  scope: Scope,
  listenerArn: string,
  priority: Rule["priority"],
  conditions: readonly Condition[],
  actions: readonly Action[],
  tags: Tags = {},
): Rule {
  const known = priority === "default" ? rules.by(scope, "listener", listenerArn).find((rule) => rule.priority === "default") : undefined;
  const id = known?.id ?? `${listenerArn.replace(":listener/", ":listener-rule/")}/${scope.id.hex(16)}`;
  return rules.put(scope, { id, listenerArn, priority, conditions, actions, tags: known?.tags ?? tags });
}

/** The order in which rules are tried. */
export const inOrder = (some: readonly Rule[]): Rule[] => {
  const placeOf = ({ priority }: Rule): number => (priority === "default" ? Number.POSITIVE_INFINITY : priority);
  return [...some].sort((one, other) => placeOf(one) - placeOf(other));
};

export const requireRule = (scope: Scope, arn: string): Rule =>
  rules.get(scope, arn) ?? fault(RuleNotFoundException, `One or more rules not found`);

function requireFree(scope: Scope, listenerArn: string, priority: number, moved: ReadonlySet<string> = new Set()): void {
  const taken = rules.by(scope, "listener", listenerArn).some((rule) => rule.priority === priority && !moved.has(rule.id));
  if (taken) fault(PriorityInUseException, `Priority '${priority}' is currently in use`);
}

const shown = ({ id, priority, conditions, actions }: Rule): Shape => ({
  RuleArn: id,
  Priority: String(priority),
  Conditions: conditions.map(shownCondition),
  Actions: actions.map(shownAction),
  IsDefault: priority === "default",
});
