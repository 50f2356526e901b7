import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CFNRegistryException,
  type DeprecatedStatus,
  DeregisterType$,
  DescribeType$,
  type DescribeTypeOutput,
  ListTypes$,
  type ProvisioningType,
  type RegistryType,
  TypeNotFoundException,
  type TypeSummary,
} from "../../sdk/cloudformation.js";
import { publicExtension, publicTypes } from "./public-type.ts";
import { registrySchemas } from "./registry-schema.ts";
import { specification } from "./specification.ts";
import { forgetConfigurations } from "./type-configuration.ts";
import {
  defaultVersionOf,
  type Extension,
  liveVersions,
  namedVersion,
  provisioningOf,
  type TypeVersion,
  typeVersions,
  versionArn,
} from "./type-version.ts";

export type Kind = RegistryType;

/** An extension of this account and region: registered here, or activated; its id is its kind, a slash, and its name. */
export interface ExtensionType extends Row {
  readonly kind: Kind;
  readonly typeName: string;
  readonly status: DeprecatedStatus;
  readonly defaultVersion: string;
  readonly lastVersion: number;
  readonly createdAt: number;
  /** Where somebody else has published it. */
  readonly activation?: Activation;
}

export interface Activation {
  readonly publisherId: string;
  readonly originalTypeName: string;
  readonly autoUpdate: boolean;
  readonly executionRoleArn?: string;
  readonly logging?: { readonly roleArn: string; readonly group: string };
}

export const types = new Table<ExtensionType>("cloudformation/type");

/** How names that a call may give say which extension is meant. */
export interface TypeNames {
  readonly Type?: Kind | undefined;
  readonly TypeName?: string | undefined;
  readonly Arn?: string | undefined;
}

const dashed = (typeName: string): string => typeName.replaceAll("::", "-");

export const typeArn = (scope: Scope, { kind, typeName }: { kind: Kind; typeName: string }): string =>
  scope.arn("cloudformation", `type/${kind.toLowerCase()}/${dashed(typeName)}`);

/** The kind and the name, as far as an ARN tells it: with - for ::. */
export function readTypeArn(arn: string): { kind: Kind; dashed: string; publisherId?: string; version?: string } | undefined {
  const found = /:type\/(resource|hook|module)\/(?:([0-9a-zA-Z]{12,40})\/)?([A-Za-z0-9]+-[A-Za-z0-9-]+)(?:\/(.+))?$/.exec(arn);
  if (found === null) return undefined;
  const [, kind, publisherId, name, version] = found;
  return {
    kind: kind!.toUpperCase() as Kind,
    dashed: name!,
    ...(publisherId !== undefined && { publisherId }),
    ...(version !== undefined && { version }),
  };
}

/** The names of the types of resource that were registered or activated here. */
export const privateTypeNames = (scope: Scope): string[] =>
  types
    .list(scope, "RESOURCE/")
    .filter(({ status }) => status === "LIVE")
    .map(({ typeName }) => typeName);

export const noSuchType = (name: string): never => fault(TypeNotFoundException, `The type '${name}' cannot be found.`);

/** The extension that a call names, deregistered ones too. */
export function namedType(scope: Scope, { Type = "RESOURCE", TypeName, Arn }: TypeNames): ExtensionType {
  if (Arn === undefined && TypeName === undefined)
    return fault(CFNRegistryException, "Either Arn, or both Type and TypeName, must be specified.");
  return findType(scope, { Type, TypeName, Arn }) ?? noSuchType(TypeName ?? Arn!);
}

export function findType(scope: Scope, { Type = "RESOURCE", TypeName, Arn }: TypeNames): ExtensionType | undefined {
  if (Arn === undefined) return types.get(scope, `${Type}/${TypeName}`);
  const parsed = readTypeArn(Arn);
  return types.list(scope, `${parsed?.kind}/`).find((one) => dashed(one.typeName) === parsed?.dashed);
}

/** Whether the name is that of a type of resource that AWS provides here. */
export const isAwsOwned = (scope: Scope, kind: Kind | undefined, typeName: string): boolean =>
  kind !== "HOOK" && kind !== "MODULE" && scope.registry.resource(typeName) !== undefined;

