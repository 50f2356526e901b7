import type { Scope } from "../../kernel/scope.ts";
import { type Connection, completeConnection, connectionArn, connections, findConnection } from "./connection.ts";
import { type GitServer, serverOf, withoutPassword } from "./git-server.ts";
import { completeHost, hosts } from "./host.ts";

export {
  type CommitReading,
  type CommitSummary,
  ensureCommitSummary,
  ensureSourceArchive,
  forgetSourceArchive,
  type SourceArchive,
} from "../codecommit/api.ts";
export { forgetStatus, publishStatus, statusFailure } from "./commit-status.ts";
export { type Connection, connectionArn, findConnection, providerFor, refusalToUse } from "./connection.ts";
export { type CommitStatus, type GitProvider, providerAt, request, statusRequest } from "./git-provider.ts";
export { apiOf, type GitServer, serverOf } from "./git-server.ts";
export { type HookWish, isSettled, type KeptHook, keepHook, NEW_HOOK, UNKNOWN_HOOK } from "./kept-hook.ts";
export { mirrors as mirrorTable, noticePush } from "./mirror.ts";
export { operations } from "./operations.ts";
export { type HookEvent, hooksOf } from "./provider-hook.ts";
export { type Asking, ask, unask } from "./provider-question.ts";
export {
  ensureSource,
  forgetSource,
  type Source,
  type SourceHead,
  unwatchSource,
  watchedHead,
  watchedRefs,
  watchSource,
} from "./source.ts";

/** A connection, as the control surface shows it. */
export interface ConnectionOverview {
  readonly name: string;
  readonly arn: string;
  readonly providerType: string;
  readonly status: string;
  /** Where its repositories are. */
  readonly server?: string;
}

export const connectionOverviews = (scope: Scope): ConnectionOverview[] =>
  connections.list(scope).map((connection) => overview(scope, connection));

/** The connection of that name or ARN; of several that have the name, the one that was not completed. */
export function connectionCalled(scope: Scope, nameOrArn: string): Connection | undefined {
  if (nameOrArn.startsWith("arn:")) return findConnection(scope, nameOrArn);
  const found = connections.by(scope, "name", nameOrArn);
  return found.find(({ status }) => status === "PENDING") ?? found[0];
}

/** Complete the handshake of a connection. An installed provider is where its host says, unless somebody says otherwise. */
export function complete(
  scope: Scope,
  connection: Connection,
  server: GitServer | undefined,
  api?: unknown,
): ConnectionOverview | undefined {
  const endpoint = connection.hostId === undefined ? undefined : hosts.get(scope, connection.hostId)?.providerEndpoint;
  const where = server ?? (endpoint === undefined ? undefined : serverOf({ url: endpoint, ...(api !== undefined && { api }) }));
  return where && overview(scope, completeConnection(scope, connection, where));
}

/** Set up the host of that name or ARN; the status that it has then. */
export function completeHostCalled(scope: Scope, nameOrArn: string): string | undefined {
  const host = hosts.list(scope).find(({ id, name }) => name === nameOrArn || nameOrArn.endsWith(`:host/${id}`));
  return host && completeHost(scope, host).status;
}

const overview = (scope: Scope, connection: Connection): ConnectionOverview => ({
  name: connection.name,
  arn: connectionArn(scope, connection),
  providerType: connection.providerType,
  status: connection.status,
  ...(connection.server && {
    server:
      connection.server.type === "codecommit" ? "the CodeCommit repositories of the account" : withoutPassword(connection.server.base),
  }),
});
