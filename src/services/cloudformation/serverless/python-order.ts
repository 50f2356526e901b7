const U64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** The hash of a text in Python 2.7 on 64 bits. */
function hashOf(text: string): bigint {
  const characters = [...text];
  if (characters.length === 0) return 0n;
  let hash = BigInt(characters[0]!.codePointAt(0)!) << 7n;
  for (const character of characters) hash = U64(1000003n * hash) ^ BigInt(character.codePointAt(0)!);
  return U64(hash ^ BigInt(characters.length));
}

const SMALLEST_TABLE = 8n;

/** A key that came into a dictionary, or left it; or that many keys at once were expected, which may make the table larger. */
export type KeyChange = { readonly key: string; readonly isRemoved: boolean } | { readonly expected: number };

/** The order in which Python 2.7 iterates a dictionary that got these keys one after the other. */
export const orderOfPython27 = (keys: readonly string[]): string[] =>
  keys.length < 2 ? [...keys] : orderAfter(keys.map((key) => ({ key, isRemoved: false })));

/** The same for a dictionary that lost keys, too: a slot that had one is not quite free again. */
export function orderAfter(changes: readonly KeyChange[]): string[] {
  let mask = SMALLEST_TABLE - 1n;
  // A slot that was left holds undefined.
  let slots = new Map<bigint, string | undefined>();
  const slotOf = (key: string): bigint => {
    const hash = hashOf(key);
    let slot = hash & mask;
    let left = slots.has(slot) && slots.get(slot) === undefined ? slot : undefined;
    let walker = slot;
    for (let perturb = hash; slots.has(slot) && slots.get(slot) !== key; perturb >>= 5n) {
      walker = (walker << 2n) + walker + perturb + 1n;
      slot = walker & mask;
      if (slots.has(slot) && slots.get(slot) === undefined) left ??= slot;
    }
    return slots.has(slot) ? slot : (left ?? slot);
  };
  const inOrder = (): string[] =>
    [...slots.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).flatMap(([, key]) => (key === undefined ? [] : [key]));
  const resize = (atLeast: bigint): void => {
    const kept = inOrder();
    let size = SMALLEST_TABLE;
    while (size <= atLeast) size <<= 1n;
    mask = size - 1n;
    slots = new Map();
    for (const one of kept) slots.set(slotOf(one), one);
  };
  for (const change of changes) {
    if ("expected" in change) {
      const more = BigInt(change.expected);
      if ((BigInt(slots.size) + more) * 3n >= (mask + 1n) * 2n) resize((BigInt(inOrder().length) + more) * 2n);
      continue;
    }
    const slot = slotOf(change.key);
    const isThere = slots.get(slot) === change.key;
    if (change.isRemoved && isThere) slots.set(slot, undefined);
    if (change.isRemoved || isThere) continue;
    slots.set(slot, change.key);
    if (BigInt(slots.size) * 3n < (mask + 1n) * 2n) continue;
    const count = inOrder().length;
    resize(BigInt(count) * (count > 50_000 ? 2n : 4n));
  }
  return inOrder();
}

/** How a copy of a dictionary comes to its keys: it expects them all. */
export const copied = (keys: readonly string[]): KeyChange[] => [
  { expected: keys.length },
  ...keys.map((key) => ({ key, isRemoved: false })),
];
