import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  DeleteRule$,
  DescribeRule$,
  DisableRule$,
  EnableRule$,
  ListRuleNamesByTarget$,
  ListRules$,
  ListTagsForResource$,
  PutRule$,
  ResourceNotFoundException,
  TagResource$,
  UntagResource$,
} from "../../sdk/eventbridge.js";
import { buses, busName, DEFAULT_BUS, requireBus } from "./bus.ts";
import { compilePattern } from "./pattern.ts";
import { parseSchedule } from "./schedule.ts";
import type { Target } from "./target.ts";

/** A rule, by bus and name: `default/nightly`. */
export interface Rule extends Row {
  readonly bus: string;
  /** How its template names the bus, such as by its ARN. */
  readonly busGivenAs?: string;
  readonly name: string;
  readonly pattern?: string;
  readonly schedule?: string;
  readonly state: "ENABLED" | "DISABLED";
  readonly description?: string;
  readonly roleArn?: string;
  readonly targets: readonly Target[];
  readonly tags: Tags;
  /** When it was made or enabled; rates count from here. */
  readonly startedAt: number;
  /** The last occurrence of its schedule. */
  readonly ranAt?: number;
}

export const rules = new Table<Rule>("eventbridge/rule", {
  indexes: { bus: ({ bus }) => bus },
  arn: (rule, { account, region }) => `arn:aws:events:${region}:${account}:rule/${pathOf(rule)}`,
});

export const putRule = operation(
  PutRule$,
  (scope, { Name, EventBusName, EventPattern, ScheduleExpression, State, Description, RoleArn, Tags }) => {
    const { id: bus } = requireBus(scope, EventBusName ?? DEFAULT_BUS);
    const pattern = EventPattern || undefined;
    const schedule = ScheduleExpression || undefined;
    if (pattern === undefined && schedule === undefined)
      fault("ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.");
    if (schedule !== undefined && bus !== DEFAULT_BUS)
      fault("ValidationException", "ScheduleExpression is supported only on the default event bus.");
    if (pattern !== undefined) compilePattern(pattern);
    if (schedule !== undefined) parseSchedule(schedule);
    const id = `${bus}/${Name}`;
    const known = rules.get(scope, id);
    const state = State === "DISABLED" ? "DISABLED" : "ENABLED";
    const restarts = known === undefined || known.schedule !== schedule || (known.state === "DISABLED" && state === "ENABLED");
    const rule = rules.put(scope, {
      id,
      bus,
      name: Name!,
      ...(pattern !== undefined && { pattern }),
      ...(schedule !== undefined && { schedule }),
      state,
      ...(Description !== undefined && { description: Description }),
      ...(RoleArn !== undefined && { roleArn: RoleArn }),
      targets: known?.targets ?? [],
      tags: known?.tags ?? tagsOf(Tags),
      startedAt: restarts ? scope.clock.now() : known.startedAt,
      ...(!restarts && known.ranAt !== undefined && { ranAt: known.ranAt }),
    });
    return { RuleArn: ruleArn(scope, rule) };
  },
);

export const deleteRule = operation(DeleteRule$, (scope, { Name, EventBusName }) => {
  const rule = rules.get(scope, `${busName(EventBusName)}/${Name}`);
  if (rule === undefined) return {};
  if (rule.targets.length > 0) fault("ValidationException", "Rule can't be deleted since it has targets.");
  rules.remove(scope, rule.id);
  return {};
});

export const describeRule = operation(DescribeRule$, (scope, { Name, EventBusName }) => ({
  ...described(scope, requireRule(scope, Name!, EventBusName)),
  CreatedBy: scope.account,
}));

export const listRules = operation(ListRules$, (scope, { EventBusName, NamePrefix = "", Limit = 100, NextToken }) => {
  const { id: bus } = requireBus(scope, EventBusName ?? DEFAULT_BUS);
  const { items, nextToken } = page(rules.list(scope, `${bus}/${NamePrefix}`), ({ id }) => id, Limit, NextToken, invalidToken);
  return { Rules: items.map((rule) => described(scope, rule)), ...(nextToken && { NextToken: nextToken }) };
});

export const listRuleNamesByTarget = operation(ListRuleNamesByTarget$, (scope, { TargetArn, EventBusName, Limit = 100, NextToken }) => {
  const found = rules.by(scope, "bus", busName(EventBusName)).filter(({ targets }) => targets.some(({ Arn }) => Arn === TargetArn));
  const { items, nextToken } = page(found, ({ id }) => id, Limit, NextToken, invalidToken);
  return { RuleNames: items.map(({ name }) => name), ...(nextToken && { NextToken: nextToken }) };
});

export const enableRule = operation(EnableRule$, (scope, { Name, EventBusName }) => {
  const { id, state } = requireRule(scope, Name!, EventBusName);
  if (state !== "ENABLED") rules.patch(scope, id, { state: "ENABLED", startedAt: scope.clock.now(), ranAt: undefined });
  return {};
});

export const disableRule = operation(DisableRule$, (scope, { Name, EventBusName }) => {
  rules.patch(scope, requireRule(scope, Name!, EventBusName).id, { state: "DISABLED" });
  return {};
});

export const tagResource = operation(TagResource$, (scope, { ResourceARN, Tags }) => {
  const { tags, put } = requireTagged(scope, ResourceARN!);
  put(withTags(tags, tagsOf(Tags)));
  return {};
});

export const untagResource = operation(UntagResource$, (scope, { ResourceARN, TagKeys }) => {
  const { tags, put } = requireTagged(scope, ResourceARN!);
  put(withoutTags(tags, TagKeys!));
  return {};
});

export const listTagsForResource = operation(ListTagsForResource$, (scope, { ResourceARN }) => ({
  Tags: tagList(requireTagged(scope, ResourceARN!).tags),
}));

export const requireRule = (scope: Scope, name: string, bus: string | undefined): Rule =>
  rules.get(scope, `${busName(bus)}/${name}`) ??
  fault(ResourceNotFoundException, `Rule ${name} does not exist on EventBus ${busName(bus)}.`);

export const ruleArn = (scope: Scope, rule: Rule): string => scope.arn("events", `rule/${pathOf(rule)}`);

const pathOf = ({ bus, name }: Rule): string => (bus === DEFAULT_BUS ? name : `${bus}/${name}`);

/** The tags of a rule or a bus, and how they are changed. */
function requireTagged(scope: Scope, arn: string): { readonly tags: Tags; readonly put: (tags: Tags) => void } {
  if (arn.includes(":event-bus/")) {
    const bus = requireBus(scope, arn);
    return { tags: bus.tags, put: (tags) => buses.put(scope, { ...bus, tags }) };
  }
  const path = arn.split(":rule/")[1] ?? "";
  const rule =
    rules.get(scope, path.includes("/") ? path : `${DEFAULT_BUS}/${path}`) ??
    fault(ResourceNotFoundException, `Rule ${path} does not exist on EventBus ${DEFAULT_BUS}.`);
  return { tags: rule.tags, put: (tags) => rules.patch(scope, rule.id, { tags }) };
}

const invalidToken = (): never => fault("ValidationException", "Invalid NextToken.");

const described = (scope: Scope, rule: Rule) => ({
  Name: rule.name,
  Arn: ruleArn(scope, rule),
  ...(rule.pattern !== undefined && { EventPattern: rule.pattern }),
  ...(rule.schedule !== undefined && { ScheduleExpression: rule.schedule }),
  State: rule.state,
  ...(rule.description !== undefined && { Description: rule.description }),
  ...(rule.roleArn !== undefined && { RoleArn: rule.roleArn }),
  EventBusName: rule.bus,
});
