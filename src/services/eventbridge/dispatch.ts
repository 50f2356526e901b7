import type { Consumer } from "../../kernel/consumer.ts";
import type { DeadLetter } from "../../kernel/delivery.ts";
import { events, type Fact } from "../../kernel/facts.ts";
import type { Scope } from "../../kernel/scope.ts";
import { DEFAULT_BUS } from "./bus.ts";
import { eventOf, instant } from "./event.ts";
import { targetInput } from "./input.ts";
import { compilePattern, type EventPattern } from "./pattern.ts";
import { type Rule, ruleArn, rules } from "./rule.ts";
import type { Target } from "./target.ts";

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
    const ageMax = target.RetryPolicy?.MaximumEventAgeInSeconds;
    const context = {
      sourceArn,
      parameters: target as Record<string, unknown>,
      ...(groupId !== undefined && { messageGroupId: groupId }),
      ...(ageMax !== undefined && { ageMaxMs: ageMax * 1000 }),
      ...(target.DeadLetterConfig?.Arn !== undefined && { deadLetter: deadLetter(target, sourceArn) }),
    };
    scope.deliver(`events/${event["id"]}/${rule.id}/${target.Id}`, target.Arn!, payload, {
      from: "events.amazonaws.com",
      context,
      attemptsMax,
    });
    count("Invocations");
  }
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html#eb-dlq-message-attributes */
const deadLetter = ({ Arn, DeadLetterConfig }: Target, ruleArn: string): DeadLetter => ({
  arn: DeadLetterConfig!.Arn!,
  attributes: { RULE_ARN: ruleArn, TARGET_ARN: Arn! },
  reasonIn: "ERROR_MESSAGE",
});

function patternOf(rule: Rule): EventPattern {
  let pattern = compiled.get(rule);
  if (pattern === undefined) {
    pattern = compilePattern(rule.pattern!);
    compiled.set(rule, pattern);
  }
  return pattern;
}
