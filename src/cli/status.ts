import { ask, parse, print, remote } from "./client.ts";

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parse(args, remote);
  const health = await ask(values, "health");
  return print(values, health, () => [
    `Slipway ${health.version} at ${health.endpoint}, trust ${health.trust}${health.seed === undefined ? "" : `, seed ${health.seed}`}`,
    `clock ${health.clock.mode}, ${health.clock.now}`,
    `${Math.round(health.memoryBytes / 1e6)} MB, ${health.cpuSeconds} s of CPU`,
    `services: ${health.services.join(" ")}`,
  ]);
}
