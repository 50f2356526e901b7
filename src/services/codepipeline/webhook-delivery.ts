import { createHmac, timingSafeEqual } from "node:crypto";
import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import { isWithin, parseRange } from "./address-range.ts";
import { startExecution } from "./execution.ts";
import { parseJsonPath, valuesAt } from "./json-path.ts";
import { pipelines } from "./pipeline.ts";
import { targetConfiguration, type Webhook, wantedValue, webhookArn, webhooks } from "./webhook.ts";

export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** Of the sender. */
  readonly address: string;
}

/** What the sender is answered. */
export interface WebhookAnswer {
  readonly status: number;
  readonly message: string;
}

/** Take what somebody sends to the address of a webhook; starts the pipeline where all its filters match. Once per delivery. */
export function takeWebhook(scope: Scope, token: string, request: WebhookRequest): WebhookAnswer {
  const [account, region, name, proof] = Buffer.from(token, "base64url").toString("utf8").split(":");
  if (proof === undefined) return { status: 404, message: "no webhook" };
  const there = scope.in({ account: account!, region: region! });
  const webhook = webhooks.get(there, name!);
  if (webhook?.proof !== proof) return { status: 404, message: "no webhook" };
  if (!isAuthentic(webhook, request)) return { status: 401, message: "it is not authentic" };
  const pipeline = pipelines.get(there, webhook.definition.targetPipeline!);
  const configuration = pipeline && targetConfiguration(there, webhook.definition);
  if (configuration === undefined) return { status: 404, message: "no pipeline with such a source" };
  if (!passes(webhook, configuration, payloadOf(request))) return { status: 200, message: "a filter does not match" };
  return start(there, webhook, request);
}

function start(scope: Scope, webhook: Webhook, { headers }: WebhookRequest): WebhookAnswer {
  const { id, definition } = webhook;
  const delivery = headers["x-github-delivery"];
  const executionId = delivery === undefined ? scope.id.uuid() : idsFrom(`codepipeline webhook ${id} ${delivery}`).uuid();
  const now = scope.clock.now();
  try {
    const trigger = { triggerType: "Webhook", triggerDetail: webhookArn(scope, id) } as const;
    startExecution(scope, pipelines.get(scope, definition.targetPipeline!)!, { id: executionId, trigger });
    webhooks.patch(scope, id, { lastTriggeredAt: now, error: undefined });
    return { status: 200, message: executionId };
  } catch (error) {
    if (!isFault(error)) throw error;
    webhooks.patch(scope, id, { error: { code: error.name, message: error.message } });
    return { status: 400, message: error.message };
  }
}

function isAuthentic({ definition }: Webhook, { headers, body, address }: WebhookRequest): boolean {
  const { SecretToken = "", AllowedIPRange = "" } = definition.authenticationConfiguration ?? {};
  switch (definition.authentication) {
    case "GITHUB_HMAC": {
      const shown = headers["x-hub-signature-256"] ?? headers["x-hub-signature"] ?? "";
      const algorithm = shown.slice(0, shown.indexOf("="));
      if (algorithm !== "sha1" && algorithm !== "sha256") return false;
      return isSame(shown, `${algorithm}=${createHmac(algorithm, SecretToken).update(body).digest("hex")}`);
    }
    case "IP":
      return isWithin(parseRange(AllowedIPRange)!, address);
    default:
      return true;
  }
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function passes({ definition: { filters = [] } }: Webhook, configuration: Readonly<Record<string, string>>, payload: unknown): boolean {
  return filters.every(({ jsonPath, matchEquals }) => {
    const found = valuesAt(parseJsonPath(jsonPath!)!, payload);
    if (matchEquals === undefined) return found.length > 0;
    const wanted = wantedValue(matchEquals, configuration);
    return found.some((value) => String(value) === wanted);
  });
}

/** GitHub sends a form unless it is told otherwise. */
function payloadOf({ headers, body }: WebhookRequest): unknown {
  try {
    const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
    return JSON.parse(isForm ? (new URLSearchParams(body).get("payload") ?? "") : body);
  } catch {
    return undefined;
  }
}
