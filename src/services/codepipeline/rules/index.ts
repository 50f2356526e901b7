import type { RuleTypeId } from "../../../sdk/codepipeline.js";
import type { RuleProvider } from "../provider.ts";
import { cloudWatchAlarm } from "./cloudwatch-alarm.ts";
import { codeBuildRule } from "./codebuild.ts";
import { commandsRule } from "./commands.ts";
import { deploymentWindow } from "./deployment-window.ts";
import { lambdaInvokeRule } from "./lambda-invoke.ts";
import { variableCheck } from "./variable-check.ts";

/** Every kind of rule, a line each. https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference.html */
export const ruleProviders = (): readonly RuleProvider[] => [
  cloudWatchAlarm,
  codeBuildRule,
  commandsRule,
  deploymentWindow,
  lambdaInvokeRule,
  variableCheck,
];

/** Who carries out the rules of that type; undefined where nobody does. */
export const ruleProviderOf = ({ category, owner = "AWS", provider, version = "1" }: RuleTypeId): RuleProvider | undefined =>
  category === "Rule" && owner === "AWS" && version === "1" ? ruleProviders().find(({ name }) => name === provider) : undefined;

export function requireRuleProvider({ provider }: { readonly provider: string }): RuleProvider {
  const found = ruleProviders().find(({ name }) => name === provider);
  if (found === undefined) throw new Error(`no rule provider ${provider}`);
  return found;
}
