import type { Loop } from "./loop.ts";
import { type Row, Table } from "./table.ts";

/** Something of ours that threw: the turn of a row, or a consumer. */
export interface Defect extends Row {
  readonly error: string;
  readonly failures: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** The entry that a consumer was not shown in the end. */
  readonly skipped?: { readonly consumer: string; readonly series: string; readonly at: number; readonly seq: number };
}

/** By the path of the row whose turn threw; with @ and a place in the series, where it is one entry that was skipped. */
export const defects = new Table<Defect>("kernel/defect", {
  reach: "global",
  version: 2,
  upgrade: ({ retryAt, ...row }) => ({ ...row, lastAt: retryAt }),
});

const KEPT_MS = 14 * 86_400_000;

/** Keeps a defect for two weeks after it last threw. A turn that is given again and succeeds ends its own at once. */
export const defectLoop: Loop<Defect> = {
  table: defects,
  turn(scope, { id, error, lastAt, skipped }) {
    const wakeAt = lastAt + KEPT_MS;
    if (scope.clock.now() >= wakeAt) return defects.remove(scope, id);
    const what = skipped === undefined ? "a turn threw" : `${skipped.consumer} skipped an entry of ${skipped.series}`;
    return { wakeAt, kind: "tick", because: `kept to be looked at: ${what}: ${firstLine(error)}` };
  },
};

/** How long to wait before trying again what has failed so many times. */
export const retryDelayMs = (failures: number): number => Math.min(1000 * 2 ** failures, 300_000);

export const errorText = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

export const firstLine = (text: string): string => text.split("\n", 1)[0]!;
