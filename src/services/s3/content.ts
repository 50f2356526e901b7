import type { StorageClass } from "../../sdk/s3.js";
import type { Bucket } from "./bucket.ts";
import { type EncryptionWish, encryptionOf } from "./encryption.ts";
import { invalidArgument, notImplemented, refuse } from "./refusal.ts";
import { tagsOfHeader } from "./tagging.ts";
import type { Content } from "./version.ts";

/** What PutObject, CopyObject and CreateMultipartUpload all may say of an object. */
export interface Described extends EncryptionWish {
  readonly Key: string | undefined;
  readonly ACL?: string | undefined;
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly ContentType?: string | undefined;
  readonly Expires?: Date | undefined;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
  readonly StorageClass?: StorageClass | undefined;
  readonly Tagging?: string | undefined;
  readonly WebsiteRedirectLocation?: string | undefined;
  readonly GrantFullControl?: string | undefined;
  readonly GrantRead?: string | undefined;
  readonly GrantReadACP?: string | undefined;
  readonly GrantWriteACP?: string | undefined;
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockLegalHoldStatus?: string | undefined;
  readonly ObjectLockEventHold?: string | undefined;
}

/** An object without its bytes. */
export type Description = Omit<Content, "size" | "etag" | "pieces" | "checksums" | "checksumKind">;

const HEADERS = ["CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "WebsiteRedirectLocation"] as const;
const KEY_BYTES_MAX = 1024;
const METADATA_BYTES_MAX = 2048;

/** What a request says of an object besides its bytes. */
export function describe(bucket: Bucket, input: Described): Description {
  const key = input.Key!;
  checkKey(key);
  checkMetadata(input.Metadata);
  checkAcl(bucket, input);
  if (input.ObjectLockMode ?? input.ObjectLockLegalHoldStatus ?? input.ObjectLockEventHold) notImplemented("Object Lock");
  const headers = HEADERS.flatMap((name) => (input[name] === undefined ? [] : [[name, input[name]]]));
  return {
    key,
    contentType: input.ContentType ?? "binary/octet-stream",
    headers: Object.fromEntries(headers),
    ...(input.Expires !== undefined && { expires: input.Expires.getTime() }),
    metadata: input.Metadata ?? {},
    storageClass: input.StorageClass ?? "STANDARD",
    encryption: encryptionOf(bucket, input),
    ...(input.Tagging !== undefined && { tags: tagsOfHeader(input.Tagging) }),
  };
}

function checkKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size > KEY_BYTES_MAX) refuse("KeyTooLongError", "Your key is too long", 400, { Size: size, MaxSizeAllowed: KEY_BYTES_MAX });
  if (key.includes("\0")) invalidArgument("Object keys cannot hold the character NUL", "key", key.replaceAll("\0", "%00"));
}

function checkMetadata(metadata: Readonly<Record<string, string>> = {}): void {
  const size = Object.entries(metadata).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  if (size <= METADATA_BYTES_MAX) return;
  const message = "Your metadata headers exceed the maximum allowed metadata size";
  refuse("MetadataTooLarge", message, 400, { Size: size, MaxSizeAllowed: METADATA_BYTES_MAX });
}

/** Objects belong to the bucket's owner alone; with ACLs switched off, only saying so is accepted. */
function checkAcl({ ownership }: Bucket, { ACL, GrantFullControl, GrantRead, GrantReadACP, GrantWriteACP }: Described): void {
  const grants = GrantFullControl ?? GrantRead ?? GrantReadACP ?? GrantWriteACP;
  if (grants === undefined && (ACL === undefined || ACL === "bucket-owner-full-control")) return;
  if (ownership === "BucketOwnerEnforced") refuse("AccessControlListNotSupported", "The bucket does not allow ACLs");
  if (grants !== undefined || ACL !== "private") notImplemented("An ACL other than private");
}
