import type { Context } from "./context.ts";
import { asSection, isAbsent, isText, isTruthy, member, type Section, unlessEmpty } from "./draft.ts";
import { expectText, resourceOwner } from "./expect.ts";
import { capacityProviderConfig } from "./function/capacity-provider.ts";
import { codeOf } from "./function/code.ts";
import { shiftTraffic } from "./function/deployment.ts";
import { eventInvokeConfig } from "./function/event-invoke.ts";
import { invokingEvents, linkEvents } from "./function/events.ts";
import { checkTenancy, checkTogether } from "./function/together.ts";
import { functionUrl } from "./function/url.ts";
import { alias, aliasName, version } from "./function/version.ts";
import { either, getAtt, isIf, isNoValue, join, not, partsOfIf } from "./intrinsic.ts";
import { invalidResource } from "./invalid.ts";
import { useTemplates } from "./policy-template.ts";
import { boolean, choiceOf, listOf, map, mapOf, may, mayBeLiteral, oneOf, type PropertyRules, passed, text } from "./property.ts";
import { type Resource, resource } from "./resource.ts";
import { managedPolicyArn, roleFor, trustOf } from "./role.ts";
import type { Declared, ServerlessType } from "./serverless-type.ts";
import { markedTags, propagateTags } from "./tag.ts";

const PROPERTIES: PropertyRules = {
  FunctionName: may(oneOf(text, map)),
  Handler: passed,
  Runtime: passed,
  CodeUri: passed,
  ImageUri: passed,
  PackageType: passed,
  InlineCode: passed,
  DeadLetterQueue: may(map),
  Description: passed,
  MemorySize: passed,
  Timeout: passed,
  VpcConfig: passed,
  Role: may(text),
  AssumeRolePolicyDocument: may(map),
  Policies: may(oneOf(text, map, listOf(oneOf(text, map)))),
  RolePath: passed,
  PermissionsBoundary: may(text),
  Environment: may(mapOf(map)),
  Events: may(mapOf(map)),
  Tags: may(map),
  PropagateTags: may(boolean),
  Tracing: may(oneOf(map, text)),
  KmsKeyArn: passed,
  DeploymentPreference: may(map),
  ReservedConcurrentExecutions: passed,
  Layers: may(listOf(oneOf(text, map))),
  EventInvokeConfig: may(map),
  EphemeralStorage: passed,
  AutoPublishAlias: may(oneOf(text)),
  AutoPublishCodeSha256: may(oneOf(text)),
  AutoPublishAliasAllProperties: mayBeLiteral(boolean),
  VersionDescription: passed,
  ProvisionedConcurrencyConfig: passed,
  FileSystemConfigs: passed,
  ImageConfig: passed,
  CodeSigningConfigArn: passed,
  Architectures: passed,
  SnapStart: may(map),
  FunctionUrlConfig: may(map),
  RuntimeManagementConfig: passed,
  LoggingConfig: passed,
  RecursiveLoop: passed,
  SourceKMSKeyArn: passed,
  CapacityProviderConfig: may(map),
  FunctionScalingConfig: may(map),
  VersionDeletionPolicy: may(choiceOf("Delete", "Retain")),
  PublishToLatestPublished: passed,
  TenancyConfig: passed,
  DurableConfig: may(map),
};

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html */
export const serverlessFunction: ServerlessType = {
  type: "AWS::Serverless::Function",
  properties: PROPERTIES,
  referable: {
    Alias: "AWS::Lambda::Alias",
    Version: "AWS::Lambda::Version",
    DestinationTopic: "AWS::SNS::Topic",
    DestinationQueue: "AWS::SQS::Queue",
  },
  prepare: (id, properties) => useTemplates(id, properties),
  transform,
};

