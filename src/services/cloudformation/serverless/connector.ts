import { type Connected, connected } from "./connector/connected.ts";
import { type Profile, permissionsOf, profileOf } from "./connector/profile.ts";
import type { Context } from "./context.ts";
import { asList, asSection, isAbsent, isList, isSection, isText, isTruthy, member, type Section, type Value } from "./draft.ts";
import { logicalIdOf, sub } from "./intrinsic.ts";
import { invalidResource } from "./invalid.ts";
import { anything, listOf, mapOf, must, oneOf, text } from "./property.ts";
import { type Resource, resource } from "./resource.ts";
import type { Declared, ServerlessType } from "./serverless-type.ts";
import { arnText, readStatement } from "./statement.ts";

/**
 * That one resource may use another. It comes last, because it looks at what the others have become.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-connector.html
 */
export const connector: ServerlessType = {
  type: "AWS::Serverless::Connector",
  properties: {
    Source: must(mapOf(anything)),
    Destination: must(oneOf(mapOf(anything), listOf(mapOf(anything)))),
    Permissions: must(listOf(text)),
  },
  transform(declared, context) {
    const { id, properties } = declared;
    const { Destination } = properties;
    const resources = asList(Destination).flatMap((destination, index) => {
      const ends = endsOf(declared, asSection(destination), context);
      const suffix = isList(Destination) ? `Destination${index}` : "";
      return connect(declared, ends, suffix, context).map((one) => withMetadata(one, id, ends, context));
    });
    letWaitFor(id, resources, context);
    if (resources.length === 0) throw invalidResource(id, "'Destination' is an empty list");
    return resources;
  },
};

interface Ends {
  readonly source: Connected;
  readonly destination: Connected;
}

function endsOf({ id, properties }: Declared, to: Section, context: Context): Ends {
  const resources = asSection(context.output["Resources"]);
  const from = asSection(properties["Source"]);
  const destination = connected(to, from, resources);
  if (isText(destination)) throw invalidResource(id, destination);
  const source = connected(from, to, resources);
  if (isText(source)) throw invalidResource(id, source);
  return { source, destination };
}

function connect(declared: Declared, ends: Ends, suffix: string, context: Context): Resource[] {
  const { id, attributes, dependsOn } = declared;
  const { source, destination } = ends;
  const profile = profileOf(source.type, destination.type);
  const between = `connector from ${source.type} to ${destination.type}`;
  if (profile === undefined) {
    const why = "it's not supported or the template is invalid.";
    throw invalidResource(id, `Unable to create ${between}; ${why}`);
  }
  const permissions = [...new Set(asList(declared.properties["Permissions"]).map(String))];
  checkPermissions(id, permissions, profile, between);
  const make = (type: string, its: string, properties: Section): Resource =>
    resource(type, id + its + suffix, properties, attributes, dependsOn);
  const required = <T>(value: T, what: string, end: string): T => {
    if (isTruthy(value)) return value;
    throw invalidResource(id, `Unable to get ${what} from '${end}' resource.`);
  };
  const place = (text: string): Value => placed(id, text, ends);
  switch (profile.kind) {
    case "role": {
      const statements = Object.entries(profile.access).flatMap(([permission, texts]) =>
        texts.map((text) => ({ permission, statement: readStatement(text, place) })),
      );
      const asked = statements.filter(({ permission }) => permissions.includes(permission));
      const [end, name] = profile.of === "source" ? [source, "Source"] : [destination, "Destination"];
      const roleName = required(end.roleName, "IAM role name", name);
      const document = documentOf(asked.map(({ statement }) => ({ ...statement, Resource: asList(statement["Resource"]) })));
      const policy = make("AWS::IAM::ManagedPolicy", "Policy", { PolicyDocument: document, Roles: [roleName] });
      if (profile.dependedBy === "source" && source.id !== undefined) addDependsOn(source.id, policy.id, context);
      if (profile.dependedBy === "event source mapping") {
        const mappings = mappingsBetween(ends, context);
        if (mappings.length === 1) addDependsOn(mappings[0]!, policy.id, context);
      }
      return [policy];
    }
    case "queue policy": {
      const document = documentOf([letIn(profile.service, "sqs:SendMessage", place)]);
      const queue = required(destination.queueUrl, "SQS queue URL", "Destination");
      return [make("AWS::SQS::QueuePolicy", "QueuePolicy", { PolicyDocument: document, Queues: [queue] })];
    }
    case "topic policy": {
      const document = documentOf([letIn(profile.service, "sns:Publish", place)]);
      const topic = required(destination.values.Arn, "SNS topic ARN", "Destination");
      return [make("AWS::SNS::TopicPolicy", "TopicPolicy", { PolicyDocument: document, Topics: [topic] })];
    }
    case "function permission": {
      const properties = {
        Action: "lambda:InvokeFunction",
        Principal: `${profile.service}.amazonaws.com`,
        SourceArn: place(profile.sourceArn),
        SourceAccount: profile.sourceAccount === undefined ? undefined : sub(profile.sourceAccount),
        FunctionName: required(destination.values.Arn, "Lambda function ARN", "Destination"),
      };
      return [make("AWS::Lambda::Permission", "WriteLambdaPermission", properties)];
    }
  }
}

