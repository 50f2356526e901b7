import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { lateOperation, operation, Waiting } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { lowerTagList, type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  DeleteWebhook$,
  DeregisterWebhookWithThirdParty$,
  InvalidNextTokenException,
  InvalidWebhookAuthenticationParametersException,
  InvalidWebhookFilterPatternException,
  LimitExceededException,
  type ListWebhookItem,
  ListWebhooks$,
  PutWebhook$,
  RegisterWebhookWithThirdParty$,
  type WebhookDefinition,
  WebhookNotFoundException,
} from "../../sdk/codepipeline.js";
import { parseRange } from "./address-range.ts";
import { parseJsonPath } from "./json-path.ts";
import { declarationOf, requirePipeline } from "./pipeline.ts";
import { checkedTags } from "./tag.ts";
import { deregister, failureOf, forgetRegistration, register, registering, webhookRegistrations } from "./webhook-registration.ts";

/** An address at which somebody outside starts a pipeline, by its name. */
export interface Webhook extends Row {
  readonly definition: Stored<WebhookDefinition>;
  /** What its address has that nobody guesses. */
  readonly proof: string;
  readonly tags: Tags;
  readonly lastTriggeredAt?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

export const webhooks = new Table<Webhook>("codepipeline/webhook", {
  arn: ({ id }, { account, region }) => `arn:aws:codepipeline:${region}:${account}:webhook:${id}`,
});

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const WEBHOOKS_MAX = 300;
const PAGE_MAX = 100;
const PLACEHOLDER = /\{([^{}]+)\}/g;

export const putWebhook = operation(PutWebhook$, (scope, { webhook, tags }) => ({
  webhook: shown(scope, keepWebhook(scope, webhook!, tags && tagsOf(tags))),
}));

export const listWebhooks = operation(ListWebhooks$, (scope, { NextToken, MaxResults }) => {
  const { items, nextToken } = page(
    webhooks.list(scope),
    ({ id }) => id,
    MaxResults ?? PAGE_MAX,
    NextToken,
    () => fault(InvalidNextTokenException, "The next token is invalid."),
  );
  return { webhooks: items.map((webhook) => redacted(shown(scope, webhook))), ...(nextToken && { NextToken: nextToken }) };
});

/** A git server that was told of it goes on sending there: Deregister comes first, as on AWS. */
export const deleteWebhook = operation(DeleteWebhook$, (scope, { name }) => {
  webhooks.remove(scope, name!);
  forgetRegistration(scope, name!);
  return {};
});

/** Answered when the git server has answered. */
export const registerWebhookWithThirdParty = lateOperation(RegisterWebhookWithThirdParty$, {
  begin(scope, { webhookName }) {
    if (webhookName === undefined) return undefined;
    const webhook = requireWebhook(scope, webhookName);
    const asker = scope.id.hex(32);
    if (!register(scope, webhook, asker)) refuseThirdParty(webhook);
    return { webhookName, asker };
  },
  answer(scope, begun) {
    const rest = begun && registering(scope, begun.webhookName, begun.asker);
    return rest === undefined ? {} : new Waiting(rest);
  },
});

export const deregisterWebhookWithThirdParty = operation(DeregisterWebhookWithThirdParty$, (scope, { webhookName }) => {
  if (webhookName !== undefined) deregister(scope, requireWebhook(scope, webhookName).id);
  return {};
});

/** Make the webhook, or change it; its address stays. */
export function keepWebhook(scope: Scope, definition: WebhookDefinition, tags: Tags | undefined): Webhook {
  const known = webhooks.get(scope, definition.name!);
  if (known === undefined && webhooks.list(scope).length >= WEBHOOKS_MAX) {
    fault(LimitExceededException, `The number of webhooks has exceeded the limit of ${WEBHOOKS_MAX}`);
  }
  check(scope, definition);
  return webhooks.put(scope, {
    id: definition.name!,
    definition: stored(definition),
    proof: known?.proof ?? scope.id.hex(64),
    tags: tags === undefined ? (known?.tags ?? {}) : checkedTags(tags, webhookArn(scope, definition.name!)),
    ...(known?.lastTriggeredAt !== undefined && { lastTriggeredAt: known.lastTriggeredAt }),
  });
}

export const webhookArn = (scope: Scope, name: string): string => scope.arn("codepipeline", `webhook:${name}`);

/** Where it is told of what happens outside. */
export function webhookUrl(scope: Scope, { id, proof }: Webhook): string {
  const token = Buffer.from([scope.account, scope.region, id, proof].join(":")).toString("base64url");
  return `${scope.settings.endpoint}/_codepipeline/webhook?t=${token}&v=1`;
}

/** What a filter wants a value to be: {Branch} stands for the target action's. */
export const wantedValue = (text: string, configuration: Readonly<Record<string, string>>): string =>
  text.replaceAll(PLACEHOLDER, (placeholder, key) => configuration[key] ?? placeholder);

/** The configuration of the action that the webhook is of; undefined where the pipeline has no such source. */
export function targetConfiguration(
  scope: Scope,
  { targetPipeline, targetAction }: Pick<WebhookDefinition, "targetPipeline" | "targetAction">,
) {
  const actions = declarationOf(scope, targetPipeline!).stages![0]!.actions!;
  const action = actions.find(({ name }) => name === targetAction);
  return action && (action.configuration ?? {});
}

export function requireWebhook(scope: Scope, name: string): Webhook {
  return webhooks.get(scope, name) ?? fault(WebhookNotFoundException, `Webhook '${name}' was not found`);
}

export function shown(scope: Scope, webhook: Webhook): ListWebhookItem {
  const { id, definition, tags, lastTriggeredAt } = webhook;
  const registration = webhookRegistrations.get(scope, id);
  const error = webhook.error ?? (registration && failureOf(registration));
  return {
    definition: definition as WebhookDefinition,
    url: webhookUrl(scope, webhook),
    ...(error && { errorMessage: error.message, errorCode: error.code }),
    ...(lastTriggeredAt !== undefined && { lastTriggered: new Date(lastTriggeredAt) }),
    arn: webhookArn(scope, id),
    tags: lowerTagList(tags),
  };
}

function redacted(item: ListWebhookItem): ListWebhookItem {
  const { definition } = item;
  if (definition!.authenticationConfiguration?.SecretToken === undefined) return item;
  return { ...item, definition: { ...definition!, authenticationConfiguration: { SecretToken: "****" } } };
}

function check(scope: Scope, definition: WebhookDefinition): void {
  requirePipeline(scope, definition.targetPipeline!);
  const configuration = targetConfiguration(scope, definition);
  if (configuration === undefined) {
    fault("ValidationException", `Action ${definition.targetAction} is not a source action of pipeline ${definition.targetPipeline}`);
  }
  for (const { jsonPath, matchEquals = "" } of definition.filters!) {
    if (parseJsonPath(jsonPath!) === undefined) wrongFilter(`Invalid JSON path: ${jsonPath}`);
    const unknown = [...matchEquals.matchAll(PLACEHOLDER)].find(([, key]) => configuration![key!] === undefined);
    if (unknown) wrongFilter(`The action configuration has no property for the placeholder ${unknown[0]}`);
  }
  checkAuthentication(definition);
}

/** https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_WebhookAuthConfiguration.html */
function checkAuthentication({ authentication, authenticationConfiguration = {} }: WebhookDefinition): void {
  const { SecretToken, AllowedIPRange } = authenticationConfiguration;
  const only = (property: string): never =>
    wrongAuthentication(`Optional['authenticationConfig' should contain only one property: '${property}']`);
  switch (authentication) {
    case "GITHUB_HMAC":
      if (SecretToken === undefined || AllowedIPRange !== undefined) only("SecretToken");
      return;
    case "IP":
      if (AllowedIPRange === undefined || SecretToken !== undefined) only("AllowedIPRange");
      if (parseRange(AllowedIPRange!) === undefined) wrongAuthentication(`The IP range ${AllowedIPRange} is not a valid CIDR range`);
      return;
    default:
      if (SecretToken !== undefined || AllowedIPRange !== undefined) wrongAuthentication("For UNAUTHENTICATED, no properties can be set");
  }
}

export function refuseThirdParty({ id, definition }: Webhook): never {
  return fault("ValidationException", `Webhook '${id}' does not target an action of type GitHub: ${definition.targetAction}`);
}

const wrongFilter = (message: string): never => fault(InvalidWebhookFilterPatternException, message);
const wrongAuthentication = (message: string): never => fault(InvalidWebhookAuthenticationParametersException, message);
