import { createHash } from "node:crypto";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";

/**
 * A repository of somebody else's that we keep a bare copy of. `wanted`, `started` and `fetched` count fetches: whoever wants to
 * know how the repository stands from now on raises the first, and waits for the last.
 */
export interface Mirror extends Row {
  readonly connectionId: string;
  readonly fullRepositoryId: string;
  readonly wanted: number;
  readonly started: number;
  readonly fetched: number;
  /** When the last fetch ended. */
  readonly fetchedAt?: number;
  /** Somebody tells of pushes: it need not be looked at as often. */
  readonly told?: true;
  /** What was wrong with the last fetch. */
  readonly failure?: string;
}

export const mirrors = new Table<Mirror>("codeconnections/mirror", {
  indexes: { connection: ({ connectionId }) => connectionId, repository: ({ fullRepositoryId }) => fullRepositoryId.toLowerCase() },
});

/** Where a ref of a mirrored repository stands; its id is the mirror's, a # and the full name. */
interface RemoteRef extends Row {
  readonly commit: string;
}

export const remoteRefs = new Table<RemoteRef>("codeconnections/ref");

/** Somebody who is to know of pushes: while there is one, the repository is fetched again and again. */
interface Watch extends Row {
  readonly mirrorId: string;
}

export const watches = new Table<Watch>("codeconnections/watch", { indexes: { mirror: ({ mirrorId }) => mirrorId } });

export const mirrorId = (connectionId: string, fullRepositoryId: string): string => `${connectionId}/${fullRepositoryId}`;

/** The name of the bare repository on disk. */
export const repositoryIdOf = ({ id }: Pick<Mirror, "id">): string =>
  `connection-${createHash("sha256").update(id).digest("hex").slice(0, 40)}`;

/** Make sure that there is a mirror. */
export const ensureMirror = (scope: Scope, connectionId: string, fullRepositoryId: string): Mirror => {
  const id = mirrorId(connectionId, fullRepositoryId);
  return mirrors.get(scope, id) ?? mirrors.put(scope, { id, connectionId, fullRepositoryId, wanted: 0, started: 0, fetched: 0 });
};

/** Have the repository fetched from now on; answers the number of the fetch that will know. */
export function wantFetch(scope: Scope, { id }: Pick<Mirror, "id">): number {
  const { wanted, started } = mirrors.get(scope, id)!;
  // A fetch that has not begun will see what is there now.
  if (wanted > started) return wanted;
  return mirrors.patch(scope, id, { wanted: started + 1 }).wanted;
}

/** Somebody says that there was a push. Answers how many mirrors are fetched for it. */
export function noticePush(scope: Scope, fullRepositoryId: string): number {
  const found = mirrors.by(scope, "repository", fullRepositoryId.toLowerCase());
  for (const mirror of found) {
    wantFetch(scope, mirror);
    if (!mirror.told) mirrors.patch(scope, mirror.id, { told: true });
  }
  return found.length;
}

/** The connection leads elsewhere now. */
export function refreshMirrors(scope: Scope, connectionId: string): void {
  for (const mirror of mirrors.by(scope, "connection", connectionId)) wantFetch(scope, mirror);
}

export function forgetMirrors(scope: Scope, connectionId: string): void {
  for (const { id } of mirrors.by(scope, "connection", connectionId)) {
    for (const ref of remoteRefs.list(scope, `${id}#`)) remoteRefs.remove(scope, ref.id);
    mirrors.remove(scope, id);
  }
}

/** Bring the rows to what was fetched. */
export function writeRefs(scope: Scope, { id }: Mirror, actual: ReadonlyMap<string, string>): void {
  for (const known of remoteRefs.list(scope, `${id}#`)) if (!actual.has(known.id.slice(id.length + 1))) remoteRefs.remove(scope, known.id);
  for (const [name, commit] of actual) {
    const rowId = `${id}#${name}`;
    if (remoteRefs.get(scope, rowId)?.commit !== commit) remoteRefs.put(scope, { id: rowId, commit });
  }
}

/** The commit that a branch stood at when last looked at. */
export const mirroredHead = (scope: Scope, mirror: string, branch: string): string | undefined =>
  remoteRefs.get(scope, `${mirror}#refs/heads/${branch}`)?.commit;

/** Every ref of a mirror, by full name. */
export const fetchedRefs = (scope: Scope, mirror: string): Map<string, string> =>
  new Map(remoteRefs.list(scope, `${mirror}#`).map(({ id, commit }) => [id.slice(mirror.length + 1), commit]));
