import { forgetJob, isOver, type Job } from "../../compute/job.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { aliases } from "./alias.ts";
import { type Condition, passOn } from "./destination.ts";
import { configId, eventInvokeConfigs } from "./event-invoke-config.ts";
import { functions } from "./function.ts";
import {
  type Invocation,
  invocations,
  jobIdOf,
  jobOf,
  type Outcome,
  outcomeOf,
  type QueuedEvent,
  startAttempt,
  throttleReason,
} from "./invocation.ts";
import { measure } from "./metric.ts";
import { isAlias, LATEST } from "./name.ts";
import type { Qualified } from "./qualifier.ts";
import { versions } from "./version.ts";

const MINUTE = 60_000;
/** An outcome that nobody took: its caller went with the process that it was connected to. */
const UNTAKEN_MS = MINUTE;
const RETRIES = 2;
const AGE_MAX_SECONDS = 21_600;
const BACKOFF_MAX_MS = 5 * MINUTE;

/**
 * Brings invocations to their end. An event is tried again one minute after its first failure and two minutes after its
 * second; throttled, it waits from a second up to five minutes.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export const invocationLoop: Loop<Invocation> = {
  table: invocations,
  turn(scope, invocation) {
    switch (invocation.status) {
      case "QUEUED":
        return tryEvent(scope, invocation, invocation.event!);
      case "RUNNING": {
        const job = jobOf(scope, invocation);
        if (job !== undefined && !isOver(job)) return { kind: "wait", because: `function ${invocation.functionName} runs` };
        return job?.status === "LOST" && invocation.event !== undefined
          ? loseAttempt(scope, invocation, invocation.event)
          : endAttempt(scope, invocation, job);
      }
      case "ENDED": {
        const goesAt = invocation.endedAt! + UNTAKEN_MS;
        if (scope.clock.now() < goesAt) return { wakeAt: goesAt, kind: "tick", because: "its caller has yet to take the answer" };
        return invocations.remove(scope, invocation.id);
      }
    }
  },
};

function tryEvent(scope: Scope, invocation: Invocation, event: QueuedEvent): Rest | void {
  const now = scope.clock.now();
  const expiresAt = event.queuedAt + (settingsOf(scope, invocation)?.maximumEventAgeSeconds ?? AGE_MAX_SECONDS) * 1000;
  const { retryAt = now } = event;
  if (retryAt > expiresAt && now >= expiresAt) return finishEvent(scope, invocation, "EventAgeExceeded");
  if (now < retryAt) {
    const because = event.throttles > 0 ? "there was no room to run" : `attempt ${invocation.attempts} failed`;
    return { wakeAt: Math.min(retryAt, expiresAt), kind: "tick", because: `${because}; it is tried again` };
  }
  const qualified = qualifiedOf(scope, invocation);
  if (qualified === undefined) return drop(scope, invocation);
  if (throttleReason(scope, qualified) !== undefined) {
    const backoff = Math.min(1000 * 2 ** event.throttles, BACKOFF_MAX_MS);
    invocations.patch(scope, invocation.id, { event: { ...event, throttles: event.throttles + 1, retryAt: now + backoff } });
    return;
  }
  measure(scope, invocation, "AsyncEventAge", now - event.queuedAt, "Milliseconds");
  startAttempt(scope, invocation, qualified, event.payload);
}

function endAttempt(scope: Scope, invocation: Invocation, job: Job | undefined): void {
  const outcome = outcomeOf(invocation.id, job);
  report(scope, invocation, outcome, job?.result?.invocation?.durationMs);
  forgetJob(scope, jobIdOf(invocation));
  if (invocation.event !== undefined) return endEventAttempt(scope, invocation, invocation.event, outcome);
  if (invocation.unattended) return invocations.remove(scope, invocation.id);
  invocations.patch(scope, invocation.id, { status: "ENDED", outcome, endedAt: scope.clock.now() });
}

/** What ran when the power went has not failed, and does not wait: an event may reach its function more than once. */
function loseAttempt(scope: Scope, invocation: Invocation, event: QueuedEvent): void {
  forgetJob(scope, jobIdOf(invocation));
  const { throttles: _, retryAt: __, ...fresh } = event;
  invocations.patch(scope, invocation.id, { status: "QUEUED", attempts: invocation.attempts - 1, event: { ...fresh, throttles: 0 } });
}

function endEventAttempt(scope: Scope, invocation: Invocation, event: QueuedEvent, outcome: Outcome): void {
  const { attempts } = invocation;
  const retries = settingsOf(scope, invocation)?.maximumRetryAttempts ?? RETRIES;
  const tried = { ...invocation, event: { ...event, lastOutcome: outcome } };
  if (outcome.functionError === undefined) return finishEvent(scope, tried, "Success");
  if (attempts > retries) return finishEvent(scope, tried, "RetriesExhausted");
  const retryAt = scope.clock.now() + attempts * MINUTE;
  invocations.patch(scope, invocation.id, { status: "QUEUED", event: { ...tried.event, throttles: 0, retryAt } });
}

function finishEvent(scope: Scope, invocation: Invocation, condition: Condition): void {
  const settings = settingsOf(scope, invocation);
  const deadLetterArn = functions.get(scope, invocation.functionName)?.configuration.DeadLetterArn;
  const destination = condition === "Success" ? settings?.onSuccess : settings?.onFailure;
  passOn(scope, invocation, condition, { ...(destination && { destination }), ...(deadLetterArn && { deadLetterArn }) });
  if (condition === "Success") return invocations.remove(scope, invocation.id);
  drop(scope, invocation);
}

function drop(scope: Scope, invocation: Invocation): void {
  measure(scope, invocation, "AsyncEventsDropped", 1);
  invocations.remove(scope, invocation.id);
}

/** The timestamp of these metrics is the instant of the invocation, not of its end. */
function report(scope: Scope, invocation: Invocation, outcome: Outcome, durationMs: number | undefined): void {
  const at = invocation.startedAt!;
  measure(scope, invocation, "Invocations", 1, "Count", at);
  measure(scope, invocation, "Errors", outcome.functionError === undefined ? 0 : 1, "Count", at);
  if (durationMs !== undefined) measure(scope, invocation, "Duration", durationMs, "Milliseconds", at);
}

const settingsOf = (scope: Scope, { functionName, qualifier }: Invocation) =>
  eventInvokeConfigs.get(scope, configId(functionName, qualifier));

/** What the event is for, if it is still there. */
function qualifiedOf(scope: Scope, { functionName, qualifier }: Invocation): Qualified | undefined {
  const fn = functions.get(scope, functionName);
  if (fn === undefined) return undefined;
  if (qualifier === undefined || qualifier === LATEST) return { scope, fn, ...(qualifier && { qualifier }) };
  if (!isAlias(qualifier)) return versions.get(scope, `${functionName}:${qualifier}`) && { scope, fn, qualifier };
  const alias = aliases.get(scope, `${functionName}:${qualifier}`);
  return alias && { scope, fn, qualifier, alias };
}
