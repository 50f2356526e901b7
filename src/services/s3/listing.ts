/** What a list of keys asks for. */
export interface ListingQuery {
  readonly prefix: string;
  readonly delimiter: string | undefined;
  /** A position that was shown already: a key, a common prefix, or a place between the versions of a key. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** A page: items and common prefixes, together at most as many as the limit. */
export interface Listing<T> {
  readonly items: readonly T[];
  readonly prefixes: readonly string[];
  /** The last item or common prefix, where there is more to come. */
  readonly last?: T | string;
}

/** How to read what is listed, in UTF-8 order of positions. */
export interface Shelf<T> {
  read(prefix: string, after: string | undefined, limit: number): readonly T[];
  position(item: T): string;
}

/** Behind everything that begins with what stands before it. */
const BEHIND = "\u{10ffff}";
const BATCH_MIN = 2;
const BATCH_MAX = 1000;

/**
 * A page of a bucket. It costs what the page holds: what lies under a common prefix is skipped.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
 */
export function listPage<T extends { readonly key: string }>(
  shelf: Shelf<T>,
  { prefix, delimiter, after, limit }: ListingQuery,
): Listing<T> {
  const items: T[] = [];
  const prefixes: string[] = [];
  let last: T | string | undefined;
  if (limit === 0) return { items, prefixes };
  const common = (key: string): string | undefined => commonPrefix(key, prefix, delimiter);
  const startsUnder = after === undefined ? undefined : common(after);
  let skipped = startsUnder === after ? startsUnder : undefined;
  let from = skipped === undefined ? after : skipped + BEHIND;
  let asked = delimiter === undefined ? limit + 1 : BATCH_MIN;
  for (;;) {
    const batch = shelf.read(prefix, from, asked);
    let inVain = 0;
    for (const item of batch) {
      const rolledUp = common(item.key);
      if (rolledUp !== undefined && rolledUp === skipped) {
        inVain++;
        continue;
      }
      if (items.length + prefixes.length === limit) return { items, prefixes, last: last! };
      if (rolledUp === undefined) items.push(item);
      else prefixes.push(rolledUp);
      skipped = rolledUp;
      last = rolledUp ?? item;
    }
    if (batch.length < asked) return { items, prefixes };
    const final = batch.at(-1)!;
    from = common(final.key) === undefined ? shelf.position(final) : common(final.key)! + BEHIND;
    // Where much lies under one common prefix, reading on is in vain: look behind it, carefully.
    asked = inVain > 0 ? BATCH_MIN : Math.min(asked * 2, BATCH_MAX);
  }
}

/** Up to and with the first delimiter behind the prefix. */
function commonPrefix(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (delimiter === undefined || !key.startsWith(prefix)) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** An empty delimiter is none. */
export const delimiterOf = (delimiter: string | undefined): string | undefined => (delimiter === "" ? undefined : delimiter);

/** How keys appear in an answer: as they are, or escaped so that XML can hold them. */
export function encoder(type: string | undefined): (text: string) => string {
  return type === "url" ? (text) => encodeURIComponent(text).replaceAll("%2F", "/") : (text) => text;
}

/** Whether one text comes before another in UTF-8, which is the order of S3. */
export const isBefore = (one: string, other: string): boolean => Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0;
