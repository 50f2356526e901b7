import type { Context } from "../context.ts";
import { asList, hasMember, isAbsent } from "../draft.ts";
import { expectMap, resourceOwner } from "../expect.ts";
import { getAtt } from "../intrinsic.ts";
import { invalidEvent } from "../invalid.ts";
import { listOf, must, mustBeLiteral, oneOf, text } from "../property.ts";
import { display } from "../python.ts";
import { arnOf, type DeclaredEvent, type EventSource, permission } from "./event-source.ts";
import { again, type Existing, referredTo } from "./existing.ts";

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-cognito.html */
export const cognito: EventSource = {
  type: "Cognito",
  properties: { UserPool: must(text), Trigger: mustBeLiteral(oneOf(text, listOf(text))) },
  link(event, context) {
    poolOf(event, context);
  },
  transform(event, invoked, context) {
    const pool = poolOf(event, context);
    const allowed = permission(event, invoked, {
      principal: "cognito-idp.amazonaws.com",
      sourceArn: getAtt(pool.id, "Arn"),
      prefix: `${invoked.target.id}Cognito`,
    });
    if (isAbsent(pool.section["Properties"])) pool.section["Properties"] = {};
    const properties = expectMap(pool.section["Properties"], resourceOwner(pool.id), "Properties");
    if (isAbsent(properties["LambdaConfig"])) properties["LambdaConfig"] = {};
    const config = expectMap(properties["LambdaConfig"], resourceOwner(pool.id), "LambdaConfig");
    const { Trigger } = event.properties;
    for (const trigger of asList(Trigger).map(String)) {
      if (hasMember(config, trigger)) throw invalidEvent(event.name, `Cognito trigger "${display(Trigger)}" defined multiple times.`);
      config[trigger] = arnOf(invoked.target);
    }
    return [allowed, again(pool, "AWS::Cognito::UserPool", USER_POOL)];
  },
};

function poolOf({ id, name, properties }: DeclaredEvent, context: Context): Existing {
  const pool = referredTo(properties["UserPool"], context, () => invalidEvent(id, "Ref in Userpool is not a string."));
  if (pool === undefined) throw invalidEvent(name, "Cognito events must reference a Cognito UserPool in the same template.");
  return pool;
}

const USER_POOL = new Set(
  `AccountRecoverySetting AdminCreateUserConfig AliasAttributes AutoVerifiedAttributes DeletionProtection DeviceConfiguration
  EmailAuthenticationMessage EmailAuthenticationSubject EmailConfiguration EmailVerificationMessage EmailVerificationSubject EnabledMfas
  LambdaConfig MfaConfiguration Policies Schema SmsAuthenticationMessage SmsConfiguration SmsVerificationMessage
  UserAttributeUpdateSettings UsernameAttributes UsernameConfiguration UserPoolAddOns UserPoolName UserPoolTags UserPoolTier
  VerificationMessageTemplate WebAuthnRelyingPartyID WebAuthnUserVerification`.split(/\s+/),
);
