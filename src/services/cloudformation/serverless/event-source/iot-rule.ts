import { isTruthy } from "../draft.ts";
import { ref, sub } from "../intrinsic.ts";
import { may, must, text } from "../property.ts";
import { resource } from "../resource.ts";
import { arnIn, arnOf, type EventSource, permission } from "./event-source.ts";

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-iotrule.html */
export const iotRule: EventSource = {
  type: "IoTRule",
  properties: { Sql: must(text), AwsIotSqlVersion: may(text) },
  transform(event, invoked, context) {
    const { AwsIotSqlVersion, Sql } = event.properties;
    const payload = {
      Sql,
      RuleDisabled: false,
      Actions: [{ Lambda: { FunctionArn: arnOf(invoked.target) } }],
      ...(isTruthy(AwsIotSqlVersion) ? { AwsIotSqlVersion } : {}),
    };
    return [
      permission(event, invoked, {
        principal: "iot.amazonaws.com",
        sourceArn: sub(arnIn(context, "iot", "rule/${RuleName}"), { RuleName: ref(event.id) }),
        sourceAccount: sub("${AWS::AccountId}"),
      }),
      resource("AWS::IoT::TopicRule", event.id, { TopicRulePayload: payload }, invoked.passedOn),
    ];
  },
};
