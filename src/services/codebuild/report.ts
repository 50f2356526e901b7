import { fault } from "../../kernel/fault.ts";
import type { Stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  BatchGetReports$,
  DeleteReport$,
  DescribeCodeCoverages$,
  DescribeTestCases$,
  ListReports$,
  ListReportsForReportGroup$,
  type ReportExportConfig,
  type Report as ReportShape,
  ResourceNotFoundException,
} from "../../sdk/codebuild.js";
import type { FileCoverage } from "./coverage-result.ts";
import { byAge, type Listing, listed } from "./listing.ts";
import { reportGroupArn, requireReportGroup } from "./report-group.ts";
import { sharedHome } from "./resource-policy.ts";
import type { TestResult } from "./test-result.ts";

/** What one build has told a report group; its id is group:uuid. */
export interface Report extends Row {
  readonly group: string;
  readonly type: "TEST" | "CODE_COVERAGE";
  /** The ARN of the build. */
  readonly executionId: string;
  readonly status: "SUCCEEDED" | "FAILED" | "INCOMPLETE";
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly exportConfig: Stored<ReportExportConfig>;
  readonly truncated: boolean;
  readonly tests?: { readonly total: number; readonly counts: Readonly<Record<string, number>>; readonly durationInNanoSeconds: number };
  readonly coverage?: Omit<FileCoverage, "filePath">;
}

export const reports = new Table<Report>("codebuild/report", {
  arn: ({ id }, { account, region }) => `arn:aws:codebuild:${region}:${account}:report/${id}`,
});

/** The tests of a report in their order: report/number. */
export const testCases = new Table<TestResult & Row & { readonly rawPath: string }>("codebuild/test-case", { stored: true });
/** The files of a report of coverage: report/number. */
export const codeCoverages = new Table<FileCoverage & Row & { readonly uuid: string }>("codebuild/code-coverage", { stored: true });

export const batchGetReports = operation(BatchGetReports$, (scope, { reportArns = [] }) => {
  const found = reportArns.map((arn) => {
    const home = sharedHome(scope, arn, "codebuild:BatchGetReports");
    const report = reportByArn(home, arn);
    return report && shownReport(home, report);
  });
  return {
    reports: found.flatMap((report) => report ?? []),
    reportsNotFound: reportArns.filter((_, index) => found[index] === undefined),
  };
});

export const deleteReport = operation(DeleteReport$, (scope, { arn }) => {
  const report = reportByArn(scope, arn!);
  if (report !== undefined) removeReport(scope, report);
  return {};
});

interface Filtered extends Listing {
  readonly filter?: { readonly status?: string | undefined } | undefined;
}

export const listReports = operation(ListReports$, (scope, input) => newest(scope, reports.list(scope), input));

export const listReportsForReportGroup = operation(ListReportsForReportGroup$, (scope, { reportGroupArn: arn, ...input }) => {
  const home = sharedHome(scope, arn!, "codebuild:ListReportsForReportGroup");
  const { id } = requireReportGroup(home, arn!);
  return newest(home, reports.list(home, `${id}:`), input);
});

export const describeTestCases = operation(DescribeTestCases$, (scope, { reportArn, filter, ...listing }) => {
  const home = sharedHome(scope, reportArn!, "codebuild:DescribeTestCases");
  const report = requireReport(home, reportArn!);
  const { status, keyword = "" } = filter ?? {};
  const found = testCases
    .list(home, `${report.id}/`)
    .filter((test) => (status === undefined || test.status === status) && (test.name.includes(keyword) || test.prefix.includes(keyword)));
  const { items, next } = listed(found, ({ id }) => id, listing);
  return {
    testCases: items.map((test) => ({
      reportArn: reportArn!,
      testRawDataPath: test.rawPath,
      prefix: test.prefix,
      name: test.name,
      status: test.status,
      durationInNanoSeconds: test.durationInNanoSeconds,
      message: test.message,
      expired: new Date(report.expiresAt),
      testSuiteName: test.suite,
    })),
    ...next,
  };
});

