import { sameJson } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";

/** What every region of an account has from the start is no row until somebody changes it: to look at it writes nothing. */
interface Kept<T> extends Row {
  readonly value?: T;
}

/** A table of which some rows are there from the start, and may be changed and removed like any other. */
export class Standing<T extends Row> {
  readonly table: Table<Kept<T>>;
  readonly #fromTheStart: (scope: Scope) => readonly T[];

  constructor(name: string, fromTheStart: (scope: Scope) => readonly T[] = () => []) {
    this.table = new Table<Kept<T>>(name);
    this.#fromTheStart = fromTheStart;
  }

  list(scope: Scope): T[] {
    const kept = this.table.list(scope);
    const known = new Set(kept.map(({ id }) => id));
    return [...this.#fromTheStart(scope).filter(({ id }) => !known.has(id)), ...kept.flatMap(({ value }) => value ?? [])];
  }

  get(scope: Scope, id: string): T | undefined {
    const kept = this.table.get(scope, id);
    return kept === undefined ? this.#first(scope, id) : kept.value;
  }

  put(scope: Scope, value: T): T {
    if (sameJson(value, this.#first(scope, value.id))) this.table.remove(scope, value.id);
    else this.table.put(scope, { id: value.id, value });
    return value;
  }

  remove(scope: Scope, id: string): void {
    if (this.#first(scope, id) === undefined) this.table.remove(scope, id);
    else this.table.put(scope, { id });
  }

  #first(scope: Scope, id: string): T | undefined {
    return this.#fromTheStart(scope).find((one) => one.id === id);
  }
}