export const describeType = operation(DescribeType$, (scope, input): DescribeTypeOutput => {
  const { Type, TypeName, Arn, VersionId, PublisherId, PublicVersionNumber } = input;
  const isPublic = Arn !== undefined && /:cloudformation:[^:]*::type\//.test(Arn);
  const builtIn = isPublic ? scope.registry.resourceTypes.find((name) => dashed(name) === readTypeArn(Arn)?.dashed) : TypeName;
  if (builtIn !== undefined && isAwsOwned(scope, Type, builtIn)) return describeBuiltIn(scope, builtIn);
  if (isPublic || PublisherId !== undefined || TypeName?.startsWith("AWS::Hooks::")) {
    const found = publicExtension(scope, { Type, TypeName, PublicTypeArn: Arn, PublisherId, version: PublicVersionNumber });
    const activated = types.list(scope).find(({ activation, status }) => status === "LIVE" && isOf(activation, found));
    return {
      Arn: found.arn,
      Type: found.kind,
      TypeName: found.typeName,
      ...shownExtension(found),
      Visibility: "PUBLIC",
      DeprecatedStatus: "LIVE",
      PublisherId: found.publisherId,
      PublicVersionNumber: found.version,
      LatestPublicVersion: publicTypes.list(scope, found.id.slice(0, found.id.lastIndexOf("/") + 1)).at(-1)?.version ?? found.version,
      IsActivated: activated !== undefined,
      TimeCreated: new Date(found.publishedAt),
    };
  }
  const type = namedType(scope, input);
  const version = namedVersion(scope, input);
  const { activation } = type;
  return {
    Arn: VersionId === undefined ? typeArn(scope, type) : versionArn(scope, version),
    Type: type.kind,
    TypeName: type.typeName,
    ...shownExtension(version),
    Visibility: "PRIVATE",
    DeprecatedStatus: VersionId === undefined ? type.status : version.status,
    LastUpdated: new Date(version.createdAt),
    TimeCreated: new Date(type.createdAt),
    ...(version.executionRoleArn && { ExecutionRoleArn: version.executionRoleArn }),
    ...(version.logging && { LoggingConfig: { LogRoleArn: version.logging.roleArn, LogGroupName: version.logging.group } }),
    ...(activation === undefined
      ? {
          DefaultVersionId: type.defaultVersion,
          IsDefaultVersion: version.version === type.defaultVersion,
          TypeTestsStatus: version.tests,
          ...(version.testsReason !== undefined && { TypeTestsStatusDescription: version.testsReason }),
        }
      : {
          PublisherId: activation.publisherId,
          OriginalTypeName: activation.originalTypeName,
          PublicVersionNumber: version.version,
          AutoUpdate: activation.autoUpdate,
          IsActivated: true,
        }),
  };
});

const isOf = (activation: Activation | undefined, found: { publisherId: string; typeName: string }): boolean =>
  activation?.publisherId === found.publisherId && activation.originalTypeName === found.typeName;

const shownExtension = (extension: Extension & { readonly kind: Kind }) => ({
  Schema: JSON.stringify(extension.schema),
  Description: String(extension.schema["description"] ?? ""),
  ...(extension.kind === "RESOURCE" && { ProvisioningType: provisioningOf(extension) }),
  ...(extension.configurationSchema && { ConfigurationSchema: JSON.stringify(extension.configurationSchema) }),
  ...(typeof extension.schema["sourceUrl"] === "string" && { SourceUrl: extension.schema["sourceUrl"] }),
  ...(typeof extension.schema["documentationUrl"] === "string" && { DocumentationUrl: extension.schema["documentationUrl"] }),
});

const builtInArn = (scope: Scope, name: string): string => `arn:aws:cloudformation:${scope.region}::type/resource/${dashed(name)}`;

/** As far as Slipway carries the type out: what cannot be changed at all is made anew. */
function builtInProvisioning(name: string): ProvisioningType {
  const properties = [...(specification.type(name)?.properties.values() ?? [])];
  return properties.length > 0 && properties.every(({ mutability }) => mutability === "Immutable") ? "IMMUTABLE" : "FULLY_MUTABLE";
}

function describeBuiltIn(scope: Scope, name: string) {
  const schema = registrySchemas.of(name)?.schema;
  return {
    Arn: builtInArn(scope, name),
    Type: "RESOURCE" as const,
    TypeName: name,
    Visibility: "PUBLIC" as const,
    ProvisioningType: builtInProvisioning(name),
    DeprecatedStatus: "LIVE" as const,
    IsDefaultVersion: true,
    ...(schema && { Schema: JSON.stringify({ typeName: name, ...schema }) }),
  };
}

export const listTypes = operation(ListTypes$, (scope, input) => {
  const { Visibility = "PRIVATE", ProvisioningType, DeprecatedStatus = "LIVE", Type, Filters = {}, MaxResults = 100, NextToken } = input;
  const { Category, PublisherId, TypeNamePrefix = "" } = Filters;
  const found = Visibility === "PRIVATE" ? privateSummaries(scope, DeprecatedStatus) : publicSummaries(scope, DeprecatedStatus);
  const fitting = found
    .filter(({ category, isThirdParty, summary, provisioning }) => {
      if (Category === "THIRD_PARTY" ? !isThirdParty : Category !== undefined && category !== Category) return false;
      if (PublisherId !== undefined && summary.PublisherId !== PublisherId) return false;
      if (ProvisioningType !== undefined && provisioning !== ProvisioningType) return false;
      return (Type === undefined || summary.Type === Type) && summary.TypeName!.startsWith(TypeNamePrefix);
    })
    .sort((one, other) => (one.key < other.key ? -1 : 1));
  const invalid = (): never => fault(CFNRegistryException, "Invalid NextToken");
  const { items, nextToken } = page(fitting, ({ key }) => key, MaxResults, NextToken, invalid);
  return { TypeSummaries: items.map(({ summary }) => summary), ...(nextToken && { NextToken: nextToken }) };
});

