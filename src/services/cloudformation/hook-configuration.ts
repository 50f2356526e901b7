import { validationOf } from "./property-validation.ts";
import { RegistrySchema } from "./registry-schema.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

export type HookAction = "CREATE" | "UPDATE" | "DELETE";
export type TargetOperation = "RESOURCE" | "STACK" | "CHANGE_SET" | "CLOUD_CONTROL";

/** What an account says of a hook: when it is asked, and what comes of its refusals. */
export interface HookConfiguration {
  readonly isEnabled: boolean;
  readonly failureMode: "FAIL" | "WARN";
  readonly targetOperations: readonly TargetOperation[];
  readonly properties: JsonObject;
  readonly targetFilters: JsonObject;
  readonly stackFilters: JsonObject;
}

const MODES = ["FAIL", "WARN"];
const OPERATIONS: readonly string[] = ["RESOURCE", "STACK", "CHANGE_SET", "CLOUD_CONTROL"];
const MEMBERS = [
  "HookInvocationStatus",
  "TargetStacks",
  "TargetOperations",
  "FailureMode",
  "Properties",
  "TargetFilters",
  "StackFilters",
  "EncryptionConfiguration",
];

const inside = (configuration: JsonObject): JsonObject | undefined => {
  const outer = configuration["CloudFormationConfiguration"];
  const inner = isObject(outer) ? outer["HookConfiguration"] : undefined;
  return isObject(inner) ? inner : undefined;
};

/** https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/hook-configuration-schema.html */
export function readHookConfiguration(configuration: JsonObject): HookConfiguration {
  const hook = inside(configuration) ?? {};
  const operations = textsIn(hook["TargetOperations"]);
  return {
    isEnabled: hook["HookInvocationStatus"] === undefined ? hook["TargetStacks"] === "ALL" : hook["HookInvocationStatus"] === "ENABLED",
    failureMode: hook["FailureMode"] === "FAIL" ? "FAIL" : "WARN",
    targetOperations: (operations.length > 0 ? operations : ["RESOURCE"]) as TargetOperation[],
    properties: isObject(hook["Properties"]) ? hook["Properties"] : {},
    targetFilters: isObject(hook["TargetFilters"]) ? hook["TargetFilters"] : {},
    stackFilters: isObject(hook["StackFilters"]) ? hook["StackFilters"] : {},
  };
}

/** What is wrong with the configuration of a hook; the schema is that of its own properties. */
export function hookConfigurationRefusal(configuration: JsonObject, schema: JsonObject | undefined): string | undefined {
  const hook = inside(configuration);
  const failed = (what: string): string => `Configuration data did not validate against the configuration schema: ${what}`;
  if (hook === undefined) return failed("#: required key [CloudFormationConfiguration/HookConfiguration] not found");
  const strange = Object.keys(hook).find((name) => !MEMBERS.includes(name));
  if (strange !== undefined) return failed(`#/CloudFormationConfiguration/HookConfiguration: extraneous key [${strange}] is not permitted`);
  if (hook["EncryptionConfiguration"] !== undefined) return "Slipway does not implement EncryptionConfiguration of hooks";
  const wrong = (member: string, allowed: readonly string[]): boolean =>
    hook[member] !== undefined && !allowed.includes(String(hook[member]));
  for (const [member, allowed] of [
    ["HookInvocationStatus", ["ENABLED", "DISABLED"]],
    ["TargetStacks", ["ALL", "NONE"]],
    ["FailureMode", MODES],
  ] as const)
    if (wrong(member, allowed))
      return failed(`#/CloudFormationConfiguration/HookConfiguration/${member}: ${hook[member]} is not a valid enum value`);
  const operation = textsIn(hook["TargetOperations"]).find((one) => !OPERATIONS.includes(one));
  if (operation !== undefined)
    return failed(`#/CloudFormationConfiguration/HookConfiguration/TargetOperations: ${operation} is not a valid enum value`);
  const properties = isObject(hook["Properties"]) ? hook["Properties"] : {};
  const violations = schema === undefined ? [] : validationOf(new RegistrySchema(schema)).violations(properties);
  if (violations.length === 0) return undefined;
  return failed(violations.map(({ path, message }) => `#${path}: ${message}`).join("; "));
}

export const textsIn = (value: Json | undefined): string[] => (isList(value) ? value.filter((one) => typeof one === "string") : []);

/** Whether a pattern with * and ? fits a name: https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/wildcard-hook-targets.html */
export function fitsTarget(pattern: string, name: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(name);
}

/** https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/hooks-target-filtering.html */
export function passesTargets({ targetFilters }: HookConfiguration, name: string, action: HookAction): boolean {
  const names = textsIn(targetFilters["TargetNames"]);
  const actions = textsIn(targetFilters["Actions"]);
  const points = textsIn(targetFilters["InvocationPoints"]);
  const targets = isList(targetFilters["Targets"]) ? targetFilters["Targets"].filter(isObject) : [];
  if (names.length > 0 && !names.some((one) => fitsTarget(one, name))) return false;
  if (actions.length > 0 && !actions.includes(action)) return false;
  if (points.length > 0 && !points.includes("PRE_PROVISION")) return false;
  return targets.length === 0 || targets.some((one) => isTarget(one, name, action));
}

const isTarget = ({ TargetName, Action, InvocationPoint }: JsonObject, name: string, action: HookAction): boolean =>
  (TargetName === undefined || fitsTarget(String(TargetName), name)) &&
  (Action === undefined || Action === action) &&
  (InvocationPoint === undefined || InvocationPoint === "PRE_PROVISION");

/** https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/hooks-stack-level-filtering.html */
export function passesStack({ stackFilters }: HookConfiguration, stack: { readonly name: string; readonly roleArn?: string }): boolean {
  const parts = [
    ["StackNames", [stack.name]],
    ["StackRoles", stack.roleArn === undefined ? [] : [stack.roleArn]],
  ] as const;
  const excluded = parts.filter(([member]) => listOf(stackFilters, member, "Exclude").length > 0);
  const included = parts.filter(([member]) => listOf(stackFilters, member, "Include").length > 0);
  const fits = (member: string, list: "Include" | "Exclude", values: readonly string[]): boolean =>
    values.some((value) => listOf(stackFilters, member, list).includes(value));
  if (excluded.some(([member, values]) => fits(member, "Exclude", values))) return false;
  if (included.length === 0) return true;
  const matches = included.map(([member, values]) => fits(member, "Include", values));
  return stackFilters["FilteringCriteria"] === "ANY" ? matches.includes(true) : !matches.includes(false);
}

function listOf(filters: JsonObject, member: string, list: "Include" | "Exclude"): string[] {
  const part = filters[member];
  return isObject(part) ? textsIn(part[list]) : [];
}
