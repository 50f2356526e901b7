import type { Endpoint } from "./endpoint.ts";

/** How the process stands. Others than this machine are not told where its keys are, nor what they derive from. */
export const health: Endpoint = ({ kernel, version, credentials }, { isLocal }) => ({
  status: "running",
  version,
  trust: kernel.settings.trust,
  endpoint: kernel.settings.endpoint,
  ...(isLocal && { seed: kernel.settings.seed }),
  ...(isLocal && credentials !== undefined && { credentials }),
  clock: { mode: kernel.clock.mode, now: new Date(kernel.clock.now()).toISOString() },
  services: kernel.registry.services.map(({ name }) => name).filter((name) => name !== "compute"),
  memoryBytes: process.memoryUsage.rss(),
  cpuSeconds: Number(((process.cpuUsage().user + process.cpuUsage().system) / 1e6).toFixed(2)),
});
