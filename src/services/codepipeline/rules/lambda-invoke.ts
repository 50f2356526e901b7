import { lambdaInvoke } from "../actions/lambda.ts";
import type { RuleProvider } from "../provider.ts";

/** A function that reports on its job, as in an action. https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-LambdaInvoke.html */
export const lambdaInvokeRule: RuleProvider = {
  name: "LambdaInvoke",
  inputs: lambdaInvoke.inputs,
  properties: lambdaInvoke.properties,
  observe: lambdaInvoke.observe,
  stop: lambdaInvoke.stop!,
};
