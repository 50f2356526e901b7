import type { Scope } from "../../kernel/scope.ts";
import type { TriggerEventType } from "../../sdk/codedeploy.js";
import type { Deployment } from "./deployment.ts";
import { groups } from "./group.ts";

const TRIGGERS = {
  START: "DeploymentStart",
  SUCCESS: "DeploymentSuccess",
  FAILURE: "DeploymentFailure",
  STOP: "DeploymentStop",
  READY: "DeploymentReady",
  ROLLBACK: "DeploymentRollback",
} as const;

/** Tell what became of a deployment. https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html */
export function announce(scope: Scope, deployment: Deployment, state: keyof typeof TRIGGERS): void {
  // A rollback is told of to topics only: as an event it is the start of another deployment.
  if (state !== "ROLLBACK") {
    const detail = { ...about(scope, deployment), state };
    scope.emit({
      source: "aws.codedeploy",
      detailType: "CodeDeploy Deployment State-change Notification",
      detail,
      resources: arns(scope, deployment),
    });
  }
  const { id, application, groupName, status, error, rollbackDeploymentId, createdAt, endedAt } = deployment;
  const message = {
    applicationName: application,
    deploymentId: id,
    deploymentGroupName: groupName,
    createTime: timeOf(createdAt),
    completeTime: endedAt === undefined ? null : timeOf(endedAt),
    status: state === "START" ? "CREATED" : status.toUpperCase(),
    ...(error && { errorInformation: JSON.stringify({ ErrorCode: error.code, ErrorMessage: error.message }) }),
    ...(rollbackDeploymentId && { rollbackInformation: JSON.stringify({ RollbackDeploymentId: rollbackDeploymentId }) }),
  };
  notify(
    scope,
    deployment,
    TRIGGERS[state],
    `codedeploy/${id}/${state}`,
    `${state}: AWS CodeDeploy ${id} in ${scope.region} to ${application}`,
    message,
  );
}

const about = (scope: Scope, { id, application, group, groupName }: Deployment) => ({
  instanceGroupId: groups.get(scope, group)?.groupId,
  region: scope.region,
  application,
  deploymentId: id,
  deploymentGroup: groupName,
});

const arns = (scope: Scope, { application, group }: Deployment): string[] => [
  scope.arn("codedeploy", `application:${application}`),
  scope.arn("codedeploy", `deploymentgroup:${group}`),
];

/** What is told of one instance of a deployment. */
export interface InstanceNews {
  /** Its ARN. */
  readonly arn: string;
  readonly id: string;
  readonly status: string;
  readonly events: readonly { name: string; status: string; startedAt?: number; endedAt?: number }[];
}

const INSTANCE_TRIGGERS = {
  START: "InstanceStart",
  SUCCESS: "InstanceSuccess",
  FAILURE: "InstanceFailure",
  READY: "InstanceReady",
} as const;

export function announceInstance(scope: Scope, deployment: Deployment, news: InstanceNews, state: keyof typeof INSTANCE_TRIGGERS): void {
  const detail = { instanceId: news.id, ...about(scope, deployment), state };
  const resources = [scope.arn("codedeploy", `deploymentgroup:${deployment.group}`), news.arn];
  scope.emit({ source: "aws.codedeploy", detailType: "CodeDeploy Instance State-change Notification", detail, resources });
  const lifecycleEvents = news.events.map(({ name, status, startedAt, endedAt }) => ({
    LifecycleEvent: name,
    LifecycleEventStatus: status,
    ...(startedAt !== undefined && { StartTime: timeOf(startedAt) }),
    ...(endedAt !== undefined && { EndTime: timeOf(endedAt) }),
  }));
  const message = {
    deploymentId: deployment.id,
    instanceId: news.arn,
    lastUpdatedAt: timeOf(scope.clock.now()),
    instanceStatus: news.status.toUpperCase(),
    lifecycleEvents: JSON.stringify(lifecycleEvents),
  };
  const id = `codedeploy/${deployment.id}/${news.id}/${state}`;
  notify(
    scope,
    deployment,
    INSTANCE_TRIGGERS[state],
    id,
    `${state}: AWS CodeDeploy ${deployment.id} in ${scope.region} to ${news.id}`,
    message,
  );
}

/** What the group's triggers send to their topics. https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-sns-event-notifications-json-format.html */
function notify(scope: Scope, { group }: Deployment, event: TriggerEventType, id: string, subject: string, message: object): void {
  for (const { triggerName, triggerTargetArn, triggerEvents = [] } of groups.get(scope, group)?.triggers ?? []) {
    if (!triggerEvents.includes(event)) continue;
    const said = { region: scope.region, accountId: scope.account, eventTriggerName: triggerName, ...message };
    const context = { subject: subject.slice(0, 100) };
    scope.deliver(`${id}/${triggerName}`, triggerTargetArn!, JSON.stringify(said), { from: "codedeploy.amazonaws.com", context });
  }
}

/** As CodeDeploy writes instants: Wed Nov 18 18:20:15 UTC 2026. */
function timeOf(instant: number): string {
  const [day, date, month, year, time] = new Date(instant).toUTCString().replace(",", "").split(" ");
  return `${day} ${month} ${date} ${time} UTC ${year}`;
}
