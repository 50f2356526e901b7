import { createHmac, timingSafeEqual } from "node:crypto";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Project, projects } from "./project.ts";
import { askForApproval, forgetApprovals, needsApproval, takeApproval } from "./pull-request-approval.ts";
import { type Webhook, webhookOf } from "./webhook.ts";
import { type Headers, readApproval, readEvent, type SourceEvent } from "./webhook-event.ts";
import { startFor } from "./webhook-start.ts";

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
  const webhook = webhookOf(there, name!);
  const project = projects.get(there, name!);
  if (webhook?.token !== proof || project === undefined) return { status: 404, message: "no webhook" };
  if (!isSigned(webhook, headers, body)) return { status: 401, message: "the signature does not match" };
  return takeEvent(there, project, webhook, headers, body);
}

function takeEvent(scope: Scope, project: Project, webhook: Webhook, headers: Headers, body: string): WebhookAnswer {
  const approval = readSafely(readApproval, project, headers, body);
  if (approval !== undefined) return { status: 200, message: takeApproval(scope, project.id, approval) };
  const event = readSafely(readEvent, project, headers, body);
  if (event === undefined) return { status: 200, message: "nothing to build for" };
  const { pullRequest } = event;
  // What waits for an approval is the commit before, or is not to be merged any more.
  const isOver = /_(CLOSED|MERGED)$/.test(event.event);
  if (pullRequest !== undefined) forgetApprovals(scope, project.id, pullRequest.number, isOver ? undefined : pullRequest.commit);
  if (!passes(webhook, event)) return { status: 200, message: "no filter group matches" };
  const delivery = headers["x-github-delivery"] ?? headers["x-gitlab-event-uuid"] ?? headers["x-request-uuid"];
  const uuid = delivery === undefined ? scope.id.uuid() : idsFrom(`codebuild webhook ${project.id} ${delivery}`).uuid();
  const trigger = { uuid, initiator: headers["user-agent"] ?? "webhook" };
  if (needsApproval(webhook, event)) {
    askForApproval(scope, project.id, event, trigger);
    return { status: 200, message: "the pull request is built when somebody has approved of it" };
  }
  const started = startFor(scope, project, webhook, event, trigger);
  return typeof started === "string" ? { status: 200, message: started } : { status: 400, message: started.message };
}

/** What is in it, as one of the readers has it; undefined where that is nothing. */
function readSafely<T>(
  read: (sourceType: string, headers: Headers, payload: any) => T | undefined,
  project: Project,
  headers: Headers,
  body: string,
): T | undefined {
  try {
    // GitHub sends a form unless it is told otherwise.
    const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
    const payload = isForm ? new URLSearchParams(body).get("payload")! : body;
    return read(project.declaration.source!.type!, headers, JSON.parse(payload));
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
