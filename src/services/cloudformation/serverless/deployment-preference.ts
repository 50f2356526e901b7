import type { Context } from "./context.ts";
import {
  asSection,
  copyOf,
  hasMember,
  isAbsent,
  isList,
  isSection,
  isText,
  isTruthy,
  type Section,
  unlessEmpty,
  type Value,
} from "./draft.ts";
import { combinedCondition, getAtt, isIf, isIntrinsic, isNoValue, partsOfIf, ref, sub } from "./intrinsic.ts";
import { Invalid, invalidResource } from "./invalid.ts";
import { asDeclared, type Resource, resource } from "./resource.ts";
import { managedPolicyArn, trustOf } from "./role.ts";
import { tagList } from "./tag.ts";

/**
 * How the alias of a function is moved to a new version.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-deploymentpreference.html
 */
export interface DeploymentPreference {
  readonly functionId: string;
  readonly isEnabled: boolean;
  readonly given: Section;
  readonly condition: Value;
  readonly tags: Value;
}

const APPLICATION = "ServerlessDeploymentApplication";
const SERVICE_ROLE = "CodeDeployServiceRole";
const CONDITION = "ServerlessCodeDeployCondition";

export const newPreferences = (): DeploymentPreference[] => [];

/** Read a preference whose Enabled, Type and PassthroughCondition are resolved. */
export function readPreference(functionId: string, given: Section, condition: Value, tags: Value): DeploymentPreference {
  const enabled = hasMember(given, "Enabled") ? given["Enabled"] : true;
  const isEnabled = isTruthy(enabled) && enabled !== "false" && enabled !== "False";
  if (!isEnabled) return { functionId, isEnabled, given, condition: undefined, tags: undefined };
  if (!hasMember(given, "Type")) throw invalidResource(functionId, "'DeploymentPreference' is missing required Property 'Type'");
  if (hasMember(given, "Hooks") && !isSection(given["Hooks"])) {
    throw invalidResource(functionId, "'Hooks' property of 'DeploymentPreference' must be a dictionary");
  }
  return { functionId, isEnabled, given, condition: isTruthy(given["PassthroughCondition"]) ? condition : undefined, tags };
}

/** What CloudFormation does when the alias changes: a deployment of CodeDeploy in place of the change. */
export function updatePolicy({ functionId, given }: DeploymentPreference): Section {
  const { PostTraffic, PreTraffic } = asSection(given["Hooks"]);
  const named = { ApplicationName: ref(APPLICATION), DeploymentGroupName: ref(groupId(functionId)) };
  const hooks = { BeforeAllowTrafficHook: PreTraffic, AfterAllowTrafficHook: PostTraffic };
  const set = Object.entries(hooks).filter(([, hook]) => !isAbsent(hook) && !(isSection(hook) && hook["Ref"] === null));
  return { CodeDeployLambdaAliasUpdate: { ...named, ...Object.fromEntries(set) } };
}

const groupId = (functionId: string): string => `${functionId}DeploymentGroup`;

/** The CodeDeploy application, its role and the groups of all functions that are shifted; once, when all functions are known. */
export function addDeploymentGroups(context: Context): Invalid[] {
  const all = context.shared(newPreferences);
  const enabled = all.filter(({ isEnabled }) => isEnabled);
  if (enabled.length === 0) return [];
  const resources = asSection(context.output["Resources"]);
  const add = (one: Resource): void => {
    resources[one.id] = asDeclared(one);
  };
  const attributes = conditionOfAll(all, context);
  const merged = Object.assign({}, ...enabled.map(({ tags }) => asSection(tags))) as Section;
  const Tags = isTruthy(merged) ? tagList(merged) : undefined;
  add(resource("AWS::CodeDeploy::Application", APPLICATION, { ComputePlatform: "Lambda", Tags }, attributes));
  if (enabled.some(({ given }) => !isTruthy(given["Role"]))) add(serviceRole(attributes, Tags, context));
  const causes: Invalid[] = [];
  for (const preference of enabled) {
    try {
      add(deploymentGroup(preference));
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      causes.push(error);
    }
  }
  return causes;
}