export const describeCodeCoverages = operation(DescribeCodeCoverages$, (scope, input) => {
  const home = sharedHome(scope, input.reportArn!, "codebuild:DescribeCodeCoverages");
  const report = requireReport(home, input.reportArn!);
  const { sortBy = "FILE_PATH" } = input;
  const { minLineCoveragePercentage: least = 0, maxLineCoveragePercentage: most = 100 } = input;
  const linesOf = ({ linesCovered, linesMissed }: FileCoverage): number => percentage(linesCovered, linesMissed);
  const found = codeCoverages.list(home, `${report.id}/`).filter((file) => linesOf(file) >= least && linesOf(file) <= most);
  const keyOf = (file: FileCoverage): string =>
    sortBy === "FILE_PATH" ? file.filePath : `${linesOf(file).toFixed(2).padStart(6, "0")} ${file.filePath}`;
  const { items, next } = listed(found, keyOf, input);
  return {
    codeCoverages: items.map((file) => ({
      id: file.uuid,
      reportARN: input.reportArn!,
      filePath: file.filePath,
      ...percentagesOf(file),
      expired: new Date(report.expiresAt),
    })),
    ...next,
  };
});

/** The newest come first, unless asked for otherwise. */
function newest(scope: Scope, all: readonly Report[], { sortOrder = "DESCENDING", filter, ...listing }: Filtered) {
  const found = all.filter(({ status }) => filter?.status === undefined || status === filter.status);
  const { items, next } = listed(found, ({ createdAt, id }) => byAge(createdAt, id), { sortOrder, ...listing });
  return { reports: items.map(({ id }) => reportArn(scope, id)), ...next };
}

/** A report goes with its tests. */
export function removeReport(scope: Scope, { id }: Report): void {
  for (const test of testCases.list(scope, `${id}/`)) testCases.remove(scope, test.id);
  for (const file of codeCoverages.list(scope, `${id}/`)) codeCoverages.remove(scope, file.id);
  reports.remove(scope, id);
}

export const reportArn = (scope: Scope, id: string): string => scope.arn("codebuild", `report/${id}`);

const reportByArn = (scope: Scope, arn: string): Report | undefined => reports.get(scope, arn.split(":report/").at(-1)!);

const requireReport = (scope: Scope, arn: string): Report =>
  reportByArn(scope, arn) ?? fault(ResourceNotFoundException, `Report cannot be found: ${arn}`);

/** Two digits after the point, and all of nothing. */
export const percentage = (covered: number, missed: number): number =>
  covered + missed === 0 ? 100 : Math.round((covered / (covered + missed)) * 10_000) / 100;

function percentagesOf({ linesCovered, linesMissed, branchesCovered, branchesMissed }: Omit<FileCoverage, "filePath">) {
  return {
    lineCoveragePercentage: percentage(linesCovered, linesMissed),
    linesCovered,
    linesMissed,
    branchCoveragePercentage: percentage(branchesCovered, branchesMissed),
    branchesCovered,
    branchesMissed,
  };
}

export function shownReport(scope: Scope, report: Report): ReportShape {
  const { id, group, type, executionId, status, createdAt, expiresAt, truncated, tests, coverage } = report;
  return {
    arn: reportArn(scope, id),
    type,
    name: id,
    reportGroupArn: reportGroupArn(scope, group),
    executionId,
    status,
    created: new Date(createdAt),
    expired: new Date(expiresAt),
    exportConfig: report.exportConfig as ReportExportConfig,
    truncated,
    ...(tests && {
      testSummary: { total: tests.total, statusCounts: { ...tests.counts }, durationInNanoSeconds: tests.durationInNanoSeconds },
    }),
    ...(coverage && { codeCoverageSummary: percentagesOf(coverage) }),
  };
}
