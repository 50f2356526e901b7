import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { GetReportGroupTrend$, InvalidInputException, type ReportGroupTrendFieldType } from "../../sdk/codebuild.js";
import { percentage, type Report, reportArn, reports } from "./report.ts";
import { requireReportGroup } from "./report-group.ts";

const REPORTS_MAX = 100;

/** What a report says in one field; undefined where reports of its kind have no such field. */
const FIELDS: Readonly<Record<ReportGroupTrendFieldType, (report: Report) => number | undefined>> = {
  PASS_RATE: ({ tests }) => tests && percentage(tests.counts["SUCCEEDED"] ?? 0, tests.total - (tests.counts["SUCCEEDED"] ?? 0)),
  DURATION: ({ tests }) => tests?.durationInNanoSeconds,
  TOTAL: ({ tests }) => tests?.total,
  LINE_COVERAGE: ({ coverage }) => coverage && percentage(coverage.linesCovered, coverage.linesMissed),
  LINES_COVERED: ({ coverage }) => coverage?.linesCovered,
  LINES_MISSED: ({ coverage }) => coverage?.linesMissed,
  BRANCH_COVERAGE: ({ coverage }) => coverage && percentage(coverage.branchesCovered, coverage.branchesMissed),
  BRANCHES_COVERED: ({ coverage }) => coverage?.branchesCovered,
  BRANCHES_MISSED: ({ coverage }) => coverage?.branchesMissed,
};

/** The newest reports of a group, and what is the most, the least and the middle of them. */
export const getReportGroupTrend = operation(GetReportGroupTrend$, (scope, input) => {
  const { reportGroupArn, trendField, numOfReports = REPORTS_MAX } = input;
  const group = requireReportGroup(scope, reportGroupArn!);
  const newest = reports
    .list(scope, `${group.id}:`)
    .sort((one, other) => other.createdAt - one.createdAt || (one.id < other.id ? 1 : -1))
    .slice(0, numOfReports);
  const found = newest.flatMap((report) => {
    const value = FIELDS[trendField!](report);
    return value === undefined ? [] : [{ reportArn: reportArn(scope, report.id), value }];
  });
  if (newest.length > 0 && found.length === 0) {
    fault(InvalidInputException, `Trend field ${trendField} is not valid for report groups of type ${group.type}`);
  }
  const values = found.map(({ value }) => value);
  const average = values.reduce((total, value) => total + value, 0) / values.length;
  return {
    stats: values.length === 0 ? {} : { average: String(average), max: String(Math.max(...values)), min: String(Math.min(...values)) },
    rawData: found.map(({ reportArn: arn, value }) => ({ reportArn: arn, data: String(value) })),
  };
});
