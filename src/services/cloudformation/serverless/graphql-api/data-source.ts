import type { Context } from "../context.ts";
import { asSection, isAbsent, isSection, isTruthy, type Section, type Value } from "../draft.ts";
import { getAtt, ref, sub } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import { display } from "../python.ts";
import type { Resource } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";
import { connect } from "./authentication.ts";
import { appSyncRole, part } from "./part.ts";

/** The data sources by the names that functions call them, and the one of type NONE, once a function wants it. */
export interface DataSources {
  readonly names: Map<string, Value>;
  readonly none: Resource[];
}

export const newDataSources = (): DataSources => ({ names: new Map(), none: [] });

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-graphqlapi-datasource.html */
export function dataSources(declared: Declared, sources: DataSources, context: Context): Resource[] {
  const { DynamoDb, Lambda } = asSection(declared.properties["DataSources"]);
  const entries = (given: Value): [string, Section][] => Object.entries(asSection(given)).map(([name, each]) => [name, asSection(each)]);
  return [
    ...entries(DynamoDb).flatMap(([name, given]) => table(declared, name, given, sources, context)),
    ...entries(Lambda).flatMap(([name, given]) => lambda(declared, name, given, sources, context)),
  ];
}

function table(declared: Declared, name: string, given: Section, sources: DataSources, context: Context): Resource[] {
  const { DeltaSync, Permissions, Region, TableArn, TableName, UseCallerCredentials, Versioned } = given;
  const config: Section = { AwsRegion: isTruthy(Region) ? Region : ref("AWS::Region"), TableName };
  if (isTruthy(UseCallerCredentials)) config["UseCallerCredentials"] = UseCallerCredentials;
  if (isTruthy(Versioned)) config["Versioned"] = Versioned;
  if (isTruthy(DeltaSync)) config["DeltaSyncConfig"] = DeltaSync;
  const arn = sub(`arn:\${AWS::Partition}:dynamodb:\${__Region__}:\${AWS::AccountId}:table/\${__TableName__}`, {
    __TableName__: TableName,
    __Region__: isTruthy(Region) ? Region : ref("AWS::Region"),
  });
  const destination = { Type: "AWS::DynamoDB::Table", Arn: isTruthy(TableArn) ? TableArn : arn };
  const permissions = isTruthy(Permissions) ? (Permissions as Value[]) : ["Read", "Write"];
  const to = { kind: "DynamoDB", connector: "ToTableConnector", destination, permissions };
  return source(declared, name, given, { Type: "AMAZON_DYNAMODB", DynamoDBConfig: config }, to, sources, context);
}

function lambda(declared: Declared, name: string, given: Section, sources: DataSources, context: Context): Resource[] {
  const arn = given["FunctionArn"];
  const destination = { Type: "AWS::Lambda::Function", Arn: arn };
  const to = { kind: "Lambda", connector: "ToLambdaConnector", destination, permissions: ["Write"] };
  return source(declared, name, given, { Type: "AWS_LAMBDA", LambdaConfig: { LambdaFunctionArn: arn } }, to, sources, context);
}

interface Target {
  readonly kind: string;
  readonly connector: string;
  readonly destination: Section;
  readonly permissions: Value[];
}

/** The source, and a role that may use what is behind it, unless one is given. */
function source(
  declared: Declared,
  name: string,
  { Description, Name, ServiceRoleArn }: Section,
  further: Section,
  { kind, connector, destination, permissions }: Target,
  { names }: DataSources,
  context: Context,
): Resource[] {
  const roleId = `${declared.id}${name}${kind}DataSourceRole`;
  const its = part(declared, "DataSource", `${name}${kind}DataSource`, {
    Name: isTruthy(Name) ? Name : name,
    Description,
    ...further,
    ServiceRoleArn: isTruthy(ServiceRoleArn) ? ServiceRoleArn : getAtt(roleId, "Arn"),
  });
  names.set(name, getAtt(its.id, "Name"));
  if (isTruthy(ServiceRoleArn)) return [its];
  const from = { Type: "AWS::AppSync::DataSource", Arn: getAtt(its.id, "DataSourceArn"), RoleName: ref(roleId) };
  return [its, appSyncRole(declared, roleId), ...connect(its.id + connector, from, destination, permissions, context)];
}

/** The name of the data source that a function names; what is not known by name is a function of CloudFormation. */
export function dataSourceName(declared: Declared, name: string, given: Value, { names, none }: DataSources): Value {
  if (isAbsent(given) || given === "" || (isSection(given) && !isTruthy(given))) {
    throw invalidResource(name, "'DataSource' must be set.");
  }
  if (isSection(given)) return given;
  const wanted = display(given);
  if (wanted.toLowerCase() === "none") {
    const id = `${declared.id}NoneDataSource`;
    if (none.length === 0) none.push(part(declared, "DataSource", "NoneDataSource", { Name: id, Type: "NONE" }));
    return getAtt(id, "Name");
  }
  const found = names.get(wanted);
  if (found !== undefined) return found;
  throw invalidResource(
    name,
    `Either define DataSource '${wanted}' in 'DataSources' or use intrinsic function like GetAtt, ImportValue, Sub or another one ` +
      "to reference a DataSource defined outside of this GraphQLApi resource.",
  );
}
