import { fault } from "../../kernel/fault.ts";
import type { Stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type AlarmConfiguration,
  type AutoRollbackConfiguration,
  BatchGetDeployments$,
  BatchLimitExceededException,
  type ComputePlatform,
  DeploymentDoesNotExistException,
  DeploymentGroupNameRequiredException,
  DeploymentIdRequiredException,
  type DeploymentInfo,
  type DeploymentStatus,
  type ErrorCode,
  type ErrorInformation,
  GetDeployment$,
  InvalidDeploymentIdException,
  InvalidTimeRangeException,
  ListDeployments$,
  type RevisionLocation,
} from "../../sdk/codedeploy.js";
import { invalidToken } from "./application.ts";
import { shown } from "./deployment-view.ts";
import type { EcsProgress } from "./ecs.ts";
import { requireGroup } from "./group.ts";
import type { LambdaProgress } from "./lambda.ts";
import type { ServerProgress } from "./server.ts";

/** One deployment, by its id (d-XXXXXXXXX). */
export interface Deployment extends Row {
  readonly application: string;
  readonly groupName: string;
  /** application/group */
  readonly group: string;
  readonly platform: ComputePlatform;
  readonly configName: string;
  readonly revision: Stored<RevisionLocation>;
  readonly status: DeploymentStatus;
  readonly creator: NonNullable<DeploymentInfo["creator"]>;
  readonly description?: string;
  /** CloudFormation's name for it. */
  readonly externalId?: string;
  readonly alarms?: Stored<AlarmConfiguration>;
  readonly rollback?: Stored<AutoRollbackConfiguration>;
  readonly createdAt: number;
  /** How many deployments the group had before: several may be made in one instant. */
  readonly nth: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly stop?: { readonly rollBack: boolean };
  /** Decided, and not come to rest yet. */
  readonly ending?: Ending;
  readonly error?: Stored<ErrorInformation>;
  /** The deployment that takes this one back, or that this one takes back. */
  readonly rollbackDeploymentId?: string;
  readonly triggeringDeploymentId?: string;
  readonly rollbackMessage?: string;
  /** How far it has come, by platform: one of these is there. */
  readonly lambda?: LambdaProgress;
  readonly server?: ServerProgress;
  readonly ecs?: EcsProgress;
}

/** How a deployment ends: what CodeDeploy says of it, and whether it is to be taken back in any case. */
export type Ending =
  | { readonly status: "Succeeded" }
  | { readonly status: "Failed" | "Stopped"; readonly code: ErrorCode; readonly message: string; readonly rollBack?: boolean };

export const deployments = new Table<Deployment>("codedeploy/deployment", {
  indexes: {
    group: ({ group }) => group,
    /** Of those that are not over: the group. */
    open: (deployment) => (isOver(deployment) ? undefined : deployment.group),
    application: ({ application }) => application,
    externalId: ({ externalId }) => externalId,
  },
  arn: ({ id }, { account, region }) => `arn:aws:codedeploy:${region}:${account}:deployment:${id}`,
  version: 2,
  upgrade: (row) => ("platform" in row ? row : ofLambda(row)),
});

/** How many deployments a group has had, by the id of the group. */
export const deploymentCounts = new Table<Row & { readonly count: number }>("codedeploy/deployment-count");

/** A row of before other platforms: what is Lambda's own lay in the row itself. */
const ofLambda = ({ shifts, spec, percent, events, shiftedAt, ...row }: any): Deployment => ({
  ...row,
  platform: "Lambda",
  nth: 0,
  lambda: { shifts, spec, percent, events, ...(shiftedAt !== undefined && { shiftedAt }) },
});

export const isOver = ({ status }: Pick<Deployment, "status">): boolean =>
  status === "Succeeded" || status === "Failed" || status === "Stopped";

export const getDeployment = operation(GetDeployment$, (scope, { deploymentId }) => ({
  deploymentInfo: shown(scope, requireDeployment(scope, deploymentId)),
}));

const BATCH_MAX = 25;

