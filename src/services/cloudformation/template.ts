import { fault } from "../../kernel/fault.ts";
import { strangeSecureStrings } from "./dynamic.ts";
import { intrinsic, mentions } from "./intrinsic.ts";
import { checkParameterDeclaration, type ParameterDeclaration } from "./parameter.ts";
import { checkRuleSection } from "./rule.ts";
import { checkConditions, checkFunctions, type FunctionRules } from "./template-function.ts";
import { checkReferences } from "./template-reference.ts";
import { asText, isList, isObject, type Json, type JsonObject } from "./value.ts";

/**
 * A template that was found to be well formed. Every section is there, with the members as the template writes them.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
 */
export interface Template {
  readonly Description?: string;
  readonly Metadata: JsonObject;
  /** The names of the transforms that its section Transform has, or had before they were carried out. */
  readonly Transform: readonly string[];
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
const COUNTS = { resources: 500, parameters: 200, mappings: 200, "mapping attributes": 200, outputs: 200 };
const DESCRIPTION_MAX = 1024;
const NAME_MAX = 255;

const refuse = (message: string): never => fault("ValidationError", message);
const malformed = (message: string): never => refuse(`Template format error: ${message}`);

/**
 * Check a template that has no transforms left to carry out. What the conditions will say decides nothing here. `transforms`
 * are those that it had.
 */
export function checkTemplate(body: JsonObject, transforms: readonly string[] = namesOf(body["Transform"])): Template {
  const unknown = Object.keys(body).filter((name) => !SECTIONS.includes(name));
  if (unknown.length > 0) refuse(`Invalid template property or properties [${unknown.join(", ")}]`);
  checkHeader(body);
  checkHooks(body);
  const template = sectionsOf(body, transforms);
  const rules = { extended: transforms.includes("AWS::LanguageExtensions") };
  checkResources(template.Resources);
  checkParameters(template);
  checkMappings(template.Mappings, rules);
  checkOutputs(template);
  checkNulls(body, "");
  for (const name of Object.keys(template.Conditions))
    if (!/^[a-zA-Z0-9&_]{1,255}$/.test(name)) malformed(`Conditions name '${name}' is non alphanumeric.`);
  checkConditions(template.Conditions, rules);
  checkRuleSection(template.Rules);
  for (const member of [...Object.values(template.Resources), ...Object.values(template.Outputs)])
    checkFunctions(member as unknown as Json, rules);
  checkReferences(template);
  const secure = Object.values(template.Resources).flatMap(({ Type, Properties }) => strangeSecureStrings(Type, Properties));
  if (secure.length > 0) refuse(`SSM Secure reference is not supported in: [${secure.join(", ")}]`);
  return template;
}

/**
 * Check what of a template counts before its transforms are carried out: they may bring or change everything but its
 * parameters. What it will make is not known.
 */
export function checkUnprocessed(body: JsonObject): Template {
  checkHeader(body);
  const { Description, Metadata = {}, Parameters = {} } = body;
  const known: Template = sectionsOf(
    { ...(Description !== undefined && { Description }), Metadata, Parameters },
    namesOf(body["Transform"]),
  );
  checkParameters(known);
  return known;
}

/** The transforms that the section names, with parameters or without. */
const namesOf = (written: Json = []): string[] => [written].flat().map((one) => String(isObject(one) ? one["Name"] : one));

const sectionsOf = (body: JsonObject, transforms: readonly string[]): Template => ({
  ...(body["Description"] !== undefined && { Description: body["Description"] as string }),
  Metadata: section(body, "Metadata"),
  Transform: transforms,
  Parameters: section(body, "Parameters") as unknown as Template["Parameters"],
  Rules: section(body, "Rules"),
  Mappings: section(body, "Mappings") as unknown as Template["Mappings"],
  Conditions: section(body, "Conditions"),
  Resources: section(body, "Resources") as unknown as Template["Resources"],
  Outputs: section(body, "Outputs") as unknown as Template["Outputs"],
});

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
  const value = body[name];
  if (value === null) refuse(`[/${name}] 'null' values are not allowed in templates`);
  if (value !== undefined && !isObject(value)) malformed(`${name} must be an object.`);
  return (value ?? {}) as JsonObject;
}

