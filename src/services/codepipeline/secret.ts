import type { Stored } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { ActionTypeId, PipelineDeclaration } from "../../sdk/codepipeline.js";
import { providerOf } from "./actions/index.ts";

type Configuration = Readonly<Record<string, string>>;
type Declaration = Stored<PipelineDeclaration>;
type Action = NonNullable<NonNullable<Declaration["stages"]>[number]["actions"]>[number];

const MASK = "****";
export const isMask = (value: string): boolean => /^\*{4,5}$/.test(value);

/** The configuration as anybody but a job's worker sees it. https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionConfigurationProperty.html */
export function masked(scope: Scope, type: ActionTypeId, configuration: Configuration): Configuration {
  const secrets = secretsOf(scope, type).filter((name) => configuration[name] !== undefined);
  return secrets.length === 0 ? configuration : { ...configuration, ...Object.fromEntries(secrets.map((name) => [name, MASK])) };
}

/** A declaration without its secrets. */
export const maskedDeclaration = (scope: Scope, declaration: Declaration): Declaration =>
  withConfigurations(declaration, (_, { actionTypeId, configuration = {} }) => masked(scope, actionTypeId!, configuration));

/** A declaration that was read without its secrets, with those that it had. */
export const unmaskedDeclaration = (scope: Scope, declaration: Declaration, known: Declaration): Declaration =>
  withConfigurations(declaration, (stage, { name, actionTypeId, configuration = {} }) => {
    const before = known.stages!.find((one) => one.name === stage)?.actions?.find((one) => one.name === name)?.configuration ?? {};
    const kept = secretsOf(scope, actionTypeId!).filter((key) => isMask(configuration[key] ?? "") && before[key] !== undefined);
    return { ...configuration, ...Object.fromEntries(kept.map((key) => [key, before[key]!])) };
  });

const secretsOf = (scope: Scope, type: ActionTypeId): string[] =>
  (providerOf(scope, type)?.properties ?? []).filter(({ secret }) => secret).map(({ name }) => name);

function withConfigurations(declaration: Declaration, configurationOf: (stage: string, action: Action) => Configuration): Declaration {
  const stages = (declaration.stages ?? []).map((stage) => ({
    ...stage,
    actions: (stage.actions ?? []).map((action) =>
      action.configuration === undefined ? action : { ...action, configuration: configurationOf(stage.name!, action) },
    ),
  }));
  return { ...declaration, stages } as Declaration;
}
