import type { Fact } from "../../kernel/facts.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type EventTypeSummary, InvalidNextTokenException, ListEventTypes$ } from "../../sdk/codestar-notifications.js";
import { matchesFilters } from "./filter.ts";

/** A kind of event that one can be notified of, and the events of EventBridge that are of it. */
export interface EventType {
  readonly id: string;
  /** Such as Pipeline execution: Failed. */
  readonly name: string;
  readonly detailType: string;
  is(detail: Readonly<Record<string, any>>): boolean;
}

/** A service whose resources have notification rules. */
interface Source {
  readonly serviceName: string;
  /** As ListEventTypes names it, and as ids of events do. */
  readonly resourceType: string;
  /** The source of its events, without aws. */
  readonly service: string;
  /** The resource part of the ARN of what an event is about. */
  resourceOf(detail: Readonly<Record<string, any>>): string;
  readonly types: readonly EventType[];
}

/** Event types of one group: what each is called at the end of its id, its name, and which value of a member means it. */
function group(
  service: string,
  detailType: string,
  prefix: string,
  title: string,
  member: string,
  types: readonly (readonly [end: string, name: string, values: readonly string[]])[],
  only: (detail: Readonly<Record<string, any>>) => boolean = () => true,
): EventType[] {
  return types.map(([end, name, values]) => ({
    id: `${service}-${prefix}-${end}`,
    name: `${title}: ${name}`,
    detailType,
    is: (detail) => values.includes(detail[member]) && only(detail),
  }));
}

const SUCCEEDED = ["succeeded", "Succeeded", ["SUCCEEDED"]] as const;
const FAILED = ["failed", "Failed", ["FAILED"]] as const;
const CANCELED = ["canceled", "Canceled", ["CANCELED", "STOPPED", "ABANDONED"]] as const;
const STARTED = ["started", "Started", ["STARTED"]] as const;
const RESUMED = ["resumed", "Resumed", ["RESUMED"]] as const;

const isApproval = (detail: Readonly<Record<string, any>>): boolean => detail["type"]?.category === "Approval";

const PULL_REQUEST = "CodeCommit Pull Request State Change";
const REFERENCE = "CodeCommit Repository State Change";

/** https://docs.aws.amazon.com/dtconsole/latest/userguide/concepts.html#concepts-api */
const SOURCES: readonly Source[] = [
  {
    serviceName: "CodeBuild",
    resourceType: "Project",
    service: "codebuild",
    resourceOf: (detail) => `project/${detail["project-name"]}`,
    types: [
      ...group("codebuild", "CodeBuild Build State Change", "project-build-state", "Build state", "build-status", [
        FAILED,
        SUCCEEDED,
        ["in-progress", "In-progress", ["IN_PROGRESS"]],
        ["stopped", "Stopped", ["STOPPED"]],
      ]),
      ...group("codebuild", "CodeBuild Build Phase Change", "project-build-phase", "Build phase", "completed-phase-status", [
        ["failure", "Failure", ["FAILED", "FAULT", "CLIENT_ERROR", "TIMED_OUT"]],
        ["success", "Success", ["SUCCEEDED"]],
      ]),
    ],
  },
  {
    serviceName: "CodeCommit",
    resourceType: "Repository",
    service: "codecommit",
    resourceOf: (detail) => String(detail["repositoryName"] ?? detail["repositoryNames"]?.[0] ?? detail["repositoryId"]),
    types: [
      ...group("codecommit", "CodeCommit Comment on Commit", "repository-comments", "Comments", "event", [
        ["on-commits", "On commits", ["commentOnCommitCreated", "commentOnCommitUpdated"]],
      ]),
      ...group("codecommit", "CodeCommit Comment on Pull Request", "repository-comments", "Comments", "event", [
        ["on-pull-requests", "On pull requests", ["commentOnPullRequestCreated", "commentOnPullRequestUpdated"]],
      ]),
      ...group("codecommit", PULL_REQUEST, "repository-approvals", "Approvals", "event", [
        ["status-changed", "Status changed", ["pullRequestApprovalStateChanged"]],
        ["rule-override", "Rule override", ["pullRequestApprovalRuleOverridden"]],
      ]),
      ...group("codecommit", PULL_REQUEST, "repository-pull-request", "Pull request", "event", [
        ["created", "Created", ["pullRequestCreated"]],
        ["source-updated", "Source updated", ["pullRequestSourceBranchUpdated"]],
        ["status-changed", "Status changed", ["pullRequestStatusChanged"]],
        ["merged", "Merged", ["pullRequestMergeStatusUpdated"]],
      ]),
      ...group("codecommit", REFERENCE, "repository-branches-and-tags", "Branches and tags", "event", [
        ["created", "Created", ["referenceCreated"]],
        ["deleted", "Deleted", ["referenceDeleted"]],
        ["updated", "Updated", ["referenceUpdated"]],
      ]),
    ],
  },
  {
    serviceName: "CodeDeploy",
    resourceType: "Application",
    service: "codedeploy",
    resourceOf: (detail) => `application:${detail["application"]}`,
    types: group("codedeploy", "CodeDeploy Deployment State-change Notification", "application-deployment", "Deployment", "state", [
      ["failed", "Failed", ["FAILURE"]],
      ["succeeded", "Succeeded", ["SUCCESS"]],
      ["started", "Started", ["START"]],
    ]),
  },
  {
    serviceName: "CodePipeline",
    resourceType: "Pipeline",
    service: "codepipeline",
    resourceOf: (detail) => String(detail["pipeline"]),
    types: [
      ...group("codepipeline", "CodePipeline Action Execution State Change", "pipeline-action-execution", "Action execution", "state", [
        SUCCEEDED,
        FAILED,
        CANCELED,
        STARTED,
      ]),
      ...group("codepipeline", "CodePipeline Stage Execution State Change", "pipeline-stage-execution", "Stage execution", "state", [
        STARTED,
        SUCCEEDED,
        RESUMED,
        CANCELED,
        FAILED,
      ]),
      ...group(
        "codepipeline",
        "CodePipeline Pipeline Execution State Change",
        "pipeline-pipeline-execution",
        "Pipeline execution",
        "state",
        [FAILED, CANCELED, STARTED, RESUMED, SUCCEEDED, ["superseded", "Superseded", ["SUPERSEDED"]]],
      ),
      ...group(
        "codepipeline",
        "CodePipeline Action Execution State Change",
        "pipeline-manual-approval",
        "Manual approval",
        "state",
        [FAILED, ["needed", "Needed", ["STARTED"]], SUCCEEDED],
        isApproval,
      ),
    ],
  },
];

