import { fault } from "../../kernel/fault.ts";
import type { ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Parameter, RollbackConfiguration, Tag } from "../../sdk/cloudformation.js";
import { InsufficientCapabilitiesException } from "../../sdk/cloudformation.js";
import { checkConditional, evaluateConditions } from "./condition.ts";
import { exportOf } from "./export.ts";
import { refOfParameter, resolveParameters } from "./parameter.ts";
import { checkRules } from "./rule.ts";
import { arnOf, type Stack, type Target } from "./stack.ts";
import { keepTemplate, templateOf } from "./stored-template.ts";
import { readTemplate } from "./syntax.ts";
import { checkTemplate, type ResourceDeclaration, type Template } from "./template.ts";
import { textAt } from "./template-url.ts";
import { transformTemplate } from "./transform.ts";
import { isObject, type Json } from "./value.ts";

/** What CreateStack, UpdateStack and CreateChangeSet have in common. */
export interface TargetRequest {
  readonly StackName?: string | undefined;
  readonly TemplateBody?: string | undefined;
  readonly TemplateURL?: string | undefined;
  readonly UsePreviousTemplate?: boolean | undefined;
  readonly Parameters?: Parameter[] | undefined;
  readonly Capabilities?: string[] | undefined;
  readonly RoleARN?: string | undefined;
  readonly Tags?: Tag[] | undefined;
  readonly NotificationARNs?: string[] | undefined;
  readonly RollbackConfiguration?: RollbackConfiguration | undefined;
}

const refuse = (message: string): never => fault("ValidationError", message);
const BODY_MAX = 51_200;
const URL_MAX = 1_048_576;

/** The text of the template that a request gives, by itself or by the place where it lies. */
export function templateText(scope: Scope, { TemplateBody, TemplateURL }: Pick<TargetRequest, "TemplateBody" | "TemplateURL">): string {
  if (TemplateBody !== undefined && TemplateURL !== undefined) return refuse("Specify either TemplateBody or TemplateURL, but not both.");
  if (TemplateBody !== undefined) {
    if (TemplateBody.length > BODY_MAX)
      refuse(
        `1 validation error detected: Value '${TemplateBody.slice(0, 64)}...' at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${BODY_MAX}`,
      );
    return TemplateBody;
  }
  if (TemplateURL === undefined) return refuse("Either Template URL or Template Body must be specified.");
  const text = textAt(scope, TemplateURL);
  if (text.length > URL_MAX) refuse(`Template may not exceed ${URL_MAX} bytes in size.`);
  return text;
}

export const readChecked = (text: string): Template => checkTemplate(transformTemplate(readTemplate(text)));

/** How a stack shall be, as a request says; refuses as CloudFormation does before it starts anything. */
export function targetOf(scope: Scope, stack: Stack, request: TargetRequest): Target {
  const previous = stack.target;
  const text = request.UsePreviousTemplate
    ? templateOf(scope, previous ?? refuse("No previous template to use")).text
    : templateText(scope, request);
  const template = readChecked(text);
  checkCapabilities(template, request.Capabilities ?? []);
  const resolved = resolveParameters(template.Parameters, request.Parameters ?? [], previous?.parameters ?? [], {
    parameterStore: (name) =>
      scope.registry.reference("ssm")?.resolve(scope, name) ?? { state: "absent", reason: "nothing here keeps parameters" },
  });
  if (resolved.state === "busy") return fault("ServiceUnavailable", resolved.because, 503);
  const tags = request.Tags?.map(({ Key, Value }) => ({ Key: Key!, Value: Value! })) ?? previous?.tags ?? [];
  const notificationArns = request.NotificationARNs ?? previous?.notificationArns ?? [];
  const refs = {
    ...pseudoParameters(scope, stack, notificationArns),
    ...Object.fromEntries(resolved.values.map((value) => [value.key, refOfParameter(template.Parameters[value.key]!, value)])),
  };
  checkRules(template, refs);
  const context = { template, parameters: refs, importValue: (name: string) => exportOf(scope, name)?.value, availabilityZones };
  const conditions = evaluateConditions(template, context);
  checkConditional(template, conditions);
  checkResourceTypes(scope, template, conditions);
  const rollback = request.RollbackConfiguration === undefined ? previous?.rollback : rollbackOf(request.RollbackConfiguration);
  const roleArn = request.RoleARN ?? previous?.roleArn;
  return {
    template: keepTemplate(scope, stack.id, text, template),
    parameters: resolved.values,
    refs,
    conditions,
    tags,
    capabilities: request.Capabilities ?? [],
    notificationArns,
    ...(roleArn !== undefined && { roleArn }),
    ...(rollback !== undefined && { rollback }),
  };
}

