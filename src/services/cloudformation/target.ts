import { fault, isFault } from "../../kernel/fault.ts";
import type { Resolved } from "../../kernel/reference.ts";
import type { ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { DeploymentConfig, DeploymentMode, Parameter, RollbackConfiguration, Tag } from "../../sdk/cloudformation.js";
import { InsufficientCapabilitiesException } from "../../sdk/cloudformation.js";
import { checkConditional, evaluateConditions } from "./condition.ts";
import { exportOf } from "./export.ts";
import { refOfParameter, resolveParameters } from "./parameter.ts";
import { privateType } from "./private-resource.ts";
import { isRecorded, recordedType } from "./recorded.ts";
import { checkRules } from "./rule.ts";
import { arnOf, type Stack, type Target } from "./stack.ts";
import { keepTemplate, templateOf } from "./stored-template.ts";
import { readTemplate } from "./syntax.ts";
import { checkTemplate, checkUnprocessed, type ResourceDeclaration, type Template } from "./template.ts";
import { textAt } from "./template-url.ts";
import { processTemplate, transformsOf } from "./transform.ts";
import { isObject, type Json, type JsonObject } from "./value.ts";

/** What CreateStack, UpdateStack and CreateChangeSet have in common. */
export interface TargetRequest {
  readonly StackName?: string | undefined;
  readonly TemplateBody?: string | undefined;
  readonly TemplateURL?: string | undefined;
  /** A template whose size is no matter any more: that of a stack set. */
  readonly template?: string;
  readonly UsePreviousTemplate?: boolean | undefined;
  readonly Parameters?: Parameter[] | undefined;
  readonly Capabilities?: string[] | undefined;
  readonly RoleARN?: string | undefined;
  readonly Tags?: Tag[] | undefined;
  readonly NotificationARNs?: string[] | undefined;
  readonly RollbackConfiguration?: RollbackConfiguration | undefined;
  readonly DeploymentConfig?: DeploymentConfig | undefined;
  /** Of change sets. */
  readonly DeploymentMode?: DeploymentMode | undefined;
}

const refuse = (message: string): never => fault("ValidationError", message);
const BODY_MAX = 51_200;
const URL_MAX = 1_000_000;

/** The text of the template that a request gives, by itself or by the place where it lies. */
export function templateText(scope: Scope, { TemplateBody, TemplateURL }: Pick<TargetRequest, "TemplateBody" | "TemplateURL">): string {
  if (TemplateBody !== undefined && TemplateURL !== undefined) return refuse("Specify either TemplateBody or TemplateURL, but not both.");
  if (TemplateBody !== undefined) {
    if (Buffer.byteLength(TemplateBody) > BODY_MAX)
      refuse(
        `1 validation error detected: Value '${TemplateBody.slice(0, 64)}...' at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${BODY_MAX}`,
      );
    return TemplateBody;
  }
  if (TemplateURL === undefined) return refuse("Either Template URL or Template Body must be specified.");
  const text = textAt(scope, TemplateURL);
  if (Buffer.byteLength(text) > URL_MAX) refuse(`Template may not exceed ${URL_MAX} bytes in size.`);
  return text;
}

/** A template as far as it can be known without a stack, and the transforms that it asks for. */
export function readChecked(text: string): { readonly template: Template; readonly transforms: readonly string[] } {
  const body = readTemplate(text);
  const transforms = transformsOf(body);
  return { template: transforms.length === 0 ? checkTemplate(body) : checkUnprocessed(body), transforms };
}

/** A template that is well made, and that a caller with these capabilities may use. */
export function permittedTemplate(text: string, capabilities: readonly string[]): Template {
  const { template, transforms } = readChecked(text);
  checkCapabilities(template, capabilities, transforms.length > 0);
  return template;
}

export interface TargetOptions {
  /** It is for a change set: what transforms make of the template can be looked at before it is done. */
  readonly reviewed?: boolean;
}

/**
 * How a stack shall be, as a request says; refuses as CloudFormation does before it starts anything. Where the template asks
 * for transforms, it is to be processed first: see `processTarget`.
 */
export function targetOf(scope: Scope, stack: Stack, request: TargetRequest, { reviewed = false }: TargetOptions = {}): Target {
  const previous = stack.target;
  const text = request.UsePreviousTemplate
    ? templateOf(scope, previous ?? refuse("No previous template to use")).text
    : (request.template ?? templateText(scope, request));
  const { template, transforms } = readChecked(text);
  const capabilities = request.Capabilities ?? [];
  checkCapabilities(template, capabilities, transforms.length > 0 && !reviewed);
  const resolved = resolveParameters(template.Parameters, request.Parameters ?? [], previous?.parameters ?? [], {
    parameterStore: (name) => parameterStore(scope, name),
  });
  if (resolved.state === "busy") return fault("ServiceUnavailable", resolved.because, 503);
  const tags = request.Tags?.map(({ Key, Value }) => ({ Key: Key!, Value: Value! })) ?? previous?.tags ?? [];
  const notificationArns = request.NotificationARNs ?? previous?.notificationArns ?? [];
  const rollback = request.RollbackConfiguration === undefined ? previous?.rollback : rollbackOf(request.RollbackConfiguration);
  const roleArn = request.RoleARN ?? previous?.roleArn;
  const refs = {
    ...pseudoParameters(scope, stack, notificationArns),
    ...Object.fromEntries(resolved.values.map((value) => [value.key, refOfParameter(template.Parameters[value.key]!, value)])),
  };
  const wanted: Wanted = {
    parameters: resolved.values,
    refs,
    tags,
    capabilities,
    notificationArns,
    ...(roleArn !== undefined && { roleArn }),
    ...(rollback !== undefined && { rollback }),
    ...(request.DeploymentConfig && { deployment: request.DeploymentConfig }),
    ...(request.DeploymentMode === "REVERT_DRIFT" && { revertDrift: true }),
  };
  if (transforms.length === 0) return settled(scope, stack, wanted, { text, template });
  return { ...wanted, template: keepTemplate(scope, stack.id, { text, template, unprocessed: true }), conditions: {}, unprocessed: true };
}

type Wanted = Omit<Target, "template" | "conditions">;

/** What can be said only of the template as it is after its transforms. */
function settled(scope: Scope, stack: Stack, wanted: Wanted, kept: { text: string; template: Template; processed?: JsonObject }): Target {
  const { template } = kept;
  const { refs } = wanted;
  checkRules(template, refs);
  const context = { template, parameters: refs, importValue: (name: string) => exportOf(scope, name)?.value, availabilityZones };
  const conditions = evaluateConditions(template, context);
  checkConditional(template, conditions);
  checkResourceTypes(scope, template, conditions);
  return { ...wanted, template: keepTemplate(scope, stack.id, kept), conditions };
}

export type ProcessedTarget =
  | { readonly state: "done"; readonly target: Target }
  | { readonly state: "busy"; readonly because: string }
  | { readonly state: "failed"; readonly reason: string };

/** The target with its transforms carried out; called again until it is done. */
export function processTarget(
  scope: Scope,
  stack: Stack,
  { unprocessed: _, conditions: __, template: id, ...wanted }: Target,
  { token, startedAt }: { readonly token: string; readonly startedAt: number },
): ProcessedTarget {
  const { text, template: original } = templateOf(scope, { template: id });
  const request = { token, startedAt, stackId: arnOf(scope, stack), body: readTemplate(text), refs: wanted.refs };
  try {
    const processed = processTemplate(scope, request);
    if (processed.state !== "done") return processed;
    return scope.attempt(() => {
      // The functions of AWS::LanguageExtensions that had to wait are known by its name.
      const template = checkTemplate(processed.body, original.Transform);
      checkCapabilities(template, wanted.capabilities, false);
      const all = { ...wanted, ...withNewParameters(scope, wanted, template) };
      return { state: "done", target: settled(scope, stack, all, { text, template, processed: processed.body }) };
    });
  } catch (error) {
    if (!isFault(error)) throw error;
    return { state: "failed", reason: error.message };
  }
}

/** Parameters that a transform has brought have their defaults. */
function withNewParameters(scope: Scope, { parameters, refs }: Wanted, { Parameters }: Template): Pick<Wanted, "parameters" | "refs"> {
  const fresh = Object.fromEntries(Object.entries(Parameters).filter(([name]) => !parameters.some(({ key }) => key === name)));
  const resolved = resolveParameters(fresh, [], [], { parameterStore: (name) => parameterStore(scope, name) });
  if (resolved.state === "busy") return fault("ServiceUnavailable", resolved.because, 503);
  const brought = resolved.values.map((value) => [value.key, refOfParameter(fresh[value.key]!, value)] as const);
  return { parameters: [...parameters, ...resolved.values], refs: { ...refs, ...Object.fromEntries(brought) } };
}

export const parameterStore = (scope: Scope, name: string): Resolved =>
  scope.registry.reference("ssm")?.resolve(scope, name) ?? { state: "absent", reason: "nothing here keeps parameters" };

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
  registeredType(scope, type.startsWith("Custom::") ? "AWS::CloudFormation::CustomResource" : type) ??
  (isRecorded(scope, type) ? recordedType(type) : undefined);

/** The type of a resource that a stack has already; one that was deregistered meanwhile can not be acted on. */
export const typeInStack = (scope: Scope, type: string): ResourceType =>
  resourceType(scope, type) ?? {
    type,
    ensure: (_, __, id) => ({ state: "failed", reason: `The type '${type}' cannot be found.`, ...(id !== undefined && { id }) }),
    read: () => undefined,
    remove: (_, id) => ({ state: "failed", reason: `The type '${type}' cannot be found.`, id }),
  };

/** A type that AWS provides, or that this account has registered or activated. */
export const registeredType = (scope: Scope, type: string): ResourceType | undefined =>
  scope.registry.resource(type) ?? privateType(scope, type);

function checkResourceTypes(scope: Scope, { Resources }: Template, conditions: Readonly<Record<string, boolean>>): void {
  const live = Object.entries(Resources).filter(([, { Condition }]) => Condition === undefined || conditions[Condition]);
  const unknown = new Set(live.map(([, { Type }]) => Type).filter((type) => resourceType(scope, type) === undefined));
  if (unknown.size > 0)
    refuse(
      `Template format error: Unrecognized resource types: [${[...unknown].sort().join(", ")}]. Slipway does not implement them; --record-types has it keep them as declared.`,
    );
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

/**
 * That the caller knows what the template does. Transforms ask for it only where nobody reviews what they make.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
 */
function checkCapabilities(template: Template, given: readonly string[], transforms: boolean): void {
  const needed = neededCapability(template)?.capability;
  const missing = [
    ...(needed === undefined || given.includes(needed) || given.includes("CAPABILITY_NAMED_IAM") ? [] : [needed]),
    ...(transforms && !given.includes("CAPABILITY_AUTO_EXPAND") ? ["CAPABILITY_AUTO_EXPAND"] : []),
  ];
  if (missing.length > 0) fault(InsufficientCapabilitiesException, `Requires capabilities : [${missing.join(", ")}]`);
}