function transform(declared: Declared, context: Context): Resource[] {
  const { id, properties } = declared;
  linkEvents(declared, context);
  checkTogether(declared);
  checkDeadLetterQueue(declared);
  checkTenancy(declared);
  const lambda = lambdaFunction(declared, context);
  const resources = [lambda];
  if (isTruthy(properties["ProvisionedConcurrencyConfig"]) && !isTruthy(properties["AutoPublishAlias"])) {
    throw invalidResource(id, "To set ProvisionedConcurrencyConfig AutoPublishALias must be defined on the function");
  }
  const published = isTruthy(properties["AutoPublishAlias"]) ? publish(declared, lambda, context) : undefined;
  if (published !== undefined) resources.push(...published);
  const its = published?.[1];
  resources.push(...functionUrl(declared, its));
  shiftTraffic(declared, its, context);
  const invoking = eventInvokeConfig(declared, its, context);
  resources.push(...invoking.resources);
  const role = executionRole(declared, invoking.policies, context);
  resources.push(...useRole(declared, lambda, role, context));
  resources.push(...invokingEvents(declared, its ?? lambda, role, context));
  propagateTags(resources, properties["Tags"], properties["PropagateTags"]);
  return resources;
}

/** The version and the alias; a given hash of the code also stands in the description, so that a new one updates the function. */
function publish(declared: Declared, lambda: Resource, context: Context): [Resource, Resource] {
  const { AutoPublishAlias, AutoPublishCodeSha256, Description } = declared.properties;
  const name = aliasName(declared.id, AutoPublishAlias, context);
  let sha256: string | undefined;
  if (isTruthy(AutoPublishCodeSha256)) {
    const resolved = context.resolve(AutoPublishCodeSha256);
    if (!isText(resolved)) throw invalidResource(declared.id, "AutoPublishCodeSha256 must be a string");
    sha256 = resolved;
    const description = context.resolve(Description);
    if (!isTruthy(description)) lambda.properties["Description"] = sha256;
    else lambda.properties["Description"] = isText(description) ? `${description} ${sha256}` : join(" ", [description, sha256]);
  }
  const published = version(declared, lambda, sha256, context);
  return [published, alias(declared, name, published)];
}

const DEAD_LETTER_ACTIONS: Readonly<Record<string, string>> = { SQS: "sqs:SendMessage", SNS: "sns:Publish" };

function checkDeadLetterQueue({ id, properties }: Declared): void {
  const queue = properties["DeadLetterQueue"];
  if (!isTruthy(queue)) return;
  const type = member(queue, "Type");
  if (!isTruthy(type) || !isTruthy(member(queue, "TargetArn"))) {
    throw invalidResource(id, "'DeadLetterQueue' requires Type and TargetArn properties to be specified.");
  }
  const name = expectText(type, resourceOwner(id), "DeadLetterQueue.Type");
  if (!Object.hasOwn(DEAD_LETTER_ACTIONS, name)) throw invalidResource(id, "'DeadLetterQueue' requires Type of ['SQS', 'SNS']");
}

function lambdaFunction(declared: Declared, context: Context): Resource {
  const { id, properties } = declared;
  const made: Section = {
    Code: codeOf(declared),
    PackageType: properties["PackageType"],
    DeadLetterConfig: isTruthy(properties["DeadLetterQueue"])
      ? { TargetArn: member(properties["DeadLetterQueue"], "TargetArn") }
      : undefined,
    FunctionName: unlessEmpty(properties["FunctionName"]),
    Tags: markedTags(id, properties["Tags"]),
    TracingConfig: isTraced(declared, context) ? { Mode: properties["Tracing"] } : undefined,
    CapacityProviderConfig: capacityProviderConfig(declared),
    FunctionScalingConfig: unlessEmpty(properties["FunctionScalingConfig"]),
  };
  for (const name of AS_GIVEN) made[name] = properties[name];
  const { Handler, ImageConfig, Layers, PackageType, Runtime } = properties;
  const invalid = (message: string): never => {
    throw invalidResource(id, message);
  };
  if (isTruthy(PackageType) && PackageType === "Image") {
    if ([Handler, Runtime, Layers].some(isTruthy)) {
      invalid("Runtime, Handler, Layers cannot be present when PackageType is of type `Image`");
    }
    if (!isTruthy(member(made["Code"], "ImageUri"))) invalid("ImageUri needs to be present when PackageType is of type `Image`");
  } else {
    if (![Handler, Runtime].every(isTruthy)) invalid("Runtime and Handler needs to be present when PackageType is of type `Zip`");
    if (isTruthy(ImageConfig)) invalid("ImageUri or ImageConfig cannot be present when PackageType is of type `Zip`");
  }
  return resource("AWS::Lambda::Function", id, made, declared.attributes, declared.dependsOn);
}

