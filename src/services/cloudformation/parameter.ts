import { fault } from "../../kernel/fault.ts";
import type { Resolved } from "../../kernel/reference.ts";
import { KNOWN_AFTER_APPLY } from "./evaluate.ts";
import { asText, isList, isObject, type Json } from "./value.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html */
export interface ParameterDeclaration {
  readonly Type: string;
  readonly Default?: Json;
  readonly Description?: string;
  readonly NoEcho?: boolean | string;
  readonly AllowedValues?: readonly Json[];
  readonly AllowedPattern?: string;
  readonly ConstraintDescription?: string;
  readonly MinLength?: number | string;
  readonly MaxLength?: number | string;
  readonly MinValue?: number | string;
  readonly MaxValue?: number | string;
}

/** A value as a caller gives it: the wire's Parameter. */
export interface GivenParameter {
  readonly ParameterKey?: string | undefined;
  readonly ParameterValue?: string | undefined;
  readonly UsePreviousValue?: boolean | undefined;
}

/** A value as a stack keeps it: as given, and for a type of the parameter store, what was found there. */
export interface ParameterValue {
  readonly key: string;
  readonly value: string;
  readonly resolvedValue?: string;
}

/** What lies outside the template: the parameter store, and whether AWS has a thing of an AWS-specific type. */
export interface ParameterSurroundings {
  parameterStore(name: string): Resolved;
  /** Asked for types such as AWS::EC2::VPC::Id; where it is left out, every value is taken. */
  exists?(type: string, value: string): boolean;
}

export type ResolvedParameters =
  | { readonly state: "value"; readonly values: readonly ParameterValue[] }
  | { readonly state: "busy"; readonly because: string };

const MEMBERS = [
  ...["Type", "Default", "Description", "NoEcho", "AllowedValues", "AllowedPattern"],
  ...["ConstraintDescription", "MinLength", "MaxLength", "MinValue", "MaxValue"],
];
const AWS_TYPES = new Set([
  "AWS::EC2::AvailabilityZone::Name",
  "AWS::EC2::Image::Id",
  "AWS::EC2::Instance::Id",
  "AWS::EC2::KeyPair::KeyName",
  "AWS::EC2::SecurityGroup::GroupName",
  "AWS::EC2::SecurityGroup::Id",
  "AWS::EC2::Subnet::Id",
  "AWS::EC2::Volume::Id",
  "AWS::EC2::VPC::Id",
  "AWS::Route53::HostedZone::Id",
]);
/** There are no lists of these. */
const SINGLE_ONLY = new Set(["AWS::EC2::KeyPair::KeyName"]);
const MASK = "****";
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const VALUE_MAX_BYTES = 4096;
const DESCRIPTION_MAX = 4000;
const IN_STORE = /^AWS::SSM::Parameter::Value<(.+)>$/;

const refuse = (message: string): never => fault("ValidationError", message);

/** What kind of value a type holds, behind List<…> and AWS::SSM::Parameter::Value<…>; undefined for no type. */
function shape(type: string): { item: string; list: boolean; stored: boolean } | undefined {
  const stored = IN_STORE.exec(type)?.[1];
  if (stored !== undefined) {
    const inner = stored === "Number" ? undefined : shape(stored);
    return inner === undefined || inner.stored ? undefined : { ...inner, stored: true };
  }
  if (type === "CommaDelimitedList") return { item: "String", list: true, stored: false };
  const listed = /^List<(.+)>$/.exec(type)?.[1];
  const item = listed ?? type;
  const known =
    item === "Number" || item === "String" || AWS_TYPES.has(item) || (listed === undefined && item === "AWS::SSM::Parameter::Name");
  if (!known || (listed !== undefined && SINGLE_ONLY.has(item))) return undefined;
  return { item, list: listed !== undefined, stored: false };
}

/** That a declaration is one, by itself. */
export function checkParameterDeclaration(name: string, declaration: ParameterDeclaration): void {
  if (!isObject(declaration)) refuse("Template format error: Any Parameters member must be an object.");
  const other = Object.keys(declaration).find((member) => !MEMBERS.includes(member));
  if (other !== undefined) refuse(`Invalid template parameter property '${other}'`);
  if (typeof declaration.Type !== "string") refuse("Template format error: Every Parameters object must contain a Type member.");
  const kind = shape(declaration.Type) ?? refuse(`Template format error: Unrecognized parameter type: ${declaration.Type}`);
  checkTexts(name, declaration);
  for (const member of ["MinLength", "MaxLength", "AllowedPattern"] as const) {
    if (declaration[member] !== undefined && kind.item === "Number")
      refuse(`Parameter '${name}' ${member} must be on a parameter of type String`);
  }
  for (const member of ["MinValue", "MaxValue"] as const) {
    if (declaration[member] !== undefined && kind.item !== "Number")
      refuse(`Parameter '${name}' ${member} must be on a parameter of type Number`);
  }
  checkRange(name, declaration, "MinLength", "MaxLength");
  checkRange(name, declaration, "MinValue", "MaxValue");
  if (declaration.Default !== undefined) {
    const text = asText(declaration.Default) ?? refuse("Template format error: Every Default member must be a string.");
    if (Buffer.byteLength(text) > VALUE_MAX_BYTES)
      refuse(`Template format error: Parameter '${name}' default value '[${MASK}]' length is greater than ${VALUE_MAX_BYTES}.`);
    checkConstraints(name, declaration, text);
  }
}

