import type { Scope } from "../kernel/scope.ts";
import { type Row, Table } from "../kernel/table.ts";

/** A pipeline execution that did something with what its sources gave. Its id is the execution's. */
export interface Deployment extends Row {
  readonly pipeline: string;
  /** What its sources gave: commits, and versions of objects. */
  readonly revisions: readonly string[];
  /** The stages in which an action ended that is no source and no approval. */
  readonly stages: readonly string[];
  /** One of them was a Deploy action. */
  readonly deploys: boolean;
  /** Not yet over where it is undefined. */
  readonly outcome?: "succeeded" | "failed";
  readonly endedAt?: number;
  /** Why it failed, where it says. */
  readonly reason?: string;
  /** It puts an earlier deployment back. */
  readonly isRollback?: boolean;
  /** The rollback by which it was taken back. */
  readonly takenBack?: { readonly by: string; readonly at: number };
  /** The commit that its pipeline had brought to its users before. */
  readonly since?: string;
  /** The ids of the events that it was read from. */
  readonly events: readonly string[];
}

/** Where a pipeline stands. Its id is the pipeline's name. */
export interface Standing extends Row {
  /** The last deployment that succeeded, and its commit. */
  readonly last?: string;
  readonly commit?: string;
  /** The first of the deployments that have failed since. */
  readonly broken?: { readonly id: string; readonly at: number };
}

export const deployments = new Table<Deployment>("insights/deployment", {
  stored: true,
  version: 2,
  upgrade: (row) => ({ ...row, deploys: true }),
  indexes: { day: ({ endedAt }) => (endedAt === undefined ? undefined : dayOf(endedAt)) },
});
export const standings = new Table<Standing>("insights/standing");

const DAY_MS = 86_400_000;
const dayOf = (at: number): string => String(Math.floor(at / DAY_MS));

/** Those that ended in a window of time, oldest first. */
export function deploymentsBetween(scope: Scope, from: number, to: number): Deployment[] {
  const found: Deployment[] = [];
  for (let day = Math.floor(from / DAY_MS); day <= Math.floor(to / DAY_MS); day++) {
    const ofDay = deployments.by(scope, "day", String(day)).filter(({ endedAt }) => endedAt! >= from && endedAt! <= to);
    found.push(...ofDay.sort((one, other) => one.endedAt! - other.endedAt!));
  }
  return found;
}
