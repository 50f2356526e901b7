import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { lateOperation, Waiting } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CreateWebhook$,
  type CreateWebhookInput,
  DeleteWebhook$,
  OAuthProviderException,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateWebhook$,
  type Webhook as WebhookShape,
} from "../../sdk/codebuild.js";
import { type HookWish, isSettled, type KeptHook, NEW_HOOK } from "../codeconnections/api.ts";
import { type Project, requireProject } from "./project.ts";
import { type SourceServer, sourceServer } from "./source-server.ts";
import { hookEvents, placeOf } from "./webhook-hook.ts";
import { checkWebhook } from "./webhook-rules.ts";

/** That a server of sources tells a project of its events; by the name of the project. */
export interface Webhook extends Row {
  readonly settings: Stored<Omit<CreateWebhookInput, "projectName">>;
  readonly secret: string;
  /** The part of its address that cannot be guessed. */
  readonly token: string;
  readonly secretChangedAt: number;
  /** Where it is set up; absent where somebody does that by hand. */
  readonly server?: SourceServer;
  /** How it stands there. */
  readonly hook: KeptHook;
  /** It is being taken away there. */
  readonly isGoing?: true;
  /** The request of a stack that it was last asked for by. */
  readonly askedBy?: string;
}

export const webhooks = new Table<Webhook>("codebuild/webhook");

/** What a webhook may be asked to be. */
export type WebhookSettings = Webhook["settings"];

/** The webhook of a project; undefined where there is none, or none has come to be. */
export function webhookOf(scope: Scope, project: string): Webhook | undefined {
  const webhook = webhooks.get(scope, project);
  const never = webhook?.hook.refused !== undefined && webhook.hook.there === undefined;
  return never || webhook?.isGoing ? undefined : webhook;
}

/** One is still taken away at the server: only then there can be another. */
export const isWebhookGoing = (scope: Scope, project: string): boolean => webhooks.get(scope, project)?.isGoing === true;

export const createWebhook = lateOperation(CreateWebhook$, {
  begin(scope, { projectName, ...settings }) {
    const { id } = requireProject(scope, projectName!);
    if (webhookOf(scope, id) !== undefined || isWebhookGoing(scope, id))
      fault(ResourceAlreadyExistsException, `Webhook already exists for project ${id}`);
    return putWebhook(scope, id, stored(settings) as WebhookSettings).id;
  },
  answer: answerWith,
});

export const updateWebhook = lateOperation(UpdateWebhook$, {
  begin(scope, { projectName, rotateSecret = false, ...changes }) {
    const { id } = requireProject(scope, projectName!);
    const known = requireWebhook(scope, id);
    const settings = { ...known.settings, ...(stored(changes) as WebhookSettings) };
    // A branch filter and filter groups exclude each other.
    const cleared =
      changes.filterGroups !== undefined
        ? { branchFilter: undefined }
        : changes.branchFilter !== undefined
          ? { filterGroups: undefined }
          : {};
    const defined = Object.fromEntries(Object.entries({ ...settings, ...cleared }).filter(([, value]) => value !== undefined));
    // Bitbucket's stays as it is.
    const rotates = rotateSecret && known.server?.provider.dialect !== "bitbucket";
    return putWebhook(scope, id, defined as WebhookSettings, rotates).id;
  },
  answer: answerWith,
});

export const deleteWebhook = lateOperation(DeleteWebhook$, {
  begin(scope, { projectName }) {
    const { id } = requireWebhook(scope, requireProject(scope, projectName!).id);
    removeWebhook(scope, id);
    return id;
  },
  answer: (scope, id: string) => (isWebhookGoing(scope, id) ? waitsForServer() : {}),
});

/** Make the webhook be as declared; its address and its secret stay. What the server has to be told, the loop tells it. */
export function putWebhook(scope: Scope, name: string, settings: WebhookSettings, rotates = false): Webhook {
  const project = requireProject(scope, name);
  checkWebhook(project.declaration, settings);
  const known = webhookOf(scope, name);
  const server = serverOf(scope, project, settings);
  // The server is asked again what it would not do before.
  const { refused: _, ...hook } = known?.hook ?? NEW_HOOK;
  return webhooks.put(scope, {
    id: name,
    settings,
    secret: known === undefined || rotates ? scope.id.hex(40) : known.secret,
    token: known?.token ?? scope.id.hex(32),
    secretChangedAt: known === undefined || rotates ? scope.clock.now() : known.secretChangedAt,
    ...(server && { server }),
    hook,
  });
}

