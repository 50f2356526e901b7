import { isFault } from "../../kernel/fault.ts";
import type { Reference, Resolved } from "../../kernel/reference.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Address, addressOf, addressOfUrl } from "./address.ts";
import { bytesOf, oneBlob } from "./bytes.ts";
import { requireVersion } from "./require-version.ts";
import type { Version } from "./version.ts";

/** bucket/key or bucket/key?versionId=V: the digest of a blob with the object's bytes. */
export const objectReference: Reference = {
  kind: "s3",
  resolve: (scope, name) => resolve(scope, addressOf(name), (version) => oneBlob(scope.blobs, version).digest),
};

/** The URL of an object: its text. */
export const urlReference: Reference = {
  kind: "s3-url",
  resolve: (scope, name) =>
    resolve(scope, addressOfUrl(name), ({ pieces, size }) => bytesOf(scope.blobs, pieces, { start: 0, end: size }).toString("utf8")),
};

function resolve(scope: Scope, address: Address | undefined, show: (version: Version) => string): Resolved {
  if (address === undefined) return { state: "absent", reason: "S3 error: that names no object" };
  try {
    const { version } = requireVersion(scope, { Bucket: address.bucket, Key: address.key, VersionId: address.versionId });
    return { state: "value", value: show(version) };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { state: "absent", reason: error.message };
  }
}