const documentOf = (statements: Section[]): Section => ({ Version: "2012-10-17", Statement: statements });

const letIn = (service: string, action: string, place: (text: string) => Value): Section => ({
  Effect: "Allow",
  Principal: { Service: `${service}.amazonaws.com` },
  Resource: place("{Destination.Arn}"),
  Action: action,
  Condition: { ArnEquals: { "aws:SourceArn": place("{Source.Arn}") } },
});

function checkPermissions(id: string, permissions: readonly string[], profile: Profile, between: string): void {
  const known = permissionsOf(profile);
  if (permissions.length === 0) throw invalidResource(id, `'Permissions' cannot be empty; valid values are: ${known.join(", ")}.`);
  const unsupported = `Unsupported 'Permissions' provided for ${between}; valid`;
  if (!permissions.every((one) => known.includes(one))) throw invalidResource(id, `${unsupported} values are: ${known.join(", ")}.`);
  if (profile.kind !== "role" || profile.combinations === undefined) return;
  const named = (some: readonly string[]): string => some.toSorted().join(" + ");
  const combinations = profile.combinations.map(named);
  if (combinations.includes(named(permissions))) return;
  throw invalidResource(id, `${unsupported} combinations are: ${combinations.join(", ")}.`);
}

/** What a text of the profile names at the two ends: one value, or a text with several. */
function placed(id: string, text: string, { source, destination }: Ends): Value {
  const names = [...new Set([...text.matchAll(/\{(\w+\.\w+)\}/g)].map(([, name]) => name!))];
  const valueAt = (name: string): Value => {
    const [end, value] = name.split(".") as ["Source" | "Destination", keyof Connected["values"]];
    const found = (end === "Source" ? source : destination).values[value];
    if (isAbsent(found)) throw invalidResource(id, `${name} is missing.`);
    return found;
  };
  if (names.length === 1 && text === `{${names[0]}}`) return valueAt(names[0]!);
  const variables = Object.fromEntries(names.map((name) => [name.replace(".", ""), valueAt(name)]));
  const arn = arnText(text.replace(/\{(\w+)\.(\w+)\}/g, "${$1$2}"));
  return sub(arn, names.length === 0 ? undefined : variables);
}

const mappingsBetween = ({ source, destination }: Ends, context: Context): string[] =>
  Object.entries(asSection(context.output["Resources"]))
    .filter(([, section]) => {
      if (member(section, "Type") !== "AWS::Lambda::EventSourceMapping") return false;
      const { EventSourceArn, FunctionName } = asSection(member(section, "Properties"));
      const [from, to] = [logicalIdOf(EventSourceArn), logicalIdOf(FunctionName)];
      return from !== undefined && to !== undefined && from === source.id && to === destination.id;
    })
    .map(([id]) => id);

function addDependsOn(id: string, on: string, context: Context): void {
  const section = member(context.output["Resources"], id);
  if (isSection(section)) section["DependsOn"] = [...new Set([...asList(section["DependsOn"]), on])];
}

/** What depends on the connector depends on what it has become. */
function letWaitFor(id: string, resources: readonly Resource[], context: Context): void {
  for (const section of Object.values(asSection(context.output["Resources"]))) {
    const named = asList(member(section, "DependsOn"));
    if (!isSection(section) || !named.includes(id)) continue;
    section["DependsOn"] = [...new Set([...named.filter((one) => one !== id), ...resources.map((one) => one.id)])];
  }
}

/** What the resource connects, for those who read the template. */
function withMetadata(one: Resource, id: string, { source, destination }: Ends, context: Context): Resource {
  const typeOf = (end: Connected): Section => {
    const declared = end.id === undefined ? undefined : member(context.declared["Resources"], end.id);
    return { Type: member(declared, "Type") ?? end.type };
  };
  const ends = { Source: typeOf(source), Destination: typeOf(destination) };
  one.attributes["Metadata"] = { ...asSection(one.attributes["Metadata"]), "aws:sam:connectors": { [id]: ends } };
  return one;
}