interface Listed {
  readonly key: string;
  readonly category: "REGISTERED" | "ACTIVATED" | "AWS_TYPES" | undefined;
  readonly isThirdParty: boolean;
  readonly provisioning: ProvisioningType | undefined;
  readonly summary: TypeSummary;
}

const privateSummaries = (scope: Scope, wanted: DeprecatedStatus): Listed[] =>
  types
    .list(scope)
    .filter(({ status }) => status === wanted)
    .map((type) => {
      const version = defaultVersionOf(scope, type);
      const { activation } = type;
      return {
        key: `${type.typeName} ${type.kind}`,
        category: activation === undefined ? "REGISTERED" : "ACTIVATED",
        isThirdParty: true,
        provisioning: type.kind === "RESOURCE" ? provisioningOf(version) : undefined,
        summary: {
          Type: type.kind,
          TypeName: type.typeName,
          TypeArn: typeArn(scope, type),
          LastUpdated: new Date(version.createdAt),
          Description: String(version.schema["description"] ?? ""),
          ...(activation === undefined
            ? { DefaultVersionId: type.defaultVersion }
            : {
                PublisherId: activation.publisherId,
                OriginalTypeName: activation.originalTypeName,
                PublicVersionNumber: version.version,
                IsActivated: true,
              }),
        },
      };
    });

function publicSummaries(scope: Scope, wanted: DeprecatedStatus): Listed[] {
  if (wanted !== "LIVE") return [];
  const builtIn = scope.registry.resourceTypes
    .filter((name) => name.startsWith("AWS::") && registrySchemas.of(name) !== undefined)
    .map(
      (name): Listed => ({
        key: `${name} RESOURCE`,
        category: "AWS_TYPES",
        isThirdParty: false,
        provisioning: builtInProvisioning(name),
        summary: { Type: "RESOURCE", TypeName: name, TypeArn: builtInArn(scope, name), IsActivated: true },
      }),
    );
  // The newest version stands for the type.
  const newest = new Map(publicTypes.list(scope, `${scope.region}/`).map((one) => [one.id.slice(0, one.id.lastIndexOf("/")), one]));
  const published = [...newest.values()].map(
    (one): Listed => ({
      key: `${one.typeName} ${one.kind} ${one.publisherId}`,
      category: undefined,
      isThirdParty: true,
      provisioning: one.kind === "RESOURCE" ? provisioningOf(one) : undefined,
      summary: {
        Type: one.kind,
        TypeName: one.typeName,
        TypeArn: one.arn.slice(0, one.arn.lastIndexOf("/")),
        Description: String(one.schema["description"] ?? ""),
        PublisherId: one.publisherId,
        LatestPublicVersion: one.version,
        IsActivated: types.list(scope).some(({ activation, status }) => status === "LIVE" && isOf(activation, one)),
      },
    }),
  );
  return [...builtIn, ...published];
}

export const deregisterType = operation(DeregisterType$, (scope, input) => {
  const type = namedType(scope, input);
  if (type.activation !== undefined)
    fault(CFNRegistryException, `Type '${type.typeName}' is a public extension. Use DeactivateType to deactivate it.`);
  const arnVersion = /\/(\d{8})$/.exec(input.Arn ?? "")?.[1];
  const version = input.VersionId ?? arnVersion;
  deregister(scope, type, version);
  return {};
});

/** Take a version of an extension out of use, or the whole of one that has no other. */
export function deregister(scope: Scope, type: ExtensionType, version?: string): void {
  const live = liveVersions(scope, type);
  const gone =
    version === undefined ? live.find((one) => one.version === type.defaultVersion) : live.find((one) => one.version === version);
  if (gone === undefined) return noSuchType(type.typeName);
  if (live.length > 1 && gone.version === type.defaultVersion) {
    if (version !== undefined)
      fault(
        CFNRegistryException,
        `Version '${version}' is the default version and cannot be deregistered. Deregister the ${type.kind.toLowerCase()} type '${type.typeName}' instead.`,
      );
    fault(
      CFNRegistryException,
      `Type '${type.typeName}' has other active versions. Deregister each of them before the type itself is deregistered.`,
    );
  }
  typeVersions.patch(scope, gone.id, { status: "DEPRECATED" } satisfies Partial<TypeVersion>);
  if (live.length > 1) return;
  types.patch(scope, type.id, { status: "DEPRECATED" });
  forgetConfigurations(scope, type);
}