function checkTexts(name: string, declaration: ParameterDeclaration): void {
  const { AllowedValues: allowed, Description } = declaration;
  if (allowed !== undefined && !isList(allowed)) refuse(`Template format error: AllowedValues of parameter ${name} must be a list`);
  if (allowed?.some((value) => asText(value) === undefined)) refuse("Template format error: Every AllowedValues value must be a string.");
  for (const member of ["Description", "ConstraintDescription", "AllowedPattern"] as const) {
    if (declaration[member] !== undefined && asText(declaration[member]) === undefined)
      refuse(`Template format error: Every ${member} member must be a string.`);
  }
  if (declaration.NoEcho !== undefined && !/^(true|false)$/i.test(asText(declaration.NoEcho) ?? ""))
    refuse("Template format error: Every NoEcho member must be a boolean.");
  if ((asText(Description) ?? "").length > DESCRIPTION_MAX)
    refuse(`Template format error: Parameter '${name}' description length is greater than ${DESCRIPTION_MAX}.`);
}

function checkRange(
  name: string,
  declaration: ParameterDeclaration,
  least: "MinLength" | "MinValue",
  most: "MaxLength" | "MaxValue",
): void {
  const bounds = [declaration[least], declaration[most]];
  const wrong = [least, most].find((_, index) => bounds[index] !== undefined && !isNumber(asText(bounds[index]) ?? ""));
  if (wrong !== undefined) refuse(`Template format error: Every ${wrong} member must be a number.`);
  if (bounds[0] !== undefined && bounds[1] !== undefined && Number(bounds[0]) > Number(bounds[1]))
    refuse(`Template error: Parameter '${name}' ${least} must be less than ${most}.`);
}

/**
 * The values that a stack has, from those given, those it had before, and the defaults, in the order of the template. Refuses
 * as CloudFormation does. `busy` means that the parameter store can not answer yet.
 */
export function resolveParameters(
  declared: Readonly<Record<string, ParameterDeclaration>>,
  given: readonly GivenParameter[],
  previous: readonly ParameterValue[],
  surroundings: ParameterSurroundings,
): ResolvedParameters {
  const names = (keys: readonly string[]): string => `[${keys.join(", ")}]`;
  const unknown = given.map(({ ParameterKey = "" }) => ParameterKey).filter((key) => !Object.hasOwn(declared, key));
  if (unknown.length > 0) refuse(`Parameters: ${names(unknown)} do not exist in the template`);
  const chosen = Object.entries(declared).map(
    ([key, declaration]) => [key, declaration, choose(key, declaration, given, previous)] as const,
  );
  const missing = chosen.filter(([, , value]) => value === undefined).map(([key]) => key);
  if (missing.length > 0) refuse(`Parameters: ${names(missing)} must have values`);
  const values: ParameterValue[] = [];
  for (const [key, declaration, value] of chosen) {
    if (Buffer.byteLength(value!) > VALUE_MAX_BYTES)
      refuse(`Parameter '${key}' value '[${MASK}]' length is greater than ${VALUE_MAX_BYTES}.`);
    if (value!.includes(KNOWN_AFTER_APPLY)) {
      // Of a nested stack in a change set: nothing can be said of what is not known yet.
      values.push({ key, value: value! });
      continue;
    }
    checkConstraints(key, declaration, value!);
    const found = lookUp(key, declaration, value!, surroundings);
    if (found.state === "busy") return found;
    checkExistence(key, declaration, found.value ?? value!, surroundings);
    values.push({ key, value: value!, ...(found.value !== undefined && { resolvedValue: found.value }) });
  }
  return { state: "value", values };
}

