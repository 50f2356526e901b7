import { ensureJob, type InvokeSpec, type Job, jobs } from "../../compute/job.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { ThrottleReason } from "../../sdk/lambda.js";
import { versionByChance } from "./alias.ts";
import { ACCOUNT_CONCURRENCY, unreservedConcurrency } from "./concurrency.ts";
import { logGroupOf } from "./configuration.ts";
import { functions, type LambdaFunction, type Revision } from "./function.ts";
import { measure } from "./metric.ts";
import { functionArn, LATEST } from "./name.ts";
import { type Qualified, requireRevision } from "./qualifier.ts";

/** An invocation, by the request id that the function sees. Rows go when they have been answered, or nobody asks. */
export interface Invocation extends Row {
  readonly functionName: string;
  /** As it was called. */
  readonly qualifier?: string;
  readonly clientContext?: string;
  /** QUEUED: an event that waits for its first or next attempt. ENDED: whoever waits has yet to take the outcome. */
  readonly status: "QUEUED" | "RUNNING" | "ENDED";
  /** Of an asynchronous invocation. */
  readonly event?: QueuedEvent;
  /** Attempts begun. */
  readonly attempts: number;
  /** The version that the last attempt runs, and when it began. */
  readonly version?: string;
  readonly startedAt?: number;
  readonly outcome?: Outcome;
  readonly endedAt?: number;
  /** The caller has hung up: nobody will take the outcome. */
  readonly unattended?: boolean;
}

/** What asynchronous invocations need besides. */
export interface QueuedEvent {
  readonly payload: string;
  readonly queuedAt: number;
  /** Times in a row that it was throttled. */
  readonly throttles: number;
  readonly retryAt?: number;
  /** What came of the last attempt. */
  readonly lastOutcome?: Outcome;
}

/** What a caller is told. */
export interface Outcome {
  readonly payload: string;
  readonly functionError?: "Handled" | "Unhandled";
  /** The last 4 kB of the log. */
  readonly logTail: string;
}

/** What to invoke, and with what. */
export interface Call {
  readonly qualified: Qualified;
  /** JSON. */
  readonly payload: string;
  /** JSON. */
  readonly clientContext?: string;
}

const RUNNING = "running";
const ANY = "*";

export const invocations = new Table<Invocation>("lambda/invocation", {
  indexes: { [RUNNING]: ({ status, functionName }) => (status === "RUNNING" ? [functionName, ANY] : undefined) },
});

/** bytes, of an answer: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const ANSWER_MAX = 6_291_556;

/** Begin an invocation that somebody waits for. Look at `throttleReason` first. */
export function startInvocation(scope: Scope, id: string, { qualified, payload, clientContext }: Call): Invocation {
  const { fn, qualifier } = qualified;
  const said = { ...(qualifier !== undefined && { qualifier }), ...(clientContext !== undefined && { clientContext }) };
  return startAttempt(scope, { id, functionName: fn.id, ...said, status: "QUEUED", attempts: 0 }, qualified, payload);
}

/** Take an event that is to be worked on when there is room, and again when that fails; answers its request id. */
export function queueEvent({ scope, fn, qualifier }: Qualified, payload: string, clientContext?: string): string {
  const id = scope.id.uuid();
  measure(scope, { functionName: fn.id, ...(qualifier && { qualifier }) }, "AsyncEventsReceived", 1);
  invocations.put(scope, {
    id,
    functionName: fn.id,
    ...(qualifier !== undefined && { qualifier }),
    ...(clientContext !== undefined && { clientContext }),
    status: "QUEUED",
    event: { payload, queuedAt: scope.clock.now(), throttles: 0 },
    attempts: 0,
  });
  return id;
}

