import { expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { deleteObject } from "./delete.ts";
import { s3 } from "./index.ts";
import { getBucketLifecycleConfiguration, putBucketLifecycleConfiguration } from "./lifecycle.ts";
import { listObjectsV2 } from "./list-objects.ts";
import { listMultipartUploads } from "./list-uploads.ts";
import { listObjectVersions } from "./list-versions.ts";
import { createMultipartUpload } from "./multipart.ts";
import { putObject } from "./put.ts";
import { bodyOfText, bucketIn } from "./s3.fixture.ts";
import { putBucketVersioning } from "./versioning.ts";

const Bucket = "shop-artifacts";
const world = (): World => new World({ services: [s3] });
const put = (cloud: World, Key: string, Tagging?: string) => cloud.call(putObject, { Bucket, Key, Body: bodyOfText(cloud, Key), Tagging });
const keys = async (cloud: World) => ((await cloud.call(listObjectsV2, { Bucket })).Contents ?? []).map(({ Key }) => Key);
const rules = (cloud: World, Rules: object[]) =>
  cloud.call(putBucketLifecycleConfiguration, { Bucket, LifecycleConfiguration: { Rules: Rules as never } });

test("objects expire at the midnight after their days, where a rule names them", async () => {
  const cloud = world();
  await bucketIn(cloud, Bucket);
  await rules(cloud, [
    { ID: "logs", Status: "Enabled", Filter: { Prefix: "logs/" }, Expiration: { Days: 2 } },
    { ID: "tmp", Status: "Enabled", Filter: { Tag: { Key: "tmp", Value: "yes" } }, Expiration: { Days: 1 } },
    { ID: "off", Status: "Disabled", Filter: { Prefix: "" }, Expiration: { Days: 1 } },
  ]);
  expect((await cloud.call(getBucketLifecycleConfiguration, { Bucket })).Rules).toHaveLength(3);
  await cloud.advance("1h");
  for (const key of ["logs/a", "kept"]) await put(cloud, key);
  await put(cloud, "scratch", "tmp=yes");
  await cloud.advance("47h");
  expect(await keys(cloud)).toEqual(["kept", "logs/a"]);
  await cloud.advance("24h");
  expect(await keys(cloud)).toEqual(["kept"]);
});

test("older versions, lone delete markers and forgotten uploads go, too", async () => {
  const cloud = world();
  await bucketIn(cloud, Bucket);
  await cloud.call(putBucketVersioning, { Bucket, VersioningConfiguration: { Status: "Enabled" } });
  await rules(cloud, [
    {
      Status: "Enabled",
      Filter: { Prefix: "" },
      Expiration: { ExpiredObjectDeleteMarker: true },
      NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 1 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    },
  ]);
  for (const key of ["a", "a", "a", "b"]) await put(cloud, key);
  await cloud.call(deleteObject, { Bucket, Key: "none" });
  await cloud.call(createMultipartUpload, { Bucket, Key: "upload" });
  await cloud.advance("3d");
  const { Versions, DeleteMarkers } = await cloud.call(listObjectVersions, { Bucket });
  expect(Versions!.map(({ Key, IsLatest }) => [Key, IsLatest])).toEqual([
    ["a", true],
    ["a", false],
    ["b", true],
  ]);
  expect(DeleteMarkers).toEqual([]);
  expect((await cloud.call(listMultipartUploads, { Bucket })).Uploads).toBeUndefined();
});

test("putting objects does not wake the rounds", async () => {
  const cloud = world();
  await bucketIn(cloud, Bucket);
  await rules(cloud, [{ Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 30 } }]);
  await cloud.advance("2d");
  const before = cloud.kernel.store.commits;
  await put(cloud, "a");
  expect(cloud.kernel.store.commits - before).toBe(1);
});

test("a round ends the same whenever the power is cut", async () => {
  const commits = await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
    await bucketIn(cloud, Bucket);
    await cloud.call(putBucketVersioning, { Bucket, VersioningConfiguration: { Status: "Enabled" } });
    await rules(cloud, [
      { ID: "all", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 1 }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
    ]);
    for (const key of ["a", "b", "a"]) await put(cloud, key);
    await cloud.advance("4d");
  });
  expect(commits).toBeGreaterThan(5);
});
