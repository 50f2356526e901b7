import { asList, asSection, hasMember, isSame, isSection, isText, isTruthy, member, type Section, type Value } from "../draft.ts";
import { getAtt, logicalIdOf, ref } from "../intrinsic.ts";

/** One end of a connector: a resource of the template, or what is said of one that is not. */
export interface Connected {
  readonly id?: string;
  readonly type: string;
  /** What the profile may ask for, by its name there. */
  readonly values: Readonly<Record<"Arn" | "ResourceId" | "Name" | "Qualifier", Value>>;
  readonly roleName: Value;
  readonly queueUrl: Value;
}

/** How a resource that is in the template is referred to, by its type. */
interface Outputs {
  readonly arn: (id: string) => Value;
  readonly id?: (id: string) => Value;
  readonly name?: (id: string) => Value;
  readonly qualifier?: Value;
  readonly url?: (id: string) => Value;
  /** The property that has its role; of a rule, each target has one. */
  readonly role?: string;
}

const arn = (id: string): Section => getAtt(id, "Arn");

const OUTPUTS: Readonly<Record<string, Outputs>> = {
  "AWS::ApiGateway::RestApi": { arn, id: ref, qualifier: "*" },
  "AWS::ApiGatewayV2::Api": { arn, id: ref, qualifier: "*" },
  "AWS::AppSync::DataSource": { arn: ref, role: "ServiceRoleArn" },
  "AWS::AppSync::GraphQLApi": { arn: ref, id: (id) => getAtt(id, "ApiId") },
  "AWS::DynamoDB::Table": { arn },
  "AWS::Events::EventBus": { arn },
  "AWS::Events::Rule": { arn, role: "Targets" },
  "AWS::Lambda::Function": { arn, role: "Role" },
  "AWS::Location::PlaceIndex": { arn },
  "AWS::S3::Bucket": { arn },
  "AWS::SNS::Topic": { arn: ref },
  "AWS::SQS::Queue": { arn, url: ref },
  "AWS::StepFunctions::StateMachine": { arn: ref, name: (id) => getAtt(id, "Name"), role: "RoleArn" },
};

const BECOMES: Readonly<Record<string, string>> = {
  "AWS::Serverless::Function": "AWS::Lambda::Function",
  "AWS::Serverless::StateMachine": "AWS::StepFunctions::StateMachine",
  "AWS::Serverless::Api": "AWS::ApiGateway::RestApi",
  "AWS::Serverless::HttpApi": "AWS::ApiGatewayV2::Api",
  "AWS::Serverless::SimpleTable": "AWS::DynamoDB::Table",
};

/** One end, as given; `other` is the other one. Answers a text where it is wrong. */
export function connected(given: Section, other: Section, resources: Section): Connected | string {
  const others = Object.keys(given).filter((name) => name !== "Id" && name !== "Qualifier");
  if (hasMember(given, "Id") === others.length > 0) {
    return "Must provide 'Id' (with optional 'Qualifier') or a supported combination of other properties.";
  }
  const id = given["Id"];
  if (!isTruthy(id)) return described(given);
  if (!isText(id)) return "'Id' is missing or not a string.";
  const resource = member(resources, id);
  if (!isSection(resource) || !isTruthy(resource)) return `Unable to find resource with logical ID '${id}'.`;
  const type = resource["Type"];
  if (!isText(type) || type === "") return "'Type' is missing or not a string.";
  const outputs = Object.hasOwn(OUTPUTS, type) ? OUTPUTS[type] : undefined;
  const role = roleOf(outputs?.role, asSection(resource["Properties"]), other);
  const roleId = isTruthy(role) ? logicalIdOf(role) : undefined;
  return {
    id,
    type,
    values: {
      Arn: outputs?.arn(id),
      ResourceId: outputs?.id?.(id),
      Name: outputs?.name?.(id),
      Qualifier: hasMember(given, "Qualifier") ? given["Qualifier"] : outputs?.qualifier,
    },
    roleName: roleId === undefined ? undefined : ref(roleId),
    queueUrl: outputs?.url?.(id),
  };
}

function described({ Arn, Name, Qualifier, QueueUrl, ResourceId, RoleName, Type }: Section): Connected | string {
  if (!isText(Type) || Type === "") return "'Type' is missing or not a string.";
  const values = { Arn, Name, Qualifier, ResourceId };
  return { type: BECOMES[Type] ?? Type, values, roleName: RoleName, queueUrl: QueueUrl };
}

function roleOf(property: string | undefined, properties: Section, other: Section): Value {
  if (property === undefined) return undefined;
  if (property !== "Targets") return properties[property];
  const { Arn, Id } = other;
  const target = asList(properties["Targets"]).find((each) => {
    const its = member(each, "Arn");
    const id = logicalIdOf(its);
    return (id !== undefined && id === Id) || (isTruthy(Arn) && isSame(its, Arn));
  });
  return member(target, "RoleArn");
}