const AS_GIVEN = [
  "Description",
  "Handler",
  "MemorySize",
  "Role",
  "Runtime",
  "Timeout",
  "VpcConfig",
  "Environment",
  "KmsKeyArn",
  "Layers",
  "ReservedConcurrentExecutions",
  "FileSystemConfigs",
  "CodeSigningConfigArn",
  "ImageConfig",
  "Architectures",
  "SnapStart",
  "EphemeralStorage",
  "RuntimeManagementConfig",
  "LoggingConfig",
  "RecursiveLoop",
  "PublishToLatestPublished",
  "TenancyConfig",
  "DurableConfig",
];

const isTraced = ({ properties }: Declared, context: Context): boolean =>
  isTruthy(properties["Tracing"]) && context.resolve(properties["Tracing"]) !== "Disabled";

function executionRole(declared: Declared, further: readonly Section[], context: Context): Resource {
  const { properties } = declared;
  const basic = isTruthy(properties["DurableConfig"]) ? "AWSLambdaBasicDurableExecutionRolePolicy" : "AWSLambdaBasicExecutionRole";
  const names = [`service-role/${basic}`];
  if (isTraced(declared, context)) names.push(tracingPolicy(context));
  if (isTruthy(properties["VpcConfig"])) names.push("service-role/AWSLambdaVPCAccessExecutionRole");
  const queue = properties["DeadLetterQueue"];
  const inlinePolicies: Section[] = [...further];
  if (isTruthy(queue)) inlinePolicies.unshift(deadLetterPolicy(asSection(queue)));
  return roleFor(
    {
      id: declared.id,
      attributes: declared.passedOn,
      trust: properties["AssumeRolePolicyDocument"] ?? trustOf("lambda.amazonaws.com"),
      policies: properties["Policies"],
      managedPolicyArns: names.map((name) => managedPolicyArn(context, name)),
      inlinePolicies,
      path: properties["RolePath"],
      permissionsBoundary: properties["PermissionsBoundary"],
      tags: markedTags(declared.id, properties["Tags"]),
    },
    context,
  );
}

/** The managed policy that lets X-Ray be written to has another name outside of the partition aws. */
export const tracingPolicy = ({ partition }: Context): string =>
  partition === "aws" ? "AWSXrayWriteOnlyAccess" : "AWSXRayDaemonWriteAccess";

const deadLetterPolicy = ({ Type, TargetArn }: Section): Section => ({
  PolicyName: "DeadLetterQueuePolicy",
  PolicyDocument: {
    Version: "2012-10-17",
    Statement: [{ Action: DEAD_LETTER_ACTIONS[String(Type)], Resource: TargetArn, Effect: "Allow" }],
  },
});

/** The role is made where the function names none, also where an Fn::If names none in one of its branches. */
function useRole({ id }: Declared, lambda: Resource, role: Resource, context: Context): Resource[] {
  const named = lambda.properties["Role"];
  const arn = getAtt(role.id, "Arn");
  if (isAbsent(named)) {
    lambda.properties["Role"] = arn;
    return [role];
  }
  if (!isIf(named)) return [];
  const parts = partsOfIf(asSection(context.resolve(named)));
  if (isText(parts)) throw invalidResource(id, `Malformed 'Role' property: ${parts}.`);
  const [condition, whenTrue, whenFalse] = parts;
  if (isNoValue(whenTrue) && isNoValue(whenFalse)) lambda.properties["Role"] = arn;
  else if (isNoValue(whenTrue)) {
    lambda.properties["Role"] = either(condition, arn, whenFalse);
    role.attributes["Condition"] = condition;
  } else if (isNoValue(whenFalse)) {
    lambda.properties["Role"] = either(condition, whenTrue, arn);
    role.attributes["Condition"] = `NOT${condition}`;
    asSection(context.output["Conditions"])[`NOT${condition}`] = not(String(condition));
  } else return [];
  return [role];
}