/** What the server is to have of it; undefined where there is nothing, or no more. */
export function hookWish(scope: Scope, webhook: Webhook): HookWish | undefined {
  const { server, isGoing, settings, secret } = webhook;
  if (server === undefined || isGoing) return undefined;
  const { provider } = server;
  return { provider, hook: { place: placeOf(server, settings), url: payloadUrl(scope, webhook), secret, events: hookEvents(settings) } };
}

/** Whether the server has still to be told something. */
export const isServerBusy = (scope: Scope, webhook: Webhook): boolean => !isSettled(webhook.hook, hookWish(scope, webhook));

/** It tells us no more. What is set up at the server, or may be, is taken away there. */
export function removeWebhook(scope: Scope, id: string): void {
  const webhook = webhooks.get(scope, id);
  if (webhook?.hook.there === undefined && webhook?.hook.work === undefined) webhooks.remove(scope, id);
  else webhooks.patch(scope, id, { isGoing: true });
}

/**
 * Who sets it up. AWS refuses a webhook where nobody logs in at the server; here it can then be set up by hand, as can all that is not
 * reached from this machine.
 */
function serverOf(scope: Scope, { declaration }: Project, { manualCreation, scopeConfiguration }: WebhookSettings) {
  if (manualCreation) return undefined;
  const server = sourceServer(scope, declaration, scopeConfiguration);
  return typeof server === "string" ? undefined : server;
}

const requireWebhook = (scope: Scope, id: string): Webhook =>
  webhookOf(scope, id) ?? fault(ResourceNotFoundException, `Webhook cannot be found for project ${id}`);

const waitsForServer = (): Waiting => new Waiting({ kind: "wait", because: "the server of the source has not answered yet" });

function answerWith(scope: Scope, id: string): { webhook: WebhookShape } | Waiting {
  const webhook = webhooks.get(scope, id);
  if (webhook === undefined) return fault(ResourceNotFoundException, `Webhook cannot be found for project ${id}`);
  if (isServerBusy(scope, webhook)) return waitsForServer();
  const failure = failureOf(webhook);
  if (failure !== undefined) fault(OAuthProviderException, failure);
  return { webhook: shownWebhook(scope, webhook) };
}

/** Where a server sends its events. */
export const payloadUrl = (scope: Scope, { id, token }: Pick<Webhook, "id" | "token">): string =>
  `${scope.settings.endpoint}/_codebuild/webhooks?t=${Buffer.from(`${scope.account}:${scope.region}:${id}:${token}`).toString("base64url")}`;

/** Why the server would not do the last of it, in the words of CodeBuild, which knows three things that can be wrong. */
export function failureOf({ hook: { refused } }: Webhook): string | undefined {
  switch (refused?.status) {
    case undefined:
      return undefined;
    case 429:
      return "Failed to create webhook. GitHub API limit reached. Please try again later.";
    case 401:
    case 403:
    case 404:
      return "Repository not found or permission denied.";
    default:
      return "Unable to create webhook at this time. Please try again later.";
  }
}

/** A secret that the server was given is not told again. */
export const shownAfterwards = (scope: Scope, webhook: Webhook): WebhookShape => {
  const { secret, ...shown } = shownWebhook(scope, webhook);
  return webhook.server === undefined && secret !== undefined ? { ...shown, secret } : shown;
};

export function shownWebhook(scope: Scope, webhook: Webhook): WebhookShape {
  const { settings, secret, secretChangedAt, hook, isGoing } = webhook;
  const isNew = hook.there === undefined && isServerBusy(scope, webhook);
  return {
    payloadUrl: payloadUrl(scope, webhook),
    secret,
    ...(hook.there && { url: hook.there.at }),
    // The type of builds is told where it was said.
    ...(settings as object),
    lastModifiedSecret: new Date(secretChangedAt),
    status: isGoing ? "DELETING" : isNew ? "CREATING" : "ACTIVE",
  };
}
