import type { Rest } from "./loop.ts";
import type { Scope } from "./scope.ts";

/** An operation as the SDK publishes it: [9, namespace, name, traits, input, output], with the types of both. */
export interface OperationSchema<I = any, O = any> extends ReadonlyArray<unknown> {
  readonly " types"?: [I, O];
}

/** One AWS operation: its wire schema and what it does, as one commit. */
export interface Operation<I = any, O = any> {
  readonly schema: OperationSchema<I, O>;
  readonly name: string;
  readonly handle: (scope: Scope, input: I) => O;
  readonly late?: LateAnswer<I, O>;
  /** What of it is missing, where something is: one sentence for the coverage page. */
  readonly partial?: string;
}

/** What is to be known about an operation besides what it does. */
export interface OperationNotes {
  readonly partial?: string;
}

/**
 * An answer that has to wait for something else. `begin` is one commit and says what to remember; `answer` is asked, a
 * commit each time, now and whenever something it read has changed, until it gives something other than a `Waiting`;
 * `abandon` runs, as a commit, when the client has hung up before that.
 */
export interface LateAnswer<I, O, S = any> {
  begin(scope: Scope, input: I): S;
  answer(scope: Scope, state: S): O | Waiting;
  abandon?(scope: Scope, state: S): void;
  /** What it answers when it has waited, in real time, as long as it asked to wait on a clock that stands still (a long poll). */
  expire?(scope: Scope, state: S): O;
}

/** Not yet: ask again when something that was read has changed, or at the instant. */
export class Waiting {
  readonly rest: Rest;
  constructor(rest: Rest) {
    this.rest = rest;
  }
}

/** The members of an answer that belong to HTTP, not to the shape: for REST protocols only. */
export interface HttpAnswer {
  readonly $status?: number;
  readonly $headers?: Readonly<Record<string, string>>;
}

export function operation<I, O>(
  schema: OperationSchema<I, O>,
  handle: (scope: Scope, input: I) => O & HttpAnswer,
  notes: OperationNotes = {},
): Operation<I, O> {
  return { schema, name: String(schema[2]), handle, ...notes };
}

export function lateOperation<I, O, S>(
  schema: OperationSchema<I, O>,
  late: LateAnswer<I, O & HttpAnswer, S>,
  notes: OperationNotes = {},
): Operation<I, O> {
  const handle = (): never => {
    throw new Error(`${String(schema[2])} answers late`);
  };
  return { schema, name: String(schema[2]), handle, late, ...notes };
}
