import { describe, expect, test } from "vitest";
import { World } from "../../testing/world.ts";
import { putObject as putFromService, readObject } from "./api.ts";
import { getObjectAttributes } from "./attributes.ts";
import { copyObject } from "./copy.ts";
import { deleteObject, deleteObjects } from "./delete.ts";
import { getObject, headObject } from "./get.ts";
import { s3 } from "./index.ts";
import { listObjects, listObjectsV2 } from "./list-objects.ts";
import { listObjectVersions } from "./list-versions.ts";
import { putObject } from "./put.ts";
import { objectReference, urlReference } from "./reference.ts";
import { bodyOfText, bucketIn, textOf } from "./s3.fixture.ts";
import { getObjectTagging, putObjectTagging } from "./tagging.ts";
import { putBucketVersioning } from "./versioning.ts";

const Bucket = "shop-artifacts";
const world = async (): Promise<World> => {
  const cloud = new World({ services: [s3] });
  await bucketIn(cloud, Bucket);
  return cloud;
};
const put = (cloud: World, Key: string, text = Key, more: object = {}) =>
  cloud.call(putObject, { Bucket, Key, Body: bodyOfText(cloud, text), ...more });
const read = async (cloud: World, Key: string, more: object = {}) =>
  textOf(cloud, (await cloud.call(getObject, { Bucket, Key, ...more })).Body);
const versioning = (cloud: World, Status: "Enabled" | "Suspended") =>
  cloud.call(putBucketVersioning, { Bucket, VersioningConfiguration: { Status } });

