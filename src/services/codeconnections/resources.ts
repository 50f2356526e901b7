import { idsFrom } from "../../kernel/id.ts";
import { present } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { connectionArn, connections, findConnection, newConnection, removeConnection } from "./connection.ts";
import { hostArn } from "./host.ts";
import { changeLink, linkArn, newLink, type RepositoryLink, removeLink, repositoryLinks } from "./repository-link.ts";
import {
  changeConfiguration,
  newConfiguration,
  removeConfiguration,
  settingsOf,
  shownConfiguration,
  syncConfigurations,
} from "./sync-configuration.ts";
import { named, type Prefix } from "./two-names.ts";

type Properties = Readonly<Record<string, any>>;

/**
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codeconnections-connection.html; its id is its
 * ARN. It is made PENDING, as on AWS: somebody has to complete its handshake.
 */
const connectionResource = (type: string, prefix: Prefix): ResourceType<Properties> => ({
  type,
  ensure: (scope, declared, arn, { token, tags }) =>
    attempt(scope, () => {
      const all = allTags(tags, declared["Tags"]);
      const id = arn === undefined ? idsFrom(token).uuid() : named(arn)!.id;
      if (connections.get(scope, id) !== undefined) return connectionArn(scope, connections.patch(scope, id, { tags: all }));
      const { ConnectionName: name, ProviderType, HostArn } = declared;
      return connectionArn(scope, newConnection(scope, id, { name, ProviderType, HostArn, prefix, tags: all }));
    }),
  read(scope, arn) {
    const connection = findConnection(scope, arn);
    return (
      connection &&
      present({
        ConnectionArn: connectionArn(scope, connection),
        ConnectionName: connection.name,
        ConnectionStatus: connection.status,
        OwnerAccountId: scope.account,
        // A connection has the one or the other.
        ProviderType: connection.hostId === undefined ? connection.providerType : undefined,
        HostArn: connection.hostId === undefined ? undefined : hostArn(scope, connection.hostId),
        Tags: tagList(connection.tags),
      })
    );
  },
  remove(scope, arn) {
    const connection = findConnection(scope, arn);
    if (connection !== undefined) removeConnection(scope, connection);
    return { state: "done", id: arn };
  },
  list: (scope) => connections.list(scope).flatMap((one) => (one.prefix === prefix ? [connectionArn(scope, one)] : [])),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codestarconnections-repositorylink.html; its id is its ARN. */
const repositoryLinkResource: ResourceType<Properties> = {
  type: "AWS::CodeStarConnections::RepositoryLink",
  ensure: (scope, declared, arn, { token, tags }) =>
    attempt(scope, () => {
      const { ConnectionArn, OwnerId, RepositoryName, EncryptionKeyArn, Tags } = declared;
      const all = allTags(tags, Tags);
      const id = arn === undefined ? idsFrom(token).uuid() : named(arn)!.id;
      const known = repositoryLinks.get(scope, id);
      if (known === undefined) {
        const wanted = {
          connectionArn: ConnectionArn,
          ownerId: OwnerId,
          repositoryName: RepositoryName,
          encryptionKeyArn: EncryptionKeyArn,
        };
        return linkArn(scope, newLink(scope, id, { ...wanted, prefix: "codestar-connections", tags: all }));
      }
      changeLink(scope, known, { ConnectionArn, EncryptionKeyArn });
      return linkArn(scope, repositoryLinks.patch(scope, id, { encryptionKeyArn: EncryptionKeyArn, tags: all }));
    }),
  read(scope, arn) {
    const link = findLink(scope, arn);
    return (
      link &&
      present({
        RepositoryLinkArn: linkArn(scope, link),
        RepositoryLinkId: link.id,
        ConnectionArn: link.connectionArn,
        OwnerId: link.ownerId,
        RepositoryName: link.repositoryName,
        ProviderType: link.providerType,
        EncryptionKeyArn: link.encryptionKeyArn,
        Tags: tagList(link.tags),
      })
    );
  },
  remove: (scope, arn) =>
    attempt(scope, () => {
      const link = findLink(scope, arn);
      if (link !== undefined) removeLink(scope, link);
      return arn;
    }),
  list: (scope) => repositoryLinks.list(scope).map((link) => linkArn(scope, link)),
};

const findLink = (scope: Scope, arn: string): RepositoryLink | undefined => {
  const what = named(arn);
  return what?.kind === "repository-link" ? repositoryLinks.get(scope, what.id) : undefined;
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codestarconnections-syncconfiguration.html; its id is name|type. */
const syncConfigurationResource: ResourceType<Properties> = {
  type: "AWS::CodeStarConnections::SyncConfiguration",
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      const name: string = declared["ResourceName"];
      const { RepositoryLinkId: linkId, Branch: branch, ConfigFile: configFile, RoleArn: roleArn } = declared;
      const wanted = { linkId, branch, configFile, roleArn, ...settingsOf(declared) };
      const known = syncConfigurations.get(scope, name);
      if (id === undefined || known === undefined) newConfiguration(scope, name, wanted);
      else changeConfiguration(scope, known, wanted);
      return `${name}|CFN_STACK_SYNC`;
    }),
  read(scope, id) {
    const configuration = syncConfigurations.get(scope, nameIn(id));
    // What is not declared and has its default is no drift: drift compares what was declared.
    const { PullRequestComment: _, ...shown } = configuration ? shownConfiguration(scope, configuration) : {};
    return configuration && shown;
  },
  remove(scope, id) {
    removeConfiguration(scope, nameIn(id));
    return { state: "done", id };
  },
  list: (scope) => syncConfigurations.list(scope).map(({ id }) => `${id}|CFN_STACK_SYNC`),
};

const nameIn = (id: string): string => id.split("|")[0]!;

export const connectionResources = [
  connectionResource("AWS::CodeConnections::Connection", "codeconnections"),
  connectionResource("AWS::CodeStarConnections::Connection", "codestar-connections"),
  repositoryLinkResource,
  syncConfigurationResource,
];
