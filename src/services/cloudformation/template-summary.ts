import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { type Capability, GetTemplateSummary$, ValidateTemplate$ } from "../../sdk/cloudformation.js";
import { specification } from "./specification.ts";
import { requireStack } from "./stack.ts";
import { templateOf } from "./stored-template.ts";
import { neededCapability, readChecked, templateText } from "./target.ts";
import type { Template } from "./template.ts";
import { asText } from "./value.ts";

export const validateTemplate = operation(ValidateTemplate$, (scope, input) => {
  const template = readChecked(templateText(scope, input));
  return {
    Parameters: Object.entries(template.Parameters).map(([ParameterKey, { Default, NoEcho, Description }]) => ({
      ParameterKey,
      ...(Default !== undefined && { DefaultValue: asText(Default) }),
      NoEcho: String(NoEcho ?? false) === "true",
      ...(Description !== undefined && { Description }),
    })),
    ...(template.Description !== undefined && { Description: template.Description }),
    ...capabilitiesOf(template),
    DeclaredTransforms: [],
  };
});

export const getTemplateSummary = operation(GetTemplateSummary$, (scope, input) => {
  const { StackName } = input;
  const template = StackName === undefined ? readChecked(templateText(scope, input)) : ofStack();
  const types = [...new Set(Object.values(template.Resources).map(({ Type }) => Type))].sort();
  return {
    Parameters: Object.entries(template.Parameters).map(([ParameterKey, declaration]) => ({
      ParameterKey,
      ...(declaration.Default !== undefined && { DefaultValue: asText(declaration.Default) }),
      ParameterType: declaration.Type,
      NoEcho: String(declaration.NoEcho ?? false) === "true",
      ...(declaration.Description !== undefined && { Description: declaration.Description }),
      ParameterConstraints: {
        ...(declaration.AllowedValues && { AllowedValues: declaration.AllowedValues.map((value) => asText(value) ?? "") }),
      },
    })),
    ...(template.Description !== undefined && { Description: template.Description }),
    ...capabilitiesOf(template),
    ResourceTypes: types,
    Version: "2010-09-09",
    ...(Object.keys(template.Metadata).length > 0 && { Metadata: JSON.stringify(template.Metadata) }),
    DeclaredTransforms: [],
    ResourceIdentifierSummaries: types.map((type) => ({
      ResourceType: type,
      LogicalResourceIds: Object.entries(template.Resources)
        .filter(([, { Type }]) => Type === type)
        .map(([logicalId]) => logicalId),
      ResourceIdentifiers: [...(specification.type(type)?.primaryIdentifier ?? [])],
    })),
  };

  function ofStack(): Template {
    const stack = requireStack(scope, StackName, (name) => `Stack with id ${name} does not exist`);
    const target = stack.operation?.target ?? stack.target ?? fault("ValidationError", `Stack [${stack.name}] has no template`);
    return templateOf(scope, target).template;
  }
});

function capabilitiesOf(template: Template): { Capabilities?: Capability[]; CapabilitiesReason?: string } {
  const needed = neededCapability(template);
  if (needed === undefined) return {};
  return {
    Capabilities: [needed.capability as Capability],
    CapabilitiesReason: `The following resource(s) require capabilities: [${needed.types.join(", ")}]`,
  };
}
