import { commands } from "../actions/commands.ts";
import type { RuleProvider } from "../provider.ts";

/** Commands have to succeed. https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-Commands.html */
export const commandsRule: RuleProvider = {
  name: "Commands",
  inputs: commands.inputs,
  properties: [],
  observe: commands.observe,
  stop: commands.stop!,
};
