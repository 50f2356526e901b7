import type { Loop } from "../kernel/loop.ts";
import type { Scope } from "../kernel/scope.ts";
import { type Row, Table } from "../kernel/table.ts";

/** A TCP port of its own for something that answers HTTP, such as a function URL. The data plane opens it and says which. */
export interface Listener extends Row {
  /** What answers there: an ARN. */
  readonly arn: string;
  /** Where it would like to be; any free port of this machine where that is taken, or nothing is said. */
  readonly wanted?: Place;
  /** Where it is; 127.0.0.1 where nothing is said. */
  readonly host?: string;
  /** Undefined until it is open. */
  readonly port?: number;
}

/** An address of this machine's, and a port on it. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

export const listeners = new Table<Listener>("compute/listener");

/** Make sure that a port was asked for, and say how it stands. */
export const ensureListener = (scope: Scope, id: string, arn: string, wanted?: Place): Listener =>
  listeners.get(scope, id) ?? listeners.put(scope, { id, arn, ...(wanted !== undefined && { wanted }) });

export const removeListener = (scope: Scope, id: string): void => listeners.remove(scope, id);

/** The simulated twin of the data plane: ports that nobody listens on. */
export const simulatedListeners: Loop<Listener> = {
  table: listeners,
  turn(scope, listener) {
    if (listener.port !== undefined) return;
    if (listener.wanted !== undefined) listeners.patch(scope, listener.id, listener.wanted);
    else listeners.patch(scope, listener.id, { port: Math.max(49_151, ...listeners.list(scope).map(({ port = 0 }) => port)) + 1 });
  },
};
