import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { FunctionCode } from "../../sdk/lambda.js";
import { invalid, notImplemented } from "./refusal.ts";
import { unzippedSize } from "./zip.ts";

/** An archive with the code of a function or a layer. */
export interface Code {
  /** Of the blob. */
  readonly digest: string;
  /** bytes */
  readonly size: number;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, in bytes. */
const UPLOAD_MAX = 52_428_800;
const UNZIPPED_MAX = 262_144_000;

/** Take over the archive that a caller uploads or names. */
export function takeCode(scope: Scope, source: FunctionCode, operationName: string): Code {
  if (source.ImageUri !== undefined) notImplemented("The package type Image");
  const fromBucket = source.S3Bucket !== undefined || source.S3Key !== undefined;
  if (source.ZipFile === undefined) return fromBucket ? codeInBucket(scope, source) : invalid("Please provide a source for function code.");
  if (fromBucket) invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.");
  if (source.ZipFile.length === 0) invalid("Uploaded file must be a non-empty zip");
  if (source.ZipFile.length > UPLOAD_MAX)
    fault("RequestEntityTooLargeException", `Request must be smaller than 70167211 bytes for the ${operationName} operation`, 413);
  checkArchive(Buffer.from(source.ZipFile));
  return scope.blobs.write(source.ZipFile);
}

/** As the API shows a digest. */
export const sha256Of = ({ digest }: Code): string => Buffer.from(digest.slice("sha256:".length), "hex").toString("base64");

/** Where the archive can be fetched. */
export const locationOf = (scope: Scope, { digest }: Code): string =>
  `${scope.settings.endpoint}/_lambda/code/${digest.slice("sha256:".length)}`;

function codeInBucket(scope: Scope, { S3Bucket, S3Key, S3ObjectVersion }: FunctionCode): Code {
  if (S3Bucket === undefined || S3Key === undefined) return invalid("Please provide both S3Bucket and S3Key.");
  const version = S3ObjectVersion === undefined ? "" : `?versionId=${S3ObjectVersion}`;
  const found = scope.registry.reference("s3")?.resolve(scope, `${S3Bucket}/${S3Key}${version}`);
  if (found?.state !== "value") return noSuchObject(found?.state === "absent" ? found.reason : "");
  const bytes = scope.blobs.read(found.value);
  checkArchive(bytes);
  return { digest: found.value, size: bytes.length };
}

function noSuchObject(reason: string): never {
  const [code, message] = /bucket/i.test(reason)
    ? ["NoSuchBucket", "The specified bucket does not exist"]
    : ["NoSuchKey", "The specified key does not exist."];
  return invalid(`Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`);
}

function checkArchive(bytes: Buffer): void {
  const size = unzippedSize(bytes) ?? invalid("Could not unzip uploaded file. Please check your file, then try to upload again.");
  if (size > UNZIPPED_MAX) invalid(`Unzipped size must be smaller than ${UNZIPPED_MAX} bytes`);
}
