import type { Context } from "../context.ts";
import { asSection, isAbsent, isText, isTruthy, type Section, type Value } from "../draft.ts";
import { bucketPolicy } from "../event-source/mapping.ts";
import { expectMap, resourceOwner } from "../expect.ts";
import { and, either, getAtt, isIf, isNoValue, not, partsOfIf, ref } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import { shortHash } from "../logical-id.ts";
import { display } from "../python.ts";
import { type Resource, resource } from "../resource.ts";
import { allowing } from "../role.ts";
import type { Declared } from "../serverless-type.ts";

interface Invoking {
  readonly resources: Resource[];
  /** That the function may send to its destinations. */
  readonly policies: Section[];
}

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventinvokeconfiguration.html */
export function eventInvokeConfig(declared: Declared, alias: Resource | undefined, context: Context): Invoking {
  const config = declared.properties["EventInvokeConfig"];
  if (!isTruthy(config)) return { resources: [], policies: [] };
  const resolved = asSection(context.resolve(config));
  const id = `${declared.id}EventInvokeConfig`;
  const made: Invoking = { resources: [], policies: [] };
  const destinations: Section = {};
  const given = resolved["DestinationConfig"];
  if (isTruthy(given)) {
    const path = "EventInvokeConfig.DestinationConfig";
    const owner = resourceOwner(declared.id);
    const config = expectMap(given, owner, path);
    for (const outcome of ["OnSuccess", "OnFailure"]) {
      if (isAbsent(config[outcome])) continue;
      const its = destination(declared, expectMap(config[outcome], owner, `${path}.${outcome}`), id, outcome, context);
      destinations[outcome] = { Destination: its.arn };
      made.resources.push(...its.resources);
      made.policies.push(...its.policies);
    }
  }
  const properties = {
    DestinationConfig: destinations,
    FunctionName: ref(declared.id),
    MaximumEventAgeInSeconds: resolved["MaximumEventAgeInSeconds"],
    MaximumRetryAttempts: resolved["MaximumRetryAttempts"],
    Qualifier: alias === undefined ? "$LATEST" : alias.properties["Name"],
  };
  const dependsOn = alias === undefined ? undefined : [alias.id];
  made.resources.push(resource("AWS::Lambda::EventInvokeConfig", id, properties, declared.attributes, dependsOn));
  return made;
}

const TYPES = ["SQS", "SNS", "EventBridge", "Lambda", "S3Bucket"];

/** One destination: the ARN that is given, or a queue or topic of our own; under a condition where an Fn::If says so. */
function destination(
  declared: Declared,
  given: Section,
  configId: string,
  outcome: string,
  context: Context,
): Invoking & { readonly arn: Value } {
  const type = isText(given["Type"]) ? given["Type"] : undefined;
  if (type === undefined || !TYPES.includes(type)) {
    const all = TYPES.map((one) => `'${one}'`).join(", ");
    throw invalidResource(declared.id, `'Type: ${display(given["Type"])}' must be one of [${all}]`);
  }
  const id = configId + outcome;
  const named = given["Destination"];
  const missing = whereMissing(named, configId, context);
  if (!isAbsent(named) && missing === undefined) return { arn: named, resources: [], policies: policiesFor(type, named, id) };
  if (type !== "SQS" && type !== "SNS") {
    throw invalidResource(declared.id, "Destination is required if Type is not ['SQS', 'SNS']");
  }
  const condition = both(declared, missing?.condition, context);
  const attributes = { ...declared.passedOn, ...(condition === undefined ? {} : { Condition: condition }) };
  const own =
    type === "SQS" ? resource("AWS::SQS::Queue", `${id}Queue`, {}, attributes) : resource("AWS::SNS::Topic", `${id}Topic`, {}, attributes);
  const ownArn = type === "SQS" ? getAtt(own.id, "Arn") : ref(own.id);
  const arn = missing === undefined ? ownArn : either(missing.condition, ownArn, missing.otherwise);
  return { arn, resources: [own], policies: policiesFor(type, arn, id) };
}

/** The condition under which an Fn::If names no destination, and what it names otherwise. */
function whereMissing(named: Value, id: string, context: Context): { condition: string; otherwise: Value } | undefined {
  if (!isIf(named)) return undefined;
  const parts = partsOfIf(named);
  if (isText(parts)) throw invalidResource(id, `Malformed 'Destination' property: ${parts}.`);
  const [condition, whenTrue, whenFalse] = parts;
  if (isNoValue(whenTrue) && isNoValue(whenFalse)) return undefined;
  if (isNoValue(whenTrue)) return { condition: String(condition), otherwise: whenFalse };
  if (!isNoValue(whenFalse)) return undefined;
  const negated = conditionName(`NOT${condition}`, id);
  asSection(context.output["Conditions"])[negated] = not(String(condition));
  return { condition: negated, otherwise: whenTrue };
}

/** The condition of the function and that of the destination. */
function both({ id, passedOn }: Declared, condition: string | undefined, context: Context): string | undefined {
  const own = isText(passedOn["Condition"]) ? passedOn["Condition"] : undefined;
  if (own === undefined || condition === undefined) return own ?? condition;
  const name = conditionName(`${own}AND${condition}`, id);
  // The extra level is SAM's.
  asSection(context.output["Conditions"])[name] = and([{ Condition: { Condition: own } }, { Condition: { Condition: condition } }]);
  return name;
}

const conditionName = (name: string, hashed: string): string => name + shortHash(hashed);

function policiesFor(type: string, arn: Value, id: string): Section[] {
  switch (type) {
    case "SQS":
      return [allowing(`${id}SQSPolicy`, "sqs:SendMessage", arn)];
    case "SNS":
      return [allowing(`${id}SNSPolicy`, "sns:publish", arn)];
    case "EventBridge":
      return [allowing(`${id}EventBridgePolicy`, "events:PutEvents", arn)];
    case "Lambda":
      return [allowing(`${id}LambdaPolicy`, "lambda:InvokeFunction", arn)];
    default:
      return [bucketPolicy(`${id}S3Policy`, arn)];
  }
}
