import type { Consumer } from "../../kernel/consumer.ts";
import { events, type Fact } from "../../kernel/facts.ts";
import type { Scope } from "../../kernel/scope.ts";
import { DEFAULT_BUS } from "./bus.ts";
import { eventOf, instant } from "./event.ts";
import { targetInput } from "./input.ts";
import { compilePattern, type EventPattern } from "./pattern.ts";
import { type Rule, ruleArn, rules } from "./rule.ts";

/** By rule row: compiled once, for as long as the row is. */
const compiled = new WeakMap<Rule, EventPattern>();

/** Every event meets every enabled rule of its bus, and goes to the targets of those it matches. */
export const dispatch: Consumer<Fact> = {
  name: "eventbridge/dispatch",
  stream: events,
  consume(scope, { at, value: fact }) {
    const candidates = rules
      .by(scope, "bus", fact.bus ?? DEFAULT_BUS)
      .filter(({ state, pattern }) => state === "ENABLED" && pattern !== undefined);
    if (candidates.length === 0) return;
    const event = eventOf(scope, fact, at);
    for (const rule of candidates) if (patternOf(rule).matches(event)) send(scope, rule, event);
  },
};

/** Send an event to every target of a rule; once per event, however often it is asked for. */
export function send(scope: Scope, rule: Rule, event: Readonly<Record<string, unknown>>): void {
  const dimensions = { RuleName: rule.name };
  const count = (name: string, value = 1): void => scope.measure({ namespace: "AWS/Events", name, dimensions }, { value, unit: "Count" });
  count("MatchedEvents");
  count("TriggeredRules");
  const sourceArn = ruleArn(scope, rule);
  const matched = { event, ruleArn: sourceArn, ruleName: rule.name, ingestionTime: instant(scope.clock.now()) };
  for (const target of rule.targets) {
    const payload = targetInput(target, matched);
    if (payload === undefined) {
      count("FailedInvocations");
      continue;
    }
    const groupId = target.SqsParameters?.MessageGroupId;
    const attemptsMax = 1 + (target.RetryPolicy?.MaximumRetryAttempts ?? 185);
    const context = { sourceArn, parameters: target as Record<string, unknown>, ...(groupId !== undefined && { messageGroupId: groupId }) };
    scope.deliver(`events/${event["id"]}/${rule.id}/${target.Id}`, target.Arn!, payload, {
      from: "events.amazonaws.com",
      context,
      attemptsMax,
    });
    count("Invocations");
  }
}

function patternOf(rule: Rule): EventPattern {
  let pattern = compiled.get(rule);
  if (pattern === undefined) {
    pattern = compilePattern(rule.pattern!);
    compiled.set(rule, pattern);
  }
  return pattern;
}
