import { freezeJson } from "./json.ts";
import type { Row } from "./table.ts";

/** characters of JSON, of each of the two generations. */
const GENERATION_MAX = 2_000_000;

/**
 * Rows of stored tables that were read or written lately, so that a loop which reads the same few at every turn does not
 * parse them again. There are two generations: what is not asked for while the young one fills up is forgotten.
 */
export class KeptRows {
  #young = new Map<string, Row>();
  #old = new Map<string, Row>();
  #weight = 0;
  /** By path, of the rows of both. */
  readonly #weights = new WeakMap<Row, number>();

  get<T extends Row>(path: string): T | undefined {
    const young = this.#young.get(path);
    if (young !== undefined) return young as T;
    const old = this.#old.get(path);
    if (old === undefined) return undefined;
    this.#old.delete(path);
    this.#add(path, old, this.#weights.get(old)!);
    return old as T;
  }

  /** Answers the row, frozen: whoever reads it shares it. */
  keep<T extends Row>(path: string, row: T, json: string): T {
    this.drop(path);
    freezeJson(row, path);
    if (json.length < GENERATION_MAX / 8) this.#add(path, row, json.length);
    return row;
  }

  drop(path: string): void {
    this.#young.delete(path);
    this.#old.delete(path);
  }

  #add(path: string, row: Row, weight: number): void {
    this.#weights.set(row, weight);
    this.#young.set(path, row);
    this.#weight += weight;
    if (this.#weight < GENERATION_MAX) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#weight = 0;
  }
}
