import { readS3Uri } from "../code-location.ts";
import { isSection, isTruthy, type Section, type Value } from "../draft.ts";
import { invalidResource } from "../invalid.ts";
import { dictionary } from "../python-dictionary.ts";

/** The place of a definition in S3, given as a URI or as Bucket, Key and Version. */
export function definitionLocation(id: string, given: Value): Section {
  if (isSection(given)) {
    const { Bucket, Key } = given;
    if (!isTruthy(Bucket) || !isTruthy(Key)) {
      throw invalidResource(id, "'DefinitionUri' requires Bucket and Key properties to be specified.");
    }
    return dictionary({ Bucket, Key, ...(Object.hasOwn(given, "Version") ? { Version: given["Version"] } : {}) });
  }
  const read = readS3Uri(given);
  if (read !== undefined) {
    return dictionary({ Bucket: read.bucket, Key: read.key, ...(read.version === undefined ? {} : { Version: read.version }) });
  }
  throw invalidResource(id, "'DefinitionUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter.");
}
