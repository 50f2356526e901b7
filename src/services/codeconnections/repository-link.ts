import { fault } from "../../kernel/fault.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  AccessDeniedException,
  CreateRepositoryLink$,
  DeleteRepositoryLink$,
  GetRepositoryLink$,
  InvalidInputException,
  ListRepositoryLinks$,
  type RepositoryLinkInfo,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  SyncConfigurationStillExistsException,
  UpdateRepositoryLink$,
} from "../../sdk/codeconnections.js";
import * as former from "../../sdk/codestar-connections.js";
import { keyOf } from "../kms/api.ts";
import { findConnection, invalidToken, refusalToUse } from "./connection.ts";
import type { Source } from "./source.ts";
import { syncConfigurations } from "./sync-configuration.ts";
import { type Prefix, underBothNames } from "./two-names.ts";

/** A repository that Git sync may watch. */
export interface RepositoryLink extends Row {
  readonly prefix: Prefix;
  readonly connectionArn: string;
  readonly providerType: RepositoryLinkInfo["ProviderType"] & string;
  readonly ownerId: string;
  readonly repositoryName: string;
  readonly encryptionKeyArn?: string;
  readonly tags: Tags;
}

export const repositoryLinks = new Table<RepositoryLink>("codeconnections/repository-link", {
  indexes: { repository: ({ ownerId, repositoryName }) => `${ownerId}/${repositoryName}` },
  arn: ({ id, prefix }, { account, region }) => `arn:aws:${prefix}:${region}:${account}:repository-link/${id}`,
});

const PAGE_SIZE = 100;

export const createRepositoryLink = underBothNames(
  CreateRepositoryLink$,
  former.CreateRepositoryLink$,
  (scope, { ConnectionArn, OwnerId, RepositoryName, EncryptionKeyArn, Tags }, prefix) => {
    const declared = {
      connectionArn: ConnectionArn!,
      ownerId: OwnerId!,
      repositoryName: RepositoryName!,
      encryptionKeyArn: EncryptionKeyArn,
    };
    return { RepositoryLinkInfo: shownLink(scope, newLink(scope, scope.id.uuid(), { ...declared, prefix, tags: tagsOf(Tags) })) };
  },
);

export const getRepositoryLink = underBothNames(GetRepositoryLink$, former.GetRepositoryLink$, (scope, { RepositoryLinkId }) => ({
  RepositoryLinkInfo: shownLink(scope, requireLink(scope, RepositoryLinkId!)),
}));

export const listRepositoryLinks = underBothNames(
  ListRepositoryLinks$,
  former.ListRepositoryLinks$,
  (scope, { MaxResults = PAGE_SIZE, NextToken }) => {
    const { items, nextToken } = page(repositoryLinks.list(scope), ({ id }) => id, MaxResults || PAGE_SIZE, NextToken, invalidToken);
    return { RepositoryLinks: items.map((link) => shownLink(scope, link)), ...(nextToken && { NextToken: nextToken }) };
  },
);

export const updateRepositoryLink = underBothNames(
  UpdateRepositoryLink$,
  former.UpdateRepositoryLink$,
  (scope, { RepositoryLinkId, ConnectionArn, EncryptionKeyArn }) => {
    const link = requireLink(scope, RepositoryLinkId!);
    return { RepositoryLinkInfo: shownLink(scope, changeLink(scope, link, { ConnectionArn, EncryptionKeyArn })) };
  },
);

export const deleteRepositoryLink = underBothNames(DeleteRepositoryLink$, former.DeleteRepositoryLink$, (scope, { RepositoryLinkId }) => {
  removeLink(scope, requireLink(scope, RepositoryLinkId!));
  return {};
});

interface Declaration {
  readonly connectionArn: string;
  readonly ownerId: string;
  readonly repositoryName: string;
  readonly encryptionKeyArn?: string | undefined;
  readonly prefix: Prefix;
  readonly tags: Tags;
}

