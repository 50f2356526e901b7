import { isAbsent, isTruthy, type Section, type Value } from "./draft.ts";
import { invalidResource } from "./invalid.ts";
import { display } from "./python.ts";
import { membersOf } from "./python-marks.ts";
import type { Resource } from "./resource.ts";

/** Types of generated resources that carry tags as a list; the rest is left alone when tags are propagated. */
const TAGGED = new Set([
  "AWS::ApiGateway::ApiKey",
  "AWS::ApiGateway::DomainName",
  "AWS::ApiGateway::DomainNameAccessAssociation",
  "AWS::ApiGateway::DomainNameV2",
  "AWS::ApiGateway::RestApi",
  "AWS::ApiGateway::Stage",
  "AWS::ApiGateway::UsagePlan",
  "AWS::AppSync::GraphQLApi",
  "AWS::CloudFormation::Stack",
  "AWS::CodeDeploy::Application",
  "AWS::CodeDeploy::DeploymentGroup",
  "AWS::DynamoDB::Table",
  "AWS::IAM::Role",
  "AWS::IoT::TopicRule",
  "AWS::Lambda::CapacityProvider",
  "AWS::Lambda::Function",
  "AWS::S3::Bucket",
  "AWS::SNS::Topic",
  "AWS::SQS::Queue",
  "AWS::StepFunctions::StateMachine",
]);

/** Types whose tags are a map. */
const TAGGED_BY_MAP = new Set(["AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::Stage"]);

/** Of APIs, those of HTTP have their tags in the definition. */
const hasTagMap = ({ type, properties }: Resource): boolean =>
  TAGGED_BY_MAP.has(type) || (type === "AWS::ApiGatewayV2::Api" && properties["ProtocolType"] === "WEBSOCKET");

/** SAM's map of tags as CloudFormation's list. */
export const tagList = (tags: Value): Value[] =>
  isAbsent(tags) ? [] : membersOf(tags as Section).map(([Key, Value]) => ({ Key, Value: Value ?? "" }));

const RESERVED = ["lambda:createdBy", "serverlessrepo:applicationId", "serverlessrepo:semanticVersion"];

/** The tags of a resource that SAM makes: its own mark first. */
export function markedTags(id: string, tags: Value, further: Section = {}, mark = "lambda:createdBy"): Value[] {
  for (const name of mark === "lambda:createdBy" ? RESERVED : []) {
    if (isTruthy(tags) && Object.hasOwn(tags as Section, name)) {
      throw invalidResource(
        id,
        `${display(name)} is a reserved Tag key name and cannot be set on your resource. Please change the tag key in the input.`,
      );
    }
  }
  return [...tagList({ [mark]: "SAM" }), ...tagList(further), ...tagList(tags)];
}

/** Give the tags of a SAM resource to all that is made for it, in place of their own. */
export function propagateTags(resources: readonly Resource[], tags: Value, isWanted: Value): void {
  if (!isTruthy(isWanted) || !isTruthy(tags)) return;
  for (const one of resources) {
    if (hasTagMap(one)) one.properties["Tags"] = tags;
    else if (TAGGED.has(one.type)) one.properties["Tags"] = tagList(tags);
  }
}

/** As `propagateTags`, but added to their own. */
export function combineTags(resources: readonly Resource[], tags: Value, isWanted: Value): void {
  if (!isTruthy(isWanted) || !isTruthy(tags)) return;
  for (const { type, properties } of resources) {
    if (!TAGGED.has(type)) continue;
    const own = (properties["Tags"] ?? []) as { Key: string; Value: Value }[];
    const combined = new Map([...own, ...(tagList(tags) as { Key: string; Value: Value }[])].map(({ Key, Value }) => [Key, Value]));
    properties["Tags"] = [...combined].map(([Key, Value]) => ({ Key, Value }));
  }
}
