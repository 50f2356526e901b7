import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import {
  LimitExceededException,
  ListTargetsByRule$,
  PutTargets$,
  RemoveTargets$,
  type Target as TargetShape,
} from "../../sdk/eventbridge.js";
import { checkTargetInput } from "./input.ts";
import { requireRule, rules } from "./rule.ts";

/** A target of a rule, as the API has it. */
export type Target = Stored<TargetShape>;

const TARGETS_MAX = 5;

export const putTargets = operation(PutTargets$, (scope, { Rule, EventBusName, Targets = [] }) => {
  const rule = requireRule(scope, Rule!, EventBusName);
  for (const target of Targets) {
    if (!target.Arn?.startsWith("arn:"))
      fault("ValidationException", `Parameter ${target.Arn} is not valid. Reason: Provided Arn is not in correct format.`);
    checkTargetInput(target);
  }
  const ids = Targets.map(({ Id }) => Id);
  const targets = [...rule.targets.filter(({ Id }) => !ids.includes(Id)), ...(stored(Targets) as Target[])];
  if (targets.length > TARGETS_MAX) fault(LimitExceededException, "The requested resource exceeds the maximum number allowed.");
  rules.patch(scope, rule.id, { targets });
  return { FailedEntryCount: 0, FailedEntries: [] };
});

export const removeTargets = operation(RemoveTargets$, (scope, { Rule, EventBusName, Ids = [] }) => {
  const rule = requireRule(scope, Rule!, EventBusName);
  rules.patch(scope, rule.id, { targets: rule.targets.filter(({ Id }) => !Ids.includes(Id!)) });
  return { FailedEntryCount: 0, FailedEntries: [] };
});

export const listTargetsByRule = operation(ListTargetsByRule$, (scope, { Rule, EventBusName, Limit = 100, NextToken }) => {
  const { targets } = requireRule(scope, Rule!, EventBusName);
  const sorted = [...targets].sort((one, other) => (one.Id! < other.Id! ? -1 : 1));
  const { items, nextToken } = page(
    sorted,
    ({ Id }) => Id!,
    Limit,
    NextToken,
    () => fault("ValidationException", "Invalid NextToken."),
  );
  return { Targets: items as TargetShape[], ...(nextToken && { NextToken: nextToken }) };
});
