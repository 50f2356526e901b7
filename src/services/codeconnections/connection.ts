import { fault } from "../../kernel/fault.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  CreateConnection$,
  DeleteConnection$,
  GetConnection$,
  InvalidInputException,
  ListConnections$,
  type ProviderType,
  ResourceNotFoundException,
  ResourceUnavailableException,
} from "../../sdk/codeconnections.js";
import * as former from "../../sdk/codestar-connections.js";
import { type GitProvider, providerAt } from "./git-provider.ts";
import { apiOf, type GitServer } from "./git-server.ts";
import { hostArn, hosts, requireHost } from "./host.ts";
import { forgetMirrors, refreshMirrors } from "./mirror.ts";
import { named, type Prefix, underBothNames } from "./two-names.ts";

/** A connection to somebody else's git server. It is PENDING until somebody has completed the handshake. */
export interface Connection extends Row {
  readonly prefix: Prefix;
  readonly name: string;
  readonly providerType: ProviderType;
  readonly hostId?: string;
  readonly status: "PENDING" | "AVAILABLE";
  /** Where the repositories are, once the handshake is complete. */
  readonly server?: GitServer;
  readonly tags: Tags;
}

export const connections = new Table<Connection>("codeconnections/connection", {
  indexes: { name: ({ name }) => name, host: ({ hostId }) => hostId },
  arn: ({ id, prefix }, { account, region }) => `arn:aws:${prefix}:${region}:${account}:connection/${id}`,
});

const PAGE_SIZE = 100;

export const createConnection = underBothNames(
  CreateConnection$,
  former.CreateConnection$,
  (scope, { ConnectionName, ProviderType, HostArn, Tags = [] }, prefix) => {
    const connection = newConnection(scope, scope.id.uuid(), { name: ConnectionName!, ProviderType, HostArn, prefix, tags: tagsOf(Tags) });
    return { ConnectionArn: connectionArn(scope, connection), ...(Tags.length > 0 && { Tags }) };
  },
);

export const getConnection = underBothNames(GetConnection$, former.GetConnection$, (scope, { ConnectionArn }) => ({
  Connection: shown(scope, requireConnection(scope, ConnectionArn!)),
}));

export const listConnections = underBothNames(
  ListConnections$,
  former.ListConnections$,
  (scope, { ProviderTypeFilter, HostArnFilter, MaxResults = PAGE_SIZE, NextToken }) => {
    const host = HostArnFilter === undefined ? undefined : named(HostArnFilter)?.id;
    const found = connections
      .list(scope)
      .filter(({ providerType }) => ProviderTypeFilter === undefined || providerType === ProviderTypeFilter)
      .filter(({ hostId }) => HostArnFilter === undefined || hostId === host);
    const { items, nextToken } = page(found, ({ id }) => id, MaxResults || PAGE_SIZE, NextToken, invalidToken);
    return { Connections: items.map((connection) => shown(scope, connection)), ...(nextToken && { NextToken: nextToken }) };
  },
);

export const deleteConnection = underBothNames(DeleteConnection$, former.DeleteConnection$, (scope, { ConnectionArn }) => {
  removeConnection(scope, requireConnection(scope, ConnectionArn!));
  return {};
});

export const invalidToken = (): never => fault(InvalidInputException, "The NextToken is not valid.");

interface Declaration {
  readonly name: string;
  readonly ProviderType?: ProviderType | undefined;
  readonly HostArn?: string | undefined;
  readonly prefix: Prefix;
  readonly tags: Tags;
}

/** Make a connection. Its provider is said, or is that of its host, which may still wait for whoever sets it up. */
export function newConnection(scope: Scope, id: string, { name, ProviderType, HostArn, prefix, tags }: Declaration): Connection {
  if ((ProviderType === undefined) === (HostArn === undefined))
    fault(InvalidInputException, "Specify either a provider type or a host for the connection, and not both.");
  const host = HostArn === undefined ? undefined : requireHost(scope, HostArn);
  if (host?.status.startsWith("VPC_CONFIG_FAILED"))
    fault(ResourceUnavailableException, `Host ${HostArn} is not available: its status is ${host.status}.`);
  return connections.put(scope, {
    id,
    prefix,
    name,
    providerType: ProviderType ?? host!.providerType,
    ...(host && { hostId: host.id }),
    status: "PENDING",
    tags,
  });
}

/**
 * Why the caller may not use a connection, where trust is enforced: IAM's sentence.
 * https://docs.aws.amazon.com/dtconsole/latest/userguide/security-iam.html#permissions-reference-connections-use
 */
export const refusalToUse = (scope: Scope, connection: Connection): string | undefined =>
  scope.refusal(`${connection.prefix}:UseConnection`, connectionArn(scope, connection));

/** Forget a connection, and what was fetched by it. */
export function removeConnection(scope: Scope, { id }: Connection): void {
  forgetMirrors(scope, id);
  connections.remove(scope, id);
}

/**
 * Complete the handshake, which on AWS a person does in the console: say where the provider's repositories are. Saying it again
 * moves the connection to another server.
 */
export function completeConnection(scope: Scope, connection: Connection, server: GitServer): Connection {
  const completed = connections.patch(scope, connection.id, { status: "AVAILABLE", server });
  refreshMirrors(scope, connection.id);
  return completed;
}

export const findConnection = (scope: Scope, arn: string): Connection | undefined => {
  const what = named(arn);
  return what?.kind === "connection" ? connections.get(scope, what.id) : undefined;
};

/** What the server of a connection proves itself by, where its host says so. */
export const certificateOf = (scope: Scope, { hostId }: Connection): string | undefined =>
  hostId === undefined ? undefined : hosts.get(scope, hostId)?.vpc?.TlsCertificate;

/** The API of a connection's server; a sentence where there is none. */
export function providerFor(scope: Scope, arn: string): GitProvider | string {
  const connection = findConnection(scope, arn);
  if (connection?.server === undefined) return `Connection ${arn} is not available.`;
  const api = apiOf(connection.server, connection.providerType);
  return api === undefined
    ? `The server of connection ${arn} has no API that is known: it is completed with an address of one.`
    : providerAt(api, certificateOf(scope, connection));
}

export const requireConnection = (scope: Scope, arn: string): Connection =>
  findConnection(scope, arn) ?? fault(ResourceNotFoundException, `Connection not found: ${arn}`);

export const connectionArn = (scope: Scope, { prefix, id }: Connection): string => scope.arn(prefix, `connection/${id}`);

const shown = (scope: Scope, connection: Connection) => ({
  ConnectionName: connection.name,
  ConnectionArn: connectionArn(scope, connection),
  ProviderType: connection.providerType,
  OwnerAccountId: scope.account,
  ConnectionStatus: connection.status,
  ...(connection.hostId !== undefined && { HostArn: hostArn(scope, connection.hostId) }),
});
