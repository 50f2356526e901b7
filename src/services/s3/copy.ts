import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { CopyObject$, type CopyObjectRequest } from "../../sdk/s3.js";
import { requireBucket } from "./bucket.ts";
import { md5Of } from "./bytes.ts";
import { shownChecksums } from "./checksum.ts";
import { checkWrite, isNotModified, lastModified, quoted } from "./condition.ts";
import { type Description, describe } from "./content.ts";
import { tooLarge, write } from "./put.ts";
import { invalidArgument, preconditionFailed, refuse } from "./refusal.ts";
import { type Found, requireVersion, shownIdOf } from "./require-version.ts";
import { objectId, objects, type Version } from "./version.ts";

const COPY_BYTES_MAX = 5 * 1024 ** 3;

export const copyObject = operation(
  CopyObject$,
  (scope, input) => {
    const { bucket, home } = requireBucket(scope, input);
    const { version: source, shownId } = requireSource(scope, input);
    if (source.size > COPY_BYTES_MAX) tooLarge(source.size, COPY_BYTES_MAX);
    const current = objects.get(home, objectId(bucket.id, input.Key!));
    checkWrite(current, input.Key!, input);
    if (current?.id === source.id) checkChange(input);
    const pieces = source.pieces.map(({ digest, size }) => ({ digest, size }));
    const isWhole = !source.etag.includes("-");
    const version = write(home, bucket, "CopyObject", {
      ...descriptionOf(source, describe(bucket, input), input),
      size: source.size,
      etag: isWhole ? source.etag : md5Of(scope.blobs, pieces),
      pieces,
      ...(source.checksumKind === "FULL_OBJECT" && { checksums: source.checksums ?? {}, checksumKind: source.checksumKind }),
    });
    return {
      CopyObjectResult: {
        ETag: quoted(version.etag),
        LastModified: lastModified(version),
        ...shownChecksums(version.checksums, version.checksumKind),
      },
      ...(shownId.VersionId !== undefined && { CopySourceVersionId: shownId.VersionId }),
      ...version.encryption,
      ...(bucket.versioning === "Enabled" && shownIdOf(bucket, version)),
    };
  },
  { partial: "a checksum of another algorithm than the source's is not computed; Object Lock and ACLs as in PutObject" },
);

/** The conditions and the name of what is copied. */
type Source = Pick<
  CopyObjectRequest,
  | "CopySource"
  | "CopySourceIfMatch"
  | "CopySourceIfModifiedSince"
  | "CopySourceIfNoneMatch"
  | "CopySourceIfUnmodifiedSince"
  | "ExpectedSourceBucketOwner"
>;

/** The version that is to be copied, where the conditions allow it. */
export function requireSource(scope: Scope, input: Source): Found {
  const [path = "", query = ""] = input.CopySource!.replace(/^\//, "").split("?", 2);
  const name = decoded(path);
  const slash = name.indexOf("/");
  if (slash <= 0) invalidArgument("Invalid copy source object key", "x-amz-copy-source", input.CopySource!);
  const found = requireVersion(scope, {
    Bucket: name.slice(0, slash),
    Key: name.slice(slash + 1),
    VersionId: new URLSearchParams(query).get("versionId") ?? undefined,
    ExpectedBucketOwner: input.ExpectedSourceBucketOwner,
  });
  const isUnwanted = isNotModified(found.version, {
    IfMatch: input.CopySourceIfMatch,
    IfModifiedSince: input.CopySourceIfModifiedSince,
    IfNoneMatch: input.CopySourceIfNoneMatch,
    IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
  });
  if (isUnwanted)
    preconditionFailed(
      input.CopySourceIfNoneMatch === undefined ? "x-amz-copy-source-If-Modified-Since" : "x-amz-copy-source-If-None-Match",
    );
  return found;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** An object copied to itself must become another in some way. */
function checkChange({ MetadataDirective, StorageClass, WebsiteRedirectLocation, ServerSideEncryption }: CopyObjectRequest): void {
  if (MetadataDirective === "REPLACE" || (StorageClass ?? WebsiteRedirectLocation ?? ServerSideEncryption) !== undefined) return;
  refuse(
    "InvalidRequest",
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}

/** What the copy takes over from its source, and what the request says instead. */
function descriptionOf(source: Version, wanted: Description, { MetadataDirective, TaggingDirective }: CopyObjectRequest): Description {
  const { tags: newTags, ...replaced } = wanted;
  const { contentType, headers, expires, metadata } = source;
  const tags = TaggingDirective === "REPLACE" ? newTags : source.tags;
  const own = { key: wanted.key, storageClass: wanted.storageClass, encryption: wanted.encryption };
  return {
    ...(MetadataDirective === "REPLACE" ? replaced : { contentType, headers, metadata, ...(expires !== undefined && { expires }), ...own }),
    ...(tags !== undefined && { tags }),
  };
}
