import { fault } from "../../kernel/fault.ts";
import { intrinsic, type Mention, mentions, substitutions } from "./intrinsic.ts";
import { specification } from "./specification.ts";
import { dependsOn, evaluatedPartsOf, type Template } from "./template.ts";
import { isList, isObject, type Json } from "./value.ts";

const refuse = (message: string): never => fault("ValidationError", message);
const malformed = (message: string): never => refuse(`Template format error: ${message}`);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html */
const PSEUDO: readonly string[] = [
  ...["AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue", "AWS::Partition"],
  ...["AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix"],
];

/** That all which is named exists in the template, whatever the conditions will say. */
export function checkReferences(template: Template): void {
  checkConditionSection(template);
  const resources = Object.values(template.Resources);
  const outputs = Object.values(template.Outputs);
  for (const member of [...resources, ...outputs]) checkCalls(template, member as unknown as Json);
  checkBlock(
    template,
    "Resources",
    resources.flatMap((resource) => mentions(evaluatedPartsOf(resource))),
    resources.flatMap(dependsOn),
  );
  checkBlock(
    template,
    "Outputs",
    outputs.flatMap((output) => mentions(output as unknown as Json)),
    [],
  );
  for (const [block, members] of [
    ["Resources", resources],
    ["Outputs", outputs],
  ] as const) {
    for (const { Condition: name } of members) {
      if (name !== undefined && !Object.hasOwn(template.Conditions, name))
        malformed(`Unresolved condition dependency ${name} in the ${block} block of the template`);
    }
  }
}

function checkBlock(template: Template, block: string, named: readonly Mention[], needed: readonly string[]): void {
  const isResource = (name: string): boolean => Object.hasOwn(template.Resources, name);
  const isKnown = (name: string): boolean => isResource(name) || Object.hasOwn(template.Parameters, name) || PSEUDO.includes(name);
  for (const mention of named) {
    if (mention.kind === "If" && !Object.hasOwn(template.Conditions, mention.name))
      refuse(`Template error: unresolved condition dependency ${mention.name} in Fn::If`);
    if (mention.kind === "GetAtt" && !isResource(mention.name))
      refuse(`Template error: instance of Fn::GetAtt references undefined resource ${mention.name}`);
    if (mention.kind === "GetAtt" && mention.attribute !== "") {
      const { Type } = template.Resources[mention.name]!;
      if (specification.attribute(Type, mention.attribute) === undefined)
        refuse(`Template error: resource ${mention.name} does not support attribute type ${mention.attribute} in Fn::GetAtt`);
    }
  }
  const unresolved = [
    ...named.filter(({ kind, name }) => kind === "Ref" && !isKnown(name)).map(({ name }) => name),
    ...needed.filter((name) => !isResource(name)),
  ];
  if (unresolved.length > 0)
    malformed(`Unresolved resource dependencies [${[...new Set(unresolved)].join(", ")}] in the ${block} block of the template`);
}

function checkConditionSection({ Conditions, Parameters }: Template): void {
  const isAllowed = (name: string): boolean => Object.hasOwn(Parameters, name) || (PSEUDO.includes(name) && name !== "AWS::NoValue");
  const wrong = mentions(Conditions).filter(({ kind, name }) => kind === "GetAtt" || (kind === "Ref" && !isAllowed(name)));
  if (wrong.length > 0) {
    malformed(
      `Unresolved dependencies [${[...new Set(wrong.map(({ name }) => name))].join(", ")}]. Cannot reference resources in the Conditions block of the template`,
    );
  }
  for (const name of Object.values(Conditions).flatMap(conditionsIn)) {
    if (!Object.hasOwn(Conditions, name)) refuse(`Template error: unresolved condition dependency ${name} in Condition`);
  }
  for (const { kind, name } of mentions(Conditions)) {
    if (kind === "If" && !Object.hasOwn(Conditions, name)) refuse(`Template error: unresolved condition dependency ${name} in Fn::If`);
  }
}

/** The conditions that one is made of. */
function conditionsIn(json: Json): string[] {
  if (isList(json)) return json.flatMap(conditionsIn);
  if (!isObject(json)) return [];
  const { Condition: name, ...rest } = json;
  return [...(typeof name === "string" ? [name] : []), ...Object.values(rest).flatMap(conditionsIn)];
}

/** What the functions name that the plain look at references does not see. */
function checkCalls(template: Template, value: Json): void {
  if (isList(value)) {
    for (const item of value) checkCalls(template, item);
    return;
  }
  if (!isObject(value)) return;
  const call = intrinsic(value);
  if (call?.name === "Fn::ImportValue") checkImport(template, call.argument);
  if (call?.name === "Fn::Sub") checkAttributes(template, call.argument);
  for (const member of Object.values(value)) checkCalls(template, member);
}

/** The name of an import is known before anything is made. */
function checkImport({ Resources }: Template, name: Json): void {
  const late = mentions(name).some((mention) => mention.kind !== "If" && Object.hasOwn(Resources, mention.name));
  if (late || /"Fn::(ImportValue|GetAZs)"/.test(JSON.stringify(name)))
    refuse("Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs");
}

function checkAttributes({ Resources }: Template, argument: Json): void {
  const [text, variables] = isList(argument) ? argument : [argument];
  for (const name of substitutions(String(text))) {
    const dot = name.indexOf(".");
    if (dot === -1 || (isObject(variables) && Object.hasOwn(variables, name))) continue;
    if (dot === name.length - 1 || !Object.hasOwn(Resources, name.slice(0, dot)))
      refuse(`Template error: instance of Fn::Sub references invalid resource attribute ${name}`);
  }
}
