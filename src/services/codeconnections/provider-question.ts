import { ensureJob, forgetJob, type HttpSpec, isOver, jobs } from "../../compute/job.ts";
import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";

/** How often a git server was asked one thing in vain, and when it is asked again. */
export interface Asking {
  readonly attempt: number;
  readonly retryAt?: number;
}

export type Answer =
  | { readonly state: "busy"; readonly rest: Rest }
  /** Put this into the row: it is asked again then. */
  | { readonly state: "again"; readonly asking: Asking }
  | { readonly state: "done"; readonly body: string }
  /** Its status, 0 where it did not answer; and what it said, or why it did not. */
  | { readonly state: "failed"; readonly reason: string; readonly status: number; readonly said: string };

const RETRY_MAX_MS = 600_000;
const REASON_MAX = 200;
const SAID_MAX = 1000;

/** How often it is asked at most, and how long the first pause is. */
export interface Patience {
  readonly attemptsMax: number;
  readonly retryMs: number;
}

/** About an hour in all. */
const PATIENCE: Patience = { attemptsMax: 12, retryMs: 10_000 };

/** Ask a git server, with pauses that grow where it does not answer or is not well; what it refuses it is not asked again. */
export function ask(
  scope: Scope,
  id: string,
  { attempt, retryAt = 0 }: Asking,
  spec: HttpSpec,
  { attemptsMax, retryMs }: Patience = PATIENCE,
): Answer {
  const now = scope.clock.now();
  if (now < retryAt) return { state: "busy", rest: { wakeAt: retryAt, kind: "tick", because: `${spec.url} is asked again then` } };
  const job = ensureJob(scope, jobId(id, attempt), spec);
  if (!isOver(job)) return { state: "busy", rest: { kind: "wait", because: `${spec.url} has not answered yet` } };
  forgetJob(scope, job.id);
  // The process died with the question.
  if (job.status === "LOST") return { state: "again", asking: { attempt: attempt + 1 } };
  const { status = 0, body = "" } = job.result?.response ?? {};
  const isTaken = status >= 200 && status < 300;
  if (isTaken && (isJson(body) || (body === "" && spec.method !== "GET"))) return { state: "done", body };
  // A proxy, or a page to log in at, answers as well.
  if (isTaken) return { state: "failed", reason: `${spec.url} answered no JSON`, status: 0, said: "no JSON" };
  const isWell = status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (!isWell && attempt + 1 < attemptsMax)
    return { state: "again", asking: { attempt: attempt + 1, retryAt: now + Math.min(retryMs * 2 ** attempt, RETRY_MAX_MS) } };
  const said = status === 0 ? (job.reason ?? job.status) : body.slice(0, SAID_MAX);
  return { state: "failed", reason: status === 0 ? said : `${spec.url} answered ${status}: ${said.slice(0, REASON_MAX)}`, status, said };
}

/** Whether nothing is on its way any more that somebody wanted to know: its answer is waited for, and dropped. */
export function unask(scope: Scope, id: string, { attempt }: Asking): boolean {
  const job = jobs.get(scope, jobId(id, attempt));
  if (job === undefined) return true;
  if (!isOver(job)) return false;
  forgetJob(scope, job.id);
  return true;
}

const jobId = (id: string, attempt: number): string => `codeconnections/ask/${id}/${attempt}`;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
