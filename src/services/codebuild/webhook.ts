import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CreateWebhook$,
  type CreateWebhookInput,
  DeleteWebhook$,
  InvalidInputException,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateWebhook$,
  type Webhook as WebhookShape,
} from "../../sdk/codebuild.js";
import { requireProject } from "./project.ts";

/** That a server of sources tells a project of its events; by the name of the project. */
export interface Webhook extends Row {
  readonly settings: Stored<Omit<CreateWebhookInput, "projectName">>;
  readonly secret: string;
  /** The part of its address that cannot be guessed. */
  readonly token: string;
  readonly secretChangedAt: number;
}

export const webhooks = new Table<Webhook>("codebuild/webhook");

const SOURCES = ["GITHUB", "GITHUB_ENTERPRISE", "BITBUCKET", "GITLAB", "GITLAB_SELF_MANAGED"];
const PARTIAL =
  "nothing is set up at the server: give it the payload URL and the secret; no approval of pull requests by comments, no organizations, no runners";

/** What a webhook may be asked to be. */
export type WebhookSettings = Webhook["settings"];

export const createWebhook = operation(
  CreateWebhook$,
  (scope, { projectName, ...settings }) => {
    const project = requireProject(scope, projectName!);
    if (webhooks.get(scope, project.id) !== undefined)
      fault(ResourceAlreadyExistsException, `Webhook already exists for project ${project.id}`);
    return { webhook: shownWebhook(scope, putWebhook(scope, project.id, stored(settings) as WebhookSettings)) };
  },
  { partial: PARTIAL },
);

export const updateWebhook = operation(
  UpdateWebhook$,
  (scope, { projectName, rotateSecret = false, ...changes }) => {
    const { id } = requireProject(scope, projectName!);
    const known = webhooks.get(scope, id);
    if (known === undefined) return fault(ResourceNotFoundException, `Webhook cannot be found for project ${id}`);
    const settings = { ...known.settings, ...(stored(changes) as WebhookSettings) };
    // A branch filter and filter groups exclude each other.
    const cleared =
      changes.filterGroups !== undefined
        ? { branchFilter: undefined }
        : changes.branchFilter !== undefined
          ? { filterGroups: undefined }
          : {};
    const defined = Object.fromEntries(Object.entries({ ...settings, ...cleared }).filter(([, value]) => value !== undefined));
    const webhook = putWebhook(scope, id, defined as WebhookSettings);
    const rotated = { secret: scope.id.hex(40), secretChangedAt: scope.clock.now() };
    return { webhook: shownWebhook(scope, rotateSecret ? webhooks.patch(scope, id, rotated) : webhook) };
  },
  { partial: PARTIAL },
);

export const deleteWebhook = operation(DeleteWebhook$, (scope, { projectName }) => {
  const { id } = requireProject(scope, projectName!);
  if (webhooks.get(scope, id) === undefined) fault(ResourceNotFoundException, `Webhook cannot be found for project ${id}`);
  webhooks.remove(scope, id);
  return {};
});

/** Make the webhook be as declared; its address and its secret stay. */
export function putWebhook(scope: Scope, project: string, settings: WebhookSettings): Webhook {
  const { source } = requireProject(scope, project).declaration;
  if (!SOURCES.includes(source!.type!)) fault(InvalidInputException, `Webhooks are not supported for source type ${source!.type}`);
  const { filterGroups = [], branchFilter, buildType } = settings;
  if (buildType === "RUNNER_BUILDKITE_BUILD") fault(InvalidInputException, "Runners are not implemented by Slipway.");
  if (settings.scopeConfiguration !== undefined)
    fault(InvalidInputException, "Webhooks of organizations and groups are not implemented by Slipway.");
  if (branchFilter !== undefined && filterGroups.length > 0) {
    fault(InvalidInputException, "Branch filter and filter groups cannot be used together");
  }
  for (const group of filterGroups) {
    if (!group.some(({ type }) => type === "EVENT"))
      fault(InvalidInputException, "Each filter group must have at least one filter of type EVENT");
    for (const { type, pattern } of group) if (type !== "EVENT") checkPattern(pattern!);
  }
  if (branchFilter !== undefined) checkPattern(branchFilter);
  const known = webhooks.get(scope, project);
  return webhooks.put(scope, {
    id: project,
    settings,
    secret: known?.secret ?? scope.id.hex(40),
    token: known?.token ?? scope.id.hex(32),
    secretChangedAt: known?.secretChangedAt ?? scope.clock.now(),
  });
}

function checkPattern(pattern: string): void {
  try {
    new RegExp(pattern);
  } catch {
    fault(InvalidInputException, `Invalid regular expression: ${pattern}`);
  }
}

/** Where a server sends its events. */
export const payloadUrl = (scope: Scope, { id, token }: Webhook): string =>
  `${scope.settings.endpoint}/_codebuild/webhooks?t=${Buffer.from(`${scope.account}:${scope.region}:${id}:${token}`).toString("base64url")}`;

export function shownWebhook(scope: Scope, webhook: Webhook): WebhookShape {
  const { settings, secret, secretChangedAt } = webhook;
  return {
    payloadUrl: payloadUrl(scope, webhook),
    secret,
    // The type of builds is told where it was said.
    ...(settings as object),
    lastModifiedSecret: new Date(secretChangedAt),
    status: "ACTIVE",
  };
}