export const batchGetDeployments = operation(BatchGetDeployments$, (scope, { deploymentIds = [] }) => {
  if (deploymentIds.length === 0) fault(DeploymentIdRequiredException, "At least one deployment ID must be specified.");
  if (deploymentIds.length > BATCH_MAX)
    fault(BatchLimitExceededException, `The maximum number of items in a batch (${BATCH_MAX}) was exceeded.`);
  const found = deploymentIds.flatMap((id) => deployments.get(scope, id) ?? []);
  return { deploymentsInfo: found.map((deployment) => shown(scope, deployment)) };
});

export const listDeployments = operation(ListDeployments$, (scope, input) => {
  const { applicationName, deploymentGroupName, includeOnlyStatuses, createTimeRange, externalId, nextToken } = input;
  // Both or neither: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_ListDeployments.html
  if (applicationName !== undefined && !deploymentGroupName)
    fault(DeploymentGroupNameRequiredException, "Deployment Group name is missing");
  if (deploymentGroupName !== undefined) requireGroup(scope, applicationName, deploymentGroupName);
  const { start, end } = createTimeRange ?? {};
  if (start !== undefined && end !== undefined && start > end)
    fault(InvalidTimeRangeException, "The start of the time range is after its end.");
  const found = listed(scope, applicationName, deploymentGroupName).filter((deployment) => {
    if (includeOnlyStatuses !== undefined && includeOnlyStatuses.length > 0 && !includeOnlyStatuses.includes(deployment.status))
      return false;
    if (externalId !== undefined && deployment.externalId !== externalId) return false;
    return (start === undefined || deployment.createdAt >= start.getTime()) && (end === undefined || deployment.createdAt <= end.getTime());
  });
  const newestFirst = found.sort((one, other) => byAge(other, one));
  const keys = new Map(
    newestFirst.map(({ id, createdAt, nth }) => [
      id,
      `${String(9e15 - createdAt).padStart(16, "0")} ${String(9e9 - nth).padStart(10, "0")} ${id}`,
    ]),
  );
  const paged = page(newestFirst, ({ id }) => keys.get(id)!, 100, nextToken, invalidToken);
  return { deployments: paged.items.map(({ id }) => id), ...(paged.nextToken && { nextToken: paged.nextToken }) };
});

function listed(scope: Scope, application: string | undefined, group: string | undefined): Deployment[] {
  if (group !== undefined) return deployments.by(scope, "group", `${application}/${group}`);
  return application === undefined ? deployments.list(scope) : deployments.by(scope, "application", application);
}

export function requireDeployment(scope: Scope, id: string | undefined): Deployment {
  if (!id) return fault(DeploymentIdRequiredException, "The deployment ID was not specified.");
  if (!/^d-[A-Z0-9]+$/.test(id)) fault(InvalidDeploymentIdException, `The deployment ID is not valid: ${id}`);
  return deployments.get(scope, id) ?? fault(DeploymentDoesNotExistException, `The deployment ${id} could not be found`);
}

/** The newest deployment of a group of which something holds. */
export const newestOf = (scope: Scope, group: string, holds: (deployment: Deployment) => boolean): Deployment | undefined =>
  deployments
    .by(scope, "group", group)
    .filter(holds)
    .reduce<Deployment | undefined>((newest, other) => (newest === undefined || byAge(newest, other) < 0 ? other : newest), undefined);

/** The oldest first. */
export const byAge = (one: Deployment, other: Deployment): number =>
  one.createdAt - other.createdAt || one.nth - other.nth || (one.id < other.id ? -1 : 1);

/**
 * The last good deployment of a whole group. What Auto Scaling asked for was to one instance; a rollback counts, for it put a revision
 * everywhere.
 */
export const lastGoodOf = (scope: Scope, group: string): Deployment | undefined =>
  newestOf(scope, group, ({ status, creator }) => status === "Succeeded" && !isForInstances(creator));

/** Made for some instances of a group, not for the group. */
export const isForInstances = (creator: Deployment["creator"]): boolean =>
  creator === "autoscaling" || creator === "CodeDeployAutoUpdate" || creator === "autoscalingTermination";

export const shownBrief = ({ id, status, createdAt, endedAt }: Deployment) => ({
  deploymentId: id,
  status,
  createTime: new Date(createdAt),
  ...(endedAt !== undefined && { endTime: new Date(endedAt) }),
});
