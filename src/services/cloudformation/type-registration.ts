import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CFNRegistryException,
  DescribeTypeRegistration$,
  ListTypeRegistrations$,
  RegisterType$,
  type RegisterTypeInput,
  type RegistrationStatus,
} from "../../sdk/cloudformation.js";
import { filesIn } from "./package-archive.ts";
import { type Kind, readTypeArn, type TypeNames, typeArn, types } from "./type.ts";
import { schemaRefusal } from "./type-schema.ts";
import { type Extension, loggingOf, type TypeVersion, typeVersions, versionArn, versionId } from "./type-version.ts";
import { isObject, type Json, type JsonObject } from "./value.ts";

/** A wish to register a version of an extension; its id is its token. */
export interface TypeRegistration extends Row {
  readonly kind: Kind;
  readonly typeName: string;
  /** Of the blob with what was uploaded. */
  readonly digest: string;
  readonly package: string;
  readonly clientToken?: string;
  readonly executionRoleArn?: string;
  readonly logging?: { readonly roleArn: string; readonly group: string };
  readonly status: RegistrationStatus;
  readonly description: string;
  readonly version?: string;
  readonly startedAt: number;
  readonly endedAt?: number;
}

export const typeRegistrations = new Table<TypeRegistration>("cloudformation/type-registration", {
  indexes: { type: ({ kind, typeName }) => `${kind}/${typeName}`, clientToken: ({ clientToken }) => clientToken },
});

const RESERVED = /^(Alexa|AMZN|Amazon|AWS|Custom|Dev)::/i;
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const VERSIONS_MAX = 50;
const UNREADABLE = "Error validating schemaHandlerPackage. Check the permissions on the bucket and object in your account and try again.";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/registry-register.html */
export const registerType = operation(RegisterType$, (scope, input) => ({ RegistrationToken: startRegistration(scope, input).id }), {
  partial: "types of resource and hooks; modules are refused by name",
});

/** Set out to register a version. What a token asked for once is not registered twice. */
export function startRegistration(scope: Scope, input: RegisterTypeInput): TypeRegistration {
  const { Type: kind = "RESOURCE", TypeName, SchemaHandlerPackage, LoggingConfig, ExecutionRoleArn, ClientRequestToken } = input;
  const typeName = TypeName!;
  const same = ClientRequestToken === undefined ? undefined : typeRegistrations.by(scope, "clientToken", ClientRequestToken)[0];
  if (same !== undefined) return same;
  if (kind === "MODULE") fault("NotImplemented", "Slipway does not implement modules: RegisterType with Type MODULE", 501);
  if (RESERVED.test(typeName))
    fault(CFNRegistryException, `The type name ${typeName} uses a reserved namespace. Specify another organization.`);
  const known = types.get(scope, `${kind}/${typeName}`);
  if (known?.activation !== undefined)
    fault(CFNRegistryException, `Type '${typeName}' is activated from a public extension. Deactivate it, or register under another name.`);
  if (typeVersions.list(scope).filter(({ status }) => status === "LIVE").length >= VERSIONS_MAX)
    fault(
      CFNRegistryException,
      `You have reached the limit of ${VERSIONS_MAX} registered versions. Deregister versions that are not used.`,
    );
  const object = objectOf(SchemaHandlerPackage!);
  const found = object === undefined ? undefined : scope.registry.reference("s3")?.resolve(scope, object);
  if (found?.state !== "value") return fault(CFNRegistryException, UNREADABLE);
  return typeRegistrations.put(scope, {
    id: scope.id.uuid(),
    kind,
    typeName,
    digest: found.value,
    package: SchemaHandlerPackage!,
    ...(ClientRequestToken !== undefined && { clientToken: ClientRequestToken }),
    ...(ExecutionRoleArn !== undefined && { executionRoleArn: ExecutionRoleArn }),
    ...loggingOf(LoggingConfig),
    status: "IN_PROGRESS",
    description: "Deployment is currently in VALIDATION_STAGE of status IN_PROGRESS; ",
    startedAt: scope.clock.now(),
  });
}

/** bucket/key of an s3:// URL, or of one of S3's own addresses. */
function objectOf(url: string): string | undefined {
  const plain = /^s3:\/\/([^/]+)\/(.+)$/.exec(url);
  if (plain !== null) return `${plain[1]}/${plain[2]}`;
  const hosted = /^https?:\/\/([^/.]+)\.s3[.-][^/]*\/(.+)$/.exec(url);
  if (hosted !== null) return `${hosted[1]}/${decodeURIComponent(hosted[2]!)}`;
  const [, bucket, key] = /^https?:\/\/[^/]+\/([^/]+)\/(.+)$/.exec(url) ?? [];
  return bucket === undefined ? undefined : `${bucket}/${decodeURIComponent(key!)}`;
}

