import { type HttpSpec, jobs } from "../../compute/job.ts";
import { fault } from "../../kernel/fault.ts";
import { sameJson } from "../../kernel/json.ts";
import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type GitProvider, providerAt, providerFor, request } from "../codeconnections/api.ts";
import { abandonJob } from "./abandoned-job.ts";
import { gitHub, sourceOf } from "./actions/github.ts";
import { declarationOf, pipelines } from "./pipeline.ts";
import { type Webhook, webhookUrl } from "./webhook.ts";

/** That a webhook is to be known to the git server of its source, or not to be any more; by the webhook's name. */
export interface WebhookRegistration extends Row {
  readonly isWanted: boolean;
  /** Who waits for it. */
  readonly asker?: string;
  /** The server's API, for whom the action's token names, and where its own hooks of the repository are. */
  readonly provider: GitProvider;
  readonly hooks: string;
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
  /** It is not asked again: what it said. */
  readonly failure?: { readonly code: string; readonly message: string };
}

export const webhookRegistrations = new Table<WebhookRegistration>("codepipeline/webhook-registration");

const GITHUB = "https://api.github.com";

/** Have the git server told of a webhook, once for whoever asks. Answers whether its source is one of GitHub's. */
export function register(scope: Scope, webhook: Webhook, asker: string): boolean {
  const { targetPipeline, targetAction, authentication, authenticationConfiguration } = webhook.definition;
  const pipeline = pipelines.get(scope, targetPipeline!);
  const action = pipeline && declarationOf(scope, pipeline.id).stages![0]!.actions!.find(({ name }) => name === targetAction);
  const { owner, provider } = action?.actionTypeId ?? {};
  if (provider !== gitHub.type.provider || owner !== gitHub.type.owner) return false;
  const { configuration = {} } = action!;
  const known = webhookRegistrations.get(scope, webhook.id);
  if (known?.isWanted && known.asker === asker) return true;
  const wish = {
    isWanted: true,
    asker,
    provider: providerOf(scope, configuration),
    hooks: `/repos/${configuration["Owner"]}/${configuration["Repo"]}/hooks`,
    url: webhookUrl(scope, webhook),
    ...(authentication === "GITHUB_HMAC" && { secret: authenticationConfiguration!.SecretToken! }),
  };
  const isAsWished = known !== undefined && known.failure === undefined && sameJson({ ...known, ...wish, asker: known.asker }, known);
  if (isAsWished) webhookRegistrations.patch(scope, webhook.id, { asker });
  else
    webhookRegistrations.put(scope, {
      id: webhook.id,
      ...wish,
      ...(known?.hookId !== undefined && known.url === wish.url && { hookId: known.hookId }),
      attempt: (known?.attempt ?? 0) + 1,
      failures: 0,
    });
  return true;
}

/** What whoever registered it waits for; undefined where the server knows of it, or somebody else has asked since. */
export function registering(scope: Scope, name: string, asker: string): Rest | undefined {
  const known = webhookRegistrations.get(scope, name);
  if (known === undefined || !known.isWanted || known.asker !== asker) return undefined;
  if (known.failure !== undefined) refuse(known.failure.message);
  return questionOf(known) && { kind: "wait", because: `${known.provider.api} has not been told of the webhook` };
}

/** Have the git server forget it, where it may have been told of it. */
export function deregister(scope: Scope, name: string): void {
  const known = webhookRegistrations.get(scope, name);
  if (known === undefined) return;
  if (known.hookId === undefined && !known.isMissing) return forgetRegistration(scope, name);
  const asked = { failures: 0, retryAt: undefined, failure: undefined, attempt: known.attempt + 1 };
  webhookRegistrations.patch(scope, name, { isWanted: false, isMissing: undefined, ...asked });
}

/** Nobody asks the server any more. */
export function forgetRegistration(scope: Scope, name: string): void {
  for (const { id } of jobs.list(scope, questionsOf(name))) abandonJob(scope, id);
  webhookRegistrations.remove(scope, name);
}

/** What the jobs are called that ask the server. */
export const questionsOf = (name: string): string => `codepipeline/webhook/${name}/`;

/** What the server is to be asked next; undefined where all is as it should be. https://docs.github.com/en/rest/repos/webhooks */
export function questionOf(registration: WebhookRegistration): HttpSpec | undefined {
  const { isWanted, provider, hooks, url, secret, hookId, isMissing, failure } = registration;
  if (failure !== undefined) return undefined;
  if (hookId !== undefined) return isWanted ? undefined : request(provider, "DELETE", `${hooks}/${hookId}`);
  if (!isMissing) return request(provider, "GET", `${hooks}?per_page=100&limit=50`);
  const config = { url, content_type: "json", ...(secret !== undefined && { secret }) };
  // Gitea wants to know the type; GitHub calls all of them web.
  return isWanted ? request(provider, "POST", hooks, { name: "web", type: "gitea", active: true, events: ["push"], config }) : undefined;
}

/** The API is the connection's, and who asks there is whom the action's token names. */
function providerOf(scope: Scope, configuration: Readonly<Record<string, string>>): GitProvider {
  const source = sourceOf(scope, configuration);
  const known = source && providerFor(scope, source.connectionArn);
  if (typeof known === "string") return refuse(refusal(known));
  const api = new URL(known?.api ?? GITHUB);
  api.username = encodeURIComponent(configuration["OAuthToken"]!);
  return providerAt(api, known?.certificate);
}

export const refusal = (cause: string): string => `Webhook could not be registered with GitHub. Error cause: ${cause}`;

const refuse = (message: string): never => fault("ValidationException", message);
