import { asSection, copyOf, hasMember, isSection, type Section, type Value } from "./draft.ts";
import { isIf, soleMember, sub } from "./intrinsic.ts";
import { invalidResource } from "./invalid.ts";
import { convertIf, readPolicies } from "./policy.ts";
import { POLICY_TEMPLATES } from "./policy-templates.ts";
import { literal } from "./python.ts";
import { arnText, readStatement } from "./statement.ts";

/** The statements of each policy template, as texts. */
const templates: ReadonlyMap<string, readonly string[]> = new Map(
  POLICY_TEMPLATES.trim()
    .split(/\n(?=\S)/)
    .map((block) => {
      const [name, ...statements] = block.split(/\n {2}- /);
      return [name!, statements.map((statement) => statement.replace(/\s+/g, " "))] as const;
    }),
);

/** Policy templates become statements, before the properties are checked and the role is made. */
export function useTemplates(id: string, properties: Section): void {
  const policies = readPolicies(properties["Policies"], (name) => templates.has(name));
  if (policies.length === 0) return;
  properties["Policies"] = policies.map(({ kind, data }) => {
    if (kind !== "template") return data;
    return isIf(data) ? convertIf(copyOf(data), (each) => statementsOf(id, each)) : statementsOf(id, data);
  });
}

function statementsOf(id: string, use: Value): Section {
  const name = soleMember(use)!;
  const values = asSection(use)[name];
  if (!isSection(values)) throw invalidResource(id, `Must specify valid parameter values for policy template '${name}'`);
  const texts = templates.get(name)!;
  const needed = [...new Set(texts.flatMap((text) => variablesIn(text).map(({ parameter }) => parameter)))];
  const missing = needed.filter((parameter) => !hasMember(values, parameter));
  if (missing.length > 0) {
    throw invalidResource(id, `Following required parameters of template '${name}' don't have values: ${literal(missing)}`);
  }
  return { Statement: texts.map((text) => readStatement(text, (resource) => resourceOf(resource, values))) };
}

/** `{tableName}` is the parameter TableName; `{workgroupName=WorkGroupName}` says which. */
const variablesIn = (text: string): { variable: string; parameter: string }[] =>
  [...text.matchAll(/\{(\w+)(?:=(\w+))?\}/g)].map(([, variable, parameter]) => ({
    variable: variable!,
    parameter: parameter ?? variable![0]!.toUpperCase() + variable!.slice(1),
  }));

function resourceOf(text: string, values: Section): Value {
  if (text === "*") return text;
  const variables = variablesIn(text).map(({ variable, parameter }) => [variable, copyOf(values[parameter])] as const);
  const arn = arnText(text.replace(/\{(\w+)(=\w+)?\}/g, "${$1}"));
  return sub(arn, variables.length === 0 ? undefined : Object.fromEntries(variables));
}
