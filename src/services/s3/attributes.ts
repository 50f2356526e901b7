import { operation } from "../../kernel/operation.ts";
import { GetObjectAttributes$, type GetObjectAttributesParts } from "../../sdk/s3.js";
import { shownChecksums } from "./checksum.ts";
import { lastModified } from "./condition.ts";
import { requireVersion } from "./require-version.ts";
import type { Version } from "./version.ts";

const PARTS_MAX = 1000;

export const getObjectAttributes = operation(GetObjectAttributes$, (scope, input) => {
  const { version, shownId } = requireVersion(scope, input);
  const wanted = new Set<string>(input.ObjectAttributes);
  const checksums = shownChecksums(version.checksums, version.checksumKind);
  const isMultipart = version.etag.includes("-");
  return {
    LastModified: lastModified(version),
    ...shownId,
    ...(wanted.has("ETag") && { ETag: version.etag }),
    ...(wanted.has("Checksum") && Object.keys(checksums).length > 0 && { Checksum: checksums }),
    ...(wanted.has("ObjectParts") && isMultipart && { ObjectParts: partsOf(version, input.MaxParts, input.PartNumberMarker) }),
    ...(wanted.has("StorageClass") && { StorageClass: version.storageClass }),
    ...(wanted.has("ObjectSize") && { ObjectSize: version.size }),
  };
});

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html: parts are listed where they have checksums. */
function partsOf({ pieces }: Version, maxParts = PARTS_MAX, marker = "0"): GetObjectAttributesParts {
  const TotalPartsCount = pieces.length;
  if (pieces.some(({ checksums = {} }) => Object.keys(checksums).length === 0)) return { TotalPartsCount };
  const after = pieces.filter(({ partNumber = 0 }) => partNumber > Number(marker));
  const shown = after.slice(0, Math.min(maxParts, PARTS_MAX));
  return {
    TotalPartsCount,
    PartNumberMarker: marker,
    NextPartNumberMarker: String(shown.at(-1)?.partNumber ?? 0),
    MaxParts: maxParts,
    IsTruncated: shown.length < after.length,
    Parts: shown.map(({ partNumber, size, checksums }) => ({ PartNumber: partNumber, Size: size, ...checksums })),
  };
}
