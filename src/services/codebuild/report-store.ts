import type { KeptOutput } from "../../compute/job.ts";
import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Build, buildArn, builds, say } from "./build.ts";
import { REPORT_FORMATS, type ReportFormat, type ReportSpec } from "./buildspec.ts";
import { type FileCoverage, readCoverage } from "./coverage-result.ts";
import { codeCoverages, type Report, reportArn, reports, testCases } from "./report.ts";
import { putReportGroup, type ReportGroup, reportGroupByArn, reportGroups } from "./report-group.ts";
import { readTests, type TestResult } from "./test-result.ts";
import { uploadFor } from "./upload.ts";

const DAY_MS = 86_400_000;
/** https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html */
const CASES_MAX = 500;
/** bytes of one file; it is read in one go. */
const FILE_MAX = 16 * 1024 * 1024;

type RawFile = NonNullable<KeptOutput["files"]>[number];
type Read = { readonly tests: (TestResult & { rawPath: string })[]; readonly files: FileCoverage[]; readonly unread: number };

/** Whether the raw files are packed besides, all of them in one zip: for groups that export them so. */
export function packsReport(scope: Scope, build: Build, group: string): boolean {
  return groupNamed(scope, build, group)?.exportConfig.s3Destination?.packaging === "ZIP";
}

/** Make reports of what the tests have left; whatever they say, the build goes on. */
export function storeReports(
  scope: Scope,
  build: Build,
  reported: Readonly<Record<string, ReportSpec>>,
  outputs: Readonly<Record<string, KeptOutput>>,
): Build {
  const arns = Object.entries(reported).flatMap(([name, { format, group = name }]) => {
    const files = outputs[`report/${name}`]?.files ?? [];
    if (files.length === 0) {
      say(scope, build, `No matching report files found for the report group ${group}`);
      return [];
    }
    return storeReport(scope, build, group, { format, files, zip: outputs[`report-zip/${name}`] }) ?? [];
  });
  return arns.length === 0 ? build : builds.patch(scope, build.id, { reportArns: arns });
}

function storeReport(
  scope: Scope,
  build: Build,
  name: string,
  { format, files, zip }: { format: ReportFormat; files: readonly RawFile[]; zip: KeptOutput | undefined },
): string | undefined {
  const group = groupNamed(scope, build, name) ?? createGroup(scope, build, name, format);
  if (group === undefined) return undefined;
  if (group.type !== typeOf(format)) {
    say(scope, build, `The report group ${group.id} takes no reports in the format ${format}`);
    return undefined;
  }
  const read = readAll(scope, build, format, files);
  const id = `${group.id}:${idsFrom(`codebuild report ${build.id} ${name}`).uuid()}`;
  const now = scope.clock.now();
  const report = reports.put(scope, {
    id,
    group: group.id,
    type: group.type,
    executionId: buildArn(scope, build.id),
    status: statusOf(read),
    createdAt: now,
    expiresAt: now + 30 * DAY_MS,
    exportConfig: group.exportConfig,
    truncated: read.tests.length > CASES_MAX,
    ...(group.type === "TEST" ? { tests: summaryOf(read.tests) } : { coverage: totalOf(read.files) }),
  });
  keep(scope, report, read);
  exportRaw(scope, build, report, files, zip);
  return reportArn(scope, id);
}

/** A group is named by its ARN, or by what its name has after the project's. */
const groupNamed = (scope: Scope, { project }: Build, name: string): ReportGroup | undefined =>
  name.startsWith("arn:") ? reportGroupByArn(scope, name) : reportGroups.get(scope, `${project}-${name}`);

function createGroup(scope: Scope, build: Build, name: string, format: ReportFormat): ReportGroup | undefined {
  try {
    if (name.startsWith("arn:")) throw new Error(`Report group cannot be found: ${name}`);
    return putReportGroup(scope, `${build.project}-${name}`, {
      type: typeOf(format),
      exportConfig: { exportConfigType: "NO_EXPORT" },
      tags: [],
    });
  } catch (error) {
    if (!isFault(error) && !name.startsWith("arn:")) throw error;
    say(scope, build, (error as Error).message);
    return undefined;
  }
}

