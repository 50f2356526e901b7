import { ensureJob, forgetJob, isOver, type Job, jobs } from "../../compute/job.ts";
import type { Loop } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { questionOf, questionsOf, refusal, type WebhookRegistration, webhookRegistrations } from "./webhook-registration.ts";

/** Somebody waits for it. */
const RETRY_MS = 1000;
const RETRIES_MAX = 4;
const REASON_MAX = 1000;
const CAUSES: Readonly<Record<number, string>> = { 401: "Invalid credentials", 404: "Not found" };

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
      if (!isWanted && registration.failure === undefined) webhookRegistrations.remove(scope, id);
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
  if (!isWell) {
    const answer = `${CAUSES[code] ?? "Refused"} [StatusCode: ${code}, Body: ${body.slice(0, REASON_MAX)}]`;
    const message = refusal(code === 0 ? (reason ?? status) : answer);
    webhookRegistrations.patch(scope, id, { failure: { code: String(code), message } });
    return;
  }
  if (method === "DELETE") webhookRegistrations.remove(scope, id);
  else if (method === "POST") webhookRegistrations.patch(scope, id, { hookId: JSON.parse(body).id, isMissing: undefined });
  else {
    const found = hooksIn(body).find(({ config }) => config?.url === url);
    webhookRegistrations.patch(scope, id, found === undefined ? { isMissing: true } : { hookId: found.id });
  }
}

function hooksIn(body: string): { readonly id: number; readonly config?: { readonly url?: string } }[] {
  try {
    const value: unknown = JSON.parse(body);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
