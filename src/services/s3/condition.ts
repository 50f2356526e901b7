import { noSuchKey, preconditionFailed, refuse } from "./refusal.ts";
import type { Version } from "./version.ts";

/** The conditions of a read. */
export interface ReadConditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

/**
 * Whether the reader has what he asks for already (304). Refuses where a condition does not hold. The order is that of
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html: If-Match wins over If-Unmodified-Since, If-None-Match
 * over If-Modified-Since.
 */
export function isNotModified(version: Version, conditions: ReadConditions): boolean {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  const modifiedAt = wholeSeconds(version.modifiedAt);
  if (IfMatch !== undefined) {
    if (!names(IfMatch, version)) preconditionFailed("If-Match");
  } else if (IfUnmodifiedSince !== undefined && modifiedAt > IfUnmodifiedSince.getTime()) preconditionFailed("If-Unmodified-Since");
  if (IfNoneMatch !== undefined) return names(IfNoneMatch, version);
  return IfModifiedSince !== undefined && modifiedAt <= IfModifiedSince.getTime();
}

/** Refuse a write whose conditions do not hold: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export function checkWrite(
  current: Version | undefined,
  key: string,
  { IfMatch, IfNoneMatch }: { readonly IfMatch?: string | undefined; readonly IfNoneMatch?: string | undefined },
): void {
  if (IfNoneMatch !== undefined) {
    if (IfNoneMatch !== "*") refuse("NotImplemented", "A header you provided implies functionality that is not implemented", 501);
    if (current !== undefined) preconditionFailed("If-None-Match");
  }
  if (IfMatch === undefined) return;
  if (current === undefined) noSuchKey(key);
  else if (!names(IfMatch, current)) preconditionFailed("If-Match");
}

/** S3 keeps the time of a change to the second. */
export const wholeSeconds = (instant: number): number => Math.floor(instant / 1000) * 1000;

export const lastModified = ({ modifiedAt }: Version): Date => new Date(wholeSeconds(modifiedAt));

/** Whether a list of entity tags, or *, names the version's. */
const names = (tags: string, { etag }: Version): boolean =>
  tags.split(",").some((tag) => {
    const bare = bareTag(tag);
    return bare === "*" || bare === etag;
  });

/** An entity tag without its quotes. */
export const bareTag = (tag: string): string =>
  tag
    .trim()
    .replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1");

export const quoted = (etag: string): string => `"${etag}"`;
