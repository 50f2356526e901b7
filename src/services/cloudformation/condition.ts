import { fault } from "../../kernel/fault.ts";
import { sameJson } from "../../kernel/json.ts";
import { type EvaluationContext, evaluate } from "./evaluate.ts";
import { cycle, type Graph } from "./graph.ts";
import { type Mention, mentions } from "./intrinsic.ts";
import { dependsOn, evaluatedPartsOf, type Template } from "./template.ts";
import { asText, isList, isObject, type Json } from "./value.ts";

/** All that conditions may look at. */
export type ConditionContext = Omit<EvaluationContext, "conditions" | "resource">;

const refuse = (message: string): never => fault("ValidationError", message);

/**
 * The truth of every condition of a template.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
 */
export function evaluateConditions(template: Template, context: ConditionContext): Readonly<Record<string, boolean>> {
  const truths: Record<string, boolean> = {};
  const open = new Set<string>();
  const truthOf = (name: string): boolean => {
    if (truths[name] !== undefined) return truths[name];
    const declared = template.Conditions[name] ?? refuse(`Template error: unresolved condition dependency ${name} in Condition`);
    if (open.has(name)) refuse(`Template format error: Circular dependency between conditions: [${[...open].join(", ")}]`);
    open.add(name);
    truths[name] = truth(declared, context, truthOf);
    open.delete(name);
    return truths[name];
  };
  for (const name of Object.keys(template.Conditions)) truthOf(name);
  return truths;
}

function truth(json: Json, context: ConditionContext, truthOf: (name: string) => boolean): boolean {
  const [name, argument] = isObject(json) && Object.keys(json).length === 1 ? Object.entries(json)[0]! : [];
  const list = isList(argument) ? argument : [];
  const every = (): boolean[] => list.map((item) => truth(item, context, truthOf));
  switch (name) {
    case "Condition":
      return truthOf(asText(argument) ?? refuse("Template error: All Conditions must be of type string"));
    case "Fn::Equals":
      if (list.length !== 2) refuse("Template error: every Fn::Equals object requires a list of 2 string parameters.");
      return isEqual(operand(list[0]!, context, truthOf), operand(list[1]!, context, truthOf));
    case "Fn::Not":
      if (list.length !== 1) refuse("Template error: every Fn::Not object requires one boolean parameter.");
      return !every()[0];
    case "Fn::And":
    case "Fn::Or":
      if (list.length < 2 || list.length > 10)
        refuse(`Template error: every ${name} object requires a list of at least 2 and at most 10 boolean parameters.`);
      return name === "Fn::And" ? !every().includes(false) : every().includes(true);
    default:
      return refuse("Template format error: Conditions can only be boolean operations on parameters and other conditions");
  }
}

function operand(json: Json, context: ConditionContext, truthOf: (name: string) => boolean): Json | undefined {
  // A condition can choose, by Fn::If, on another one.
  const conditions = new Proxy({}, { get: (_, name) => truthOf(String(name)) });
  const evaluated = evaluate({ ...context, conditions, resource: () => undefined }, json);
  return evaluated.state === "error" ? refuse(evaluated.message) : evaluated.value;
}

const isEqual = (one: Json | undefined, other: Json | undefined): boolean => {
  const text = asText(one);
  return text === undefined ? sameJson(one, other) : text === asText(other);
};

/** The resources that the conditions let be, and who of them needs whom: by Ref, by Fn::GetAtt, by DependsOn. */
export function dependencies(template: Template, conditions: Readonly<Record<string, boolean>>): Graph {
  const live = Object.entries(template.Resources).filter(([, { Condition }]) => Condition === undefined || conditions[Condition]);
  const names = new Set(live.map(([name]) => name));
  const branch = (condition: string): boolean | undefined => conditions[condition];
  return new Map(
    live.map(([name, resource]) => {
      const named = [
        ...dependsOn(resource),
        ...mentions(evaluatedPartsOf(resource), branch)
          .filter(isReference)
          .map((mention) => mention.name),
      ];
      return [name, new Set(named.filter((other) => names.has(other)))];
    }),
  );
}

const isReference = ({ kind }: Mention): boolean => kind !== "If";

/** That what the conditions let be can be made: it names nothing that they left out, and there is an order. */
export function checkConditional(template: Template, conditions: Readonly<Record<string, boolean>>): void {
  const branch = (condition: string): boolean | undefined => conditions[condition];
  const isLive = (member: { readonly Condition?: string }): boolean =>
    member.Condition === undefined || conditions[member.Condition] === true;
  const isLeftOut = (name: string): boolean => Object.hasOwn(template.Resources, name) && !isLive(template.Resources[name]!);
  const leftOut = (named: readonly string[]): string[] => [...new Set(named.filter(isLeftOut))];
  const namesIn = (value: Json): string[] =>
    mentions(value, branch)
      .filter(isReference)
      .map(({ name }) => name);

  const live = Object.values(template.Resources).filter(isLive);
  const inResources = leftOut(live.flatMap((resource) => [...dependsOn(resource), ...namesIn(evaluatedPartsOf(resource))]));
  if (inResources.length > 0)
    refuse(`Template format error: Unresolved resource dependencies [${inResources.join(", ")}] in the Resources block of the template`);
  const inOutputs = leftOut(
    Object.values(template.Outputs)
      .filter(isLive)
      .flatMap((output) => namesIn(output as unknown as Json)),
  );
  if (inOutputs.length > 0) refuse(`Unresolved resource dependencies [${inOutputs.join(", ")}] in the Outputs block of the template`);
  const round = cycle(dependencies(template, conditions));
  if (round.length > 0) refuse(`Circular dependency between resources: [${round.join(", ")}]`);
}
