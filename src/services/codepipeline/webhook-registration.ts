import { fault } from "../../kernel/fault.ts";
import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type GitProvider,
  type HookWish,
  hooksOf,
  isSettled,
  type KeptHook,
  providerAt,
  providerFor,
  UNKNOWN_HOOK,
} from "../codeconnections/api.ts";
import { gitHub, sourceOf } from "./actions/github.ts";
import { declarationOf, pipelines } from "./pipeline.ts";
import { type Webhook, webhookUrl } from "./webhook.ts";

/** That a webhook is to be known to the git server of its source; by the webhook's name. */
export interface WebhookRegistration extends Row {
  /** Absent where the server is to forget it. */
  readonly wish?: HookWish;
  /** Who waits for it. */
  readonly asker?: string;
  /** How it stands at the server. */
  readonly hook: KeptHook;
  /** What is there is left there. */
  readonly isForgotten?: true;
}

export const webhookRegistrations = new Table<WebhookRegistration>("codepipeline/webhook-registration");

const GITHUB = "https://api.github.com";
const CAUSES: Readonly<Record<number, string>> = { 401: "Invalid credentials", 404: "Not found" };

/** Have the git server told of a webhook, once for whoever asks. Answers whether its source is one of GitHub's. */
export function register(scope: Scope, webhook: Webhook, asker: string): boolean {
  const { targetPipeline, targetAction, authentication, authenticationConfiguration } = webhook.definition;
  const pipeline = pipelines.get(scope, targetPipeline!);
  const action = pipeline && declarationOf(scope, pipeline.id).stages![0]!.actions!.find(({ name }) => name === targetAction);
  const { owner, provider: kind } = action?.actionTypeId ?? {};
  if (kind !== gitHub.type.provider || owner !== gitHub.type.owner) return false;
  const known = webhookRegistrations.get(scope, webhook.id);
  if (known?.wish !== undefined && known.asker === asker) return true;
  const { configuration = {} } = action!;
  const provider = providerOf(scope, configuration);
  const hook = {
    place: hooksOf(provider, `${configuration["Owner"]}/${configuration["Repo"]}`),
    url: webhookUrl(scope, webhook),
    ...(authentication === "GITHUB_HMAC" && { secret: authenticationConfiguration!.SecretToken! }),
    events: ["push"] as const,
  };
  // What the server would not do it is asked again.
  const { refused: _, ...kept } = known?.hook ?? UNKNOWN_HOOK;
  webhookRegistrations.put(scope, { id: webhook.id, wish: { provider, hook }, asker, hook: kept });
  return true;
}

/** What whoever registered it waits for; undefined where the server knows of it, or somebody else has asked since. */
export function registering(scope: Scope, name: string, asker: string): Rest | undefined {
  const known = webhookRegistrations.get(scope, name);
  if (known?.wish === undefined || known.asker !== asker) return undefined;
  const failure = failureOf(known);
  if (failure !== undefined) refuse(failure.message);
  if (isSettled(known.hook, known.wish)) return undefined;
  return { kind: "wait", because: `${known.wish.provider.api} has not been told of the webhook` };
}

/** What the server would not do. */
export function failureOf({ hook: { refused } }: WebhookRegistration): { readonly code: string; readonly message: string } | undefined {
  if (refused === undefined) return undefined;
  const { status, said } = refused;
  const cause = status === 0 ? said : `${CAUSES[status] ?? "Refused"} [StatusCode: ${status}, Body: ${said}]`;
  return { code: String(status), message: refusal(cause) };
}

/** Have the git server forget it, where it may have been told of it. */
export function deregister(scope: Scope, name: string): void {
  if (webhookRegistrations.get(scope, name) !== undefined) webhookRegistrations.patch(scope, name, { wish: undefined });
}

/** The server is told nothing more. */
export function forgetRegistration(scope: Scope, name: string): void {
  if (webhookRegistrations.get(scope, name) !== undefined) webhookRegistrations.patch(scope, name, { isForgotten: true });
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

const refusal = (cause: string): string => `Webhook could not be registered with GitHub. Error cause: ${cause}`;

const refuse = (message: string): never => fault("ValidationException", message);
