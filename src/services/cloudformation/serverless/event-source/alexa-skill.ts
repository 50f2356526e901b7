import { may, text } from "../property.ts";
import { type EventSource, permission } from "./event-source.ts";

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-alexaskill.html */
export const alexaSkill: EventSource = {
  type: "AlexaSkill",
  properties: { SkillId: may(text) },
  transform: (event, invoked) => [
    permission(event, invoked, { principal: "alexa-appkit.amazon.com", eventSourceToken: event.properties["SkillId"] }),
  ],
};
