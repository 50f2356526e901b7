import { fault } from "../../kernel/fault.ts";
import { page } from "../../kernel/page.ts";

const PAGE_MAX = 400;

/** One page of what was found, and the member NextMarker where there is more. */
export function listed<T extends { readonly id: string }>(
  items: readonly T[],
  { PageSize = PAGE_MAX, Marker }: { PageSize?: number | undefined; Marker?: string | undefined },
): { items: T[]; next: { NextMarker?: string } } {
  const invalid = (): never => fault("ValidationError", "The marker is not valid");
  const { items: found, nextToken } = page(items, ({ id }) => id, PageSize, Marker, invalid);
  return { items: found, next: nextToken === undefined ? {} : { NextMarker: nextToken } };
}

export const notImplemented = (what: string): never => fault("NotImplemented", `${what} is not implemented by Slipway.`, 501);

/** What an ARN says after its last colon, such as targetgroup/web/0123456789abcdef. */
export const resourceOf = (arn: string): string => arn.slice(arn.lastIndexOf(":") + 1);
