import { failed, type RuleProvider, refuseAction } from "../provider.ts";

const OPERATORS = ["EQ", "NE", "CONTAINS", "MATCHES"];

/** Compares a variable's value. https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-VariableCheck.html */
export const variableCheck: RuleProvider = {
  name: "VariableCheck",
  inputs: [0, 0],
  properties: [
    { name: "Variable", required: true },
    { name: "Value", required: true },
    { name: "Operator", required: true },
  ],
  check({ Operator = "", Value = "" }, rule) {
    if (!OPERATORS.includes(Operator))
      refuseAction(`Action configuration for action '${rule}' has an invalid value '${Operator}' for 'Operator'`);
    if (Operator === "MATCHES" && patternOf(Value) === undefined)
      refuseAction(`Action configuration for action '${rule}' has an invalid value '${Value}' for 'Value'`);
  },
  observe(_, { configuration: { Variable = "", Value = "", Operator = "" } }) {
    const summary = `${Variable} ${Operator} ${Value}`;
    return isTrue(Operator, Variable, Value)
      ? { status: "Succeeded", summary }
      : failed("JobFailed", `The variable check failed: ${summary}`, { summary });
  },
};

function isTrue(operator: string, variable: string, value: string): boolean {
  switch (operator) {
    case "EQ":
      return variable === value;
    case "NE":
      return variable !== value;
    case "CONTAINS":
      return variable.includes(value);
    default:
      return patternOf(value)?.test(variable) === true;
  }
}

/** The whole value has to match, as in Java. */
function patternOf(text: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${text})$`, "s");
  } catch {
    return undefined;
  }
}
