import { idsFrom } from "../../kernel/id.ts";
import { attempt, type Progress, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { ensurePublisher, publicTypes, publish, publishers } from "./public-type.ts";
import { deregister, type ExtensionType, findType, type Kind, namedType, typeArn, types } from "./type.ts";
import { activate, deactivate } from "./type-activation.ts";
import { configurationArn, configure, typeConfigurations } from "./type-configuration.ts";
import { startRegistration } from "./type-registration.ts";
import { defaultVersionOf, namedVersion, provisioningOf, type TypeVersion, typeVersions, useVersion, versionArn } from "./type-version.ts";
import { asText, isObject, type JsonObject } from "./value.ts";

const done = (id: string): Progress => ({ state: "done", id });

/** The version that an ARN names, where there is one. */
function versionAt(scope: Scope, arn: string): TypeVersion | undefined {
  const type = findType(scope, { Arn: arn.slice(0, arn.lastIndexOf("/")) });
  return type && typeVersions.get(scope, `${type.id}/${arn.slice(arn.lastIndexOf("/") + 1)}`);
}

const typeOf = ({ id }: TypeVersion, scope: Scope): ExtensionType => types.get(scope, id.slice(0, id.lastIndexOf("/")))!;

const logging = (declared: JsonObject) => {
  const { LoggingConfig: config } = declared;
  return isObject(config)
    ? { LoggingConfig: { LogRoleArn: asText(config["LogRoleArn"]), LogGroupName: asText(config["LogGroupName"]) } }
    : {};
};

/**
 * A version of an extension, registered by a stack.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-resourceversion.html
 */
const versionType = (kind: Kind, type: string): ResourceType<JsonObject> => ({
  type,
  ensure(scope, declared, id, { token }) {
    if (id !== undefined) return done(id);
    return attempt(scope, () => {
      const registration = startRegistration(scope, {
        Type: kind,
        TypeName: asText(declared["TypeName"]),
        SchemaHandlerPackage: asText(declared["SchemaHandlerPackage"]),
        ExecutionRoleArn: asText(declared["ExecutionRoleArn"]),
        ...logging(declared),
        ClientRequestToken: idsFrom(`registration ${token}`).uuid(),
      });
      const { status, description, version, typeName } = registration;
      if (status === "IN_PROGRESS") return { state: "busy", because: `${typeName} is being registered` };
      if (status === "FAILED") return { state: "failed", reason: description };
      return done(versionArn(scope, { kind, typeName, version: version! }));
    });
  },
  read(scope, id) {
    const version = versionAt(scope, id);
    if (version?.status !== "LIVE") return undefined;
    const { typeName, executionRoleArn, logging: logs, package: source } = version;
    return {
      TypeName: typeName,
      SchemaHandlerPackage: source ?? "",
      ...(executionRoleArn !== undefined && { ExecutionRoleArn: executionRoleArn }),
      ...(logs && { LoggingConfig: { LogRoleArn: logs.roleArn, LogGroupName: logs.group } }),
    };
  },
  attributes(scope, id) {
    const version = versionAt(scope, id);
    if (version === undefined) return {};
    const type = typeOf(version, scope);
    return {
      Arn: id,
      TypeArn: typeArn(scope, type),
      VersionId: version.version,
      IsDefaultVersion: type.defaultVersion === version.version,
      Visibility: "PRIVATE",
      ...(kind === "RESOURCE" && { ProvisioningType: provisioningOf(version) }),
    };
  },
  remove(scope, id) {
    const version = versionAt(scope, id);
    if (version?.status !== "LIVE") return done(id);
    return attempt(
      scope,
      () => {
        deregister(scope, typeOf(version, scope), version.version);
        return id;
      },
      id,
    );
  },
});

/** Which version of an extension is used. Taken away, the last choice stays. */
const defaultVersionType = (kind: Kind, type: string): ResourceType<JsonObject> => ({
  type,
  ensure: (scope, declared, id) =>
    attempt(
      scope,
      () => {
        const [TypeName, VersionId, Arn] = ["TypeName", "VersionId", "TypeVersionArn"].map((name) => asText(declared[name]));
        const { version } = namedVersion(scope, { Type: kind, TypeName, VersionId, Arn });
        const found = useVersion(scope, namedType(scope, { Type: kind, TypeName, Arn }), version);
        return versionArn(scope, { kind, typeName: found.typeName, version });
      },
      id,
    ),
  read(scope, id) {
    const version = versionAt(scope, id);
    return version && { TypeName: version.typeName, VersionId: version.version, TypeVersionArn: id };
  },
  attributes: (_, id) => ({ Arn: id }),
  remove: (_, id) => done(id),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-hooktypeconfig.html */
const hookTypeConfig: ResourceType<JsonObject> = {
  type: "AWS::CloudFormation::HookTypeConfig",
  ensure: (scope, declared, id) =>
    attempt(
      scope,
      () => {
        const [TypeName, Arn, alias] = ["TypeName", "TypeArn", "ConfigurationAlias"].map((name) => asText(declared[name]));
        const type = namedType(scope, { Type: "HOOK", TypeName, Arn });
        return configurationArn(scope, configure(scope, type, String(declared["Configuration"]), alias));
      },
      id,
    ),
  read(scope, id) {
    const known = typeConfigurations.list(scope, "HOOK/").find((one) => configurationArn(scope, one) === id);
    if (known === undefined) return undefined;
    const { typeName, alias, configuration } = known;
    const TypeArn = typeArn(scope, known);
    return { TypeName: typeName, TypeArn, ConfigurationAlias: alias, Configuration: JSON.stringify(configuration), ConfigurationArn: id };
  },
  remove(scope, id) {
    const known = typeConfigurations.list(scope, "HOOK/").find((one) => configurationArn(scope, one) === id);
    if (known !== undefined) typeConfigurations.remove(scope, known.id);
    return done(id);
  },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-typeactivation.html */
const typeActivation: ResourceType<JsonObject> = {
  type: "AWS::CloudFormation::TypeActivation",
  ensure: (scope, declared, id) =>
    attempt(
      scope,
      () => {
        const [Type, TypeName, PublicTypeArn, PublisherId, TypeNameAlias, ExecutionRoleArn, VersionBump, MajorVersion] = [
          "Type",
          "TypeName",
          "PublicTypeArn",
          "PublisherId",
          "TypeNameAlias",
          "ExecutionRoleArn",
          "VersionBump",
          "MajorVersion",
        ].map((name) => asText(declared[name]));
        const type = activate(scope, {
          Type: Type as Kind | undefined,
          TypeName,
          PublicTypeArn,
          PublisherId,
          TypeNameAlias,
          ExecutionRoleArn,
          VersionBump: VersionBump as "MAJOR" | "MINOR" | undefined,
          MajorVersion: MajorVersion === undefined ? undefined : Number(MajorVersion),
          AutoUpdate: declared["AutoUpdate"] !== false,
          ...logging(declared),
        });
        return typeArn(scope, type);
      },
      id,
    ),
  read(scope, id) {
    const type = findType(scope, { Arn: id });
    if (type?.activation === undefined) return undefined;
    const { publisherId, originalTypeName, autoUpdate, executionRoleArn } = type.activation;
    return {
      Type: type.kind,
      TypeName: originalTypeName,
      PublisherId: publisherId,
      TypeNameAlias: type.typeName,
      AutoUpdate: autoUpdate,
      ...(executionRoleArn !== undefined && { ExecutionRoleArn: executionRoleArn }),
    };
  },
  attributes: (_, id) => ({ Arn: id }),
  remove(scope, id) {
    const type = findType(scope, { Arn: id });
    if (type?.activation !== undefined) deactivate(scope, type);
    return done(id);
  },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-publisher.html */
const publisher: ResourceType<JsonObject> = {
  type: "AWS::CloudFormation::Publisher",
  ensure(scope, { AcceptTermsAndConditions, ConnectionArn }, id) {
    if (AcceptTermsAndConditions !== true)
      return { state: "failed", reason: "You must accept the terms and conditions.", ...(id && { id }) };
    return done(ensurePublisher(scope, asText(ConnectionArn)).id);
  },
  read(scope, id) {
    const found = publishers.get(scope, id);
    if (found === undefined) return undefined;
    const { identityProvider, connectionArn } = found;
    return {
      PublisherId: id,
      IdentityProvider: identityProvider,
      PublisherStatus: "VERIFIED",
      ...(connectionArn !== undefined && { ConnectionArn: connectionArn }),
    };
  },
  // As on AWS, an account that is a publisher stays one.
  remove: (_, id) => done(id),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-publictypeversion.html */
const publicTypeVersion: ResourceType<JsonObject> = {
  type: "AWS::CloudFormation::PublicTypeVersion",
  absent: { LogDeliveryBucket: [] },
  ensure(scope, declared, id) {
    if (id !== undefined) return done(id);
    const [Type, TypeName, Arn, number] = ["Type", "TypeName", "Arn", "PublicVersionNumber"].map((name) => asText(declared[name]));
    return attempt(scope, () => publish(scope, namedVersion(scope, { Type: Type as Kind | undefined, TypeName, Arn }), number).arn);
  },
  read(scope, id) {
    const found = publicTypes.list(scope, `${scope.region}/`).find(({ arn }) => arn === id);
    return found && { Type: found.kind, TypeName: found.typeName, PublicVersionNumber: found.version, PublicTypeArn: id };
  },
  attributes(scope, id) {
    const found = publicTypes.list(scope, `${scope.region}/`).find(({ arn }) => arn === id);
    if (found === undefined) return {};
    const type = findType(scope, { Type: found.kind, TypeName: found.typeName });
    return {
      PublicTypeArn: id,
      PublisherId: found.publisherId,
      ...(type && { TypeVersionArn: versionArn(scope, defaultVersionOf(scope, type)) }),
    };
  },
  // What is public stays so.
  remove: (_, id) => done(id),
};

export const extensionTypes: readonly ResourceType<JsonObject>[] = [
  versionType("RESOURCE", "AWS::CloudFormation::ResourceVersion"),
  versionType("HOOK", "AWS::CloudFormation::HookVersion"),
  defaultVersionType("RESOURCE", "AWS::CloudFormation::ResourceDefaultVersion"),
  defaultVersionType("HOOK", "AWS::CloudFormation::HookDefaultVersion"),
  hookTypeConfig,
  typeActivation,
  publisher,
  publicTypeVersion,
];
