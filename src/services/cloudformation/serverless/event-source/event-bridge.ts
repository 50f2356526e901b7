import { getAtt } from "../intrinsic.ts";
import type { PropertyRules } from "../property.ts";
import { arnOf, type EventSource, permission } from "./event-source.ts";
import { ofFunction, ruleFor } from "./rule.ts";

const source = (type: string, properties: PropertyRules): EventSource => ({
  type,
  properties,
  transform(event, invoked) {
    const { rule, deadLetter, target } = ruleFor(event, "LambdaTarget", invoked.passedOn);
    rule.properties["Targets"] = [{ Arn: arnOf(invoked.target), ...target }];
    const allowed = permission(event, invoked, { principal: "events.amazonaws.com", sourceArn: getAtt(rule.id, "Arn") });
    return [rule, ...deadLetter, allowed];
  },
});

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-schedule.html */
export const schedule = source("Schedule", ofFunction.scheduled);
/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventbridgerule.html */
export const eventBridgeRule = source("EventBridgeRule", ofFunction.matched);
/** The name that EventBridgeRule had. */
export const cloudWatchEvent = source("CloudWatchEvent", ofFunction.matched);
