import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  BatchGetReportGroups$,
  CreateReportGroup$,
  DeleteReportGroup$,
  InvalidInputException,
  ListReportGroups$,
  type ReportExportConfig,
  type ReportGroup as ReportGroupShape,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  type Tag,
  UpdateReportGroup$,
} from "../../sdk/codebuild.js";
import { keysBy, listed } from "./listing.ts";
import { removeReport, reports } from "./report.ts";
import { removePolicy, sharedHome } from "./resource-policy.ts";

/** Reports of one kind over time, by its name. */
export interface ReportGroup extends Row {
  readonly type: "TEST" | "CODE_COVERAGE";
  readonly exportConfig: Stored<ReportExportConfig>;
  readonly tags: Stored<Tag>[];
  /** Whether its template wants its reports to go with it. */
  readonly deleteReports?: boolean;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export const reportGroups = new Table<ReportGroup>("codebuild/report-group", {
  arn: ({ id }, { account, region }) => `arn:aws:codebuild:${region}:${account}:report-group/${id}`,
});

export const createReportGroup = operation(CreateReportGroup$, (scope, { name, type, exportConfig, tags = [] }) => {
  if (reportGroups.get(scope, name!) !== undefined) {
    fault(ResourceAlreadyExistsException, `Report group already exists: ${reportGroupArn(scope, name!)}`);
  }
  const group = putReportGroup(scope, name!, {
    type: type!,
    exportConfig: stored(exportConfig!),
    tags: stored(tags) as ReportGroup["tags"],
  });
  return { reportGroup: shownReportGroup(scope, group) };
});

export const updateReportGroup = operation(UpdateReportGroup$, (scope, { arn, exportConfig, tags }) => {
  const known = requireReportGroup(scope, arn!);
  const changes = {
    ...(exportConfig && { exportConfig: stored(exportConfig) }),
    ...(tags && { tags: stored(tags) as ReportGroup["tags"] }),
  };
  return { reportGroup: shownReportGroup(scope, putReportGroup(scope, known.id, { ...known, ...changes })) };
});

export const deleteReportGroup = operation(DeleteReportGroup$, (scope, { arn, deleteReports = false }) => {
  const group = reportGroupByArn(scope, arn!);
  if (group !== undefined) removeReportGroup(scope, group.id, deleteReports);
  return {};
});

export const batchGetReportGroups = operation(BatchGetReportGroups$, (scope, { reportGroupArns = [] }) => {
  const found = reportGroupArns.map((arn) => {
    const home = sharedHome(scope, arn, "codebuild:BatchGetReportGroups");
    const group = reportGroupByArn(home, arn);
    return group && shownReportGroup(home, group);
  });
  return {
    reportGroups: found.flatMap((group) => group ?? []),
    reportGroupsNotFound: reportGroupArns.filter((_, index) => found[index] === undefined),
  };
});

export const listReportGroups = operation(ListReportGroups$, (scope, { sortBy, ...listing }) => {
  const { items, next } = listed(reportGroups.list(scope), keysBy(sortBy), listing);
  return { reportGroups: items.map(({ id }) => reportGroupArn(scope, id)), ...next };
});

/** Make the group be as declared. */
export function putReportGroup(scope: Scope, name: string, declared: Pick<ReportGroup, "type" | "exportConfig" | "tags">): ReportGroup {
  const { type, exportConfig, tags } = declared;
  if (!/^[A-Za-z0-9][A-Za-z0-9\-_]{1,127}$/.test(name)) fault(InvalidInputException, `Invalid report group name: ${name}`);
  if (exportConfig.exportConfigType === "S3" && exportConfig.s3Destination?.bucket === undefined) {
    fault(InvalidInputException, "Invalid export config: an S3 bucket is required");
  }
  const known = reportGroups.get(scope, name);
  const now = scope.clock.now();
  return reportGroups.put(scope, {
    id: name,
    type,
    exportConfig,
    tags,
    createdAt: known?.createdAt ?? now,
    modifiedAt: now,
    ...(known?.deleteReports !== undefined && { deleteReports: known.deleteReports }),
  });
}

/** A group that has reports goes only together with them. */
export function removeReportGroup(scope: Scope, name: string, deleteReports: boolean): void {
  const own = reports.list(scope, `${name}:`);
  if (own.length > 0 && !deleteReports) {
    fault(InvalidInputException, `Report group with arn: ${reportGroupArn(scope, name)} cannot be deleted because it contains reports`);
  }
  for (const report of own) removeReport(scope, report);
  removePolicy(scope, reportGroupArn(scope, name));
  reportGroups.remove(scope, name);
}

export const reportGroupArn = (scope: Scope, name: string): string => scope.arn("codebuild", `report-group/${name}`);

export const reportGroupByArn = (scope: Scope, arn: string): ReportGroup | undefined =>
  reportGroups.get(scope, arn.split(":report-group/").at(-1)!);

export const requireReportGroup = (scope: Scope, arn: string): ReportGroup =>
  reportGroupByArn(scope, arn) ?? fault(ResourceNotFoundException, `Report group cannot be found: ${arn}`);

export const shownReportGroup = (scope: Scope, { id, type, exportConfig, tags, createdAt, modifiedAt }: ReportGroup): ReportGroupShape => ({
  arn: reportGroupArn(scope, id),
  name: id,
  type,
  exportConfig: exportConfig as ReportExportConfig,
  created: new Date(createdAt),
  lastModified: new Date(modifiedAt),
  tags: tags as Tag[],
  status: "ACTIVE",
});