function choose(
  key: string,
  declaration: ParameterDeclaration,
  given: readonly GivenParameter[],
  previous: readonly ParameterValue[],
): string | undefined {
  const own = given.find(({ ParameterKey }) => ParameterKey === key);
  if (own?.UsePreviousValue) {
    if (own.ParameterValue !== undefined)
      refuse(`Invalid input for parameter key ${key}. Cannot specify usePreviousValue as true and non empty value for a parameter`);
    return (
      previous.find((value) => value.key === key)?.value ??
      refuse(
        `Invalid input for parameter key ${key}. Cannot specify usePreviousValue as true for a parameter key not in the previous template`,
      )
    );
  }
  return own?.ParameterValue ?? asText(declaration.Default);
}

function lookUp(
  key: string,
  declaration: ParameterDeclaration,
  value: string,
  { parameterStore }: ParameterSurroundings,
): { state: "found"; value?: string } | { state: "busy"; because: string } {
  const isName = declaration.Type === "AWS::SSM::Parameter::Name";
  if (!isName && !IN_STORE.test(declaration.Type)) return { state: "found" };
  const resolved = parameterStore(value);
  switch (resolved.state) {
    case "busy":
      return resolved;
    case "absent":
      return isName
        ? refuse(`Parameter validation failed: parameter value ${value} for parameter name ${key} does not exist`)
        : refuse(`Unable to fetch parameters [${value}] from parameter store for this account.`);
    case "value":
      return isName ? { state: "found" } : { state: "found", value: resolved.value };
  }
}

function checkExistence(key: string, declaration: ParameterDeclaration, value: string, { exists }: ParameterSurroundings): void {
  const { item } = shape(declaration.Type)!;
  if (!AWS_TYPES.has(item) || exists === undefined) return;
  for (const one of parts(declaration, value)) {
    if (!exists(item, one)) refuse(`Parameter validation failed: parameter value ${one} for parameter name ${key} does not exist`);
  }
}

const parts = (declaration: ParameterDeclaration, value: string): string[] => {
  if (!shape(declaration.Type)!.list) return [value];
  return value === "" ? [] : value.split(",").map((part) => part.trim());
};

/** The constraints speak of the value as given: of a stored parameter, of its name. */
function checkConstraints(name: string, declaration: ParameterDeclaration, value: string): void {
  const { AllowedValues, AllowedPattern, MinLength, MaxLength, MinValue, MaxValue, ConstraintDescription } = declaration;
  const kind = shape(declaration.Type)!;
  const violated = (message: string): never =>
    refuse(
      ConstraintDescription === undefined
        ? `Parameter '${name}' ${message}`
        : `Parameter ${name} failed to satisfy constraint: ${ConstraintDescription}`,
    );
  const values = kind.stored ? [value] : parts(declaration, value);
  const pattern = AllowedPattern === undefined ? undefined : compile(name, AllowedPattern);
  for (const one of values) {
    if (kind.item === "Number") {
      if (!isNumber(one)) refuse(`Parameter '${name}' must be a number.`);
      if (MinValue !== undefined && Number(one) < Number(MinValue)) violated(`must be a number not less than ${MinValue}`);
      if (MaxValue !== undefined && Number(one) > Number(MaxValue)) violated(`must be a number not greater than ${MaxValue}`);
    }
    if (AllowedValues !== undefined && !AllowedValues.some((allowed) => asText(allowed) === one)) violated("must be one of AllowedValues");
    if (pattern !== undefined && !pattern.test(one)) violated(`must match pattern ${AllowedPattern}`);
    if (MinLength !== undefined && one.length < Number(MinLength)) violated(`must contain at least ${MinLength} characters`);
    if (MaxLength !== undefined && one.length > Number(MaxLength)) violated(`must contain at most ${MaxLength} characters`);
  }
}

const isNumber = (text: string): boolean => text.trim() !== "" && Number.isFinite(Number(text));

/** The whole value has to match, as in Java, whose dialect AWS has. */
function compile(name: string, pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    return refuse(`Parameter '${name}' AllowedPattern must be a valid regular expression.`);
  }
}

/** What Ref gives: a list for list types, else the text. */
export function refOfParameter(declaration: ParameterDeclaration, { value, resolvedValue }: ParameterValue): Json {
  const text = resolvedValue ?? value;
  return shape(declaration.Type)!.list ? parts(declaration, text) : text;
}

/** A parameter as DescribeStacks shows it: of a NoEcho one, only that it has a value. */
export function describeParameter(
  declaration: ParameterDeclaration | undefined,
  { key, value, resolvedValue }: ParameterValue,
): {
  ParameterKey: string;
  ParameterValue: string;
  ResolvedValue?: string;
} {
  const hidden = declaration?.NoEcho === true || declaration?.NoEcho === "true";
  return {
    ParameterKey: key,
    ParameterValue: hidden ? MASK : value,
    ...(resolvedValue !== undefined && { ResolvedValue: hidden ? MASK : resolvedValue }),
  };
}
