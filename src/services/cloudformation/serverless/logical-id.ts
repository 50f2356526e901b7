import { createHash } from "node:crypto";
import { isSection, isText, isTruthy, type Section, type Value } from "./draft.ts";
import { canonicalJson } from "./python.ts";

const HASH_LENGTH = 10;

/** The hash that SAM puts behind an id, so that the id changes when the data do. Nothing has no hash. */
export function shortHash(data: Value, length = HASH_LENGTH): string {
  return isTruthy(data) ? sha1(isText(data) ? data : canonicalJson(data)).slice(0, length) : "";
}

export const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex");

/** A generated resource may take the place of the SAM resource that it comes from; no other id may be there already. */
const MAY_REPLACE: Readonly<Record<string, readonly string[]>> = {
  "AWS::Lambda::Function": ["AWS::Serverless::Function"],
  "AWS::Lambda::LayerVersion": ["AWS::Serverless::LayerVersion"],
  "AWS::Lambda::CapacityProvider": ["AWS::Serverless::CapacityProvider"],
  "AWS::ApiGateway::RestApi": ["AWS::Serverless::Api"],
  "AWS::ApiGatewayV2::Api": ["AWS::Serverless::HttpApi", "AWS::Serverless::WebSocketApi"],
  "AWS::S3::Bucket": ["AWS::S3::Bucket"],
  "AWS::SNS::Topic": ["AWS::SNS::Topic"],
  "AWS::DynamoDB::Table": ["AWS::Serverless::SimpleTable"],
  "AWS::CloudFormation::Stack": ["AWS::Serverless::Application"],
  "AWS::Cognito::UserPool": ["AWS::Cognito::UserPool"],
  "AWS::ApiGateway::DomainName": ["AWS::ApiGateway::DomainName"],
  "AWS::ApiGateway::BasePathMapping": ["AWS::ApiGateway::BasePathMapping"],
  "AWS::ApiGateway::DomainNameV2": ["AWS::ApiGateway::DomainNameV2"],
  "AWS::ApiGateway::BasePathMappingV2": ["AWS::ApiGateway::BasePathMappingV2"],
  "AWS::StepFunctions::StateMachine": ["AWS::Serverless::StateMachine"],
  "AWS::AppSync::GraphQLApi": ["AWS::Serverless::GraphQLApi"],
};

export function mayHaveId(id: string, type: string, declared: Section): boolean {
  if (!Object.hasOwn(declared, id)) return true;
  const there = declared[id];
  const its = isSection(there) && isText(there["Type"]) ? there["Type"] : "";
  return (MAY_REPLACE[type] ?? []).includes(its);
}
