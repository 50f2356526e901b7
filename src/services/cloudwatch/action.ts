import { type Row, Table } from "../../kernel/table.ts";
import type { Alarm } from "./alarm.ts";

/** An action of an alarm that is being taken, by the id of its delivery. */
export interface AlarmAction extends Row {
  readonly alarm: string;
  readonly kind: Alarm["kind"];
  /** The ARN of what is told. */
  readonly action: string;
  readonly stateUpdatedAt: number;
}

export const actions = new Table<AlarmAction>("cloudwatch/action");
