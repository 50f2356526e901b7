import { commands } from "../actions/commands.ts";
import type { RuleProvider } from "../provider.ts";

/** Commands have to succeed. https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-Commands.html */
export const commandsRule: RuleProvider = {
  name: "Commands",
  inputs: [1, 10],
  properties: [],
  observe: (scope, run) => commands.observe(scope, run),
  stop: (scope, run) => commands.stop!(scope, run),
};
