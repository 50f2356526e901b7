import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Tags, tagList, tagsOf } from "../../kernel/tag.ts";
import {
  DeleteBucketTagging$,
  DeleteObjectTagging$,
  GetBucketTagging$,
  GetObjectTagging$,
  PutBucketTagging$,
  PutObjectTagging$,
  type Tag,
} from "../../sdk/s3.js";
import { buckets, requireBucket } from "./bucket.ts";
import { invalidArgument, refuse } from "./refusal.ts";
import { requireVersion } from "./require-version.ts";
import { objects, olderVersions, type Version } from "./version.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const OBJECT_TAGS_MAX = 10;
const BUCKET_TAGS_MAX = 50;

export const putBucketTagging = operation(PutBucketTagging$, (scope, input) => {
  const { bucket } = requireBucket(scope, input);
  const tags = checkedTags(input.Tagging?.TagSet, BUCKET_TAGS_MAX);
  buckets.patch(scope, bucket.id, { tags: Object.keys(tags).length > 0 ? tags : undefined });
  return {};
});

export const getBucketTagging = operation(GetBucketTagging$, (scope, input) => {
  const { bucket } = requireBucket(scope, input);
  if (bucket.tags === undefined) refuse("NoSuchTagSet", "The TagSet does not exist", 404, { BucketName: bucket.id });
  return { TagSet: tagList(bucket.tags) };
});

export const deleteBucketTagging = operation(DeleteBucketTagging$, (scope, input) => {
  buckets.patch(scope, requireBucket(scope, input).bucket.id, { tags: undefined });
  return {};
});

export const putObjectTagging = operation(PutObjectTagging$, (scope, input) => {
  const { home, version, shownId } = requireVersion(scope, input);
  retag(home, version, checkedTags(input.Tagging?.TagSet, OBJECT_TAGS_MAX));
  return shownId;
});

export const getObjectTagging = operation(GetObjectTagging$, (scope, input) => {
  const { version, shownId } = requireVersion(scope, input);
  return { TagSet: tagList(version.tags), ...shownId };
});

export const deleteObjectTagging = operation(DeleteObjectTagging$, (scope, input) => {
  const { home, version, shownId } = requireVersion(scope, input);
  retag(home, version, {});
  return shownId;
});

/** The tags of the header x-amz-tagging: a=1&b=2. */
export const tagsOfHeader = (text: string): Tags =>
  checkedTags(
    Array.from(new URLSearchParams(text), ([Key, Value]) => ({ Key, Value })),
    OBJECT_TAGS_MAX,
  );

function retag(home: Scope, version: Version, tags: Tags): void {
  const table = version.id.includes("\0") ? olderVersions : objects;
  table.patch(home, version.id, { tags: Object.keys(tags).length > 0 ? tags : undefined });
}

function checkedTags(list: readonly Tag[] = [], most: number): Tags {
  const tags = tagsOf(list);
  if (list.length > most) {
    refuse(
      "BadRequest",
      most === OBJECT_TAGS_MAX ? `Object tags cannot be greater than ${most}` : `Bucket tag count cannot be greater than ${most}`,
    );
  }
  if (Object.keys(tags).length < list.length) refuse("InvalidTag", "Cannot provide multiple Tags with the same key");
  for (const [key, value] of Object.entries(tags)) {
    if (key === "" || key.length > 128) refuse("InvalidTag", "The TagKey you have provided is invalid", 400, { TagKey: key });
    if (value.length > 256) invalidArgument("The TagValue you have provided is invalid", "TagValue", value);
    if (/^aws:/i.test(key)) refuse("InvalidTag", "System tags cannot be added/updated by requester");
  }
  return tags;
}
