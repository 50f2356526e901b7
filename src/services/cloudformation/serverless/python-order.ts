/** A number of 64 bits in two halves, each without a sign. */
interface Hash {
  readonly high: number;
  readonly low: number;
}

const TWO_TO_32 = 2 ** 32;
const FACTOR = 1_000_003;

/** The hash of a text in Python 2.7 on 64 bits. */
function hashOf(text: string): Hash {
  let [high, low] = [0, 0];
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (length === 0) low = (code << 7) >>> 0;
    const product = low * FACTOR;
    high = (Math.imul(high, FACTOR) + Math.floor(product / TWO_TO_32)) >>> 0;
    low = ((product % TWO_TO_32) ^ code) >>> 0;
    length += 1;
  }
  return { high, low: (low ^ length) >>> 0 };
}

/** A key that came into a dictionary, or left it; or that many keys at once were expected, which may make the table larger. */
export type KeyChange = { readonly key: string; readonly isRemoved: boolean } | { readonly expected: number };

/** The order in which Python 2.7 iterates a dictionary that got these keys one after the other. */
export const orderOfPython27 = (keys: readonly string[]): string[] =>
  keys.length < 2 ? [...keys] : orderAfter(keys.map((key) => ({ key, isRemoved: false })));

/** How a copy of a dictionary comes to its keys: it expects them all. */
export const copied = (keys: readonly string[]): KeyChange[] => [
  { expected: keys.length },
  ...keys.map((key) => ({ key, isRemoved: false })),
];

const SMALLEST_TABLE = 8;
const LARGE = 50_000;

/** The table of a dictionary. https://github.com/python/cpython/blob/2.7/Objects/dictobject.c */
interface Table {
  size: number;
  /** A slot that was left holds undefined: it is not quite free again. */
  slots: Map<number, string | undefined>;
}

/** The same for a dictionary that lost keys, too. */
export function orderAfter(changes: readonly KeyChange[]): string[] {
  const table: Table = { size: SMALLEST_TABLE, slots: new Map() };
  const isFull = (more: number): boolean => (table.slots.size + more) * 3 >= table.size * 2;
  for (const change of changes) {
    if ("expected" in change) {
      if (isFull(change.expected)) resize(table, (keysOf(table).length + change.expected) * 2);
      continue;
    }
    const slot = slotOf(change.key, table);
    const isThere = table.slots.get(slot) === change.key;
    if (change.isRemoved && isThere) table.slots.set(slot, undefined);
    if (change.isRemoved || isThere) continue;
    table.slots.set(slot, change.key);
    if (!isFull(0)) continue;
    const count = keysOf(table).length;
    resize(table, count * (count > LARGE ? 2 : 4));
  }
  return keysOf(table);
}

const keysOf = ({ slots }: Table): string[] =>
  [...slots].sort(([one], [other]) => one - other).flatMap(([, key]) => (key === undefined ? [] : [key]));

function resize(table: Table, beyond: number): void {
  const kept = keysOf(table);
  table.size = SMALLEST_TABLE;
  while (table.size <= beyond) table.size *= 2;
  table.slots = new Map();
  for (const key of kept) table.slots.set(slotOf(key, table), key);
}

/** The slot that has the key, or the first one on its way that it may take. */
function slotOf(key: string, { size, slots }: Table): number {
  let { high, low } = hashOf(key);
  let walker = low;
  let slot = low & (size - 1);
  let left: number | undefined;
  while (slots.has(slot)) {
    const there = slots.get(slot);
    if (there === key) return slot;
    if (there === undefined) left ??= slot;
    walker = (Math.imul(walker, 5) + low + 1) | 0;
    low = ((low >>> 5) | (high << 27)) >>> 0;
    high >>>= 5;
    slot = walker & (size - 1);
  }
  return left ?? slot;
}
