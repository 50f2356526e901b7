const CHUNK_MAX = 512;

/** A set of strings in order. Adding and removing cost the logarithm of its size plus one short array's move. */
export class OrderedSet {
  #chunks: string[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Fill an empty set with strings that are in order already. */
  fill(sorted: readonly string[]): void {
    this.#chunks = [];
    for (let start = 0; start < sorted.length; start += CHUNK_MAX / 2) this.#chunks.push(sorted.slice(start, start + CHUNK_MAX / 2));
    this.#size = sorted.length;
  }

  add(key: string): void {
    if (this.#chunks.length === 0) {
      this.#chunks.push([key]);
      this.#size = 1;
      return;
    }
    const at = Math.min(this.#chunkOf(key), this.#chunks.length - 1);
    const chunk = this.#chunks[at]!;
    const index = lowerBound(chunk, key);
    if (chunk[index] === key) return;
    chunk.splice(index, 0, key);
    this.#size++;
    if (chunk.length > CHUNK_MAX) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK_MAX / 2));
  }

  delete(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const index = lowerBound(chunk, key);
    if (chunk[index] !== key) return;
    chunk.splice(index, 1);
    this.#size--;
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** The strings that begin with the prefix, in order; only those greater than `after`, where it is given. */
  *from(prefix: string, after?: string): Generator<string> {
    const start = after !== undefined && after >= prefix ? after : prefix;
    for (let at = this.#chunkOf(start); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at]!;
      for (let index = chunk[0]! >= start ? 0 : lowerBound(chunk, start); index < chunk.length; index++) {
        const key = chunk[index]!;
        if (key === after) continue;
        if (!key.startsWith(prefix)) return;
        yield key;
      }
    }
  }

  /** The first chunk whose last string is not less than the key. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#chunks[middle]!.at(-1)! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
