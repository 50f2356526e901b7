import { type HttpAnswer, operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { GetObject$, type GetObjectRequest, HeadObject$ } from "../../sdk/s3.js";
import { type Range, slicesOf } from "./bytes.ts";
import { shownChecksums } from "./checksum.ts";
import { isNotModified, lastModified, quoted } from "./condition.ts";
import { parseRange, rangeOfPart } from "./range.ts";
import { notImplemented, refuse } from "./refusal.ts";
import { requireVersion } from "./require-version.ts";
import type { Version } from "./version.ts";

/** Objects of these classes would have to be restored first. */
const ARCHIVED: ReadonlySet<string> = new Set(["GLACIER", "DEEP_ARCHIVE"]);

export const getObject = operation(GetObject$, (scope, input) => {
  const { version, range, answer } = look(scope, input);
  if (ARCHIVED.has(version.storageClass)) {
    refuse("InvalidObjectState", "The operation is not valid for the object's storage class", 403, { StorageClass: version.storageClass });
  }
  if (answer.$status === 304) return answer;
  const body = slicesOf(version.pieces, range ?? { start: 0, end: version.size });
  // The wire streams slices; the SDK's type knows only what its own client reads.
  return { ...answer, Body: body as never };
});

export const headObject = operation(HeadObject$, (scope, input) => {
  try {
    return look(scope, input).answer;
  } catch (error) {
    // An answer to HEAD has no body to name the code in, so clients call every 404 NotFound.
    if ((error as Error).name === "NoSuchKey" || (error as Error).name === "NoSuchVersion") return refuse("NotFound", "Not Found", 404);
    throw error;
  }
});

/** What GET and HEAD have in common: everything but the bytes. */
function look(scope: Scope, input: Omit<GetObjectRequest, "Body">) {
  const { bucket, version, shownId } = requireVersion(scope, input);
  if (input.SSECustomerAlgorithm !== undefined) notImplemented("Encryption with keys that the customer provides");
  const identity = { ETag: quoted(version.etag), LastModified: lastModified(version), ...shownId };
  if (isNotModified(version, input)) return { bucket, version, answer: { $status: 304, ...identity } };
  const range = rangeOf(version, input);
  const answer = {
    ...described(version, input),
    ...identity,
    AcceptRanges: "bytes",
    ContentLength: range === undefined ? version.size : range.end - range.start,
    ...(range !== undefined && partial(version, range)),
    ...(input.PartNumber !== undefined && version.etag.includes("-") && { PartsCount: version.pieces.length }),
    ...(input.ChecksumMode === "ENABLED" && range === undefined && shownChecksums(version.checksums, version.checksumKind)),
  };
  return { bucket, version, range, answer };
}

function rangeOf(version: Version, { Range, PartNumber }: Pick<GetObjectRequest, "Range" | "PartNumber">): Range | undefined {
  if (PartNumber === undefined) return Range === undefined ? undefined : parseRange(Range, version.size);
  if (Range !== undefined) refuse("InvalidRequest", "Cannot specify both Range header and partNumber query parameter");
  return rangeOfPart(version, PartNumber);
}

const partial = ({ size }: Version, { start, end }: Range): { ContentRange: string } & HttpAnswer => ({
  $status: 206,
  ContentRange: `bytes ${start}-${end - 1}/${size}`,
});

/** What is kept with an object; a request may ask for other headers in the answer. */
function described(version: Version, input: GetObjectRequest) {
  const { contentType, headers, expires, metadata, storageClass, encryption, tags = {} } = version;
  const { ResponseCacheControl, ResponseContentDisposition, ResponseContentEncoding, ResponseContentLanguage, ResponseExpires } = input;
  const expiresAt = ResponseExpires ?? (expires === undefined ? undefined : new Date(expires));
  const tagCount = Object.keys(tags).length;
  return {
    ContentType: input.ResponseContentType ?? contentType,
    ...headers,
    ...(ResponseCacheControl !== undefined && { CacheControl: ResponseCacheControl }),
    ...(ResponseContentDisposition !== undefined && { ContentDisposition: ResponseContentDisposition }),
    ...(ResponseContentEncoding !== undefined && { ContentEncoding: ResponseContentEncoding }),
    ...(ResponseContentLanguage !== undefined && { ContentLanguage: ResponseContentLanguage }),
    ...(expiresAt !== undefined && { Expires: expiresAt }),
    ...(Object.keys(metadata).length > 0 && { Metadata: metadata }),
    ...(storageClass !== "STANDARD" && { StorageClass: storageClass }),
    ...(tagCount > 0 && { TagCount: tagCount }),
    ...encryption,
  };
}
