import { sub } from "../intrinsic.ts";
import { must, text } from "../property.ts";
import { resource } from "../resource.ts";
import { arnIn, arnOf, type EventSource, permission } from "./event-source.ts";

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-cloudwatchlogs.html */
export const cloudWatchLogs: EventSource = {
  type: "CloudWatchLogs",
  properties: { LogGroupName: must(text), FilterPattern: must(text) },
  transform(event, invoked, context) {
    const { FilterPattern, LogGroupName } = event.properties;
    const sourceArn = sub(arnIn(context, "logs", "log-group:${__LogGroupName__}:*"), { __LogGroupName__: LogGroupName });
    const allowed = permission(event, invoked, { principal: "logs.amazonaws.com", sourceArn });
    const filter = { LogGroupName, FilterPattern, DestinationArn: arnOf(invoked.target) };
    return [allowed, resource("AWS::Logs::SubscriptionFilter", event.id, filter, invoked.passedOn, [allowed.id])];
  },
};
