import { fault } from "../../kernel/fault.ts";
import type { Stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  BatchGetReports$,
  DeleteReport$,
  DescribeCodeCoverages$,
  DescribeTestCases$,
  InvalidInputException,
  ListReports$,
  ListReportsForReportGroup$,
  type ReportExportConfig,
  type Report as ReportShape,
  ResourceNotFoundException,
} from "../../sdk/codebuild.js";
import type { FileCoverage } from "./coverage-result.ts";
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

const PAGE_SIZE = 100;

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

interface Listing {
  readonly sortOrder?: string | undefined;
  readonly nextToken?: string | undefined;
  readonly maxResults?: number | undefined;
  readonly filter?: { readonly status?: string | undefined } | undefined;
}

export const listReports = operation(ListReports$, (scope, input) => listed(scope, reports.list(scope), input));

export const listReportsForReportGroup = operation(ListReportsForReportGroup$, (scope, { reportGroupArn: arn, ...input }) => {
  const home = sharedHome(scope, arn!, "codebuild:ListReportsForReportGroup");
  const { id } = requireReportGroup(home, arn!);
  return listed(home, reports.list(home, `${id}:`), input);
});

export const describeTestCases = operation(DescribeTestCases$, (scope, { reportArn, filter, nextToken: token, maxResults = PAGE_SIZE }) => {
  const home = sharedHome(scope, reportArn!, "codebuild:DescribeTestCases");
  const report = requireReport(home, reportArn!);
  const { status, keyword = "" } = filter ?? {};
  const found = testCases
    .list(home, `${report.id}/`)
    .filter((test) => (status === undefined || test.status === status) && (test.name.includes(keyword) || test.prefix.includes(keyword)));
  const { items, nextToken } = page(found, ({ id }) => id, maxResults, token, invalidToken);
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
    ...(nextToken && { nextToken }),
  };
});

export const describeCodeCoverages = operation(DescribeCodeCoverages$, (scope, input) => {
  const home = sharedHome(scope, input.reportArn!, "codebuild:DescribeCodeCoverages");
  const report = requireReport(home, input.reportArn!);
  const { sortBy = "FILE_PATH", sortOrder = "ASCENDING", maxResults = PAGE_SIZE, nextToken: token } = input;
  const { minLineCoveragePercentage: least = 0, maxLineCoveragePercentage: most = 100 } = input;
  const linesOf = ({ linesCovered, linesMissed }: FileCoverage): number => percentage(linesCovered, linesMissed);
  const order = (one: FileCoverage, other: FileCoverage): number =>
    (sortBy === "FILE_PATH" ? 0 : linesOf(one) - linesOf(other)) || (one.filePath < other.filePath ? -1 : 1);
  const sorted = codeCoverages
    .list(home, `${report.id}/`)
    .filter((file) => linesOf(file) >= least && linesOf(file) <= most)
    .sort(order);
  if (sortOrder === "DESCENDING") sorted.reverse();
  const placed = sorted.map((file, index) => ({ file, place: String(index).padStart(9, "0") }));
  const { items, nextToken } = page(placed, ({ place }) => place, maxResults, token, invalidToken);
  return {
    codeCoverages: items.map(({ file }) => ({
      id: file.uuid,
      reportARN: input.reportArn!,
      filePath: file.filePath,
      ...percentagesOf(file),
      expired: new Date(report.expiresAt),
    })),
    ...(nextToken && { nextToken }),
  };
});

/** The newest come first, unless asked for otherwise. */
function listed(scope: Scope, all: Report[], { sortOrder = "DESCENDING", nextToken: token, maxResults = PAGE_SIZE, filter }: Listing) {
  const keyOf = ({ createdAt, id }: Report): string => `${String(createdAt).padStart(16, "0")} ${id}`;
  const sorted = all
    .filter(({ status }) => filter?.status === undefined || status === filter.status)
    .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  if (sortOrder === "DESCENDING") sorted.reverse();
  const placed = sorted.map(({ id }, index) => ({ id, place: String(index).padStart(9, "0") }));
  const { items, nextToken } = page(placed, ({ place }) => place, maxResults, token, invalidToken);
  return { reports: items.map(({ id }) => reportArn(scope, id)), ...(nextToken && { nextToken }) };
}

const invalidToken = (): never => fault(InvalidInputException, "Invalid next token");

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
