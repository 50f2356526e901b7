import { lambdaInvoke } from "../actions/lambda.ts";
import type { RuleProvider } from "../provider.ts";

/** A function that reports on its job, as in an action. https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-LambdaInvoke.html */
export const lambdaInvokeRule: RuleProvider = {
  name: "LambdaInvoke",
  inputs: [0, 5],
  properties: [{ name: "FunctionName", required: true }, { name: "UserParameters" }],
  observe: (scope, run) => lambdaInvoke.observe(scope, run),
  stop: (scope, run) => lambdaInvoke.stop!(scope, run),
};
