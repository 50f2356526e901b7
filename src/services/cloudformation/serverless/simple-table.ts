import { hasMember, isTruthy, type Section, unlessEmpty } from "./draft.ts";
import { expectGiven, resourceOwner } from "./expect.ts";
import { invalidResource } from "./invalid.ts";
import { integer, map, mapOf, may, oneOf, passed, text } from "./property.ts";
import { display } from "./python.ts";
import { resource } from "./resource.ts";
import type { Declared, ServerlessType } from "./serverless-type.ts";
import { tagList } from "./tag.ts";

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-simpletable.html */
export const simpleTable: ServerlessType = {
  type: "AWS::Serverless::SimpleTable",
  properties: {
    PointInTimeRecoverySpecification: passed,
    PrimaryKey: may(mapOf(text)),
    ProvisionedThroughput: may(mapOf(oneOf(integer, map))),
    TableName: may(oneOf(text, map)),
    Tags: may(map),
    SSESpecification: may(map),
  },
  transform(declared) {
    const { PointInTimeRecoverySpecification, ProvisionedThroughput, SSESpecification, TableName, Tags } = declared.properties;
    const key = primaryKey(declared);
    const properties = {
      AttributeDefinitions: [key],
      KeySchema: [{ AttributeName: key["AttributeName"], KeyType: "HASH" }],
      PointInTimeRecoverySpecification: unlessEmpty(PointInTimeRecoverySpecification),
      ProvisionedThroughput: unlessEmpty(ProvisionedThroughput),
      BillingMode: isTruthy(ProvisionedThroughput) ? undefined : "PAY_PER_REQUEST",
      SSESpecification: unlessEmpty(SSESpecification),
      TableName: unlessEmpty(TableName),
      Tags: isTruthy(Tags) ? tagList(Tags) : undefined,
    };
    return [resource("AWS::DynamoDB::Table", declared.id, properties, declared.attributes, declared.dependsOn)];
  },
};

const ATTRIBUTE_TYPES: Readonly<Record<string, string>> = { String: "S", Number: "N", Binary: "B" };

function primaryKey({ id, properties }: Declared): Section {
  const key = properties["PrimaryKey"];
  if (!isTruthy(key)) return { AttributeName: "id", AttributeType: "S" };
  const owner = resourceOwner(id);
  const name = expectGiven(hasMember(key, "Name") ? (key as Section)["Name"] : undefined, owner, "PrimaryKey.Name");
  const type = expectGiven((key as Section)["Type"], owner, "PrimaryKey.Type");
  if (!Object.hasOwn(ATTRIBUTE_TYPES, String(type))) throw invalidResource(id, `Invalid 'Type' "${display(type)}".`);
  return { AttributeName: name, AttributeType: ATTRIBUTE_TYPES[String(type)] };
}