/** Where every function that is shifted is under a condition, so is what they share: under that one, or any of them. */
function conditionOfAll(all: readonly DeploymentPreference[], context: Context): Section {
  if (all.some(({ condition, isEnabled }) => isEnabled && !isTruthy(condition))) return {};
  const conditions = [...new Set(all.map(({ condition }) => condition).filter(isText))];
  if (conditions.length === 1) return { Condition: conditions[0] };
  const combined = combinedCondition(conditions, CONDITION);
  if (combined !== undefined) Object.assign(asSection(context.output["Conditions"]), combined);
  return { Condition: CONDITION };
}

function serviceRole(attributes: Section, Tags: Value, context: Context): Resource {
  const name = ["aws-iso", "aws-iso-b"].includes(context.partition) ? "AWSCodeDeployRoleForLambdaLimited" : "AWSCodeDeployRoleForLambda";
  const properties = {
    AssumeRolePolicyDocument: trustOf("codedeploy.amazonaws.com"),
    ManagedPolicyArns: [managedPolicyArn(context, `service-role/${name}`)],
    Tags,
  };
  return resource("AWS::IAM::Role", SERVICE_ROLE, properties, attributes);
}

function deploymentGroup({ functionId, given, condition, tags }: DeploymentPreference): Resource {
  const { Alarms, Role, TriggerConfigurations, Type } = given;
  const properties = {
    AlarmConfiguration: alarmConfiguration(functionId, Alarms),
    ApplicationName: ref(APPLICATION),
    AutoRollbackConfiguration: { Enabled: true, Events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"] },
    DeploymentConfigName: configName(copyOf(Type)),
    DeploymentStyle: { DeploymentType: "BLUE_GREEN", DeploymentOption: "WITH_TRAFFIC_CONTROL" },
    ServiceRoleArn: unlessEmpty(Role) ?? getAtt(SERVICE_ROLE, "Arn"),
    TriggerConfigurations: unlessEmpty(TriggerConfigurations),
    Tags: isTruthy(tags) ? tagList(tags) : undefined,
  };
  const attributes = isTruthy(condition) ? { Condition: condition } : {};
  return resource("AWS::CodeDeploy::DeploymentGroup", groupId(functionId), properties, attributes);
}

function alarmConfiguration(functionId: string, alarms: Value): Value {
  if (!isTruthy(alarms) || isNoValue(alarms)) return undefined;
  const configured = (list: Value): Section => {
    if (!isList(list)) throw invalidResource(functionId, "Alarms must be a list");
    return list.length === 0 || isNoValue(list[0]) ? {} : { Enabled: true, Alarms: list.map((Name) => ({ Name })) };
  };
  if (!isIf(alarms)) return configured(alarms);
  const parts = partsOfIf(alarms);
  if (isText(parts)) throw invalidResource(functionId, parts);
  const [condition, whenTrue, whenFalse] = parts;
  return { "Fn::If": [condition, configured(whenTrue), configured(whenFalse)] };
}

/** The configurations that CodeDeploy has for Lambda go by the last part of their names. */
const CONFIGURATIONS = [
  "Canary10Percent5Minutes",
  "Canary10Percent10Minutes",
  "Canary10Percent15Minutes",
  "Canary10Percent30Minutes",
  "Linear10PercentEvery1Minute",
  "Linear10PercentEvery2Minutes",
  "Linear10PercentEvery3Minutes",
  "Linear10PercentEvery10Minutes",
  "AllAtOnce",
];

function configName(value: Value, isInSub = false): Value {
  if (isList(value)) return value.map((each) => configName(each));
  if (isIntrinsic(value))
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, configName(each, name === "Fn::Sub")]));
  if (!isText(value) || !CONFIGURATIONS.includes(value)) return value;
  const named = sub("CodeDeployDefault.Lambda${ConfigName}", { ConfigName: value });
  return isInSub ? named["Fn::Sub"] : named;
}
