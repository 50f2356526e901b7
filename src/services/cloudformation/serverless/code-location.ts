import { isSection, isText, isTruthy, type Section, type Value } from "./draft.ts";
import { invalidResource } from "./invalid.ts";

export interface S3Location {
  readonly bucket: Value;
  readonly key: Value;
  readonly version?: Value;
}

/** What an `s3://bucket/key?versionId=…` names; undefined where a text is none. */
export function readS3Uri(text: Value): S3Location | undefined {
  const [, bucket, path, query] = /^s3:\/\/([^/?#]+)(\/[^?#]*)(?:\?([^#]*))?(?:#.*)?$/is.exec(isText(text) ? text : "") ?? [];
  if (bucket === undefined || path === undefined) return undefined;
  const versions = new URLSearchParams(query ?? "").getAll("versionId").filter((version) => version !== "");
  return { bucket, key: path.replace(/^\/+/, ""), ...(versions.length === 1 ? { version: versions[0] } : {}) };
}

const SECRET = /\{\{resolve:(ssm|ssm-secure|secretsmanager):[a-zA-Z0-9_.\-/]+(:\d+)?\}\}/;

/** The place of code in S3, given as a URI or as Bucket, Key and Version. */
export function readLocation(location: Value, id: string, property: string): S3Location {
  if (isSection(location)) {
    const { Bucket, Key, Version } = location;
    if (!isTruthy(Bucket) || !isTruthy(Key)) throw invalidResource(id, `'${property}' requires Bucket and Key properties to be specified.`);
    return { bucket: Bucket, key: Key, ...(Object.hasOwn(location, "Version") ? { version: Version } : {}) };
  }
  if (!isText(location)) throw invalidResource(id, `'${property}' must be of type dict or string.`);
  if (SECRET.exec(location)?.[0].includes("/")) {
    throw invalidResource(
      id,
      `Unsupported dynamic reference detected in '${property}'. Please consider using alternative 'FunctionCode' object format.`,
    );
  }
  const read = readS3Uri(location);
  if (read !== undefined) return read;
  throw invalidResource(id, `'${property}' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter.`);
}

/** As Lambda names the place of code. */
export function codeIn(location: Value, id: string, property: string): Section {
  const { bucket, key, version } = readLocation(location, id, property);
  return { S3Bucket: bucket, S3Key: key, ...(version === undefined ? {} : { S3ObjectVersion: version }) };
}
