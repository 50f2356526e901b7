import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { World } from "../../testing/world.ts";
import { readObject } from "./api.ts";
import { getObjectAttributes } from "./attributes.ts";
import { deleteBucket } from "./bucket.ts";
import { combineCrc, crcOf } from "./crc.ts";
import { getObject } from "./get.ts";
import { s3 } from "./index.ts";
import { listMultipartUploads, listParts } from "./list-uploads.ts";
import { abortMultipartUpload, completeMultipartUpload, createMultipartUpload, uploadPart, uploadPartCopy } from "./multipart.ts";
import { putObject } from "./put.ts";
import { bodyOfText, bucketIn, textOf } from "./s3.fixture.ts";

const Bucket = "shop-artifacts";
const Key = "big";
const MIB = 1024 ** 2;
const world = async (): Promise<World> => {
  const cloud = new World({ services: [s3] });
  await bucketIn(cloud, Bucket);
  return cloud;
};

const LARGE = "x".repeat(5 * MIB);

describe("a multipart upload", () => {
  test("becomes an object of its parts", async () => {
    const cloud = await world();
    const { UploadId } = await cloud.call(createMultipartUpload, { Bucket, Key, ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" });
    const upload = async (PartNumber: number, text: string) => {
      const { ETag, ChecksumCRC32 } = await cloud.call(uploadPart, { Bucket, Key, UploadId, PartNumber, Body: bodyOfText(cloud, text) });
      return { PartNumber, ETag, ChecksumCRC32 };
    };
    const last = await upload(7, "the end");
    const Parts = [await upload(2, LARGE), last];
    expect((await cloud.call(listParts, { Bucket, Key, UploadId })).Parts).toMatchObject([
      { PartNumber: 2, Size: 5 * MIB },
      { PartNumber: 7, Size: 7 },
    ]);
    expect((await cloud.call(listMultipartUploads, { Bucket })).Uploads).toMatchObject([{ Key, UploadId }]);
    const done = await cloud.call(completeMultipartUpload, { Bucket, Key, UploadId, MultipartUpload: { Parts } });
    const md5 = (data: string | Buffer) => createHash("md5").update(data).digest();
    const expected = createHash("md5")
      .update(Buffer.concat([md5(LARGE), md5("the end")]))
      .digest("hex");
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(`${LARGE}the end`));
    expect(done).toMatchObject({ ETag: `"${expected}-2"`, ChecksumCRC32: sum.toString("base64"), ChecksumType: "FULL_OBJECT" });
    const tail = await cloud.call(getObject, { Bucket, Key, Range: `bytes=${5 * MIB - 2}-${5 * MIB + 2}` });
    expect(textOf(cloud, tail.Body)).toBe("xxthe");
    expect(await cloud.call(getObject, { Bucket, Key, PartNumber: 2 })).toMatchObject({ PartsCount: 2, ContentLength: 7, $status: 206 });
    const { ObjectParts } = await cloud.call(getObjectAttributes, { Bucket, Key, ObjectAttributes: ["ObjectParts"] });
    expect(ObjectParts).toMatchObject({ TotalPartsCount: 2, Parts: [{ PartNumber: 2 }, { PartNumber: 7 }] });
    expect(cloud.blobs.read(readObject(cloud.scope(), Bucket, Key)!.digest).toString()).toBe(`${LARGE}the end`);
    expect((await cloud.call(listMultipartUploads, { Bucket })).Uploads).toBeUndefined();
  });

  test("is refused where its parts are not what the request says", async () => {
    const cloud = await world();
    const { UploadId } = await cloud.call(createMultipartUpload, { Bucket, Key });
    const etags = await Promise.all(
      [1, 2].map(
        async (PartNumber) => (await cloud.call(uploadPart, { Bucket, Key, UploadId, PartNumber, Body: bodyOfText(cloud, "x") })).ETag,
      ),
    );
    const complete = (...Parts: { PartNumber: number; ETag: string | undefined }[]) =>
      cloud.call(completeMultipartUpload, { Bucket, Key, UploadId, MultipartUpload: { Parts } });
    const [one, two] = etags.map((ETag, index) => ({ PartNumber: index + 1, ETag }));
    await expect(complete(one!, two!)).rejects.toMatchObject({ name: "EntityTooSmall" });
    await expect(complete(two!, one!)).rejects.toMatchObject({ name: "InvalidPartOrder" });
    await expect(complete({ PartNumber: 1, ETag: '"0"' })).rejects.toMatchObject({ name: "InvalidPart" });
    await cloud.call(abortMultipartUpload, { Bucket, Key, UploadId });
    await expect(complete(one!)).rejects.toMatchObject({ name: "NoSuchUpload", status: 404 });
  });

  test("takes ranges of other objects as parts, and does not keep a bucket from going", async () => {
    const cloud = await world();
    await cloud.call(putObject, { Bucket, Key: "source", Body: bodyOfText(cloud, "0123456789") });
    const { UploadId } = await cloud.call(createMultipartUpload, { Bucket, Key });
    const copy = { Bucket, Key, UploadId, PartNumber: 1, CopySource: `${Bucket}/source`, CopySourceRange: "bytes=2-5" };
    const { CopyPartResult } = await cloud.call(uploadPartCopy, copy);
    const Parts = [{ PartNumber: 1, ETag: CopyPartResult!.ETag }];
    await cloud.call(completeMultipartUpload, { Bucket, Key, UploadId, MultipartUpload: { Parts } });
    expect(textOf(cloud, (await cloud.call(getObject, { Bucket, Key })).Body)).toBe("2345");
    await bucketIn(cloud, "other-bucket");
    await cloud.call(createMultipartUpload, { Bucket: "other-bucket", Key });
    await cloud.call(deleteBucket, { Bucket: "other-bucket" });
  });
});

describe("a CRC", () => {
  /** https://reveng.sourceforge.io/crc-catalogue/all.htm: each algorithm's check value, of the text 123456789. */
  const CHECKS = { CRC32: "cbf43926", CRC32C: "e3069283", CRC64NVME: "ae8b14860a799888" };

  test.each(Object.entries(CHECKS))("%s is that of the catalogue, also put together from parts", (algorithm, check) => {
    expect(crcOf(algorithm, Buffer.from("123456789")).toString("hex")).toBe(check);
    const parts = ["1234", "", "56789"].map((text) => ({ size: text.length, bytes: crcOf(algorithm, Buffer.from(text)) }));
    expect(combineCrc(algorithm, parts).toString("hex")).toBe(check);
  });
});
