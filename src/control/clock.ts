import type { ClockMode } from "../kernel/clock.ts";
import { EVENTS, events, type Fact } from "../kernel/facts.ts";
import { parseDuration } from "../kernel/time.ts";
import { compilePattern } from "../services/eventbridge/api.ts";
import { type Controlled, type Endpoint, type Question, Refusal } from "./endpoint.ts";

const MODES: readonly string[] = ["real", "auto", "virtual"];
const AT_MOST = "1d";
const AT_FURTHEST_MS = 3650 * 86_400_000;

/**
 * GET: the mode, the instant, what is waited for. POST `{ mode }` changes the mode; `{ advance: "30m" }` lets time pass;
 * `{ advance: "1h", until: PATTERN }` only until an event happens that the EventBridge pattern matches.
 */
export const clockEndpoint: Endpoint = async (cloud, question) => {
  const { clock } = cloud.kernel;
  if (question.method === "GET") return state(cloud);
  const { mode, advance, until } = question.body;
  if (mode !== undefined) {
    if (!MODES.includes(mode)) throw new Refusal(400, `mode is one of ${MODES.join(", ")}, not ${mode}`);
    clock.setMode(mode as ClockMode);
  }
  if (advance === undefined && until === undefined) return state(cloud);
  const ms = parseDuration(String(advance ?? AT_MOST));
  if (ms === undefined) throw new Refusal(400, `advance is a duration such as 90s, 30m or 1h30m, not ${advance}`);
  if (ms > AT_FURTHEST_MS) throw new Refusal(400, `advance at most 3650d at once, not ${advance}`);
  if (clock.mode === "real") throw new Refusal(409, 'the clock runs in real time; POST {"mode": "auto"} first');
  if (question.task !== undefined) throw new Refusal(409, "a task that runs in the cloud holds its clock, and cannot advance it");
  const from = clock.now();
  const outcome = await cloud.drive.advance({ ms, ...(until !== undefined && { until: happened(cloud, question, until) }) });
  if (until !== undefined && outcome === "passed") throw new Refusal(408, `no such event within ${advance ?? AT_MOST}`);
  return { ...state(cloud), advanced: { from: new Date(from).toISOString(), ms: clock.now() - from, outcome } };
};

function state({ kernel: { clock, runner } }: Controlled): object {
  const waits = [...runner.resting()].filter(({ rest }) => rest.wakeAt !== undefined && rest.kind === "wait");
  const next = waits.sort((one, other) => one.rest.wakeAt! - other.rest.wakeAt!).slice(0, 10);
  return {
    mode: clock.mode,
    now: new Date(clock.now()).toISOString(),
    heldBy: clock.holders(),
    waits: next.map(({ rest }) => ({ until: new Date(rest.wakeAt!).toISOString(), because: rest.because })),
  };
}

/** Whether an event has happened, since now, that the pattern matches. */
function happened({ kernel }: Controlled, { partition }: Question, pattern: unknown): () => boolean {
  const { matches } = compiled(pattern);
  const scope = kernel.scope(partition);
  let after = events.read(scope, EVENTS, { newestFirst: true, limit: 1 })[0];
  return () => {
    for (const entry of events.read(scope, EVENTS, after ? { after } : {})) {
      after = entry;
      if (matches(asEvent(entry.value))) return true;
    }
    return false;
  };
}

function compiled(pattern: unknown): ReturnType<typeof compilePattern> {
  try {
    return compilePattern(JSON.stringify(pattern));
  } catch (error) {
    throw new Refusal(400, (error as Error).message);
  }
}

const asEvent = ({ source, detailType, detail, resources }: Fact): Record<string, unknown> => ({
  source,
  "detail-type": detailType,
  detail,
  resources,
});
