import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import type { ClockMode } from "../kernel/clock.ts";
import { parse } from "./client.ts";
import { UsageError } from "./command.ts";

const OPTIONS = {
  port: { type: "string" },
  host: { type: "string" },
  data: { type: "string" },
  ephemeral: { type: "boolean" },
  clock: { type: "string" },
  start: { type: "string" },
  trust: { type: "string" },
  durability: { type: "string" },
  seed: { type: "string" },
  "allow-real-keys": { type: "boolean" },
  "record-types": { type: "string" },
  json: { type: "boolean" },
} as const;

/** Run the cloud until a signal tells it to stop. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parse(args, OPTIONS);
  if (values["ephemeral"] && values["data"] !== undefined)
    throw new UsageError("--ephemeral keeps nothing, --data keeps it: give one of them");
  const startAt = values["start"] === undefined ? undefined : Date.parse(values["start"]);
  if (Number.isNaN(startAt)) throw new UsageError(`--start is an instant such as 2026-01-01T00:00:00Z, not ${values["start"]}`);
  const folder = values["ephemeral"] ? undefined : resolve(values["data"] ?? ".slipway");
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  const { Cloud } = await import("../cloud.ts");
  const cloud = await Cloud.start({
    port: number(values, "port", 4566, 65_535),
    host: values["host"] ?? "127.0.0.1",
    clock: oneOf<ClockMode>(values, "clock", ["real", "auto", "virtual"]),
    trust: oneOf(values, "trust", ["open", "signed", "enforced"]),
    durability: oneOf(values, "durability", ["relaxed", "full"]),
    allowRealKeys: values["allow-real-keys"] ?? false,
    recordedTypes: (values["record-types"] ?? "").split(",").filter((name: string) => name !== ""),
    ...(values["seed"] !== undefined && { seed: number(values, "seed", 1) }),
    ...(folder !== undefined && { folder }),
    ...(startAt !== undefined && { startAt }),
  });
  const { endpoint, credentials } = cloud;
  const ready = {
    ready: true,
    endpoint,
    pid: process.pid,
    milliseconds: Math.round(performance.now()),
    ...(credentials && { credentials }),
  };
  const where = folder === undefined ? "in memory of this run only" : `in ${folder}`;
  const key = credentials === undefined ? "" : `, root's access key in ${credentials}`;
  process.stdout.write(
    values["json"] ? `${JSON.stringify(ready)}\n` : `ready at ${endpoint} after ${ready.milliseconds} ms, state ${where}${key}\n`,
  );
  await new Promise<void>((stop) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop());
  });
  await cloud.close();
  process.exit(0);
}

function number(values: Record<string, any>, name: string, otherwise: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = values[name] === undefined ? otherwise : Number(values[name] || Number.NaN);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new UsageError(`--${name} is a whole number up to ${most}, not ${values[name]}`);
}

/** One of a few words; the first where none is given. */
function oneOf<W extends string>(values: Record<string, any>, name: string, words: readonly W[]): W {
  const value = values[name] ?? words[0];
  if (!words.includes(value)) throw new UsageError(`--${name} is one of ${words.join(", ")}, not ${value}`);
  return value;
}
