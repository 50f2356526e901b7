import { ensureJob, forgetJob, isOver, type Job, jobs } from "../../compute/job.ts";
import type { Loop } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { webhooks } from "./webhook.ts";
import { questionOf, questionsOf, type WebhookRegistration, webhookRegistrations } from "./webhook-registration.ts";

const RETRY_MS = 10_000;
const RETRIES_MAX = 6;
const REASON_MAX = 200;

/** Tells the git server of a webhook: looks for its hook, makes it where it is missing, and removes it when it is not wanted any more. */
export const webhookRegistrationLoop: Loop<WebhookRegistration> = {
  table: webhookRegistrations,
  turn(scope, registration) {
    const { id, attempt, retryAt = 0, isWanted } = registration;
    const question = questionOf(registration);
    const asked = question && `${questionsOf(id)}${attempt}/${question.method}`;
    for (const other of jobs.list(scope, questionsOf(id))) {
      if (other.id === asked) continue;
      // Something else was asked before somebody changed his mind: what comes of it is looked for.
      if (!isOver(other)) return { kind: "wait", because: "an earlier question has not been answered" };
      forgetJob(scope, other.id);
    }
    if (question === undefined) {
      if (!isWanted) webhookRegistrations.remove(scope, id);
      return undefined;
    }
    if (scope.clock.now() < retryAt) return { wakeAt: retryAt, kind: "tick", because: `${question.url} is asked again then` };
    const job = ensureJob(scope, asked!, question);
    if (!isOver(job)) return { kind: "wait", because: `${question.url} has not answered` };
    forgetJob(scope, job.id);
    return take(scope, registration, question.method, job);
  },
};

function take(scope: Scope, registration: WebhookRegistration, method: string, { status, result, reason }: Job): undefined {
  const { id, url, attempt, failures } = registration;
  const { status: code = 0, body = "" } = result?.response ?? {};
  const isWell = (code >= 200 && code < 300) || (method === "DELETE" && code === 404);
  const mayComeBack = code === 0 || code === 429 || code >= 500;
  if (!isWell && mayComeBack && failures < RETRIES_MAX) {
    const retryAt = scope.clock.now() + (status === "LOST" ? 0 : RETRY_MS * 2 ** failures);
    webhookRegistrations.patch(scope, id, { attempt: attempt + 1, failures: failures + 1, retryAt });
    return;
  }
  if (!isWell) return fail(scope, id, code, code === 0 ? (reason ?? status) : body);
  if (method === "DELETE") webhookRegistrations.remove(scope, id);
  else if (method === "POST") webhookRegistrations.patch(scope, id, { hookId: JSON.parse(body).id, isMissing: undefined });
  else {
    const found = hooksIn(body).find(({ config }) => config?.url === url);
    webhookRegistrations.patch(scope, id, found === undefined ? { isMissing: true } : { hookId: found.id });
  }
  if (webhooks.get(scope, id)?.error !== undefined) webhooks.patch(scope, id, { error: undefined });
}

/** It is told of in the webhook, and tried again when somebody registers it again. */
function fail(scope: Scope, id: string, code: number, said: string): undefined {
  webhookRegistrations.remove(scope, id);
  const message = `The webhook could not be registered with the third party: ${said.slice(0, REASON_MAX)}`;
  if (webhooks.get(scope, id) !== undefined) webhooks.patch(scope, id, { error: { code: String(code), message } });
}

function hooksIn(body: string): { readonly id: number; readonly config?: { readonly url?: string } }[] {
  try {
    const value: unknown = JSON.parse(body);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