function checkHeader(body: JsonObject): void {
  const { AWSTemplateFormatVersion: version, Description: description } = body;
  if (version !== undefined && version !== "2010-09-09") malformed("unsupported value for AWSTemplateFormatVersion.");
  if (description === undefined) return;
  if (typeof description !== "string") return malformed("unsupported value for Description.");
  if (Buffer.byteLength(description) > DESCRIPTION_MAX) malformed(`'Description' length is greater than ${DESCRIPTION_MAX}.`);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/blue-green.html */
function checkHooks(body: JsonObject): void {
  const types = Object.values(section(body, "Hooks")).map((hook) => (isObject(hook) ? String(hook["Type"]) : ""));
  if (types.length > 0) fault("NotImplemented", `Hooks of the type ${types[0]} are not implemented by Slipway`, 501);
}

function checkResources(resources: Template["Resources"]): void {
  const entries = Object.entries(resources);
  if (entries.length === 0) malformed("At least one Resources member must be defined.");
  checkCount("resources", entries.length);
  for (const [name, resource] of entries) {
    if (!isObject(resource)) malformed("Any Resources member must be an object.");
    checkName("Resource", name);
    if (typeof resource.Type !== "string") malformed(`[/Resources/${name}] Every Resources object must contain a Type member.`);
    const other = Object.keys(resource).find((attribute) => !RESOURCE_ATTRIBUTES.includes(attribute));
    if (other !== undefined) refuse(`Invalid template resource property '${other}'`);
    for (const attribute of ["Properties", "Metadata", "CreationPolicy", "UpdatePolicy"] as const) {
      if (resource[attribute] !== undefined && !isObject(resource[attribute]) && resource[attribute] !== null)
        malformed(`[/Resources/${name}/${attribute}] Every ${attribute} member must be an object.`);
    }
    checkCondition(resource.Condition);
    checkDescription((resource as unknown as JsonObject)["Description"]);
    checkDependsOn(name, resource.DependsOn);
    checkPolicy(name, "DeletionPolicy", resource.DeletionPolicy, DELETION_POLICIES);
    checkPolicy(name, "UpdateReplacePolicy", resource.UpdateReplacePolicy, UPDATE_REPLACE_POLICIES);
  }
}

function checkCondition(condition: unknown): void {
  if (condition !== undefined && condition !== null && typeof condition !== "string") malformed("Every Condition member must be a string.");
}

function checkDescription(description: Json | undefined): void {
  if (description !== undefined && description !== null && asText(description) === undefined)
    malformed("Every Description member must be a string.");
}

function checkDependsOn(name: string, needs: unknown): void {
  if (needs === undefined || needs === null || typeof needs === "string") {
    if (needs === name) refuse(`Circular dependency between resources: [${name}]`);
    return;
  }
  if (!isList(needs)) malformed("DependsOn must be a string or list of strings.");
  if (!(needs as readonly Json[]).every((need) => typeof need === "string")) malformed("Every DependsOn value must be a string.");
  if ((needs as readonly Json[]).includes(name)) refuse(`Circular dependency between resources: [${name}]`);
}

/** AWS::LanguageExtensions has made words of the functions that a policy may be with it. */
function checkPolicy(name: string, attribute: string, value: Json | undefined, allowed: readonly string[]): void {
  if (value === undefined || value === null) return;
  if (typeof value !== "string") return malformed(`Every ${attribute} member must be a string.`);
  if (!allowed.includes(value)) malformed(`Unrecognized ${attribute} ${value} for resource ${name}`);
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

function checkMappings(mappings: Template["Mappings"], { extended }: FunctionRules): void {
  checkCount("mappings", Object.keys(mappings).length);
  for (const [name, map] of Object.entries(mappings)) {
    if (!/^[a-zA-Z0-9]+$/.test(name)) malformed(`Mappings name '${name}' is non alphanumeric.`);
    checkLength("Mappings", name);
    if (!isObject(map)) malformed(`Every Mappings member ${name} must be a map`);
    for (const [key, attributes] of Object.entries(map)) {
      if (!/^[a-zA-Z0-9.-]+$/.test(key)) malformed(`Mappings attribute name '${key}' must contain only alphanumeric characters.`);
      checkLength("Mappings", key);
      if (!isObject(attributes)) malformed(`Every Mappings member ${key} must be a map`);
      checkCount("mapping attributes", Object.keys(attributes).length);
      const wrong = Object.keys(attributes).find((attribute) => !/^[a-zA-Z0-9]+$/.test(attribute));
      // With AWS::LanguageExtensions a name may be looked for that a function makes, such as a JSON text.
      if (wrong !== undefined && !extended) malformed(`Mappings attribute name '${wrong}' must contain only alphanumeric characters.`);
      if (Object.values(attributes).some(isObject)) malformed("Every Mappings attribute must be a String or a List.");
    }
  }
}

function checkOutputs({ Outputs: outputs, Resources: resources }: Template): void {
  checkCount("outputs", Object.keys(outputs).length);
  for (const [name, output] of Object.entries(outputs)) {
    if (!/^[a-zA-Z0-9]+$/.test(name)) malformed(`Outputs name '${name}' is non alphanumeric.`);
    checkLength("Outputs", name);
    if (output === null) refuse(`[/Outputs/${name}] 'null' values are not allowed in templates`);
    if (!isObject(output) || !("Value" in output)) malformed("Every Outputs member must contain a Value object");
    const other = Object.keys(output).find((member) => !OUTPUT_MEMBERS.includes(member));
    if (other !== undefined) refuse(`Invalid template output property '${other}'`);
    checkDescription(output.Description);
    if (Buffer.byteLength(asText(output.Description) ?? "") > DESCRIPTION_MAX)
      malformed(`Output '${name}' description length is greater than ${DESCRIPTION_MAX}.`);
    checkCondition(output.Condition);
    if (isList(output.Value) || (isObject(output.Value) && intrinsic(output.Value) === undefined))
      malformed(`Output ${name} is malformed. The Value field of every Outputs member must evaluate to a String.`);
    checkExport(name, output.Export, resources);
  }
}

/** The name of an export is known before anything is made. */
function checkExport(name: string, exported: Json | undefined, resources: Template["Resources"]): void {
  if (exported === undefined || exported === null) return;
  const wanted = isObject(exported) && Object.keys(exported).length === 1 ? exported["Name"] : undefined;
  const isEarly = (value: Json): boolean =>
    intrinsic(value) !== undefined && mentions(value).every((mention) => mention.kind === "If" || !Object.hasOwn(resources, mention.name));
  const fits = typeof wanted === "string" ? /^[a-zA-Z0-9:-]+$/.test(wanted) : wanted !== undefined && isEarly(wanted);
  if (!fits) {
    malformed(
      `Output ${name} is malformed. The Name field of every Export member must be specified and consist only of alphanumeric characters, colons, or hyphens.`,
    );
  }
}

function checkCount(what: keyof typeof COUNTS, count: number): void {
  if (count > COUNTS[what]) malformed(`Number of ${what}, ${count}, is greater than maximum allowed, ${COUNTS[what]}`);
}

function checkName(what: "Resource" | "Parameter", name: string): void {
  if (!/^[a-zA-Z0-9]+$/.test(name)) malformed(`${what} name ${name} is non alphanumeric.`);
  checkLength(what, name);
}

function checkLength(what: string, name: string): void {
  if (name.length > NAME_MAX) malformed(`${what} name '${name}' length is greater than ${NAME_MAX}.`);
}

function checkNulls(value: Json, path: string): void {
  if (value === null) refuse(`[${path}] 'null' values are not allowed in templates`);
  if (isList(value)) value.forEach((item, index) => void checkNulls(item, `${path}/${index}`));
  else if (isObject(value)) for (const [name, member] of Object.entries(value)) checkNulls(member, `${path}/${name}`);
}
