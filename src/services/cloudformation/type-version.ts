import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CFNRegistryException,
  type DeprecatedStatus,
  ListTypeVersions$,
  type LoggingConfig,
  type ProvisioningType,
  SetTypeDefaultVersion$,
  TypeNotFoundException,
  type TypeTestsStatus,
} from "../../sdk/cloudformation.js";
import { publicExtension } from "./public-type.ts";
import { type ExtensionType, isAwsOwned, type Kind, namedType, type TypeNames, typeArn, types } from "./type.ts";
import type { JsonObject } from "./value.ts";

/** What a version of an extension is made of, wherever it is used: by whom it was registered, or who activated it. */
export interface Extension {
  readonly schema: JsonObject;
  /** What it takes from its account: its type configuration. */
  readonly configurationSchema?: JsonObject;
  /** Its code; what AWS itself carries out has none. */
  readonly handler?: { readonly digest: string; readonly runtime: string; readonly entrypoint: string };
  /** Where it was uploaded to. */
  readonly package?: string;
  /** What the package brings to test it with, by name. */
  readonly inputs?: Readonly<Record<string, JsonObject>>;
}

/** A version of an extension; its id is that of the extension, a slash, and the version. */
export interface TypeVersion extends Row, Extension {
  readonly kind: Kind;
  readonly typeName: string;
  readonly version: string;
  readonly status: DeprecatedStatus;
  readonly createdAt: number;
  readonly executionRoleArn?: string;
  readonly logging?: { readonly roleArn: string; readonly group: string };
  readonly tests: TypeTestsStatus;
  readonly testsReason?: string;
}

export const typeVersions = new Table<TypeVersion>("cloudformation/type-version");

export const versionId = ({ id }: Pick<ExtensionType, "id">, version: string): string => `${id}/${version}`;

export const versionArn = (scope: Scope, { kind, typeName, version }: Pick<TypeVersion, "kind" | "typeName" | "version">): string =>
  `${typeArn(scope, { kind, typeName })}/${version}`;

/** The version of an extension that is used, where there is one. */
export function usedVersion(scope: Scope, kind: Kind, typeName: string): TypeVersion | undefined {
  const type = types.get(scope, `${kind}/${typeName}`);
  return type?.status === "LIVE" ? defaultVersionOf(scope, type) : undefined;
}

export const defaultVersionOf = (scope: Scope, type: ExtensionType): TypeVersion =>
  type.activation === undefined ? typeVersions.get(scope, versionId(type, type.defaultVersion))! : activatedVersion(scope, type);

/** The public version behind an activation: where it updates itself, the newest of the same major version. */
function activatedVersion(scope: Scope, { id, kind, typeName, defaultVersion, createdAt, activation }: ExtensionType): TypeVersion {
  const { publisherId, originalTypeName, autoUpdate, executionRoleArn, logging } = activation!;
  const names = { Type: kind, TypeName: originalTypeName, PublisherId: publisherId };
  const [majorVersion] = defaultVersion.split(".");
  const found = publicExtension(scope, autoUpdate ? { ...names, majorVersion } : { ...names, version: defaultVersion });
  const { schema, configurationSchema, handler, version } = found;
  return {
    id: `${id}/${version}`,
    kind,
    typeName,
    version,
    status: "LIVE",
    createdAt,
    schema,
    ...(handler && { handler }),
    tests: "NOT_TESTED",
    ...(configurationSchema && { configurationSchema }),
    ...(executionRoleArn !== undefined && { executionRoleArn }),
    ...(logging && { logging }),
  };
}

export const loggingOf = (config: LoggingConfig | undefined): Pick<TypeVersion, "logging"> =>
  config === undefined ? {} : { logging: { roleArn: config.LogRoleArn!, group: config.LogGroupName! } };

export const liveVersions = (scope: Scope, type: Pick<ExtensionType, "id">): TypeVersion[] =>
  typeVersions.list(scope, `${type.id}/`).filter(({ status }) => status === "LIVE");

/** Whether a schema's handlers can provision: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeType.html */
export function provisioningOf({ schema }: Pick<Extension, "schema">): ProvisioningType {
  const handlers = (schema["handlers"] ?? {}) as JsonObject;
  if (["create", "read", "delete"].some((name) => handlers[name] === undefined)) return "NON_PROVISIONABLE";
  return handlers["update"] === undefined ? "IMMUTABLE" : "FULLY_MUTABLE";
}

export const requireVersion = (scope: Scope, type: ExtensionType, version: string): TypeVersion =>
  typeVersions.get(scope, versionId(type, version)) ??
  fault(TypeNotFoundException, `The version '${version}' of type '${type.typeName}' cannot be found.`);

/** The version that a call names: by an ARN, by a name and an id, or else the default one. */
export function namedVersion(scope: Scope, names: TypeNames & { VersionId?: string | undefined }): TypeVersion {
  const type = namedType(scope, names);
  if (type.activation !== undefined) return defaultVersionOf(scope, type);
  return requireVersion(scope, type, names.VersionId ?? /\/(\d{8})$/.exec(names.Arn ?? "")?.[1] ?? type.defaultVersion);
}

export const listTypeVersions = operation(ListTypeVersions$, (scope, input) => {
  const { Type, TypeName = "", Arn = "", MaxResults = 100, NextToken, DeprecatedStatus = "LIVE" } = input;
  if (isAwsOwned(scope, Type, TypeName) || /::type\//.test(Arn)) return { TypeVersionSummaries: [] };
  const type = namedType(scope, input);
  const all = type.activation === undefined ? typeVersions.list(scope, `${type.id}/`) : [defaultVersionOf(scope, type)];
  const found = all.filter(({ status }) => status === DeprecatedStatus);
  const invalid = (): never => fault(CFNRegistryException, "Invalid NextToken");
  const { items, nextToken } = page(found, ({ id }) => id, MaxResults, NextToken, invalid);
  return {
    TypeVersionSummaries: items.map((one) => ({
      Type: one.kind,
      TypeName: one.typeName,
      VersionId: one.version,
      ...(type.activation === undefined ? { IsDefaultVersion: type.defaultVersion === one.version } : { PublicVersionNumber: one.version }),
      Arn: versionArn(scope, one),
      TimeCreated: new Date(one.createdAt),
      Description: String(one.schema["description"] ?? ""),
    })),
    ...(nextToken && { NextToken: nextToken }),
  };
});

/** Use another version of an extension from now on. */
export function useVersion(scope: Scope, type: ExtensionType, version: string): ExtensionType {
  const wanted = requireVersion(scope, type, version);
  if (wanted.status !== "LIVE")
    fault(CFNRegistryException, `Version '${version}' of type '${type.typeName}' is deprecated and cannot be the default version.`);
  return type.defaultVersion === version ? type : types.patch(scope, type.id, { defaultVersion: version });
}

export const setTypeDefaultVersion = operation(SetTypeDefaultVersion$, (scope, names) => {
  const { version } = namedVersion(scope, names);
  useVersion(scope, namedType(scope, names), version);
  return {};
});
