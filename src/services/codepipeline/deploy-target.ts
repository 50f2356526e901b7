import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  ActionExecutionNotFoundException,
  type DeployActionExecutionTarget,
  InvalidNextTokenException,
  ListDeployActionExecutionTargets$,
} from "../../sdk/codepipeline.js";
import { abandonJob } from "./abandoned-job.ts";
import { actionRuns } from "./action-run.ts";
import { requirePipeline } from "./pipeline.ts";
import type { Run } from "./run.ts";

/** An instance that an action of type EC2 deploys to, by the action's run and the instance; it lies in the action's region. */
export interface DeployTarget extends Row {
  readonly actionExecutionId: string;
  readonly instanceId: string;
  readonly status: TargetStatus;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly events: readonly TargetEvent[];
  /** Where it was registered before it was taken out: target groups, with its ports. */
  readonly registered?: readonly { readonly group: string; readonly port: number }[];
}

/** AWS names FAILED and AFTER_DEPLOY in what it logs; the others are named after them. */
export type TargetStatus = "PENDING" | "IN_PROGRESS" | "SUCCEEDED" | "FAILED" | "SKIPPED";
export type TargetEventName = "BEFORE_DEPLOY" | "DEPLOY" | "AFTER_DEPLOY";

export interface TargetEvent {
  readonly name: TargetEventName;
  readonly status: TargetStatus;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly commandId?: string;
  readonly message?: string;
}

export const deployTargets = new Table<DeployTarget>("codepipeline/deploy-target", { stored: true });

const PAGE_MAX = 100;

/** The instances of a deploy action of type EC2; no other action has such targets. */
export const listDeployActionExecutionTargets = operation(
  ListDeployActionExecutionTargets$,
  (scope, { pipelineName, actionExecutionId, filters = [], maxResults, nextToken }) => {
    if (pipelineName !== undefined) requirePipeline(scope, pipelineName);
    const [run] = actionRuns.by(scope, "actionExecutionId", actionExecutionId!);
    if (run === undefined || (pipelineName !== undefined && run.pipeline !== pipelineName)) {
      return fault(ActionExecutionNotFoundException, `Could not find action execution with id '${actionExecutionId}'`);
    }
    const wanted = targetsOfRun(scope.in({ region: run.region }), run).filter(({ status }) =>
      filters.every(({ name, values = [] }) => name !== "TARGET_STATUS" || values.includes(status)),
    );
    const { items, nextToken: next } = page(
      wanted,
      ({ id }) => id,
      maxResults ?? PAGE_MAX,
      nextToken,
      () => fault(InvalidNextTokenException, "The next token is invalid."),
    );
    return { targets: items.map(shown), ...(next && { nextToken: next }) };
  },
);

/** The targets of one try of an action, in the order of their instances' ids. */
export const targetsOfRun = (scope: Scope, { id }: Pick<Run, "id">): DeployTarget[] => deployTargets.list(scope, `${id}/`);

/** The targets of the tries of the same action before this one. */
export const targetsBefore = (scope: Scope, { id, execution, stage, action }: Run): DeployTarget[] =>
  deployTargets.list(scope, `${execution}/${stage}/${action}/`).filter((target) => !target.id.startsWith(`${id}/`));

/** The job that runs an event's commands. */
export const targetJob = ({ actionExecutionId, instanceId }: DeployTarget, event: TargetEventName): string =>
  `codepipeline/${actionExecutionId}/${instanceId}/${event}`;

/** What runs on the instances for it is ended. */
export function abandonTargets(scope: Scope, run: Pick<Run, "id">): void {
  const endedAt = scope.clock.now();
  for (const target of targetsOfRun(scope, run)) {
    for (const { name, status } of target.events) if (status === "IN_PROGRESS") abandonJob(scope, targetJob(target, name));
    if (target.endedAt === undefined && target.status !== "SKIPPED") deployTargets.patch(scope, target.id, { status: "FAILED", endedAt });
  }
}

const shown = ({ instanceId, status, startedAt, endedAt, events }: DeployTarget): DeployActionExecutionTarget => ({
  targetId: instanceId,
  targetType: "EC2_INSTANCE",
  status,
  ...(startedAt !== undefined && { startTime: new Date(startedAt) }),
  ...(endedAt !== undefined && { endTime: new Date(endedAt) }),
  events: events.map((event) => ({
    name: event.name,
    status: event.status,
    ...(event.startedAt !== undefined && { startTime: new Date(event.startedAt) }),
    ...(event.endedAt !== undefined && { endTime: new Date(event.endedAt) }),
    ...(event.commandId !== undefined && {
      context: { ssmCommandId: event.commandId, ...(event.message !== undefined && { message: event.message }) },
    }),
  })),
});