describe("an object", () => {
  test("comes back with all that was said of it", async () => {
    const cloud = await world();
    const about = {
      ContentType: "text/plain",
      CacheControl: "no-cache",
      Metadata: { team: "shop" },
      Tagging: "a=1&b=2",
      StorageClass: "STANDARD_IA",
    };
    const answer = await put(cloud, "greeting", "hello", about);
    expect(answer).toMatchObject({ ETag: '"5d41402abc4b2a76b9719d911017c592"', ChecksumCRC32: "NhCmhg==", ChecksumType: "FULL_OBJECT" });
    const { Body, ...head } = await cloud.call(getObject, { Bucket, Key: "greeting", ChecksumMode: "ENABLED" });
    expect(textOf(cloud, Body)).toBe("hello");
    const { Tagging: _, ...kept } = about;
    expect(head).toMatchObject({ ...kept, TagCount: 2, ContentLength: 5, ServerSideEncryption: "AES256", ChecksumCRC32: "NhCmhg==" });
    expect(await cloud.call(headObject, { Bucket, Key: "greeting", ChecksumMode: "ENABLED" })).toEqual(head);
    expect(await cloud.call(getObject, { Bucket, Key: "greeting", ResponseContentType: "text/html" })).toMatchObject({
      ContentType: "text/html",
    });
    expect(
      await cloud.call(getObjectAttributes, { Bucket, Key: "greeting", ObjectAttributes: ["ETag", "ObjectSize", "Checksum"] }),
    ).toMatchObject({
      ETag: "5d41402abc4b2a76b9719d911017c592",
      ObjectSize: 5,
      Checksum: { ChecksumCRC32: "NhCmhg==" },
    });
  });

  test("is read in ranges", async () => {
    const cloud = await world();
    await put(cloud, "digits", "0123456789");
    const { Body, ...head } = await cloud.call(getObject, { Bucket, Key: "digits", Range: "bytes=2-4" });
    expect([textOf(cloud, Body), head]).toMatchObject(["234", { $status: 206, ContentRange: "bytes 2-4/10", ContentLength: 3 }]);
    expect(await read(cloud, "digits", { Range: "bytes=-3" })).toBe("789");
    expect(await read(cloud, "digits", { Range: "bytes=8-100" })).toBe("89");
    expect(await read(cloud, "digits", { Range: "bytes=1-2,4-5" })).toBe("0123456789");
    await expect(read(cloud, "digits", { Range: "bytes=10-" })).rejects.toMatchObject({ name: "InvalidRange", status: 416 });
  });

  test("is read and written under conditions", async () => {
    const cloud = await world();
    const { ETag } = await put(cloud, "a");
    const { LastModified } = await cloud.call(headObject, { Bucket, Key: "a" });
    const get = (conditions: object) => cloud.call(getObject, { Bucket, Key: "a", ...conditions });
    expect(await get({ IfNoneMatch: ETag })).toMatchObject({ $status: 304, ETag });
    expect(await get({ IfModifiedSince: LastModified })).toMatchObject({ $status: 304 });
    await expect(get({ IfMatch: '"other"' })).rejects.toMatchObject({ name: "PreconditionFailed", status: 412 });
    await expect(get({ IfUnmodifiedSince: new Date(0) })).rejects.toMatchObject({ status: 412 });
    expect(await get({ IfMatch: ETag, IfUnmodifiedSince: new Date(0) })).toMatchObject({ ContentLength: 1 });
    await expect(put(cloud, "a", "b", { IfNoneMatch: "*" })).rejects.toMatchObject({ status: 412 });
    await put(cloud, "a", "b", { IfMatch: ETag });
    await expect(put(cloud, "a", "c", { IfMatch: ETag })).rejects.toMatchObject({ status: 412 });
    await expect(put(cloud, "none", "c", { IfMatch: ETag })).rejects.toMatchObject({ name: "NoSuchKey", status: 404 });
  });

  test("is copied with its metadata, or with other", async () => {
    const cloud = await world();
    await put(cloud, "a/b c", "hello", { Metadata: { team: "shop" }, Tagging: "a=1" });
    const CopySource = `${Bucket}/a/b%20c`;
    await cloud.call(copyObject, { Bucket, Key: "copy", CopySource });
    expect(await cloud.call(headObject, { Bucket, Key: "copy" })).toMatchObject({
      Metadata: { team: "shop" },
      TagCount: 1,
      ContentLength: 5,
    });
    await cloud.call(copyObject, { Bucket, Key: "copy", CopySource, MetadataDirective: "REPLACE", ContentType: "text/plain" });
    const head = await cloud.call(headObject, { Bucket, Key: "copy" });
    expect(head).toMatchObject({ ContentType: "text/plain" });
    expect(head).not.toHaveProperty("Metadata");
    await expect(cloud.call(copyObject, { Bucket, Key: "a/b c", CopySource })).rejects.toThrow("This copy request is illegal");
  });

  test("is deleted one by one or many at once, and again without complaint", async () => {
    const cloud = await world();
    for (const key of ["a", "b", "c"]) await put(cloud, key);
    expect(await cloud.call(deleteObject, { Bucket, Key: "a" })).toEqual({});
    expect(await cloud.call(deleteObject, { Bucket, Key: "a" })).toEqual({});
    const { Deleted } = await cloud.call(deleteObjects, { Bucket, Delete: { Objects: [{ Key: "b" }, { Key: "none" }] } });
    expect(Deleted).toEqual([{ Key: "b" }, { Key: "none" }]);
    expect((await cloud.call(listObjectsV2, { Bucket })).Contents).toMatchObject([{ Key: "c" }]);
    await expect(cloud.call(headObject, { Bucket, Key: "a" })).rejects.toMatchObject({ name: "NotFound" });
    await expect(read(cloud, "a")).rejects.toThrow("The specified key does not exist.");
  });

  test("has tags", async () => {
    const cloud = await world();
    await put(cloud, "a");
    await cloud.call(putObjectTagging, { Bucket, Key: "a", Tagging: { TagSet: [{ Key: "team", Value: "shop" }] } });
    expect((await cloud.call(getObjectTagging, { Bucket, Key: "a" })).TagSet).toEqual([{ Key: "team", Value: "shop" }]);
  });

  test("is found by services and by references", async () => {
    const cloud = await world();
    const bytes = cloud.blobs.write(Buffer.from("Resources: {}"));
    const { etag } = cloud.change((scope) => putFromService(scope, Bucket, "t/template.yaml", bytes, { contentType: "text/yaml" }));
    const scope = cloud.scope({ region: "us-west-2" });
    expect(readObject(scope, Bucket, "t/template.yaml")).toMatchObject({ digest: bytes.digest, size: 13, etag, contentType: "text/yaml" });
    expect(objectReference.resolve(scope, `${Bucket}/t/template.yaml`)).toEqual({ state: "value", value: bytes.digest });
    expect(objectReference.resolve(scope, `${Bucket}/none`)).toEqual({ state: "absent", reason: "The specified key does not exist." });
    const urls = [
      `https://s3.eu-west-1.amazonaws.com/${Bucket}/t/template.yaml`,
      `https://${Bucket}.s3.eu-west-1.amazonaws.com/t/template.yaml`,
      `https://${Bucket}.s3.amazonaws.com/t/template.yaml`,
      `http://127.0.0.1:4566/${Bucket}/t/template.yaml`,
      `http://${Bucket}.localhost:4566/t/template.yaml`,
      `s3://${Bucket}/t/template.yaml`,
    ];
    for (const url of urls) expect(urlReference.resolve(scope, url), url).toEqual({ state: "value", value: "Resources: {}" });
  });
});

