import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Capability, GetTemplateSummary$, ValidateTemplate$ } from "../../sdk/cloudformation.js";
import { importIdentifier } from "./resource-import.ts";
import { requireStack, withId } from "./stack.ts";
import { templateOf } from "./stored-template.ts";
import { readTemplate } from "./syntax.ts";
import { neededCapability, readChecked, templateText } from "./target.ts";
import type { Template } from "./template.ts";
import { transformsOf } from "./transform.ts";
import { asText } from "./value.ts";

export const validateTemplate = operation(ValidateTemplate$, (scope, input) => {
  const { template, transforms } = readChecked(templateText(scope, input));
  return {
    Parameters: Object.entries(template.Parameters).map(([ParameterKey, { Default, NoEcho, Description }]) => ({
      ParameterKey,
      ...(Default !== undefined && { DefaultValue: asText(Default) }),
      NoEcho: String(NoEcho ?? false) === "true",
      ...(Description !== undefined && { Description }),
    })),
    ...(template.Description !== undefined && { Description: template.Description }),
    ...capabilitiesOf(template, transforms),
    DeclaredTransforms: [...transforms],
  };
});

export const getTemplateSummary = operation(GetTemplateSummary$, (scope, input) => {
  const { StackName } = input;
  const { template, transforms } = StackName === undefined ? readChecked(templateText(scope, input)) : ofStack();
  const types = [...new Set(Object.values(template.Resources).map(({ Type }) => Type))].sort();
  // What transforms will make of the resources is not known.
  const isKnown = types.length > 0;
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
    ...capabilitiesOf(template, transforms),
    ...(isKnown && { ResourceTypes: types }),
    Version: "2010-09-09",
    ...(Object.keys(template.Metadata).length > 0 && { Metadata: JSON.stringify(template.Metadata) }),
    DeclaredTransforms: [...transforms],
    ...(isKnown && {
      ResourceIdentifierSummaries: types
        .filter((type) => importIdentifier(scope, type).length > 0)
        .map((type) => identifierSummary(scope, template, type)),
    }),
  };

  function ofStack(): ReturnType<typeof readChecked> {
    const stack = requireStack(scope, StackName, withId);
    const target = stack.operation?.target ?? stack.target;
    if (target === undefined || stack.status === "REVIEW_IN_PROGRESS")
      return fault("ValidationError", "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.");
    const { text, template } = templateOf(scope, target);
    return { template, transforms: transformsOf(readTemplate(text)) };
  }
});

const identifierSummary = (scope: Scope, { Resources }: Template, type: string) => ({
  ResourceType: type,
  LogicalResourceIds: Object.entries(Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([logicalId]) => logicalId),
  ResourceIdentifiers: [...importIdentifier(scope, type)],
});

function capabilitiesOf(template: Template, transforms: readonly string[]): { Capabilities?: Capability[]; CapabilitiesReason?: string } {
  const needed = neededCapability(template);
  const Capabilities = [
    ...(needed === undefined ? [] : [needed.capability as Capability]),
    ...(transforms.length === 0 ? [] : ["CAPABILITY_AUTO_EXPAND" as const]),
  ];
  if (Capabilities.length === 0) return {};
  const reasons = [
    ...(needed === undefined ? [] : [`The following resource(s) require capabilities: [${needed.types.join(", ")}]`]),
    ...(transforms.length === 0 ? [] : [`The following transform(s) require capabilities: [${transforms.join(", ")}]`]),
  ];
  return { Capabilities, CapabilitiesReason: reasons.join(" ") };
}
