import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  BatchDescribeTypeConfigurations$,
  type BatchDescribeTypeConfigurationsError,
  CFNRegistryException,
  SetTypeConfiguration$,
  type TypeConfigurationDetails,
  type TypeConfigurationIdentifier,
  TypeConfigurationNotFoundException,
} from "../../sdk/cloudformation.js";
import { type ResolvedDynamic, resolveDynamicReferences } from "./dynamic.ts";
import { hookConfigurationRefusal } from "./hook-configuration.ts";
import { validationOf } from "./property-validation.ts";
import { RegistrySchema } from "./registry-schema.ts";
import { type ExtensionType, findType, type Kind, namedType, noSuchType, type TypeNames, typeArn } from "./type.ts";
import { defaultVersionOf } from "./type-version.ts";
import { isObject, type Json, type JsonObject } from "./value.ts";

/** What an account tells an extension; its id is that of the extension, a slash, and the alias. */
export interface TypeConfiguration extends Row {
  readonly kind: Kind;
  readonly typeName: string;
  readonly alias: string;
  readonly configuration: JsonObject;
  /** Raised with each change. */
  readonly version: number;
  readonly updatedAt: number;
}

export const typeConfigurations = new Table<TypeConfiguration>("cloudformation/type-configuration");

const DEFAULT = "default";

const configurationId = ({ id }: Pick<ExtensionType, "id">, alias = DEFAULT): string => `${id}/${alias}`;

export const configurationArn = (scope: Scope, { kind, typeName, alias }: Pick<TypeConfiguration, "kind" | "typeName" | "alias">): string =>
  scope.arn("cloudformation", `type-configuration/${kind.toLowerCase()}/${typeName.replaceAll("::", "-")}/${alias}`);

/** The configuration that an extension is used with; undefined where none was set. */
export const configurationOf = (
  scope: Scope,
  { kind, typeName }: Pick<ExtensionType, "kind" | "typeName">,
): TypeConfiguration | undefined => typeConfigurations.get(scope, `${kind}/${typeName}/${DEFAULT}`);

export const setTypeConfiguration = operation(SetTypeConfiguration$, (scope, input) => {
  const { TypeArn, TypeName, Type, ConfigurationAlias, Configuration } = input;
  const type = namedType(scope, namesOf({ TypeArn, TypeName, Type }));
  if (type.status !== "LIVE") return noSuchType(type.typeName);
  return { ConfigurationArn: configurationArn(scope, configure(scope, type, Configuration!, ConfigurationAlias)) };
});

const namesOf = ({ TypeArn, TypeName, Type }: TypeConfigurationIdentifier): TypeNames => ({
  ...(TypeArn !== undefined && { Arn: TypeArn }),
  ...(TypeName !== undefined && { TypeName }),
  ...(Type !== undefined && { Type }),
});

/** Set what an extension is told, where that is what it takes. */
export function configure(scope: Scope, type: ExtensionType, text: string, alias = DEFAULT): TypeConfiguration {
  const configuration = read(text);
  const { configurationSchema } = defaultVersionOf(scope, type);
  const refusal =
    type.kind === "HOOK"
      ? hookConfigurationRefusal(configuration, configurationSchema)
      : configurationRefusal(configuration, configurationSchema);
  if (refusal !== undefined) fault(CFNRegistryException, refusal);
  const id = configurationId(type, alias);
  const version = (typeConfigurations.get(scope, id)?.version ?? 0) + 1;
  const { kind, typeName } = type;
  return typeConfigurations.put(scope, { id, kind, typeName, alias, configuration, version, updatedAt: scope.clock.now() });
}

function read(text: string): JsonObject {
  let found: Json | undefined;
  try {
    found = JSON.parse(text) as Json;
  } catch {}
  return isObject(found) ? found : fault(CFNRegistryException, "Configuration data must be a valid JSON object.");
}

/** What the extension's schema has against a configuration. */
export function configurationRefusal(configuration: JsonObject, schema: JsonObject | undefined): string | undefined {
  if (schema === undefined)
    return Object.keys(configuration).length === 0 ? undefined : "The type has no configuration schema: it takes no configuration.";
  const violations = validationOf(new RegistrySchema(schema)).violations(configuration);
  if (violations.length === 0) return undefined;
  return `Configuration data did not validate against the configuration schema: ${violations.map(({ path, message }) => `#${path}: ${message}`).join("; ")}`;
}

/** What an extension is told, with the values that dynamic references stand for: only a handler sees it like this. */
export const resolvedConfiguration = (scope: Scope, configuration: JsonObject): ResolvedDynamic<JsonObject> =>
  resolveDynamicReferences(
    configuration,
    (kind, name) =>
      scope.registry.reference(kind)?.resolve(scope, name) ?? { state: "absent", reason: `nothing here resolves ${kind}:${name}` },
  );

export function forgetConfigurations(scope: Scope, type: Pick<ExtensionType, "id">): void {
  for (const { id } of typeConfigurations.list(scope, `${type.id}/`)) typeConfigurations.remove(scope, id);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_BatchDescribeTypeConfigurations.html */
export const batchDescribeTypeConfigurations = operation(
  BatchDescribeTypeConfigurations$,
  (scope, { TypeConfigurationIdentifiers = [] }) => {
    const described: TypeConfigurationDetails[] = [];
    const errors: BatchDescribeTypeConfigurationsError[] = [];
    for (const identifier of TypeConfigurationIdentifiers) {
      const found = describe(scope, identifier);
      if (typeof found === "string") errors.push({ ErrorCode: "404", ErrorMessage: found, TypeConfigurationIdentifier: identifier });
      else described.push(found);
    }
    if (described.length === 0 && errors.length > 0) fault(TypeConfigurationNotFoundException, errors[0]!.ErrorMessage!);
    return { TypeConfigurations: described, Errors: errors, UnprocessedTypeConfigurations: [] };
  },
);

/** One configuration, or why it is not there. */
function describe(scope: Scope, identifier: TypeConfigurationIdentifier): TypeConfigurationDetails | string {
  const { TypeConfigurationArn: arn, TypeConfigurationAlias: alias = DEFAULT } = identifier;
  if (arn !== undefined) {
    const known = typeConfigurations.list(scope).find((one) => configurationArn(scope, one) === arn);
    return known === undefined ? `The type configuration '${arn}' cannot be found.` : shown(scope, known);
  }
  const type = findType(scope, namesOf(identifier));
  if (type === undefined) return `The type '${identifier.TypeName ?? identifier.TypeArn}' cannot be found.`;
  const known = typeConfigurations.get(scope, configurationId(type, alias));
  if (known !== undefined) return shown(scope, known);
  const { kind, typeName } = type;
  const none = { TypeArn: typeArn(scope, type), TypeName: typeName, Configuration: "{}", IsDefaultConfiguration: alias === DEFAULT };
  return { ...none, Arn: configurationArn(scope, { kind, typeName, alias }), Alias: alias };
}

const shown = (scope: Scope, one: TypeConfiguration): TypeConfigurationDetails => ({
  Arn: configurationArn(scope, one),
  Alias: one.alias,
  Configuration: JSON.stringify(one.configuration),
  LastUpdated: new Date(one.updatedAt),
  TypeArn: typeArn(scope, one),
  TypeName: one.typeName,
  IsDefaultConfiguration: one.alias === DEFAULT,
});