/** Run the code once. The version is chosen here, so that a retry may go to another one. */
export function startAttempt(scope: Scope, invocation: Invocation, { fn, alias, qualifier }: Qualified, payload: string): Invocation {
  const version = alias === undefined ? (qualifier ?? LATEST) : versionByChance(scope, alias);
  const attempts = invocation.attempts + 1;
  const started = invocations.put(scope, { ...invocation, status: "RUNNING", attempts, version, startedAt: scope.clock.now() });
  ensureJob(scope, jobIdOf(started), specOf(scope, started, { fn, version, payload }));
  const running = invocations.by(scope, RUNNING, fn.id).length;
  for (const [dimensions, value] of [
    [{ FunctionName: fn.id }, running],
    [{}, invocations.by(scope, RUNNING, ANY).length],
  ] as const)
    scope.measure({ namespace: "AWS/Lambda", name: "ConcurrentExecutions", dimensions }, { value, unit: "Count" });
  return started;
}

export const jobOf = (scope: Scope, invocation: Invocation): Job | undefined => jobs.get(scope, jobIdOf(invocation));

export const jobIdOf = ({ id, attempts }: Invocation): string => `lambda/${id}/${attempts}`;

/** Why there is no room for another invocation of the function now; undefined where there is. Counts what it refuses. */
export function throttleReason(scope: Scope, { fn, qualifier }: Qualified): ThrottleReason | undefined {
  const reason = fullReason(scope, fn);
  if (reason !== undefined) measure(scope, { functionName: fn.id, ...(qualifier && { qualifier }) }, "Throttles", 1);
  return reason;
}

/** What came of an attempt, once its job is over; a job that was lost with its process ends as one that exited. */
export function outcomeOf(id: string, job: Job | undefined): Outcome {
  const invocation = job?.result?.invocation;
  if (invocation === undefined || (job?.status !== "SUCCEEDED" && invocation.payload === "")) {
    const errorMessage = `RequestId: ${id} Error: ${job?.reason ?? "Runtime exited without providing a reason"}`;
    const payload = JSON.stringify({ errorType: "Runtime.ExitError", errorMessage });
    return { payload, functionError: "Unhandled", logTail: invocation?.logTail ?? "" };
  }
  const { payload, functionError, logTail } = invocation;
  if (Buffer.byteLength(payload) <= ANSWER_MAX) return { payload, logTail, ...(functionError && { functionError }) };
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${ANSWER_MAX} bytes).`;
  const tooLarge = JSON.stringify({ errorMessage, errorType: "Function.ResponseSizeTooLarge" });
  return { payload: tooLarge, functionError: "Unhandled", logTail };
}

function fullReason(scope: Scope, fn: LambdaFunction): ThrottleReason | undefined {
  const { reservedConcurrency } = fn;
  if (reservedConcurrency !== undefined) {
    const full = invocations.by(scope, RUNNING, fn.id).length >= reservedConcurrency;
    return full ? "ReservedFunctionConcurrentInvocationLimitExceeded" : undefined;
  }
  const running = invocations.by(scope, RUNNING, ANY);
  // Few run at once: look at who they are only where it may matter.
  if (running.length < ACCOUNT_CONCURRENCY / 10) return undefined;
  const sharing = running.filter(({ functionName }) => functions.get(scope, functionName)?.reservedConcurrency === undefined);
  return sharing.length >= unreservedConcurrency(scope) ? "ConcurrentInvocationLimitExceeded" : undefined;
}

function specOf(
  scope: Scope,
  { id, clientContext }: Invocation,
  { fn, version, payload }: { fn: LambdaFunction; version: string; payload: string },
): InvokeSpec {
  const revision: Revision = requireRevision(scope, fn, version);
  const { configuration, code } = revision;
  const arn = functionArn(scope, fn.id);
  return {
    type: "invoke",
    identity: { accountId: scope.account, region: scope.region, roleArn: configuration.Role, sessionName: fn.id },
    environment: `${arn}:${version}:${revision.revisionId}`,
    functionArn: arn,
    functionName: fn.id,
    version,
    runtime: configuration.Runtime,
    handler: configuration.Handler,
    code: code.digest,
    ...(configuration.Layers && { layers: configuration.Layers.map(({ code: { digest } }) => digest) }),
    env: configuration.Variables ?? {},
    memoryMb: configuration.MemorySize,
    timeoutMs: configuration.Timeout * 1000,
    payload,
    requestId: id,
    ...(clientContext !== undefined && { clientContext }),
    log: { group: logGroupOf(fn.id, configuration), stream: "" },
  };
}
