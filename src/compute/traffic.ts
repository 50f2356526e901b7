import type { Loop } from "../kernel/loop.ts";
import type { Scope } from "../kernel/scope.ts";
import { type Row, Table } from "../kernel/table.ts";
import { parseDuration } from "../kernel/time.ts";
import { ensureJob, forgetJob, isOver, jobs } from "./job.ts";

/**
 * Traffic on the clock: each request is a real one, asked for at an instant of the cloud's clock and holding the clock
 * while it is in flight, so that five virtual minutes see the traffic of five minutes.
 */
export interface Traffic extends Row {
  readonly url: string;
  readonly method: string;
  readonly body?: string;
  readonly intervalMs: number;
  readonly startedAt: number;
  /** No request is asked for from here on. */
  readonly endsAt?: number;
  readonly nextAt: number;
  readonly sent: number;
  /** How many answers there were, by status; `error` where there was none. */
  readonly answers: Readonly<Record<string, number>>;
}

export const traffics = new Table<Traffic>("compute/traffic");

export function startTraffic(
  scope: Scope,
  id: string,
  { url, method = "GET", body, intervalMs, forMs }: { url: string; method?: string; body?: string; intervalMs: number; forMs?: number },
): Traffic {
  const now = scope.clock.now();
  const traffic = { id, url, method, ...(body !== undefined && { body }), intervalMs, startedAt: now, nextAt: now, sent: 0, answers: {} };
  return traffics.put(scope, { ...traffic, ...(forMs !== undefined && { endsAt: now + forMs }) });
}

/** Ask for no more requests; those in flight are still counted. */
export function stopTraffic(scope: Scope, id: string): Traffic | undefined {
  const traffic = traffics.get(scope, id);
  return traffic && traffics.patch(scope, id, { endsAt: Math.min(traffic.endsAt ?? Number.MAX_SAFE_INTEGER, scope.clock.now()) });
}

export const trafficLoop: Loop<Traffic> = {
  table: traffics,
  turn(scope, traffic) {
    const counted = countAnswers(scope, traffic);
    const now = scope.clock.now();
    if (now < traffic.nextAt || isPast(traffic, traffic.nextAt)) {
      if (counted !== traffic) traffics.put(scope, counted);
      if (isPast(traffic, traffic.nextAt)) return;
      return { wakeAt: traffic.nextAt, kind: "tick", because: "the next request is due then" };
    }
    const { url, method, body } = traffic;
    const spec = { type: "http", url, method, headers: {}, timeoutMs: 30_000, ...(body !== undefined && { body }) } as const;
    ensureJob(scope, `traffic/${traffic.id}/${String(traffic.sent).padStart(9, "0")}`, spec);
    // Whoever comes late, as after a long jump of real time, does not send what it missed all at once.
    const nextAt = Math.max(traffic.nextAt + traffic.intervalMs, now - traffic.intervalMs);
    traffics.put(scope, { ...counted, sent: traffic.sent + 1, nextAt });
  },
};

const isPast = ({ endsAt }: Traffic, instant: number): boolean => endsAt !== undefined && instant >= endsAt;

function countAnswers(scope: Scope, traffic: Traffic): Traffic {
  const answers = { ...traffic.answers };
  let any = false;
  for (const job of jobs.list(scope, `traffic/${traffic.id}/`)) {
    if (!isOver(job)) continue;
    const status = String(job.result?.response?.status ?? "error");
    answers[status] = (answers[status] ?? 0) + 1;
    any = true;
    forgetJob(scope, job.id);
  }
  return any ? { ...traffic, answers } : traffic;
}

/** The interval of a rate such as 2/s, 30/m, 100/h, in milliseconds. */
export function parseRate(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\/(s|m|h)$/.exec(text);
  const interval = match && parseDuration(`1${match[2]}`)! / Number(match[1]);
  return interval && Number.isFinite(interval) && interval >= 1 ? interval : undefined;
}
