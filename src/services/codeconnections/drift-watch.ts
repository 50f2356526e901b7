import { type Row, Table } from "../../kernel/table.ts";
import { DeploymentFileProblem } from "./deployment-file.ts";

/** How Git sync looks after a stack between commits, by its name. */
export interface DriftWatch extends Row {
  readonly mode: DriftMode;
  readonly lookAt: number;
  /** The detection that is on its way. */
  readonly detectionId?: string;
}

/** How often a stack is compared with what was declared. */
export const DRIFT_EVERY_MS = 300_000;

export type DriftMode = "report" | "correct";

export const driftWatches = new Table<DriftWatch>("codeconnections/drift-watch");

/**
 * The tag of a stack that asks for it, in its deployment file: AWS takes it for a tag like any other. See docs/gitops.md.
 */
export const DRIFT_TAG = "slipway:drift";

/** A wish that nobody would see to is worse than none. */
export function checkDriftMode(tags: Readonly<Record<string, string>>): void {
  const mode = tags[DRIFT_TAG];
  if (mode !== undefined && driftModeOf(tags) === undefined)
    throw new DeploymentFileProblem(`The tag ${DRIFT_TAG} is report or correct, not ${mode}.`);
}

export const driftModeOf = (tags: Readonly<Record<string, string>>): DriftMode | undefined => {
  const mode = tags[DRIFT_TAG];
  return mode === "report" || mode === "correct" ? mode : undefined;
};
