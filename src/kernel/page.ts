/** One page of a list, and the token to ask for the next with; AWS's tokens are opaque, so are ours. */
export interface Page<T> {
  readonly items: T[];
  readonly nextToken?: string;
}

/** The first `limit` items after the one that the token names; `idOf` must give each item another text, in their order. */
export function page<T>(
  items: Iterable<T>,
  idOf: (item: T) => string,
  limit: number,
  token: string | undefined,
  invalid: () => never,
): Page<T> {
  const after = token === undefined ? undefined : decode(token, invalid);
  const found: T[] = [];
  let skipping = after !== undefined;
  for (const item of items) {
    if (skipping) {
      if (idOf(item) <= after!) continue;
      skipping = false;
    }
    if (found.length === limit) return { items: found, nextToken: encode(idOf(found.at(-1)!)) };
    found.push(item);
  }
  return { items: found };
}

const encode = (id: string): string => Buffer.from(`1 ${id}`).toString("base64url");

function decode(token: string, invalid: () => never): string {
  const text = Buffer.from(token, "base64url").toString();
  return text.startsWith("1 ") ? text.slice(2) : invalid();
}
