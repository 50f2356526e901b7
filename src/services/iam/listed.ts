import { fault } from "../../kernel/fault.ts";
import { page } from "../../kernel/page.ts";
import { InvalidInputException } from "../../sdk/iam.js";

interface Paging {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** A page of rows, as IAM's lists are paged. */
export function listed<T extends { readonly id: string }>(
  rows: readonly T[],
  { Marker, MaxItems = 100 }: Paging,
): { items: T[]; paged: { IsTruncated: boolean; Marker?: string } } {
  const { items, nextToken } = page(
    rows,
    ({ id }) => id,
    MaxItems,
    Marker,
    () => fault(InvalidInputException, "Invalid Marker."),
  );
  return { items, paged: { IsTruncated: nextToken !== undefined, ...(nextToken !== undefined && { Marker: nextToken }) } };
}
