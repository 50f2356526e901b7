import { expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { readObject } from "../s3/api.ts";
import { createShop, get, start, world } from "./codebuild.fixture.ts";
import {
  batchGetReports,
  deleteReport,
  describeCodeCoverages,
  describeTestCases,
  listReports,
  listReportsForReportGroup,
} from "./report.ts";
import { batchGetReportGroups, createReportGroup, deleteReportGroup, listReportGroups, updateReportGroup } from "./report-group.ts";
import { getReportGroupTrend } from "./report-trend.ts";

const BUILDSPEC = `version: 0.2
phases: { build: { commands: [make] } }
reports:
  unit: { files: "**/*.xml" }
  lines: { files: clover.xml, file-format: CLOVERXML }
`;
const JUNIT = `<testsuite name="cart"><testcase name="adds" classname="Cart" time="1"/><testcase name="takes" classname="Cart" time="2"><failure message="no"/></testcase>
<testcase name="waits" classname="Other" time="1"><skipped/></testcase></testsuite>`;
const file = (name: string, statements: number, covered: number) =>
  `<file name="${name}"><metrics statements="${statements}" coveredstatements="${covered}" conditionals="0" coveredconditionals="0"/></file>`;
const CLOVER = `<coverage><project>${file("a.js", 4, 1)}${file("b.js", 2, 2)}</project></coverage>`;
const LEAVINGS = { files: { "report/unit": { "out/unit.xml": JUNIT }, "report/lines": { "clover.xml": CLOVER } } };

const build = (): World => world(LEAVINGS);
const groupArn = (name: string): string => `arn:aws:codebuild:eu-west-1:111122223333:report-group/${name}`;

async function reported(cloud: World): Promise<string[]> {
  const id = await start(cloud);
  await cloud.advance("10s");
  return (await get(cloud, id)).reportArns!;
}

test("a build reports to groups that come to be, and succeeds whatever they say", async () => {
  const cloud = build();
  await createShop(cloud, BUILDSPEC);
  const [unit, lines] = await reported(cloud);
  expect(unit).toMatch(/:report\/shop-unit:[0-9a-f-]{36}$/);
  const { reports } = await cloud.call(batchGetReports, { reportArns: [unit!, lines!] });
  expect(reports).toMatchObject([
    {
      type: "TEST",
      status: "FAILED",
      reportGroupArn: groupArn("shop-unit"),
      testSummary: { total: 3, statusCounts: { SUCCEEDED: 1, FAILED: 1, SKIPPED: 1, ERROR: 0 }, durationInNanoSeconds: 4e9 },
    },
    { type: "CODE_COVERAGE", status: "SUCCEEDED", codeCoverageSummary: { lineCoveragePercentage: 50, linesCovered: 3, linesMissed: 3 } },
  ]);
  expect((await cloud.call(listReportGroups, {})).reportGroups).toEqual([groupArn("shop-lines"), groupArn("shop-unit")]);
  const { build: made } = { build: await get(cloud, reports![0]!.executionId!) };
  expect(made.buildStatus).toBe("SUCCEEDED");
});

test("test cases and files are found by what is asked of them", async () => {
  const cloud = build();
  await createShop(cloud, BUILDSPEC);
  const [unit, lines] = await reported(cloud);
  const names = async (filter: object) =>
    (await cloud.call(describeTestCases, { reportArn: unit!, filter })).testCases!.map(({ name }) => name);
  expect(await names({ status: "FAILED" })).toEqual(["takes"]);
  expect(await names({ keyword: "Other" })).toEqual(["waits"]);
  const paged = await cloud.call(describeTestCases, { reportArn: unit!, maxResults: 2 });
  expect(paged.testCases![0]).toMatchObject({
    prefix: "Cart",
    testRawDataPath: "out/unit.xml",
    testSuiteName: "cart",
    durationInNanoSeconds: 1e9,
  });
  const rest = await cloud.call(describeTestCases, { reportArn: unit!, maxResults: 2, nextToken: paged.nextToken });
  expect(rest.testCases!.map(({ name }) => name)).toEqual(["waits"]);
  const files = async (more: object) =>
    (await cloud.call(describeCodeCoverages, { reportArn: lines!, ...more })).codeCoverages!.map(({ filePath }) => filePath);
  expect(await files({ sortBy: "LINE_COVERAGE_PERCENTAGE", sortOrder: "DESCENDING" })).toEqual(["b.js", "a.js"]);
  expect(await files({ maxLineCoveragePercentage: 50 })).toEqual(["a.js"]);
});

test("the trend of a group", async () => {
  const cloud = build();
  await createShop(cloud, BUILDSPEC);
  await reported(cloud);
  await reported(cloud);
  const trend = (trendField: "PASS_RATE" | "TOTAL" | "LINE_COVERAGE") =>
    cloud.call(getReportGroupTrend, { reportGroupArn: groupArn("shop-unit"), trendField });
  expect(await trend("PASS_RATE")).toMatchObject({
    stats: { average: "33.33", max: "33.33", min: "33.33" },
    rawData: [{ data: "33.33" }, {}],
  });
  expect((await trend("TOTAL")).stats).toEqual({ average: "3", max: "3", min: "3" });
  await expect(trend("LINE_COVERAGE")).rejects.toThrow("Trend field LINE_COVERAGE is not valid");
});

test("raw results are exported file by file, or in a zip", async () => {
  const cloud = build();
  await createShop(cloud, BUILDSPEC);
  const exportTo = (packaging: "NONE" | "ZIP") =>
    ({ exportConfigType: "S3", s3Destination: { bucket: "things", path: "results", packaging } }) as const;
  await cloud.call(createReportGroup, { name: "shop-unit", type: "TEST", exportConfig: exportTo("NONE") });
  const uuidOf = (arn: string | undefined): string => arn!.split(":").at(-1)!;
  const one = uuidOf((await reported(cloud))[0]);
  expect(readObject(cloud.scope(), "things", `results/shop-unit/${one}/out/unit.xml`)).toBeDefined();
  await cloud.call(updateReportGroup, { arn: groupArn("shop-unit"), exportConfig: exportTo("ZIP") });
  const other = uuidOf((await reported(cloud))[0]);
  expect(readObject(cloud.scope(), "things", `results/shop-unit/${other}.zip`)).toBeDefined();
});

test("a group keeps its reports until it is told to let them go; what is no report is incomplete", async () => {
  const cloud = world({ files: { "report/unit": { "bad.xml": "<testsuite>" } } });
  await createShop(cloud, BUILDSPEC);
  const [unit] = await reported(cloud);
  expect((await cloud.call(batchGetReports, { reportArns: [unit!, "none"] })).reportsNotFound).toEqual(["none"]);
  const incomplete = await cloud.call(listReports, { filter: { status: "INCOMPLETE" } });
  expect(incomplete.reports).toEqual([unit]);
  expect((await cloud.call(listReportsForReportGroup, { reportGroupArn: groupArn("shop-unit") })).reports).toEqual([unit]);
  await expect(cloud.call(deleteReportGroup, { arn: groupArn("shop-unit") })).rejects.toThrow(
    "cannot be deleted because it contains reports",
  );
  await cloud.call(deleteReportGroup, { arn: groupArn("shop-unit"), deleteReports: true });
  expect((await cloud.call(listReports, {})).reports).toEqual([]);
  const gone = await cloud.call(batchGetReportGroups, { reportGroupArns: [groupArn("shop-unit")] });
  expect(gone.reportGroupsNotFound).toHaveLength(1);
});

test("a report is deleted, or goes after thirty days", async () => {
  const cloud = build();
  await createShop(cloud, BUILDSPEC);
  const [unit, lines] = await reported(cloud);
  await cloud.call(deleteReport, { arn: unit! });
  expect((await cloud.call(listReports, {})).reports).toEqual([lines]);
  await cloud.advance("29d");
  expect((await cloud.call(listReports, {})).reports).toEqual([lines]);
  await cloud.advance("1d");
  expect((await cloud.call(listReports, {})).reports).toEqual([]);
});

test("reports end the same whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(build, async (cloud) => {
    await createShop(cloud, BUILDSPEC);
    await start(cloud);
    await cloud.advance("31d");
  });
});
