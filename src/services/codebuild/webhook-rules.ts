import { fault } from "../../kernel/fault.ts";
import { InvalidInputException } from "../../sdk/codebuild.js";
import type { Declaration } from "./project.ts";
import type { WebhookSettings } from "./webhook.ts";

const SOURCES = ["GITHUB", "GITHUB_ENTERPRISE", "BITBUCKET", "GITLAB", "GITLAB_SELF_MANAGED"];
/** What a project names as its source that is told of by a whole organization. */
const ANY_REPOSITORY = "CODEBUILD_DEFAULT_WEBHOOK_SOURCE_LOCATION";
const EVENTS = [
  "PUSH",
  "PULL_REQUEST_CREATED",
  "PULL_REQUEST_UPDATED",
  "PULL_REQUEST_CLOSED",
  "PULL_REQUEST_REOPENED",
  "PULL_REQUEST_MERGED",
  "RELEASED",
  "PRERELEASED",
  "WORKFLOW_JOB_QUEUED",
];

const invalid = (message: string): never => fault(InvalidInputException, message);

/** Refuse what CodeBuild refuses of a webhook. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateWebhook.html */
export function checkWebhook({ source }: Declaration, settings: WebhookSettings): void {
  const { filterGroups = [], branchFilter, buildType, manualCreation, scopeConfiguration, pullRequestBuildPolicy } = settings;
  const { type = "", location } = source ?? {};
  if (buildType === "RUNNER_BUILDKITE_BUILD") invalid("Runners are not implemented by Slipway.");
  if (!SOURCES.includes(type)) invalid(`Webhooks are not supported for source type ${type}`);
  if (branchFilter !== undefined && filterGroups.length > 0) invalid("Branch filter and filter groups cannot be used together");
  if (manualCreation && !type.startsWith("GITHUB")) invalid("Manual creation is only available for GitHub webhooks");
  const [host] = type.split("_");
  const alien = (pullRequestBuildPolicy?.approverRoles ?? []).find((role) => !role.startsWith(`${host}_`));
  if (alien !== undefined) invalid(`Invalid approver role for source type ${type}: ${alien}`);
  if (scopeConfiguration !== undefined) checkScope(type, location, scopeConfiguration);
  else if (location === ANY_REPOSITORY)
    invalid("A scope configuration is required for a webhook of an organization, a group or an enterprise");
  for (const group of filterGroups) checkGroup(group);
  if (branchFilter !== undefined) checkPattern(branchFilter);
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/github-global-organization-webhook.html */
function checkScope(
  type: string,
  location: string | undefined,
  { scope, domain }: NonNullable<WebhookSettings["scopeConfiguration"]>,
): void {
  if (scope === "GITLAB_GROUP" ? !type.startsWith("GITLAB") : !type.startsWith("GITHUB")) {
    invalid(`The scope ${scope} is not supported for source type ${type}`);
  }
  if (scope === "GITHUB_GLOBAL" && type !== "GITHUB_ENTERPRISE") invalid("Global webhooks are only available for GitHub Enterprise Server");
  if ((type === "GITHUB_ENTERPRISE" || type === "GITLAB_SELF_MANAGED") && !domain) invalid(`A domain is required for source type ${type}`);
  if (location !== ANY_REPOSITORY) invalid(`The source location of a project with such a webhook has to be ${ANY_REPOSITORY}`);
}

function checkGroup(group: NonNullable<WebhookSettings["filterGroups"]>[number]): void {
  const events = group.filter(({ type }) => type === "EVENT").flatMap(({ pattern }) => pattern!.split(",").map((name) => name.trim()));
  if (events.length === 0) invalid("Each filter group must have at least one filter of type EVENT");
  const unknown = events.find((name) => !EVENTS.includes(name));
  if (unknown !== undefined) invalid(`Invalid event type in filter: ${unknown}`);
  if (events.includes("WORKFLOW_JOB_QUEUED") || group.some(({ type }) => type === "WORKFLOW_NAME")) {
    invalid("Runners are not implemented by Slipway.");
  }
  for (const { type, pattern } of group) if (type !== "EVENT") checkPattern(pattern!);
}

function checkPattern(pattern: string): void {
  try {
    new RegExp(pattern);
  } catch {
    invalid(`Invalid regular expression: ${pattern}`);
  }
}