const PAGE_SIZE = 50;

export const listEventTypes = operation(ListEventTypes$, (_scope, { Filters = [], MaxResults = PAGE_SIZE, NextToken }) => {
  const all = SOURCES.flatMap((source) => source.types.map((type) => summary(source, type)));
  const found = all
    .filter((type) =>
      matchesFilters(
        Filters,
        ({ Name, Value }) => (Name === "SERVICE_NAME" ? type.ServiceName : type.ResourceType)!.toLowerCase() === Value!.toLowerCase(),
      ),
    )
    .sort((one, other) => (one.EventTypeId! < other.EventTypeId! ? -1 : 1));
  const { items, nextToken } = page(found, ({ EventTypeId }) => EventTypeId!, MaxResults, NextToken, invalidToken);
  return { EventTypes: items, ...(nextToken && { NextToken: nextToken }) };
});

export const invalidToken = (): never => fault(InvalidNextTokenException, "The value for the enumeration token is not valid.");

/** An event type of a resource; undefined where the resource has none such. */
export function eventTypeOf(resourceArn: string, id: string): EventTypeSummary | undefined {
  const source = sourceOf(resourceArn);
  const type = source?.types.find((one) => one.id === id);
  return type && summary(source!, type);
}

export const isSource = (resourceArn: string): boolean => sourceOf(resourceArn) !== undefined;

/** The ids of the event types that an event is of, and the ARN of what it is about. */
export function typesOf(
  scope: Scope,
  { source: from, detailType, detail }: Fact,
): { readonly resource: string; readonly ids: readonly string[] } | undefined {
  const source = SOURCES.find(({ service }) => from === `aws.${service}`);
  const ids = source?.types.filter((type) => type.detailType === detailType && type.is(detail)).map(({ id }) => id) ?? [];
  return ids.length === 0 ? undefined : { resource: scope.arn(source!.service, source!.resourceOf(detail)), ids };
}

const sourceOf = (arn: string): Source | undefined => SOURCES.find(({ service }) => arn.split(":")[2] === service);

const summary = ({ serviceName, resourceType }: Source, { id, name }: EventType): EventTypeSummary => ({
  EventTypeId: id,
  ServiceName: serviceName,
  EventTypeName: name,
  ResourceType: resourceType,
});
