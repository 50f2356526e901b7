import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { headOf, mirroredRefs, repositoryOf } from "../codecommit/api.ts";
import { type Connection, findConnection } from "./connection.ts";
import { parseRepository } from "./git-server.ts";
import { ensureMirror, fetchedRefs, mirroredHead, mirrorId, mirrors, repositoryIdOf, wantFetch, watches } from "./mirror.ts";

/** A branch of a repository behind a connection. */
export interface Source {
  readonly connectionArn: string;
  /** Such as owner/name. */
  readonly fullRepositoryId: string;
  readonly branch: string;
}

export type SourceHead =
  | { readonly state: "busy"; readonly because: string }
  /** The bare repository of ours that has the commit, as jobs and CodeCommit's archives name it. */
  | { readonly state: "done"; readonly repositoryId: string; readonly commit: string; readonly connection: Connection }
  | { readonly state: "failed"; readonly reason: string };

/** Somebody who waits for a fetch that began after he had asked. */
interface SourceRequest extends Row {
  readonly mirrorId: string;
  readonly fetch: number;
}

export const sourceRequests = new Table<SourceRequest>("codeconnections/source-request");

/**
 * Make sure that the branch is being fetched for whoever the id says, and say how that stands: where the branch stood at some
 * time after the first call. Call `forgetSource` with the id when the commit is in a row.
 */
export function ensureSource(scope: Scope, id: string, source: Source): SourceHead {
  const { connectionArn, fullRepositoryId, branch } = source;
  const connection = findConnection(scope, connectionArn);
  if (connection?.server === undefined) return { state: "failed", reason: unavailable(connectionArn, connection) };
  if (connection.server.type === "codecommit") return ofCodeCommit(scope, connection, source);
  const request = sourceRequests.get(scope, id) ?? newRequest(scope, id, connection, fullRepositoryId);
  const mirror = mirrors.get(scope, request.mirrorId);
  if (mirror === undefined) return { state: "failed", reason: unavailable(connectionArn, undefined) };
  if (mirror.fetched < request.fetch) return { state: "busy", because: `${fullRepositoryId} is fetched` };
  if (mirror.failure !== undefined) return { state: "failed", reason: mirror.failure };
  const commit = mirroredHead(scope, mirror.id, branch);
  if (commit === undefined) return { state: "failed", reason: noBranch(branch, fullRepositoryId) };
  return { state: "done", repositoryId: repositoryIdOf(mirror), commit, connection };
}

/** Forget what was asked for by `ensureSource`. */
export const forgetSource = (scope: Scope, id: string): void => sourceRequests.remove(scope, id);

/** Look for pushes to the repository from now on, for whoever the id says. */
export function watchSource(scope: Scope, id: string, { connectionArn, fullRepositoryId }: Omit<Source, "branch">): void {
  const connection = findConnection(scope, connectionArn);
  if (connection === undefined || connection.server?.type === "codecommit") return unwatchSource(scope, id);
  const mirror = mirrorId(connection.id, fullRepositoryId);
  if (watches.get(scope, id)?.mirrorId === mirror && mirrors.get(scope, mirror) !== undefined) return;
  wantFetch(scope, ensureMirror(scope, connection.id, fullRepositoryId));
  watches.put(scope, { id, mirrorId: mirror });
}

export function unwatchSource(scope: Scope, id: string): void {
  if (watches.get(scope, id) !== undefined) watches.remove(scope, id);
}

/** Where a watched branch stands, as far as is known; a loop that reads it has a turn when it moves. */
export function watchedHead(scope: Scope, source: Source): SourceHead {
  const { connectionArn, fullRepositoryId, branch } = source;
  const connection = findConnection(scope, connectionArn);
  if (connection?.server === undefined) return { state: "failed", reason: unavailable(connectionArn, connection) };
  if (connection.server.type === "codecommit") return ofCodeCommit(scope, connection, source);
  const mirror = { id: mirrorId(connection.id, fullRepositoryId) };
  const commit = mirroredHead(scope, mirror.id, branch);
  if (commit !== undefined) return { state: "done", repositoryId: repositoryIdOf(mirror), commit, connection };
  const { fetched = 0, failure } = mirrors.get(scope, mirror.id) ?? {};
  if (failure !== undefined) return { state: "failed", reason: failure };
  return fetched === 0
    ? { state: "busy", because: `${fullRepositoryId} is fetched` }
    : { state: "failed", reason: noBranch(branch, fullRepositoryId) };
}

/** Every branch and tag of a watched repository by full name, as far as is known; a loop that reads it has a turn when one moves. */
export function watchedRefs(
  scope: Scope,
  { connectionArn, fullRepositoryId }: Omit<Source, "branch">,
): { readonly repositoryId: string; readonly refs: ReadonlyMap<string, string> } | undefined {
  const connection = findConnection(scope, connectionArn);
  if (connection?.server?.type === "codecommit") {
    const { repositoryId } = repositoryOf(scope, parseRepository(fullRepositoryId).name) ?? {};
    return repositoryId === undefined ? undefined : { repositoryId, refs: mirroredRefs(scope, repositoryId) };
  }
  const mirror = connection && mirrors.get(scope, mirrorId(connection.id, fullRepositoryId));
  return mirror && { repositoryId: repositoryIdOf(mirror), refs: fetchedRefs(scope, mirror.id) };
}

/** Whether a fetch is on its way that may know more of the source, and what was wrong with the last. */
export function fetchOf(
  scope: Scope,
  { connectionArn, fullRepositoryId }: Omit<Source, "branch">,
): { readonly busy: boolean; readonly failure?: string } {
  const connection = findConnection(scope, connectionArn);
  if (connection === undefined || connection.server?.type === "codecommit") return { busy: false };
  const { fetched = 0, wanted = 0, failure } = mirrors.get(scope, mirrorId(connection.id, fullRepositoryId)) ?? {};
  return { busy: fetched < wanted, ...(failure !== undefined && { failure }) };
}

/** Our own repositories need no fetch: their refs are known. */
function ofCodeCommit(scope: Scope, connection: Connection, { fullRepositoryId, branch }: Source): SourceHead {
  const repository = repositoryOf(scope, parseRepository(fullRepositoryId).name);
  if (repository === undefined) return { state: "failed", reason: `There is no repository ${fullRepositoryId}.` };
  const commit = headOf(scope, repository.repositoryId, branch);
  if (commit === undefined) return { state: "failed", reason: noBranch(branch, fullRepositoryId) };
  return { state: "done", repositoryId: repository.repositoryId, commit, connection };
}

function newRequest(scope: Scope, id: string, connection: Connection, fullRepositoryId: string): SourceRequest {
  const mirror = ensureMirror(scope, connection.id, fullRepositoryId);
  return sourceRequests.put(scope, { id, mirrorId: mirror.id, fetch: wantFetch(scope, mirror) });
}

const unavailable = (arn: string, connection: Connection | undefined): string =>
  connection === undefined
    ? `Connection ${arn} does not exist.`
    : `Connection ${arn} is not available: its status is ${connection.status}.`;

const noBranch = (branch: string, repository: string): string => `No branch [${branch}] found in [${repository}].`;
