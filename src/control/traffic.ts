import { parseRate, startTraffic, stopTraffic, type Traffic, traffics } from "../compute/traffic.ts";
import { parseDuration } from "../kernel/time.ts";
import { type Endpoint, Refusal } from "./endpoint.ts";

/**
 * POST `{ url, rate: "2/s", for?: "10m", method?, body? }` starts traffic on the clock, `{ stop: ID }` ends it; GET tells
 * what was answered so far.
 */
export const trafficEndpoint: Endpoint = async ({ kernel, drive }, { method, body, partition }) => {
  if (method === "GET") return { traffic: traffics.list(kernel.scope(partition)).map(shown) };
  const traffic = kernel.commit(partition, (scope) => {
    if (body["stop"] !== undefined) return stopTraffic(scope, body["stop"]);
    const intervalMs = parseRate(String(body["rate"] ?? "1/s"));
    const forMs = body["for"] === undefined ? undefined : parseDuration(String(body["for"]));
    if (
      !/^https?:/.test(URL.parse(String(body["url"]))?.protocol ?? "") ||
      intervalMs === undefined ||
      (body["for"] !== undefined && forMs === undefined)
    ) {
      throw new Refusal(400, 'give an http url, a rate such as "2/s" or "30/m", at most 1000/s, and perhaps a duration "for"');
    }
    const { url, method: verb, body: content } = body as { url: string; method?: string; body?: string };
    const settings = {
      url,
      intervalMs,
      ...(verb && { method: verb }),
      ...(content && { body: content }),
      ...(forMs !== undefined && { forMs }),
    };
    return startTraffic(scope, scope.id.hex(8), settings);
  });
  if (traffic === undefined) throw new Refusal(404, `there is no traffic ${body["stop"]}`);
  await drive.durable();
  return shown(traffic);
};

const shown = ({ id, url, intervalMs, startedAt, endsAt, sent, answers }: Traffic): object => ({
  id,
  url,
  everyMs: intervalMs,
  startedAt: new Date(startedAt).toISOString(),
  ...(endsAt !== undefined && { endsAt: new Date(endsAt).toISOString() }),
  sent,
  answers,
});
