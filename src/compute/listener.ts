import type { Loop } from "../kernel/loop.ts";
import type { Scope } from "../kernel/scope.ts";
import { type Row, Table } from "../kernel/table.ts";

/** A TCP port of its own for something that answers HTTP, such as a function URL. The data plane opens it and says which. */
export interface Listener extends Row {
  /** What answers there: an ARN. */
  readonly arn: string;
  /** Undefined until it is open. */
  readonly port?: number;
}

export const listeners = new Table<Listener>("compute/listener");

/** Make sure that a port was asked for, and say how it stands. */
export const ensureListener = (scope: Scope, id: string, arn: string): Listener =>
  listeners.get(scope, id) ?? listeners.put(scope, { id, arn });

export const removeListener = (scope: Scope, id: string): void => listeners.remove(scope, id);

/** The simulated twin of the data plane: ports that nobody listens on. */
export const simulatedListeners: Loop<Listener> = {
  table: listeners,
  turn(scope, listener) {
    if (listener.port === undefined)
      listeners.patch(scope, listener.id, { port: Math.max(49_151, ...listeners.list(scope).map(({ port = 0 }) => port)) + 1 });
  },
};
