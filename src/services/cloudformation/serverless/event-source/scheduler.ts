import { given, isTruthy, type Section, unlessEmpty } from "../draft.ts";
import { getAtt } from "../intrinsic.ts";
import { invalidEvent } from "../invalid.ts";
import { boolean, map, may, mayBeLiteral, must, type PropertyRules, text } from "../property.ts";
import { type Resource, resource } from "../resource.ts";
import { allowing, trustOf } from "../role.ts";
import { arnOf, type DeclaredEvent, type EventSource } from "./event-source.ts";
import { deadLetterQueue } from "./rule.ts";

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-schedulev2.html */
export const scheduleProperties: PropertyRules = {
  PermissionsBoundary: may(text),
  ScheduleExpression: must(text),
  FlexibleTimeWindow: may(map),
  Name: may(text),
  State: may(text),
  Description: may(text),
  StartDate: may(text),
  EndDate: may(text),
  ScheduleExpressionTimezone: may(text),
  GroupName: may(text),
  KmsKeyArn: may(text),
  Input: may(text),
  RoleArn: may(text),
  DeadLetterConfig: may(map),
  RetryPolicy: may(map),
  OmitName: mayBeLiteral(boolean),
};

export const scheduleV2: EventSource = {
  type: "ScheduleV2",
  properties: scheduleProperties,
  transform: (event, { target, passedOn }) => {
    const arn = arnOf(target);
    return scheduleOf(event, arn, allowing(`${event.id}LambdaPolicy`, "lambda:InvokeFunction", arn), passedOn);
  },
};

/** A schedule of EventBridge Scheduler, and the role with which it invokes; of a function or a state machine. */
export function scheduleOf(event: DeclaredEvent, arn: Section, invoking: Section, attributes: Section): Resource[] {
  const { id, properties } = event;
  const { FlexibleTimeWindow, Name, OmitName, PermissionsBoundary, RoleArn, State } = properties;
  if (isTruthy(OmitName) && isTruthy(Name)) throw invalidEvent(id, "Name cannot be set when OmitName is True");
  const queue = deadLetterQueue(event, attributes);
  const policies = [invoking];
  if (isTruthy(queue?.arn)) policies.push(allowing(`${id}SQSPolicy`, "sqs:SendMessage", queue.arn));
  const trusted = {
    AssumeRolePolicyDocument: trustOf("scheduler.amazonaws.com"),
    Policies: policies,
    PermissionsBoundary: unlessEmpty(PermissionsBoundary),
  };
  const roles = isTruthy(RoleArn) ? [] : [resource("AWS::IAM::Role", `${id}Role`, trusted, attributes)];
  const made = {
    ...given(properties, [
      "ScheduleExpression",
      "Description",
      "StartDate",
      "EndDate",
      "ScheduleExpressionTimezone",
      "GroupName",
      "KmsKeyArn",
    ]),
    Name: isTruthy(OmitName) ? undefined : (unlessEmpty(Name) ?? id),
    State: unlessEmpty(State),
    FlexibleTimeWindow: unlessEmpty(FlexibleTimeWindow) ?? { Mode: "OFF" },
    Target: {
      Arn: arn,
      RoleArn: unlessEmpty(RoleArn) ?? getAtt(`${id}Role`, "Arn"),
      ...given(properties, ["Input", "RetryPolicy"]),
      ...(queue === undefined ? {} : { DeadLetterConfig: { Arn: queue.arn } }),
    },
  };
  return [resource("AWS::Scheduler::Schedule", id, made, attributes), ...(queue?.resources ?? []), ...roles];
}
