import { stopJob } from "../../compute/job.ts";
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
import { type Project, requireProject } from "./project.ts";
import { type SourceServer, sourceServer } from "./source-server.ts";
import { hookEvents } from "./webhook-hook.ts";
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
  /** What the server calls it, once it is set up there. */
  readonly url?: string;
  /** What is still to be done at the server. */
  readonly work?: { readonly verb: "create" | "update" | "delete"; readonly attempt: number };
  /** The request of a stack that it was last asked for by. */
  readonly askedBy?: string;
  /** Why the server would not do the last of it. */
  readonly failure?: string;
}

export const webhooks = new Table<Webhook>("codebuild/webhook");

/** What a webhook may be asked to be. */
export type WebhookSettings = Webhook["settings"];

/** The webhook of a project; undefined where there is none, or none has come to be. */
export function webhookOf(scope: Scope, project: string): Webhook | undefined {
  const webhook = webhooks.get(scope, project);
  const never = webhook?.failure !== undefined && webhook.url === undefined;
  return webhook === undefined || never || isGoing(webhook) ? undefined : webhook;
}

const isGoing = ({ work }: Webhook): boolean => work?.verb === "delete";

/** One is still taken away at the server: only then there can be another. */
export const isWebhookGoing = (scope: Scope, project: string): boolean => {
  const webhook = webhooks.get(scope, project);
  return webhook !== undefined && isGoing(webhook);
};

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
  const { url } = known ?? {};
  const isTold = known !== undefined && !rotates && String(hookEvents(known.settings)) === String(hookEvents(settings));
  const verb = server === undefined ? undefined : url === undefined ? "create" : isTold ? undefined : "update";
  return webhooks.put(scope, {
    id: name,
    settings,
    secret: known === undefined || rotates ? scope.id.hex(40) : known.secret,
    token: known?.token ?? scope.id.hex(32),
    secretChangedAt: known === undefined || rotates ? scope.clock.now() : known.secretChangedAt,
    ...(server && { server }),
    ...(url !== undefined && { url }),
    ...(verb && { work: { verb, attempt: nextAttempt(scope, name) } }),
  });
}

/** What is on its way to the server is overtaken. */
function nextAttempt(scope: Scope, id: string): number {
  const { work } = webhooks.get(scope, id) ?? {};
  if (work === undefined) return 0;
  stopJob(scope, webhookJobId(id, work));
  return work.attempt + 1;
}

/** The job that does it. */
export const webhookJobId = (id: string, { verb, attempt }: NonNullable<Webhook["work"]>): string =>
  `codebuild/webhook/${id}/${verb}/${attempt}`;

/** It tells us no more. What is set up at the server is taken away there. */
export function removeWebhook(scope: Scope, id: string): void {
  const webhook = webhooks.get(scope, id);
  if (webhook?.url === undefined || webhook.server === undefined) webhooks.remove(scope, id);
  else if (!isGoing(webhook)) webhooks.patch(scope, id, { work: { verb: "delete", attempt: nextAttempt(scope, id) } });
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
  const { work, failure } = webhook;
  if (work !== undefined) return waitsForServer();
  if (failure !== undefined) fault(OAuthProviderException, failure);
  return { webhook: shownWebhook(scope, webhook) };
}

/** Where a server sends its events. */
export const payloadUrl = (scope: Scope, { id, token }: Pick<Webhook, "id" | "token">): string =>
  `${scope.settings.endpoint}/_codebuild/webhooks?t=${Buffer.from(`${scope.account}:${scope.region}:${id}:${token}`).toString("base64url")}`;

const STATUS = { create: "CREATING", update: "ACTIVE", delete: "DELETING" } as const;

/** A secret that the server was given is not told again. */
export const shownAfterwards = (scope: Scope, webhook: Webhook): WebhookShape => {
  const { secret, ...shown } = shownWebhook(scope, webhook);
  return webhook.server === undefined && secret !== undefined ? { ...shown, secret } : shown;
};

export function shownWebhook(scope: Scope, webhook: Webhook): WebhookShape {
  const { settings, secret, secretChangedAt, url, work } = webhook;
  return {
    payloadUrl: payloadUrl(scope, webhook),
    secret,
    ...(url !== undefined && { url }),
    // The type of builds is told where it was said.
    ...(settings as object),
    lastModifiedSecret: new Date(secretChangedAt),
    status: work === undefined ? "ACTIVE" : STATUS[work.verb],
  };
}
