import { type HttpSpec, jobs } from "../../compute/job.ts";
import { sameJson } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { findConnection, type GitServer } from "../codeconnections/api.ts";
import { abandonJob } from "./abandoned-job.ts";
import { gitHub, sourceOf } from "./actions/github.ts";
import { declarationOf, pipelines } from "./pipeline.ts";
import { type Webhook, webhookUrl } from "./webhook.ts";

/** That a webhook is to be known to the git server of its source, or not to be any more; by the webhook's name. */
export interface WebhookRegistration extends Row {
  readonly isWanted: boolean;
  /** Where the server's own hooks of the repository are, and what it is asked with. */
  readonly hooks: string;
  readonly token: string;
  /** Where it is to send what happens, and what it signs with. */
  readonly url: string;
  readonly secret?: string;
  /** The server's id of the hook, once there is one. */
  readonly hookId?: number;
  /** The server has no hook that sends there. */
  readonly isMissing?: boolean;
  /** Raised whenever it is asked again: jobs are named by it. */
  readonly attempt: number;
  /** How often it was asked in vain, and when it is asked again. */
  readonly failures: number;
  readonly retryAt?: number;
}

export const webhookRegistrations = new Table<WebhookRegistration>("codepipeline/webhook-registration");

const TIMEOUT_MS = 15_000;

/** Have the git server told of a webhook; what comes of it is in the webhook's error. Answers whether its source is one of GitHub's. */
export function register(scope: Scope, webhook: Webhook): boolean {
  const { targetPipeline, targetAction, authentication, authenticationConfiguration } = webhook.definition;
  const pipeline = pipelines.get(scope, targetPipeline!);
  const action = pipeline && declarationOf(scope, pipeline.id).stages![0]!.actions!.find(({ name }) => name === targetAction);
  const { owner, provider } = action?.actionTypeId ?? {};
  if (provider !== gitHub.type.provider || owner !== gitHub.type.owner) return false;
  const { configuration = {} } = action!;
  const { Owner, Repo, OAuthToken = "" } = configuration;
  const source = sourceOf(scope, configuration);
  const server = source && findConnection(scope, source.connectionArn)?.server;
  const known = webhookRegistrations.get(scope, webhook.id);
  const wish = {
    isWanted: true,
    hooks: `${apiOf(server)}/repos/${Owner}/${Repo}/hooks`,
    token: OAuthToken,
    url: webhookUrl(scope, webhook),
    ...(authentication === "GITHUB_HMAC" && { secret: authenticationConfiguration!.SecretToken! }),
  };
  if (known !== undefined && sameJson({ ...known, ...wish }, known)) return true;
  webhookRegistrations.put(scope, {
    id: webhook.id,
    ...wish,
    ...(known?.hookId !== undefined && known.url === wish.url && { hookId: known.hookId }),
    attempt: (known?.attempt ?? 0) + 1,
    failures: 0,
  });
  return true;
}

/** Have the git server forget it, where it may have been told of it. */
export function deregister(scope: Scope, name: string): void {
  const known = webhookRegistrations.get(scope, name);
  if (known === undefined) return;
  if (known.hookId === undefined && !known.isMissing) return forgetRegistration(scope, name);
  const { attempt } = known;
  webhookRegistrations.patch(scope, name, { isWanted: false, isMissing: undefined, failures: 0, retryAt: undefined, attempt: attempt + 1 });
}

/** Nobody asks the server any more. */
export function forgetRegistration(scope: Scope, name: string): void {
  for (const { id } of jobs.list(scope, questionsOf(name))) abandonJob(scope, id);
  webhookRegistrations.remove(scope, name);
}

/** What the jobs are called that ask the server. */
export const questionsOf = (name: string): string => `codepipeline/webhook/${name}/`;

/** What the server is to be asked next; undefined where all is as it should be. https://docs.github.com/en/rest/repos/webhooks */
export function questionOf({ isWanted, hooks, token, url, secret, hookId, isMissing }: WebhookRegistration): HttpSpec | undefined {
  const headers = {
    authorization: `token ${token}`,
    accept: "application/json",
    "content-type": "application/json",
    "user-agent": "slipway",
  };
  const asked = (method: string, at: string, body?: object): HttpSpec => ({
    type: "http",
    method,
    url: at,
    headers,
    ...(body && { body: JSON.stringify(body) }),
    timeoutMs: TIMEOUT_MS,
  });
  if (hookId !== undefined) return isWanted ? undefined : asked("DELETE", `${hooks}/${hookId}`);
  if (!isMissing) return asked("GET", `${hooks}?per_page=100&limit=50`);
  const config = { url, content_type: "json", ...(secret !== undefined && { secret }) };
  // Gitea wants to know the type; GitHub calls all of them web.
  return isWanted ? asked("POST", hooks, { name: "web", type: "gitea", active: true, events: ["push"], config }) : undefined;
}

/** Whatever stands in for GitHub is taken for Gitea. */
function apiOf(server: GitServer | undefined): string {
  const base = server?.type === "url" ? URL.parse(server.base) : null;
  return base === null || base.host === "github.com" ? "https://api.github.com" : `${base.origin}/api/v1`;
}