describe("a list of objects", () => {
  test("is in UTF-8 order, rolled up, and paged", async () => {
    const cloud = await world();
    const keys = ["a", "b/1", "b/2", "b/3", "c/x/1", "c/y/1", "é", "￼", "😀"];
    for (const key of [...keys].reverse()) await put(cloud, key);
    const { Contents = [] } = await cloud.call(listObjectsV2, { Bucket });
    expect(Contents.map(({ Key }) => Key)).toEqual(keys);
    const rolled = await cloud.call(listObjectsV2, { Bucket, Delimiter: "/" });
    expect(rolled).toMatchObject({ KeyCount: 6, CommonPrefixes: [{ Prefix: "b/" }, { Prefix: "c/" }], IsTruncated: false });
    expect((await cloud.call(listObjectsV2, { Bucket, Delimiter: "/", Prefix: "c/" })).CommonPrefixes).toEqual([
      { Prefix: "c/x/" },
      { Prefix: "c/y/" },
    ]);
    const seen: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await cloud.call(listObjectsV2, { Bucket, Delimiter: "/", MaxKeys: 1, ContinuationToken });
      seen.push(...(page.Contents ?? []).map(({ Key }) => Key!), ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(seen).toEqual(["a", "b/", "c/", "é", "￼", "😀"]);
    expect((await cloud.call(listObjectsV2, { Bucket, StartAfter: "b/2", MaxKeys: 1, EncodingType: "url" })).Contents).toMatchObject([
      { Key: "b/3" },
    ]);
    expect(await cloud.call(listObjects, { Bucket, Marker: "b/", Delimiter: "/", MaxKeys: 1 })).toMatchObject({
      IsTruncated: true,
      NextMarker: "c/",
      CommonPrefixes: [{ Prefix: "c/" }],
    });
    expect((await cloud.call(listObjectsV2, { Bucket, Prefix: "é", EncodingType: "url" })).Contents).toMatchObject([{ Key: "%C3%A9" }]);
  });

  test("skips what lies under a common prefix", async () => {
    const cloud = await world();
    cloud.change((scope) => {
      const blob = scope.blobs.write(Buffer.from("x"));
      for (let n = 0; n < 350; n++) putFromService(scope, Bucket, `logs/${String(n).padStart(4, "0")}`, { ...blob, md5: "0" });
      putFromService(scope, Bucket, "readme", { ...blob, md5: "0" });
    });
    const page = await cloud.call(listObjectsV2, { Bucket, Delimiter: "/" });
    expect(page).toMatchObject({ KeyCount: 2, CommonPrefixes: [{ Prefix: "logs/" }], Contents: [{ Key: "readme" }] });
    expect((await cloud.call(listObjectsV2, { Bucket, Prefix: "logs/", Delimiter: "/", MaxKeys: 101 })).KeyCount).toBe(101);
  });
});

describe("versions", () => {
  test("are kept, hidden by delete markers, and come back when those go", async () => {
    const cloud = await world();
    await put(cloud, "a", "zero");
    await versioning(cloud, "Enabled");
    const first = (await put(cloud, "a", "one")).VersionId!;
    const second = (await put(cloud, "a", "two")).VersionId!;
    expect(await read(cloud, "a")).toBe("two");
    expect(await read(cloud, "a", { VersionId: first })).toBe("one");
    expect(await read(cloud, "a", { VersionId: "null" })).toBe("zero");
    const marker = await cloud.call(deleteObject, { Bucket, Key: "a" });
    expect(marker).toMatchObject({ DeleteMarker: true });
    await expect(read(cloud, "a")).rejects.toThrow("The specified key does not exist.");
    await expect(read(cloud, "a", { VersionId: marker.VersionId })).rejects.toMatchObject({ name: "MethodNotAllowed", status: 405 });
    expect((await cloud.call(listObjectsV2, { Bucket })).KeyCount).toBe(0);
    const listed = await cloud.call(listObjectVersions, { Bucket });
    expect(listed.Versions!.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [second, false],
      [first, false],
      ["null", false],
    ]);
    expect(listed.DeleteMarkers).toMatchObject([{ VersionId: marker.VersionId, IsLatest: true }]);
    await cloud.call(deleteObject, { Bucket, Key: "a", VersionId: marker.VersionId });
    expect(await read(cloud, "a")).toBe("two");
    await cloud.call(deleteObject, { Bucket, Key: "a", VersionId: second });
    expect(await read(cloud, "a")).toBe("one");
    await expect(read(cloud, "a", { VersionId: second })).rejects.toMatchObject({ name: "NoSuchVersion" });
    await expect(read(cloud, "a", { VersionId: "x" })).rejects.toThrow("Invalid version id specified");
  });

  test("of a suspended bucket are one null version above the others", async () => {
    const cloud = await world();
    await versioning(cloud, "Enabled");
    const first = (await put(cloud, "a", "one")).VersionId!;
    await versioning(cloud, "Suspended");
    await put(cloud, "a", "two");
    await put(cloud, "a", "three");
    expect((await cloud.call(listObjectVersions, { Bucket })).Versions!.map(({ VersionId }) => VersionId)).toEqual(["null", first]);
    expect(await cloud.call(deleteObject, { Bucket, Key: "a" })).toEqual({ DeleteMarker: true, VersionId: "null" });
    const listed = await cloud.call(listObjectVersions, { Bucket });
    expect([listed.Versions!.length, listed.DeleteMarkers]).toMatchObject([1, [{ VersionId: "null", IsLatest: true }]]);
  });

  test("are paged across keys", async () => {
    const cloud = await world();
    await versioning(cloud, "Enabled");
    for (const key of ["a", "b", "a", "b!", "a"]) await put(cloud, key);
    await cloud.call(deleteObject, { Bucket, Key: "b" });
    const seen: string[] = [];
    let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
    do {
      const page = await cloud.call(listObjectVersions, { Bucket, MaxKeys: 1, ...markers });
      seen.push(...[...page.Versions!, ...page.DeleteMarkers!].map(({ Key, IsLatest }) => `${Key} ${IsLatest}`));
      markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    } while (markers.KeyMarker !== undefined);
    expect(seen).toEqual(["a true", "a false", "a false", "b true", "b false", "b! true"]);
  });
});
