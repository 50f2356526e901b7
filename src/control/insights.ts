import { commitsOf } from "../insights/change.ts";
import { deploymentsBetween } from "../insights/deployment.ts";
import { dora } from "../insights/dora.ts";
import { changedPolicy, type DoraPolicy, policyOf, setPolicy } from "../insights/policy.ts";
import { EVENTS, events } from "../kernel/facts.ts";
import { parseDuration } from "../kernel/time.ts";
import { type Endpoint, Refusal } from "./endpoint.ts";

/** The events of a partition after a place (`?after=at,seq`), oldest first, at most 1,000, and the place to ask from next. */
export const eventsEndpoint: Endpoint = ({ kernel }, { query, partition }) => {
  const [at, seq] = (query.get("after") ?? "").split(",").map(Number);
  const after = seq === undefined ? undefined : { at: at!, seq };
  const found = events.read(kernel.scope(partition), EVENTS, { limit: 1000, ...(after && { after }) });
  const last = found.at(-1) ?? after;
  return {
    events: found.map((entry) => ({ time: new Date(entry.at).toISOString(), ...entry.value })),
    ...(last && { next: `${last.at},${last.seq}` }),
  };
};

/**
 * The five DORA metrics of the last `?window=` (30d), each with the events that it was computed from. What the query says of the
 * policy holds for this answer only.
 */
export const doraEndpoint: Endpoint = ({ kernel }, { query, partition }) => {
  const { window = "30d", ...said } = Object.fromEntries([...query].filter(([name]) => name !== "account" && name !== "region"));
  const windowMs = parseDuration(window);
  if (windowMs === undefined) throw new Refusal(400, "window is a duration such as 30m or 30d");
  const scope = kernel.scope(partition);
  const to = kernel.clock.now();
  const from = to - windowMs;
  const ended = deploymentsBetween(scope, from, to);
  const deployed = ended.map((deployment) => ({ deployment, commits: commitsOf(scope, deployment) }));
  return dora(deployed, { from, to, policy: requirePolicy(policyOf(scope), said) });
};

/** How deployments are counted: shown, and with a POST of some of its members, changed. */
export const policyEndpoint: Endpoint = ({ kernel }, { method, body, partition }) => {
  if (method === "GET") return policyOf(kernel.scope(partition));
  return kernel.commit(partition, (scope) => setPolicy(scope, requirePolicy(policyOf(scope), body)));
};

function requirePolicy(policy: DoraPolicy, said: Readonly<Record<string, unknown>>): DoraPolicy {
  const changed = changedPolicy(policy, said);
  if (typeof changed === "string") throw new Refusal(400, changed);
  return changed;
}
