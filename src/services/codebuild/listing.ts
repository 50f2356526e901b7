import { fault } from "../../kernel/fault.ts";
import { page } from "../../kernel/page.ts";
import { InvalidInputException } from "../../sdk/codebuild.js";

/** How a list is asked for. */
export interface Listing {
  readonly sortOrder?: string | undefined;
  readonly nextToken?: string | undefined;
  readonly maxResults?: number | undefined;
}

const PAGE_SIZE = 100;

/** One page of what is there, in the order of its keys. */
export function listed<T>(all: readonly T[], keyOf: (item: T) => string, { sortOrder, nextToken: token, maxResults }: Listing) {
  const sorted = [...all].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  if (sortOrder === "DESCENDING") sorted.reverse();
  const placed = sorted.map((item, index) => ({ item, place: String(index).padStart(9, "0") }));
  const invalid = (): never => fault(InvalidInputException, "Invalid next token");
  const { items, nextToken } = page(placed, ({ place }) => place, maxResults ?? PAGE_SIZE, token, invalid);
  return { items: items.map(({ item }) => item), next: nextToken === undefined ? {} : { nextToken } };
}

/** A key by which what is older comes first; of the same age, what has the smaller number or id. */
export const byAge = (at: number, id: string): string => `${String(at).padStart(16, "0")} ${id}`;

/** The keys of what can be listed by its name, or by when it was made or changed. */
export const keysBy =
  (sortBy = "NAME") =>
  ({ id, createdAt, modifiedAt }: { readonly id: string; readonly createdAt: number; readonly modifiedAt: number }): string =>
    sortBy === "NAME" ? id : byAge(sortBy === "CREATED_TIME" ? createdAt : modifiedAt, id);
