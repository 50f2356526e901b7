import { wordsFrom } from "../../kernel/id.ts";

/** Dice out of a text: the same text gives the same throws, in the same order. */
export class Chance {
  readonly #words: (nth: number) => number;
  #thrown = 0;

  constructor(seed: string) {
    this.#words = wordsFrom(seed);
  }

  /** At least 0, less than 1. */
  next(): number {
    return this.#words(this.#thrown++) / 0x1_0000_0000;
  }

  /** Whether something of this probability happens. */
  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** One of the list; undefined where there is none. */
  oneOf<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.next() * list.length)];
  }

  /** One of the list, each as often as it weighs. */
  weighed<T extends { readonly weight: number }>(list: readonly T[]): T {
    let left = this.next() * list.reduce((sum, { weight }) => sum + weight, 0);
    for (const item of list) {
      left -= item.weight;
      if (left < 0) return item;
    }
    return list.at(-1)!;
  }
}
