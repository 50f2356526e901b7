import { asSection, given, hasMember, isAbsent, isText, isTruthy, type Section, unlessEmpty, type Value } from "../draft.ts";
import { getAtt, ref } from "../intrinsic.ts";
import { invalidEvent } from "../invalid.ts";
import { boolean, map, may, mayBeLiteral, must, type PropertyRules, text } from "../property.ts";
import { type Resource, resource } from "../resource.ts";
import type { DeclaredEvent } from "./event-source.ts";

/**
 * Rules of EventBridge that invoke a function or a state machine.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventbridgerule.html
 */
const target: PropertyRules = { Input: may(text), DeadLetterConfig: may(map), RetryPolicy: may(map), State: may(text) };
const scheduled: PropertyRules = { Schedule: must(text), Enabled: may(boolean), Name: may(text), Description: may(text), ...target };
const matched: PropertyRules = {
  EventBusName: may(text),
  RuleName: may(text),
  Pattern: may(map),
  InputPath: may(text),
  InputTransformer: may(map),
  ...target,
};

export const ofFunction = {
  scheduled: { ...scheduled, RuleName: may(text) },
  matched: { ...matched, Target: may(map), Enabled: may(boolean) },
};
export const ofStateMachine = {
  scheduled: { ...scheduled, Target: mayBeLiteral(map), RoleArn: mayBeLiteral(text) },
  matched: { ...matched, Target: mayBeLiteral(map) },
};

/** The rule of an event, without its target, and the queue for what cannot be delivered. */
export interface Rule {
  readonly rule: Resource;
  readonly deadLetter: readonly Resource[];
  /** What the target says besides whom it invokes. */
  readonly target: Section;
}

export function ruleFor(event: DeclaredEvent, idSuffix: string, attributes: Section): Rule {
  const { properties } = event;
  const { Description, Enabled, EventBusName, Name, Pattern, RuleName, Schedule, State } = properties;
  if (isTruthy(State) && !isAbsent(Enabled)) {
    throw invalidEvent(event.name, "State and Enabled Properties cannot both be specified.");
  }
  const enabled = isAbsent(Enabled) ? undefined : isTruthy(Enabled) ? "ENABLED" : "DISABLED";
  const isScheduled = !isAbsent(Schedule);
  const made = {
    Description,
    EventBusName,
    EventPattern: Pattern,
    Name: isScheduled ? Name : RuleName,
    ScheduleExpression: Schedule,
    State: unlessEmpty(State) ?? enabled,
  };
  const rule = resource("AWS::Events::Rule", event.id, made, attributes);
  const queue = deadLetterQueue(event, attributes, getAtt(rule.id, "Arn"));
  const target = {
    Id: targetId(event, idSuffix),
    ...given(properties, ["Input", "InputPath"]),
    ...(queue === undefined ? {} : { DeadLetterConfig: { Arn: queue.arn } }),
    ...given(properties, ["RetryPolicy", "InputTransformer"]),
  };
  return { rule, deadLetter: queue?.resources ?? [], target };
}

const TARGET_ID_CHARACTERS = 64;

function targetId({ id, properties }: DeclaredEvent, suffix: string): Value {
  const named = properties["Target"];
  if (hasMember(named, "Id")) return asSection(named)["Id"];
  return id.slice(0, TARGET_ID_CHARACTERS - suffix.length) + suffix;
}

/** The queue for events that cannot be delivered: by its ARN, or one of our own; a rule needs to be let in by a policy. */
export function deadLetterQueue(
  { id, properties }: DeclaredEvent,
  attributes: Section,
  ruleArn?: Value,
): { readonly arn: Value; readonly resources: Resource[] } | undefined {
  const config = properties["DeadLetterConfig"];
  if (isAbsent(config)) return undefined;
  const { Arn, QueueLogicalId, Type } = asSection(config);
  const [hasArn, hasType] = [hasMember(config, "Arn"), hasMember(config, "Type")];
  if (hasArn && hasType) throw invalidEvent(id, "You can either define 'Arn' or 'Type' property of DeadLetterConfig.");
  if (hasType && Type !== "SQS") throw invalidEvent(id, "The only valid value for 'Type' property of DeadLetterConfig is 'SQS'.");
  if (!hasArn && !hasType) throw invalidEvent(id, "No 'Arn' or 'Type' property provided for DeadLetterConfig.");
  if (!isAbsent(Arn)) return { arn: Arn, resources: [] };
  if (!isAbsent(QueueLogicalId) && !isText(QueueLogicalId)) throw invalidEvent(id, "QueueLogicalId must be a string");
  const queue = resource("AWS::SQS::Queue", isTruthy(QueueLogicalId) ? QueueLogicalId : `${id}Queue`, {}, attributes);
  const arn = getAtt(queue.id, "Arn");
  if (ruleArn === undefined) return { arn, resources: [queue] };
  const statement = {
    Action: "sqs:SendMessage",
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Resource: arn,
    Condition: { ArnEquals: { "aws:SourceArn": ruleArn } },
  };
  return { arn, resources: [queue, queuePolicy(`${id}QueuePolicy`, statement, ref(queue.id), attributes)] };
}

export const queuePolicy = (id: string, statement: Section, queue: Value, attributes: Section): Resource =>
  resource("AWS::SQS::QueuePolicy", id, { PolicyDocument: { Version: "2012-10-17", Statement: [statement] }, Queues: [queue] }, attributes);
