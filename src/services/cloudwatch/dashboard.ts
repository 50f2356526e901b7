import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  DashboardInvalidInputError,
  DashboardNotFoundError,
  DeleteDashboards$,
  GetDashboard$,
  ListDashboards$,
  PutDashboard$,
} from "../../sdk/cloudwatch.js";

/** A dashboard, by its name, with its body as it was given. */
export interface Dashboard extends Row {
  readonly body: string;
  readonly modifiedAt: number;
  readonly tags?: Tags;
}

export const dashboards = new Table<Dashboard>("cloudwatch/dashboard", { reach: "account" });

export const putDashboard = operation(PutDashboard$, (scope, { DashboardName, DashboardBody, Tags }) => {
  saveDashboard(scope, DashboardName!, DashboardBody!, tagsOf(Tags));
  return { DashboardValidationMessages: [] };
});

export const getDashboard = operation(GetDashboard$, (scope, { DashboardName }) => {
  const { id, body } = dashboards.get(scope, DashboardName!) ?? fault(DashboardNotFoundError, `Dashboard ${DashboardName} does not exist`);
  return { DashboardArn: dashboardArn(scope, id), DashboardBody: body, DashboardName: id };
});

export const listDashboards = operation(ListDashboards$, (scope, { DashboardNamePrefix = "" }) => ({
  DashboardEntries: dashboards.list(scope, DashboardNamePrefix).map(({ id, body, modifiedAt }) => ({
    DashboardName: id,
    DashboardArn: dashboardArn(scope, id),
    LastModified: new Date(modifiedAt),
    Size: Buffer.byteLength(body),
  })),
}));

export const deleteDashboards = operation(DeleteDashboards$, (scope, { DashboardNames = [] }) => {
  const missing = DashboardNames.find((name) => dashboards.get(scope, name) === undefined);
  if (missing !== undefined) fault(DashboardNotFoundError, `Dashboard ${missing} does not exist`);
  for (const name of DashboardNames) dashboards.remove(scope, name);
  return {};
});

/** Keep a dashboard's body; it has to be JSON. */
export function saveDashboard(scope: Scope, name: string, body: string, tags: Tags): void {
  try {
    JSON.parse(body);
  } catch {
    fault(DashboardInvalidInputError, "The field DashboardBody must be a valid JSON object");
  }
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html: tags of an existing dashboard stay.
  dashboards.put(scope, { id: name, body, modifiedAt: scope.clock.now(), tags: dashboards.get(scope, name)?.tags ?? tags });
}

const dashboardArn = ({ account }: Scope, name: string): string => `arn:aws:cloudwatch::${account}:dashboard/${name}`;