export const availabilityZones = (region: string): readonly string[] => ["a", "b", "c"].map((letter) => `${region}${letter}`);

const pseudoParameters = (scope: Scope, stack: Stack, notificationArns: readonly string[]): Record<string, Json> => ({
  "AWS::AccountId": scope.account,
  "AWS::NotificationARNs": notificationArns,
  "AWS::Partition": "aws",
  "AWS::Region": scope.region,
  "AWS::StackId": arnOf(scope, stack),
  "AWS::StackName": stack.name,
  "AWS::URLSuffix": "amazonaws.com",
});

function rollbackOf({ RollbackTriggers = [], MonitoringTimeInMinutes = 0 }: RollbackConfiguration): NonNullable<Target["rollback"]> {
  if (MonitoringTimeInMinutes < 0 || MonitoringTimeInMinutes > 180) refuse("MonitoringTimeInMinutes must be between 0 and 180 minutes");
  return {
    triggers: RollbackTriggers.map(({ Arn, Type }) => ({ arn: Arn!, type: Type! })),
    monitoringMinutes: MonitoringTimeInMinutes,
  };
}

/** The type of resource that a name stands for; custom resources of every name are of one. */
export const resourceType = (scope: Scope, type: string): ResourceType | undefined =>
  scope.registry.resource(type.startsWith("Custom::") ? "AWS::CloudFormation::CustomResource" : type);

function checkResourceTypes(scope: Scope, { Resources }: Template, conditions: Readonly<Record<string, boolean>>): void {
  const live = Object.entries(Resources).filter(([, { Condition }]) => Condition === undefined || conditions[Condition]);
  const unknown = new Set(live.map(([, { Type }]) => Type).filter((type) => resourceType(scope, type) === undefined));
  if (unknown.size > 0)
    refuse(`Template format error: Unrecognized resource types: [${[...unknown].sort().join(", ")}]. Slipway does not implement them.`);
  for (const [name, { Type, DeletionPolicy, UpdateReplacePolicy }] of live) {
    if (DeletionPolicy === "Snapshot" || UpdateReplacePolicy === "Snapshot")
      refuse(`Template error: resource type ${Type} does not support deletion policy Snapshot (${name})`);
  }
}

/** The types that need the caller's word, and the property by which one is named. */
const IAM: Readonly<Record<string, string | undefined>> = {
  "AWS::IAM::AccessKey": undefined,
  "AWS::IAM::Group": "GroupName",
  "AWS::IAM::InstanceProfile": "InstanceProfileName",
  "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
  "AWS::IAM::Policy": undefined,
  "AWS::IAM::Role": "RoleName",
  "AWS::IAM::User": "UserName",
  "AWS::IAM::UserToGroupAddition": undefined,
};

/** The capability that a template needs, and for which of its types. */
export function neededCapability({ Resources }: Pick<Template, "Resources">): { capability: string; types: string[] } | undefined {
  const found = Object.values(Resources).filter(({ Type }) => Object.hasOwn(IAM, Type));
  if (found.length === 0) return undefined;
  const isNamed = ({ Type, Properties }: ResourceDeclaration): boolean => IAM[Type] !== undefined && isSet(Properties?.[IAM[Type]]);
  const types = [...new Set(found.map(({ Type }) => Type))];
  return { capability: found.some(isNamed) ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM", types };
}

const isSet = (value: Json | undefined): boolean => value !== undefined && !(isObject(value) && value["Ref"] === "AWS::NoValue");

function checkCapabilities(template: Template, given: readonly string[]): void {
  const needed = neededCapability(template)?.capability;
  if (needed === undefined || given.includes(needed) || given.includes("CAPABILITY_NAMED_IAM")) return;
  fault(InsufficientCapabilitiesException, `Requires capabilities : [${needed}]`);
}
