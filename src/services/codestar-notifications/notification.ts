import type { Consumer } from "../../kernel/consumer.ts";
import { EVENTS, events, type Fact } from "../../kernel/facts.ts";
import type { Scope } from "../../kernel/scope.ts";
import { typesOf } from "./event-type.ts";
import { type Rule, ruleArn, rules } from "./rule.ts";
import { targets } from "./target.ts";

/** Every event meets the rules of the resource that it is about, and goes to the targets of those that ask for its type. */
export const notify: Consumer<Fact> = {
  name: "codestar-notifications/notify",
  stream: events,
  consume(scope, { at, value: fact }) {
    if (fact.bus !== undefined) return;
    const found = typesOf(scope, fact);
    if (found === undefined) return;
    const asking = rules
      .by(scope, "resource", found.resource)
      .filter(({ status, eventTypeIds }) => status === "ENABLED" && eventTypeIds.some((id) => found.ids.includes(id)));
    for (const rule of asking) send(scope, rule, fact, at);
  },
};

function send(scope: Scope, rule: Rule, fact: Fact, at: number): void {
  const message = JSON.stringify(messageOf(scope, rule, fact, at));
  for (const address of rule.targets) {
    const id = `codestar-notifications/${fact.id}/${rule.id}/${address}`;
    scope.deliver(id, address, message, {
      from: "codestar-notifications.amazonaws.com",
      context: { sourceArn: ruleArn(scope, rule) },
      attemptsMax: 3,
    });
    targets.patch(scope, address, { lastDelivery: id });
  }
}

/** What a topic's subscribers read: the event, which rule sent it, and in a FULL one what else is known. */
const messageOf = (scope: Scope, rule: Rule, fact: Fact, at: number) => ({
  account: scope.account,
  detailType: fact.detailType,
  region: scope.region,
  source: fact.source,
  time: new Date(fact.time ?? at).toISOString().replace(/\.\d{3}Z$/, "Z"),
  notificationRuleArn: ruleArn(scope, rule),
  detail: fact.detail,
  resources: fact.resources,
  additionalAttributes: rule.detailType === "FULL" ? additional(scope, fact) : {},
});

/** How far back the actions of an execution are looked for. */
const LOOKED_AT = 500;

/** Of what failed in a pipeline: the actions, and what they said. */
function additional(scope: Scope, { source, detail }: Fact): object {
  if (source !== "aws.codepipeline" || detail["state"] !== "FAILED") return {};
  if (detail["action"] !== undefined) return saidBy(detail);
  const execution = detail["execution-id"];
  const stage = detail["stage"];
  const failed = events
    .peek(scope, EVENTS, { limit: LOOKED_AT, newestFirst: true })
    .map(({ value }) => value.detail)
    .filter((one) => one["execution-id"] === execution && one["action"] !== undefined && one["state"] === "FAILED")
    .filter((one) => stage === undefined || one["stage"] === stage)
    .reverse();
  if (failed.length === 0) return {};
  return {
    failedActionCount: failed.length,
    failedActions: failed.map((one) => ({ action: one["action"], ...saidBy(one) })),
    ...(stage === undefined && { failedStage: failed.at(-1)!["stage"] }),
  };
}

function saidBy(detail: Fact["detail"]): { additionalInformation?: string } {
  const said = (detail["execution-result"] as Record<string, string> | undefined)?.["external-execution-summary"];
  return said === undefined ? {} : { additionalInformation: said };
}
