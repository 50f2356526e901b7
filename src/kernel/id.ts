import { createHash } from "node:crypto";

/** Ids and chance out of a seed and a counter: the same seed gives the same ones, in the same order. */
export class Ids {
  readonly #next: () => number;

  /** `next` gives 32 fresh bits. */
  constructor(next: () => number) {
    this.#next = next;
  }

  /** A random UUID (version 4). */
  uuid(): string {
    const hex = this.hex(32);
    const variant = "89ab"[parseInt(hex[16]!, 16) & 3];
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  hex(length: number): string {
    let text = "";
    while (text.length < length) text += this.#next().toString(16).padStart(8, "0");
    return text.slice(0, length);
  }

  /** Letters out of the alphabet; by default A-Z and 0-9, as in AWS's own ids. */
  text(length: number, alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"): string {
    let text = "";
    while (text.length < length) text += alphabet[this.#next() % alphabet.length];
    return text;
  }

  /** At least 0, less than 1. */
  chance(): number {
    return this.#next() / 0x1_0000_0000;
  }
}

/** 32 bits that depend on both numbers and look like chance (splitmix64's finalizer in two halves). */
export function mix(seed: number, counter: number): number {
  let a = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ counter;
  a = Math.imul(a ^ (a >>> 16), 0x7feb352d);
  a = Math.imul(a ^ (a >>> 15) ^ seed, 0x846ca68b);
  a = Math.imul(a ^ (a >>> 16), 0x2c1b3c6d);
  return (a ^ (a >>> 13)) >>> 0;
}

/** The nth 32 bits of a text's own chance. */
export function wordsFrom(text: string): (nth: number) => number {
  let seeds: readonly number[] | undefined;
  return (nth) => {
    if (seeds === undefined) {
      const digest = createHash("sha256").update(text).digest();
      seeds = [0, 4, 8, 12].map((at) => digest.readUInt32LE(at));
    }
    const [a, b, c, d] = seeds as [number, number, number, number];
    return (mix(a, mix(b, nth)) ^ mix(c, mix(d, nth))) >>> 0;
  };
}

/** Ids that derive from a text alone: asking again gives the same ones. */
export function idsFrom(text: string): Ids {
  const words = wordsFrom(text);
  let next = 0;
  return new Ids(() => words(next++));
}