/** Make a link, by a connection that is available, to a repository that has none. */
export function newLink(scope: Scope, id: string, { connectionArn, ownerId, repositoryName, encryptionKeyArn, prefix, tags }: Declaration) {
  const providerType = requireAvailable(scope, connectionArn);
  if (encryptionKeyArn !== undefined) checkKey(scope, encryptionKeyArn);
  const known = repositoryLinks.by(scope, "repository", `${ownerId}/${repositoryName}`);
  if (known.some((link) => link.providerType === providerType))
    fault(ResourceAlreadyExistsException, `A repository link already exists for repository ${ownerId}/${repositoryName}.`);
  return repositoryLinks.put(scope, {
    id,
    prefix,
    connectionArn,
    providerType,
    ownerId,
    repositoryName,
    ...(encryptionKeyArn !== undefined && { encryptionKeyArn }),
    tags,
  });
}

interface Change {
  readonly ConnectionArn?: string | undefined;
  readonly EncryptionKeyArn?: string | undefined;
}

/** A link may go by another connection to the same provider. */
export function changeLink(
  scope: Scope,
  { id, providerType }: RepositoryLink,
  { ConnectionArn, EncryptionKeyArn }: Change,
): RepositoryLink {
  if (ConnectionArn !== undefined && requireAvailable(scope, ConnectionArn) !== providerType)
    fault(InvalidInputException, `The provider type of connection ${ConnectionArn} is not ${providerType}.`);
  if (EncryptionKeyArn !== undefined) checkKey(scope, EncryptionKeyArn);
  return repositoryLinks.patch(scope, id, {
    ...(ConnectionArn !== undefined && { connectionArn: ConnectionArn }),
    ...(EncryptionKeyArn !== undefined && { encryptionKeyArn: EncryptionKeyArn }),
  });
}

export function removeLink(scope: Scope, { id }: RepositoryLink): void {
  if (syncConfigurations.by(scope, "link", id).length > 0)
    fault(SyncConfigurationStillExistsException, `Sync configurations still exist for repository link ${id}.`);
  repositoryLinks.remove(scope, id);
}

export const requireLink = (scope: Scope, id: string): RepositoryLink =>
  repositoryLinks.get(scope, id) ?? fault(ResourceNotFoundException, `Repository link not found: ${id}`);

export const linkArn = (scope: Scope, { prefix, id }: RepositoryLink): string => scope.arn(prefix, `repository-link/${id}`);

/** What a link leads to. */
export const sourceOf = ({ connectionArn, ownerId, repositoryName }: RepositoryLink, branch: string): Source => ({
  connectionArn,
  fullRepositoryId: `${ownerId}/${repositoryName}`,
  branch,
});

/** What is kept of the repository is encrypted with it, which nobody sees; but it has to be there, and to be good for it. */
function checkKey(scope: Scope, arn: string): void {
  const key = keyOf(scope, arn) ?? fault(InvalidInputException, `Encryption key not found: ${arn}`);
  if (key.usage !== "ENCRYPT_DECRYPT" || key.state !== "Enabled")
    fault(InvalidInputException, `Encryption key ${arn} cannot encrypt: its usage is ${key.usage}, its state ${key.state}.`);
}

function requireAvailable(scope: Scope, arn: string): RepositoryLink["providerType"] {
  const connection = findConnection(scope, arn) ?? fault(InvalidInputException, `Connection not found: ${arn}`);
  if (connection.status !== "AVAILABLE")
    fault(InvalidInputException, `Connection ${arn} is not available: its status is ${connection.status}.`);
  const refusal = refusalToUse(scope, connection);
  if (refusal !== undefined) fault(AccessDeniedException, refusal);
  return connection.providerType;
}

const shownLink = (scope: Scope, link: RepositoryLink): RepositoryLinkInfo => ({
  ConnectionArn: link.connectionArn,
  ...(link.encryptionKeyArn !== undefined && { EncryptionKeyArn: link.encryptionKeyArn }),
  OwnerId: link.ownerId,
  ProviderType: link.providerType,
  RepositoryLinkArn: linkArn(scope, link),
  RepositoryLinkId: link.id,
  RepositoryName: link.repositoryName,
});
