import { createHmac, timingSafeEqual } from "node:crypto";
import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import { submitBatch } from "./batch-start.ts";
import { type Project, projects } from "./project.ts";
import { submitBuild } from "./start.ts";
import { type Webhook, webhooks } from "./webhook.ts";
import { type Headers, readEvent, type SourceEvent } from "./webhook-event.ts";

/** What the server is answered. */
export interface WebhookAnswer {
  readonly status: number;
  readonly message: string;
}

/** Take what a server sends to the address of a webhook; starts a build where the filters let it. Once per delivery. */
export function takeWebhook(scope: Scope, token: string, headers: Headers, body: string): WebhookAnswer {
  const [account, region, name, proof] = Buffer.from(token, "base64url").toString("utf8").split(":");
  if (proof === undefined) return { status: 404, message: "no webhook" };
  const there = scope.in({ account: account!, region: region! });
  const webhook = webhooks.get(there, name!);
  const project = projects.get(there, name!);
  if (webhook?.token !== proof || project === undefined) return { status: 404, message: "no webhook" };
  if (!isSigned(webhook, headers, body)) return { status: 401, message: "the signature does not match" };
  const event = eventIn(project, headers, body);
  if (event === undefined) return { status: 200, message: "nothing to build for" };
  const needsApproval = webhook.settings.pullRequestBuildPolicy?.requiresCommentApproval ?? "DISABLED";
  if (event.event.startsWith("PULL_REQUEST") && needsApproval !== "DISABLED") {
    return { status: 200, message: "approvals by comments are not implemented by Slipway: no build" };
  }
  if (!passes(webhook, event)) return { status: 200, message: "no filter group matches" };
  return start(there, project, webhook, event, headers);
}

function start(scope: Scope, project: Project, webhook: Webhook, event: SourceEvent, headers: Headers): WebhookAnswer {
  const delivery = headers["x-github-delivery"] ?? headers["x-gitlab-event-uuid"] ?? headers["x-request-uuid"];
  const request = {
    uuid: delivery === undefined ? scope.id.uuid() : idsFrom(`codebuild webhook ${project.id} ${delivery}`).uuid(),
    declaration: project.declaration,
    sourceVersion: event.sourceVersion,
    initiator: headers["user-agent"] ?? "webhook",
    webhook: variablesOf(event),
  };
  try {
    const submit = webhook.settings.buildType === "BUILD_BATCH" ? submitBatch : submitBuild;
    return { status: 200, message: submit(scope, project, request).id };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { status: 400, message: error.message };
  }
}

function eventIn(project: Project, headers: Headers, body: string): SourceEvent | undefined {
  try {
    // GitHub sends a form unless it is told otherwise.
    const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
    const payload = isForm ? new URLSearchParams(body).get("payload")! : body;
    return readEvent(project.declaration.source!.type!, headers, JSON.parse(payload));
  } catch {
    return undefined;
  }
}

/** GitHub and Bitbucket sign the body; GitLab shows the secret itself. */
function isSigned({ secret }: Webhook, headers: Headers, body: string): boolean {
  const shown = headers["x-gitlab-token"];
  if (shown !== undefined) return isSame(shown, secret);
  const signature = headers["x-hub-signature-256"] ?? headers["x-hub-signature"] ?? "";
  return isSame(signature, `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`);
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Within a group every filter has to match, of the groups one. https://docs.aws.amazon.com/codebuild/latest/userguide/webhooks.html */
function passes({ settings: { filterGroups = [], branchFilter } }: Webhook, event: SourceEvent): boolean {
  if (filterGroups.length > 0) return filterGroups.some((group) => group.every((filter) => matches(filter, event)));
  if (event.event !== "PUSH" && !/^PULL_REQUEST_(CREATED|UPDATED|REOPENED)$/.test(event.event)) return false;
  const branch = event.headRef.replace(/^refs\/heads\//, "");
  return branchFilter === undefined || new RegExp(branchFilter).test(branch);
}

interface Filter {
  readonly type?: string | undefined;
  readonly pattern?: string | undefined;
  readonly excludeMatchedPattern?: boolean | undefined;
}

function matches({ type, pattern = "", excludeMatchedPattern: isExcluded = false }: Filter, event: SourceEvent): boolean {
  if (type === "EVENT") return pattern.split(",").some((name) => name.trim() === event.event);
  const values = valuesOf(type!, event);
  if (values === undefined) return false;
  const expression = new RegExp(pattern);
  return values.some((value) => expression.test(value)) !== isExcluded;
}

function valuesOf(type: string, event: SourceEvent): readonly string[] | undefined {
  const one = (value: string | undefined): readonly string[] | undefined => (value === undefined ? undefined : [value]);
  switch (type) {
    case "ACTOR_ACCOUNT_ID":
      return [event.actorId];
    case "HEAD_REF":
      return [event.headRef];
    case "BASE_REF":
      return [event.baseRef];
    case "FILE_PATH":
      return event.filePaths;
    case "COMMIT_MESSAGE":
      return one(event.commitMessage);
    case "TAG_NAME":
      return one(event.tagName);
    case "RELEASE_NAME":
      return one(event.releaseName);
    case "REPOSITORY_NAME":
      return one(event.repositoryName);
    case "ORGANIZATION_NAME":
      return one(event.organizationName);
    default:
      return undefined;
  }
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html */
const variablesOf = (event: SourceEvent): Record<string, string> => ({
  CODEBUILD_WEBHOOK_ACTOR_ACCOUNT_ID: event.actorId,
  CODEBUILD_WEBHOOK_BASE_REF: event.baseRef,
  CODEBUILD_WEBHOOK_EVENT: event.event,
  CODEBUILD_WEBHOOK_HEAD_REF: event.headRef,
  CODEBUILD_WEBHOOK_MERGE_COMMIT: event.mergeCommit,
  CODEBUILD_WEBHOOK_PREV_COMMIT: event.previousCommit,
  CODEBUILD_WEBHOOK_TRIGGER: event.trigger,
});
