import type { Endpoint } from "./endpoint.ts";

/** How the process stands. */
export const health: Endpoint = ({ kernel, version }) => ({
  status: "running",
  version,
  trust: kernel.settings.trust,
  endpoint: kernel.settings.endpoint,
  seed: kernel.settings.seed,
  clock: { mode: kernel.clock.mode, now: new Date(kernel.clock.now()).toISOString() },
  services: kernel.registry.services.map(({ name }) => name).filter((name) => name !== "compute"),
  memoryBytes: process.memoryUsage.rss(),
  cpuSeconds: Number(((process.cpuUsage().user + process.cpuUsage().system) / 1e6).toFixed(2)),
});
