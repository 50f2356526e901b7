import { operation } from "../../kernel/operation.ts";
import { ListRuleTypes$ } from "../../sdk/codepipeline.js";
import type { RuleProvider } from "./provider.ts";
import { ruleProviders } from "./rules/index.ts";

export const listRuleTypes = operation(ListRuleTypes$, () => ({ ruleTypes: ruleProviders().map(shown) }));

const shown = ({ name, inputs, properties }: RuleProvider) => ({
  id: { category: "Rule" as const, owner: "AWS" as const, provider: name, version: "1" },
  settings: {},
  ruleConfigurationProperties: properties.map((property) => ({
    name: property.name,
    required: property.required ?? false,
    key: true,
    secret: property.secret ?? false,
    queryable: false,
  })),
  inputArtifactDetails: { minimumCount: inputs[0], maximumCount: inputs[1] },
});
