import type { Context } from "../context.ts";
import { asList, copyOf, hasMember, isList, isSection, isText, isTruthy, member, type Section, type Value } from "../draft.ts";
import { eventOwner, expectMap, resourceOwner } from "../expect.ts";
import { isIntrinsic, sub } from "../intrinsic.ts";
import { invalidEvent } from "../invalid.ts";
import { passedAndRequired } from "../property.ts";
import type { DeclaredEvent } from "./event-source.ts";
import { mapped } from "./mapping.ts";
import { decryptSecret, readSecret, statement, useVpc } from "./source-access.ts";

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-msk.html */
export const msk = mapped({
  type: "MSK",
  properties: { Stream: passedAndRequired, StartingPosition: passedAndRequired },
  arn: "Stream",
  managedPolicy: "AWSLambdaMSKExecutionRole",
  policies(event, context) {
    const access = event.properties["SourceAccessConfigurations"];
    const certificates = (isList(access) ? access : []).filter(
      (each) => member(each, "Type") === "CLIENT_CERTIFICATE_TLS_AUTH" && isTruthy(member(each, "URI")),
    );
    const statements = [...useSchemaRegistry(event, context), ...certificates.map((each) => readSecret(member(each, "URI")))];
    return statements.length === 0 ? [] : [{ PolicyName: "MSKExecutionRolePolicy", PolicyDocument: { Statement: statements } }];
  },
});

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-selfmanagedkafka.html */
export const selfManagedKafka = mapped({
  type: "SelfManagedKafka",
  properties: {},
  policies(event, context) {
    const { KafkaBootstrapServers, SourceAccessConfigurations, Topics } = event.properties;
    const invalid = (message: string): never => {
      throw invalidEvent(event.name, message);
    };
    if (!isTruthy(KafkaBootstrapServers)) invalid("No KafkaBootstrapServers provided for self managed kafka as an event source");
    if (!isTruthy(Topics)) invalid("No Topics provided for self managed kafka as an event source");
    const count = isSection(Topics) ? Object.keys(Topics).length : asList(Topics).length;
    if (count !== 1) invalid("Topics for self managed kafka only supports single configuration entry.");
    if (!isTruthy(SourceAccessConfigurations)) invalid("No SourceAccessConfigurations for self managed kafka event provided.");
    const { certificate, isInVpc, secret } = accessOf(event);
    const statements = [
      ...(isTruthy(secret) ? [readSecret(secret)] : []),
      // For the certificate SAM allows the same secret once more.
      ...(isTruthy(certificate) ? [readSecret(secret)] : []),
      ...(isInVpc ? [useVpc()] : []),
      ...decryptSecret(event),
      ...useSchemaRegistry(event, context),
    ];
    return [{ PolicyName: "SelfManagedKafkaExecutionRolePolicy", PolicyDocument: { Version: "2012-10-17", Statement: statements } }];
  },
});

const AUTHENTICATION = ["SASL_SCRAM_256_AUTH", "SASL_SCRAM_512_AUTH", "BASIC_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH"];

function accessOf({ name, properties }: DeclaredEvent): { secret: Value; certificate: Value; isInVpc: boolean } {
  const invalid = (message: string): never => {
    throw invalidEvent(name, message);
  };
  const uriOf = ({ URI }: Section, what: string): Value => {
    const where = "URI property specified in SourceAccessConfigurations for self managed kafka event.";
    if (!isTruthy(URI)) invalid(`No ${what} ${where}`);
    return isText(URI) || isIntrinsic(URI) ? URI : invalid(`Wrong Type for ${what} ${where}`);
  };
  const all = properties["SourceAccessConfigurations"];
  if (!isList(all)) return invalid("SourceAccessConfigurations for self managed kafka event should be a list.");
  const found: Record<string, Value> = {};
  for (const each of all) {
    const config = expectMap(each, resourceOwner(name), "SourceAccessConfigurations");
    const type = String(config["Type"]);
    if (AUTHENTICATION.includes(type)) {
      const many = "Multiple auth mechanism properties specified in SourceAccessConfigurations for self managed kafka event.";
      if (isTruthy(found["secret"])) invalid(many);
      found["secret"] = uriOf(config, "auth mechanism");
    } else if (["VPC_SUBNET", "VPC_SECURITY_GROUP", "SERVER_ROOT_CA_CERTIFICATE"].includes(type)) found[type] = uriOf(config, type);
    else invalid("Invalid SourceAccessConfigurations Type provided for self managed kafka event.");
  }
  const [subnet, group] = [found["VPC_SUBNET"], found["VPC_SECURITY_GROUP"]].map((uri) => uri !== undefined);
  if (subnet !== group) {
    invalid("VPC_SUBNET and VPC_SECURITY_GROUP in SourceAccessConfigurations for SelfManagedKafka must be both provided.");
  }
  return { secret: found["secret"], certificate: found["SERVER_ROOT_CA_CERTIFICATE"], isInVpc: subnet === true };
}

/** That the schemas of messages may be read: the secrets to get at the registry, and a registry of Glue. */
function useSchemaRegistry(event: DeclaredEvent, context: Context): Section[] {
  const given = event.properties["SchemaRegistryConfig"];
  if (!isTruthy(given)) return [];
  const config = checkSchemaRegistry(event, given);
  const { AccessConfigs, SchemaRegistryURI } = config;
  const secrets = (isList(AccessConfigs) ? AccessConfigs : []).map((each) => readSecret(member(each, "URI")));
  const resolved = isSection(SchemaRegistryURI) ? member(context.resolve(copyOf(SchemaRegistryURI)), "Fn::Sub") : SchemaRegistryURI;
  const [, name] = /^arn[^:]*(?::[^:]*){4}:registry\/([^:]*)/.exec(isText(resolved) ? resolved : "") ?? [];
  if (name === undefined) return secrets;
  const schemas = sub(`arn:\${AWS::Partition}:glue:\${AWS::Region}:\${AWS::AccountId}:schema/${name}/*`);
  return [...secrets, statement(["glue:GetRegistry"], SchemaRegistryURI), statement(["glue:GetSchemaVersion"], [schemas])];
}

function checkSchemaRegistry({ name }: DeclaredEvent, given: Value): Section {
  const config = expectMap(given, eventOwner(name), "SchemaRegistryConfig");
  const missing = ["SchemaRegistryURI", "EventRecordFormat", "SchemaValidationConfigs"].find((field) => !hasMember(config, field));
  const invalid = (message: string): never => {
    throw invalidEvent(name, message);
  };
  if (missing !== undefined) invalid(`Missing required field ${missing} in SchemaRegistryConfig`);
  const { AccessConfigs, EventRecordFormat, SchemaValidationConfigs } = config;
  if (EventRecordFormat !== "JSON" && EventRecordFormat !== "SOURCE") {
    invalid("EventRecordFormat in SchemaRegistryConfig must be either 'JSON' or 'SOURCE'");
  }
  if (!isList(SchemaValidationConfigs)) invalid("SchemaValidationConfigs must be a list");
  if (!isTruthy(AccessConfigs)) return config;
  if (!isList(AccessConfigs)) return invalid("AccessConfigs in SchemaRegistryConfig must be a list");
  if (!AccessConfigs.every((each) => hasMember(each, "Type") && hasMember(each, "URI"))) {
    invalid("Each AccessConfig must be a dict with 'Type' and 'URI' fields");
  }
  return config;
}