const typeOf = (format: ReportFormat): ReportGroup["type"] =>
  (REPORT_FORMATS.TEST as readonly string[]).includes(format) ? "TEST" : "CODE_COVERAGE";

function readAll(scope: Scope, build: Build, format: ReportFormat, raw: readonly RawFile[]): Read {
  const tests: Read["tests"] = [];
  const files: FileCoverage[] = [];
  let unread = 0;
  for (const { path, digest, size } of raw) {
    try {
      if (size > FILE_MAX) throw new Error(`it has more than ${FILE_MAX} bytes`);
      const text = scope.blobs.read(digest).toString("utf8");
      if (typeOf(format) === "TEST") for (const test of readTests(format as "JUNITXML", text)) tests.push({ ...test, rawPath: path });
      else files.push(...readCoverage(format as "JACOCOXML", text));
    } catch (error) {
      unread++;
      say(scope, build, `The report file ${path} is not written as ${format}: ${(error as Error).message}`);
    }
  }
  return { tests, files, unread };
}

function statusOf({ tests, unread }: Read): Report["status"] {
  if (unread > 0) return "INCOMPLETE";
  return tests.some(({ status }) => status === "FAILED" || status === "ERROR") ? "FAILED" : "SUCCEEDED";
}

function summaryOf(tests: readonly TestResult[]): NonNullable<Report["tests"]> {
  const counts: Record<string, number> = { SUCCEEDED: 0, FAILED: 0, ERROR: 0, SKIPPED: 0, UNKNOWN: 0 };
  for (const { status } of tests) counts[status] = counts[status]! + 1;
  const durationInNanoSeconds = tests.reduce((total, test) => total + test.durationInNanoSeconds, 0);
  return { total: tests.length, counts, durationInNanoSeconds };
}

function totalOf(files: readonly FileCoverage[]): NonNullable<Report["coverage"]> {
  const sum = (member: Exclude<keyof FileCoverage, "filePath">): number => files.reduce((total, file) => total + file[member], 0);
  return {
    linesCovered: sum("linesCovered"),
    linesMissed: sum("linesMissed"),
    branchesCovered: sum("branchesCovered"),
    branchesMissed: sum("branchesMissed"),
  };
}

function keep(scope: Scope, { id }: Report, { tests, files }: Read): void {
  const nth = (index: number): string => `${id}/${String(index).padStart(6, "0")}`;
  for (const [index, test] of tests.slice(0, CASES_MAX).entries()) testCases.put(scope, { id: nth(index), ...test });
  for (const [index, file] of files.entries()) {
    codeCoverages.put(scope, { id: nth(index), uuid: idsFrom(nth(index)).uuid(), ...file });
  }
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_S3ReportExportConfig.html */
function exportRaw(scope: Scope, build: Build, report: Report, files: readonly RawFile[], zip: KeptOutput | undefined): void {
  const { exportConfigType, s3Destination } = report.exportConfig;
  if (exportConfigType !== "S3" || s3Destination?.bucket === undefined) return;
  const uuid = report.id.slice(report.id.lastIndexOf(":") + 1);
  const root = [(s3Destination.path ?? "").replace(/^\/+|\/+$/g, ""), report.group, uuid].filter(Boolean).join("/");
  try {
    const { bucket, encryptionKey, encryptionDisabled } = s3Destination;
    const put = (path: string, body: { digest: string; size: number }, about = {}): void =>
      uploadFor(scope, build, { bucket, key: `${root}${path}`, encryptionKey, encryptionDisabled }, body, about);
    if (zip?.digest !== undefined) put(".zip", { digest: zip.digest, size: zip.size! }, { contentType: "application/zip" });
    else for (const file of files) put(`/${file.path}`, file);
  } catch (error) {
    if (!isFault(error)) throw error;
    say(scope, build, `Unable to export the report ${report.id}: ${error.name}: ${error.message}`);
  }
}
