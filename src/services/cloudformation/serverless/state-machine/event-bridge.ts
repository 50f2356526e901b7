import { isAbsent } from "../draft.ts";
import { ofStateMachine, ruleFor } from "../event-source/rule.ts";
import { scheduleOf, scheduleProperties } from "../event-source/scheduler.ts";
import { getAtt, ref } from "../intrinsic.ts";
import type { PropertyRules } from "../property.ts";
import { allowing } from "../role.ts";
import { type StartingSource, startingRole } from "./starting.ts";

const source = (type: string, properties: PropertyRules): StartingSource => ({
  type,
  properties,
  transform(event, started) {
    const { rule, deadLetter, target } = ruleFor(event, "StepFunctionsTarget", started.passedOn);
    const given = event.properties["RoleArn"];
    const roles = isAbsent(given) ? [startingRole(event, started, "events.amazonaws.com")] : [];
    const arn = isAbsent(given) ? getAtt(roles[0]!.id, "Arn") : given;
    rule.properties["Targets"] = [{ Arn: ref(started.target.id), RoleArn: arn, ...target }];
    return [rule, ...roles, ...deadLetter];
  },
});

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-statemachine-statemachineschedule.html */
export const schedule = source("Schedule", ofStateMachine.scheduled);
/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-statemachine-statemachineeventbridgerule.html */
export const eventBridgeRule = source("EventBridgeRule", ofStateMachine.matched);
/** The name that EventBridgeRule had. */
export const cloudWatchEvent = source("CloudWatchEvent", ofStateMachine.matched);

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-statemachine-statemachineschedulev2.html */
export const scheduleV2: StartingSource = {
  type: "ScheduleV2",
  properties: scheduleProperties,
  transform(event, { target, passedOn }) {
    const arn = ref(target.id);
    return scheduleOf(event, arn, allowing(`${event.id}StartExecutionPolicy`, "states:StartExecution", arn), passedOn);
  },
};
