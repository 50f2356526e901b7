import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { application, hold, holding } from "./held-types.fixture.ts";
import {
  describeResourceScan,
  listResourceScanRelatedResources,
  listResourceScanResources,
  listResourceScans,
  scannedResources,
  startResourceScan,
} from "./resource-scan.ts";
import { create, S } from "./story.fixture.ts";

const scanned = async (cloud: World, filter: object = {}) => {
  const { ResourceScanId } = await cloud.call(startResourceScan, {});
  const { Resources } = await cloud.call(listResourceScanResources, { ResourceScanId, ...filter });
  return Resources!.map(({ ResourceType, ResourceIdentifier, ManagedByStack }) => [
    ResourceType,
    ResourceIdentifier,
    ...(ManagedByStack ? ["managed"] : []),
  ]);
};

describe("a resource scan", () => {
  test("finds what there is, and what of it stacks have", async () => {
    const cloud = holding();
    application(cloud);
    await create(cloud, { Q: { Type: "AWS::SQS::Queue" } }, S);
    const { ResourceScanId } = await cloud.call(startResourceScan, { ClientRequestToken: "t" });
    expect(ResourceScanId).toMatch(/^arn:aws:cloudformation:eu-west-1:111122223333:resourceScan\//);
    expect(await cloud.call(startResourceScan, { ClientRequestToken: "t" })).toEqual({ ResourceScanId });
    expect(await cloud.call(describeResourceScan, { ResourceScanId })).toMatchObject({
      Status: "COMPLETE",
      PercentageCompleted: 100,
      ResourcesScanned: 4,
      ResourcesRead: 4,
      ResourceTypes: expect.arrayContaining(["AWS::SQS::Queue"]),
    });
    expect(await scanned(cloud)).toEqual([
      ["AWS::IAM::Role", { RoleName: "app" }],
      ["AWS::Lambda::Function", { FunctionName: "app" }],
      ["AWS::SQS::Queue", { QueueUrl: "https://q" }],
      ["AWS::SQS::Queue", { QueueUrl: "new" }, "managed"],
    ]);
  });

  test("is looked through by type, identifier and tag, page by page", async () => {
    const cloud = holding();
    application(cloud);
    const LAMBDA = ["AWS::Lambda::Function", { FunctionName: "app" }];
    expect(await scanned(cloud, { ResourceTypePrefix: "AWS::Lambda" })).toEqual([LAMBDA]);
    expect(await scanned(cloud, { ResourceIdentifier: "app" })).toHaveLength(2);
    expect(await scanned(cloud, { TagKey: "team" })).toEqual([LAMBDA]);
    expect(await scanned(cloud, { TagKey: "team", TagValue: "red" })).toEqual([]);
    expect(await scanned(cloud, { TagValue: "blue" })).toEqual([LAMBDA]);
    const { ResourceScanId } = await cloud.call(startResourceScan, {});
    const first = await cloud.call(listResourceScanResources, { ResourceScanId, MaxResults: 2 });
    expect(first.Resources).toHaveLength(2);
    const { Resources, NextToken } = await cloud.call(listResourceScanResources, {
      ResourceScanId,
      MaxResults: 2,
      NextToken: first.NextToken,
    });
    expect([Resources!.length, NextToken]).toEqual([1, undefined]);
  });

  test("says what belongs together", async () => {
    const cloud = holding();
    application(cloud);
    hold(cloud, "AWS::SQS::QueuePolicy", "p", { Id: "p", Queues: ["https://q"], PolicyDocument: {} });
    const { ResourceScanId } = await cloud.call(startResourceScan, {});
    const related = async (ResourceType: string, ResourceIdentifier: Record<string, string>) =>
      (
        await cloud.call(listResourceScanRelatedResources, { ResourceScanId, Resources: [{ ResourceType, ResourceIdentifier }] })
      ).RelatedResources!.map((one) => one.ResourceType);
    expect(await related("AWS::Lambda::Function", { FunctionName: "app" })).toEqual(["AWS::IAM::Role"]);
    expect(await related("AWS::IAM::Role", { RoleName: "app" })).toEqual(["AWS::Lambda::Function"]);
    expect(await related("AWS::SQS::Queue", { QueueUrl: "https://q" })).toEqual(["AWS::SQS::QueuePolicy"]);
    await expect(related("AWS::SQS::Queue", { QueueUrl: "none" })).rejects.toThrow("was not found in the resource scan");
  });

  test("may be of some types only, and is listed so", async () => {
    const cloud = holding();
    application(cloud);
    const { ResourceScanId } = await cloud.call(startResourceScan, { ScanFilters: [{ Types: ["AWS::SQS::*", "AWS::IAM::Role"] }] });
    expect(await cloud.call(describeResourceScan, { ResourceScanId })).toMatchObject({
      ResourcesScanned: 2,
      ResourceTypes: ["AWS::IAM::Role", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"],
      ScanFilters: [{ Types: ["AWS::SQS::*", "AWS::IAM::Role"] }],
    });
    const listed = async (filter: object) => (await cloud.call(listResourceScans, filter)).ResourceScanSummaries!.length;
    expect([await listed({}), await listed({ ScanTypeFilter: "PARTIAL" })]).toEqual([0, 1]);
    await expect(cloud.call(startResourceScan, { ScanFilters: [{ Types: ["AWS::No::*"] }] })).rejects.toThrow("No resource types match");
    await expect(cloud.call(describeResourceScan, { ResourceScanId: "none" })).rejects.toMatchObject({
      name: "ResourceScanNotFoundException",
    });
  });

  test("expires after thirty days", async () => {
    const cloud = holding();
    application(cloud);
    const { ResourceScanId } = await cloud.call(startResourceScan, {});
    await cloud.advance("31d");
    expect(await cloud.call(describeResourceScan, { ResourceScanId })).toMatchObject({ Status: "EXPIRED" });
    expect(scannedResources.list(cloud.scope())).toEqual([]);
    await cloud.advance("60d");
    expect((await cloud.call(listResourceScans, {})).ResourceScanSummaries).toEqual([]);
  });

  test("ends the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(holding, async (cloud) => {
      application(cloud);
      await cloud.call(startResourceScan, {});
      await cloud.advance("31d");
    });
  });
});