/** What was uploaded becomes a version that can be used, or the registration says why not. */
export function register(scope: Scope, registration: TypeRegistration): Partial<TypeRegistration> {
  const { id, kind, typeName, digest, executionRoleArn, logging } = registration;
  const endedAt = scope.clock.now();
  const read = extensionIn(scope, kind, typeName, scope.blobs.read(digest));
  if (typeof read === "string") {
    const description = `Deployment is currently in VALIDATION_STAGE of status FAILED; Next is DEPLOY_STAGE with status CANCELLED\nDeployment failed with error. Error message: [${id}] ${read}`;
    return { status: "FAILED", description: description.slice(0, 1024), endedAt };
  }
  const known = types.get(scope, `${kind}/${typeName}`);
  const lastVersion = (known?.lastVersion ?? 0) + 1;
  const version = String(lastVersion).padStart(8, "0");
  const isFirst = known === undefined || known.status === "DEPRECATED";
  const type = types.put(scope, {
    id: `${kind}/${typeName}`,
    kind,
    typeName,
    status: "LIVE",
    createdAt: isFirst ? endedAt : known.createdAt,
    defaultVersion: isFirst ? version : known.defaultVersion,
    lastVersion,
  });
  typeVersions.put(scope, {
    id: versionId(type, version),
    kind,
    typeName,
    version,
    status: "LIVE",
    createdAt: endedAt,
    tests: "NOT_TESTED",
    ...read,
    package: registration.package,
    ...(executionRoleArn !== undefined && { executionRoleArn }),
    ...(logging && { logging }),
  });
  return { status: "COMPLETE", description: "Deployment is currently in DEPLOY_STAGE of status COMPLETED", version, endedAt };
}

const SCHEMA = "schema.json";
const SETTINGS = ".rpdk-config";
const CONFIGURATION = "configuration-schema.json";
/** Where the plugins of the command line interface put the code. */
const CODE = ["ResourceProvider.zip", "handler.zip"];
const INPUTS = /^inputs\/(inputs_\d+_(?:create|update|invalid)\.json)$/;

/**
 * What a package of `cfn submit` holds, or what is wrong with it.
 * https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-cli-submit.html
 */
function extensionIn(scope: Scope, kind: Kind, typeName: string, bytes: Buffer): Extension | string {
  const wanted = (name: string): boolean => [SCHEMA, SETTINGS, CONFIGURATION, ...CODE].includes(name) || INPUTS.test(name);
  const files = filesIn(bytes, wanted);
  if (files === undefined) return "Error processing type artifact.";
  const [schema, settings, configuration] = [SCHEMA, SETTINGS, CONFIGURATION].map((name) => json(files.get(name)));
  if (schema === undefined) return `${SCHEMA} is missing from the package, or is not a JSON object`;
  if (settings === undefined) return `${SETTINGS} is missing from the package, or is not a JSON object`;
  const { runtime, entrypoint } = settings;
  if (typeof runtime !== "string" || typeof entrypoint !== "string") return `${SETTINGS} names no runtime and entrypoint`;
  const protocol = isObject(settings["settings"]) ? settings["settings"]["protocolVersion"] : undefined;
  if (protocol !== undefined && protocol !== "2.0.0")
    return "Current version is no longer supported. Please upgrade to CFN-CLI 2.0 following the guide: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/what-is-cloudformation-cli.html";
  const code = CODE.map((name) => files.get(name)).find((found) => found !== undefined);
  if (code === undefined) return `the package holds no code: none of ${CODE.join(", ")}`;
  if (filesIn(code, () => false) === undefined) return "the code in the package is no archive";
  const refusal = schemaRefusal(kind, typeName, schema);
  if (refusal !== undefined) return `Schema validation failed: ${refusal}`;
  const configurationSchema = configuration ?? (isObject(schema["typeConfiguration"]) ? schema["typeConfiguration"] : undefined);
  const inputs = [...files].flatMap(([name, content]) => {
    const input = INPUTS.test(name) ? json(content) : undefined;
    return input === undefined ? [] : [[INPUTS.exec(name)![1]!, input] as const];
  });
  return {
    schema,
    ...(configurationSchema && { configurationSchema }),
    handler: { digest: scope.blobs.write(code).digest, runtime, entrypoint },
    ...(inputs.length > 0 && { inputs: Object.fromEntries(inputs) }),
  };
}

function json(bytes: Buffer | undefined): JsonObject | undefined {
  if (bytes === undefined) return undefined;
  try {
    const found = JSON.parse(bytes.toString("utf8")) as Json;
    return isObject(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

export const describeTypeRegistration = operation(DescribeTypeRegistration$, (scope, { RegistrationToken }) => {
  const found =
    typeRegistrations.get(scope, RegistrationToken!) ??
    fault(CFNRegistryException, `Registration token '${RegistrationToken}' cannot be found.`);
  const { status, description, version } = found;
  return {
    ProgressStatus: status,
    Description: description,
    ...(version !== undefined && {
      TypeArn: typeArn(scope, found),
      TypeVersionArn: versionArn(scope, { ...found, version } satisfies Pick<TypeVersion, "kind" | "typeName" | "version">),
    }),
  };
});

export const listTypeRegistrations = operation(ListTypeRegistrations$, (scope, input) => {
  const { Type = "RESOURCE", TypeName, TypeArn, RegistrationStatusFilter = "IN_PROGRESS", MaxResults = 100, NextToken } = input;
  const found = registrationsOf(scope, { Type, TypeName, Arn: TypeArn }).filter(({ status }) => status === RegistrationStatusFilter);
  const invalid = (): never => fault(CFNRegistryException, "Invalid NextToken");
  const { items, nextToken } = page(found, ({ id }) => id, MaxResults, NextToken, invalid);
  return { RegistrationTokenList: items.map(({ id }) => id), ...(nextToken && { NextToken: nextToken }) };
});

function registrationsOf(scope: Scope, { Type, TypeName, Arn }: TypeNames): TypeRegistration[] {
  if (Arn === undefined && TypeName !== undefined) return typeRegistrations.by(scope, "type", `${Type}/${TypeName}`);
  const parsed = Arn === undefined ? undefined : readTypeArn(Arn);
  return typeRegistrations
    .list(scope)
    .filter(({ kind, typeName }) => Arn === undefined || (kind === parsed?.kind && typeName.replaceAll("::", "-") === parsed.dashed));
}
