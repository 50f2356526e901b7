import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type BlockerStatus,
  GetSyncBlockerSummary$,
  type SyncBlocker as ShownBlocker,
  SyncBlockerDoesNotExistException,
  UpdateSyncBlocker$,
} from "../../sdk/codeconnections.js";
import * as former from "../../sdk/codestar-connections.js";
import { mirrorId, mirrors, wantFetch } from "./mirror.ts";
import { repositoryLinks } from "./repository-link.ts";
import { changeConfiguration, requireConfiguration } from "./sync-configuration.ts";
import { named, underBothNames } from "./two-names.ts";

/** Why a stack follows its branch no longer; its id is the stack's name, a slash, a number and the blocker's own id. */
export interface SyncBlocker extends Row {
  readonly blockerId: string;
  readonly status: BlockerStatus;
  readonly createdReason: string;
  readonly createdAt: number;
  readonly contexts: Readonly<Record<string, string>>;
  readonly resolvedReason?: string;
  readonly resolvedAt?: number;
}

export const syncBlockers = new Table<SyncBlocker>("codeconnections/sync-blocker");

/** How many of the newest are kept. */
const KEPT = 10;

export const getSyncBlockerSummary = underBothNames(GetSyncBlockerSummary$, former.GetSyncBlockerSummary$, (scope, { ResourceName }) => {
  requireConfiguration(scope, ResourceName!);
  return { SyncBlockerSummary: { ResourceName, LatestBlockers: blockersOf(scope, ResourceName!).reverse().map(shownBlocker) } };
});

/** A blocker that is resolved lets the latest commit be tried again: what is the latest is looked up first. */
export const updateSyncBlocker = underBothNames(
  UpdateSyncBlocker$,
  former.UpdateSyncBlocker$,
  (scope, { Id, ResourceName, ResolvedReason }) => {
    const configuration = requireConfiguration(scope, ResourceName!);
    const known =
      blockersOf(scope, ResourceName!).find(({ blockerId }) => blockerId === Id) ??
      fault(SyncBlockerDoesNotExistException, `Sync blocker ${Id} does not exist for resource ${ResourceName}.`);
    const wasActive = known.status === "ACTIVE";
    const blocker = wasActive
      ? syncBlockers.patch(scope, known.id, { status: "RESOLVED", resolvedReason: ResolvedReason!, resolvedAt: scope.clock.now() })
      : known;
    if (wasActive) {
      changeConfiguration(scope, configuration, {});
      const { connectionArn, ownerId, repositoryName } = repositoryLinks.get(scope, configuration.linkId)!;
      const mirror = mirrors.get(scope, mirrorId(named(connectionArn)!.id, `${ownerId}/${repositoryName}`));
      if (mirror !== undefined) wantFetch(scope, mirror);
    }
    return { ResourceName, SyncBlocker: shownBlocker(blocker) };
  },
);

/** Block a stack from following its branch until somebody has resolved this. */
export function block(scope: Scope, resourceName: string, reason: string, contexts: Readonly<Record<string, string>>): void {
  const known = blockersOf(scope, resourceName);
  const nth = Number(known.at(-1)?.id.split("/")[1] ?? 0) + 1;
  const blockerId = scope.id.uuid();
  syncBlockers.put(scope, {
    id: `${resourceName}/${String(nth).padStart(8, "0")}/${blockerId}`,
    blockerId,
    status: "ACTIVE",
    createdReason: reason,
    createdAt: scope.clock.now(),
    contexts,
  });
  for (const { id } of known.slice(0, Math.max(0, known.length + 1 - KEPT))) syncBlockers.remove(scope, id);
}

export const activeBlocker = (scope: Scope, resourceName: string): SyncBlocker | undefined =>
  blockersOf(scope, resourceName).find(({ status }) => status === "ACTIVE");

export function forgetBlockers(scope: Scope, resourceName: string): void {
  for (const { id } of blockersOf(scope, resourceName)) syncBlockers.remove(scope, id);
}

const blockersOf = (scope: Scope, resourceName: string): SyncBlocker[] => syncBlockers.list(scope, `${resourceName}/`);

const shownBlocker = (blocker: SyncBlocker): ShownBlocker => ({
  Id: blocker.blockerId,
  Type: "AUTOMATED",
  Status: blocker.status,
  CreatedReason: blocker.createdReason,
  CreatedAt: new Date(blocker.createdAt),
  Contexts: Object.entries(blocker.contexts).map(([Key, Value]) => ({ Key, Value })),
  ...(blocker.resolvedReason !== undefined && { ResolvedReason: blocker.resolvedReason }),
  ...(blocker.resolvedAt !== undefined && { ResolvedAt: new Date(blocker.resolvedAt) }),
});
