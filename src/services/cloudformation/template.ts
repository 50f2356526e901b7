import { fault } from "../../kernel/fault.ts";
import { attributeOf, intrinsic, type Mention, mentions, substitutions } from "./intrinsic.ts";
import { checkParameterDeclaration, type ParameterDeclaration } from "./parameter.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

/**
 * A template that was found to be well formed. Every section is there, with the members as the template writes them.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
 */
export interface Template {
  readonly Description?: string;
  readonly Metadata: JsonObject;
  readonly Transform: readonly Json[];
  readonly Parameters: Readonly<Record<string, ParameterDeclaration>>;
  readonly Rules: JsonObject;
  readonly Mappings: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;
  readonly Conditions: JsonObject;
  readonly Resources: Readonly<Record<string, ResourceDeclaration>>;
  readonly Outputs: Readonly<Record<string, OutputDeclaration>>;
}

export interface ResourceDeclaration {
  readonly Type: string;
  readonly Properties?: JsonObject;
  readonly Metadata?: JsonObject;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
  readonly CreationPolicy?: JsonObject;
  readonly UpdatePolicy?: JsonObject;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface OutputDeclaration {
  readonly Value: Json;
  readonly Description?: string;
  readonly Export?: { readonly Name: Json };
  readonly Condition?: string;
}

const SECTIONS = [
  "AWSTemplateFormatVersion",
  "Description",
  "Metadata",
  "Transform",
  "Parameters",
  "Rules",
  "Mappings",
  "Conditions",
  "Resources",
  "Outputs",
  "Hooks",
];
const RESOURCE_ATTRIBUTES = [
  ...["Type", "Description", "Properties", "Metadata", "DependsOn", "Condition"],
  ...["CreationPolicy", "UpdatePolicy", "DeletionPolicy", "UpdateReplacePolicy", "Version"],
];
const OUTPUT_MEMBERS = ["Value", "Description", "Export", "Condition"];
const DELETION_POLICIES = ["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"];
const UPDATE_REPLACE_POLICIES = ["Delete", "Retain", "Snapshot"];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const LIMITS = { description: 1024, resources: 500, parameters: 200, mappings: 200, outputs: 200 };

const refuse = (message: string): never => fault("ValidationError", message);
const malformed = (message: string): never => refuse(`Template format error: ${message}`);

/** What is written in the condition sections decides nothing here: this looks at the template alone, after transforms. */
export function checkTemplate(body: JsonObject): Template {
  const unknown = Object.keys(body).filter((section) => !SECTIONS.includes(section));
  if (unknown.length > 0) refuse(`Invalid template property or properties [${unknown.join(", ")}]`);
  checkHeader(body);
  const template: Template = {
    ...(body["Description"] !== undefined && { Description: body["Description"] as string }),
    Metadata: section(body, "Metadata"),
    Transform: [body["Transform"] ?? []].flat(),
    Parameters: section(body, "Parameters") as unknown as Template["Parameters"],
    Rules: section(body, "Rules"),
    Mappings: section(body, "Mappings") as unknown as Template["Mappings"],
    Conditions: section(body, "Conditions"),
    Resources: section(body, "Resources") as unknown as Template["Resources"],
    Outputs: section(body, "Outputs") as unknown as Template["Outputs"],
  };
  checkResources(template.Resources);
  checkParameters(template);
  checkMappings(template.Mappings);
  checkOutputs(template.Outputs);
  checkNulls(body, "");
  checkFunctions(body);
  checkReferences(template);
  return template;
}

/** The resources that one names in DependsOn. */
export const dependsOn = (resource: ResourceDeclaration): readonly string[] =>
  resource.DependsOn === undefined ? [] : [resource.DependsOn].flat();

/** What of a resource may name others; the Type, the Condition and the policies that are mere words may not. */
export const evaluatedPartsOf = ({ Properties, Metadata, CreationPolicy, UpdatePolicy }: ResourceDeclaration): JsonObject => ({
  ...(Properties && { Properties }),
  ...(Metadata && { Metadata }),
  ...(CreationPolicy && { CreationPolicy }),
  ...(UpdatePolicy && { UpdatePolicy }),
});

function section(body: JsonObject, name: string): JsonObject {
  const value = body[name] ?? {};
  if (!isObject(value)) malformed(`${name} must be an object.`);
  return value as JsonObject;
}

function checkHeader(body: JsonObject): void {
  const { AWSTemplateFormatVersion: version, Description: description } = body;
  if (version !== undefined && version !== "2010-09-09") malformed("unsupported value for AWSTemplateFormatVersion.");
  if (description === undefined) return;
  if (typeof description !== "string") return malformed("unsupported value for Description.");
  if (description.length > LIMITS.description) malformed(`'Description' length is greater than ${LIMITS.description}`);
}

function checkResources(resources: Template["Resources"]): void {
  const entries = Object.entries(resources);
  if (entries.length === 0) malformed("At least one Resources member must be defined.");
  checkCount("resources", entries.length);
  for (const [name, resource] of entries) {
    if (!isObject(resource)) malformed("Any Resources member must be an object.");
    if (name.startsWith("Fn::ForEach")) fault("NotImplemented", "Fn::ForEach of AWS::LanguageExtensions is not implemented", 501);
    checkName("Resource", name);
    if (typeof resource.Type !== "string") malformed(`[/Resources/${name}] Every Resources object must contain a Type member.`);
    const other = Object.keys(resource).find((attribute) => !RESOURCE_ATTRIBUTES.includes(attribute));
    if (other !== undefined) refuse(`Invalid template resource property '${other}'`);
    if (resource.Properties !== undefined && !isObject(resource.Properties))
      malformed(`[/Resources/${name}/Properties] Every Properties member must be an object.`);
    checkDependsOn(name, resource.DependsOn);
    checkPolicy(name, "DeletionPolicy", resource.DeletionPolicy, DELETION_POLICIES);
    checkPolicy(name, "UpdateReplacePolicy", resource.UpdateReplacePolicy, UPDATE_REPLACE_POLICIES);
  }
}

function checkDependsOn(name: string, needs: unknown): void {
  if (needs === undefined || typeof needs === "string") return;
  if (!isList(needs)) malformed("DependsOn must be a string or list of strings.");
  if (!(needs as readonly Json[]).every((need) => typeof need === "string")) malformed("Every DependsOn value must be a string.");
  if ((needs as readonly Json[]).includes(name)) refuse(`Circular dependency between resources: [${name}]`);
}

/** With AWS::LanguageExtensions a policy may be a function, which evaluation looks at. */
function checkPolicy(name: string, attribute: string, value: Json | undefined, allowed: readonly string[]): void {
  if (typeof value === "string" && !allowed.includes(value)) malformed(`Unrecognized ${attribute} ${value} for resource ${name}`);
}

function checkParameters({ Parameters, Resources }: Template): void {
  checkCount("parameters", Object.keys(Parameters).length);
  for (const [name, declaration] of Object.entries(Parameters)) {
    checkName("Parameter", name);
    checkParameterDeclaration(name, declaration);
  }
  const common = Object.keys(Parameters).filter((name) => Object.hasOwn(Resources, name));
  if (common.length > 0)
    refuse(`Template error: all resources and parameters must have unique names. Common name(s):[${common.join(", ")}]`);
}

function checkMappings(mappings: Template["Mappings"]): void {
  checkCount("mappings", Object.keys(mappings).length);
  for (const [name, map] of Object.entries(mappings)) {
    if (!isObject(map)) malformed(`Every Mappings member ${name} must be a map`);
    for (const [key, attributes] of Object.entries(map)) {
      if (!isObject(attributes)) malformed(`Every Mappings member ${key} must be a map`);
      if (Object.values(attributes).some(isObject)) malformed("Every Mappings attribute must be a String or a List.");
    }
  }
}

function checkOutputs(outputs: Template["Outputs"]): void {
  checkCount("outputs", Object.keys(outputs).length);
  for (const [name, output] of Object.entries(outputs)) {
    checkName("Output", name);
    if (output === null) refuse(`[/Outputs/${name}] 'null' values are not allowed in templates`);
    if (!isObject(output) || !("Value" in output)) malformed("Every Outputs member must contain a Value object");
    const other = Object.keys(output).find((member) => !OUTPUT_MEMBERS.includes(member));
    if (other !== undefined) refuse(`Invalid template output property '${other}'`);
    if (output.Export !== undefined && !(isObject(output.Export) && "Name" in output.Export))
      malformed(`Output ${name} is malformed. Export must have a Name`);
  }
}

function checkCount(what: keyof typeof LIMITS, count: number): void {
  if (count > LIMITS[what]) malformed(`Number of ${what}, ${count}, is greater than maximum allowed, ${LIMITS[what]}`);
}

function checkName(what: string, name: string): void {
  if (!/^[a-zA-Z0-9]+$/.test(name)) malformed(`${what} name ${name} is non alphanumeric.`);
}

function checkNulls(value: Json, path: string): void {
  if (value === null) refuse(`[${path}] 'null' values are not allowed in templates`);
  if (isList(value)) value.forEach((item, index) => void checkNulls(item, `${path}/${index}`));
  else if (isObject(value)) for (const [name, member] of Object.entries(value)) checkNulls(member, `${path}/${name}`);
}

/** The form of those functions whose arguments decide what the template refers to. */
function checkFunctions(value: Json): void {
  if (isList(value)) return value.forEach(checkFunctions);
  if (!isObject(value)) return;
  const call = intrinsic(value);
  if (call?.name === "Fn::GetAtt" && attributeOf(call.argument) === undefined) {
    refuse("Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute");
  }
  if (call?.name === "Ref" && typeof call.argument !== "string") refuse("Template format error: All References must be of type string");
  if (call?.name === "Fn::Sub") checkSub(call.argument);
  Object.values(value).forEach(checkFunctions);
}

function checkSub(argument: Json): void {
  const [text, variables] = isList(argument) ? argument : [argument];
  if (typeof text !== "string" || (isList(argument) && (argument.length !== 2 || !isObject(variables)))) {
    refuse(
      "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, " +
        "and an optional second argument to specify a mapping of values to replace in the string",
    );
  }
  if (substitutions(text as string).some((name) => !/^[a-zA-Z0-9_.:]+$/.test(name))) {
    refuse("Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons");
  }
}

/** That all which is named exists in the template, whatever the conditions will say. */
function checkReferences(template: Template): void {
  checkConditionSection(template);
  const resources = Object.values(template.Resources);
  checkBlock(
    template,
    "Resources",
    resources.flatMap((resource) => mentions(evaluatedPartsOf(resource))),
    resources.flatMap(dependsOn),
  );
  checkBlock(
    template,
    "Outputs",
    Object.values(template.Outputs).flatMap((output) => mentions(output as unknown as Json)),
    [],
  );
  for (const [block, members] of [
    ["Resources", resources],
    ["Outputs", Object.values(template.Outputs)],
  ] as const) {
    for (const { Condition: name } of members) {
      if (name !== undefined && !Object.hasOwn(template.Conditions, name))
        malformed(`Unresolved condition dependency ${name} in the ${block} block of the template`);
    }
  }
}

function checkBlock(template: Template, block: string, named: readonly Mention[], needed: readonly string[]): void {
  const isResource = (name: string): boolean => Object.hasOwn(template.Resources, name);
  const isKnown = (name: string): boolean => isResource(name) || Object.hasOwn(template.Parameters, name) || name.startsWith("AWS::");
  for (const mention of named) {
    if (mention.kind === "If" && !Object.hasOwn(template.Conditions, mention.name))
      refuse(`Template error: unresolved condition dependency ${mention.name} in Fn::If`);
    if (mention.kind === "GetAtt" && !isResource(mention.name))
      refuse(`Template error: instance of Fn::GetAtt references undefined resource ${mention.name}`);
  }
  const unresolved = [
    ...named.filter(({ kind, name }) => kind === "Ref" && !isKnown(name)).map(({ name }) => name),
    ...needed.filter((name) => !isResource(name)),
  ];
  if (unresolved.length > 0)
    malformed(`Unresolved resource dependencies [${[...new Set(unresolved)].join(", ")}] in the ${block} block of the template`);
}

function checkConditionSection(template: Template): void {
  for (const condition of Object.values(template.Conditions)) {
    if (!isObject(condition)) malformed("Conditions can only be boolean operations on parameters and other conditions");
  }
  const isAllowed = (name: string): boolean =>
    Object.hasOwn(template.Parameters, name) || (name.startsWith("AWS::") && name !== "AWS::NoValue");
  const wrong = mentions(template.Conditions).filter(({ kind, name }) => kind === "GetAtt" || (kind === "Ref" && !isAllowed(name)));
  if (wrong.length > 0) {
    malformed(
      `Unresolved dependencies [${[...new Set(wrong.map(({ name }) => name))].join(", ")}]. Cannot reference resources in the Conditions block of the template`,
    );
  }
}
