import { randomInt } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MOST = 2 ** 48 - 1;

/**
 * What ids, chance and secrets derive from: 1, so that every run is the same. But where signatures are checked, who knows
 * the seed knows the secrets: then one is drawn for the data folder, and kept in it.
 */
export function seedOf(folder: string, trust: "open" | "signed" | "enforced", given?: number): number {
  if (given !== undefined) return given;
  if (trust === "open") return 1;
  const path = join(folder, "seed");
  if (!existsSync(path)) writeFileSync(path, `${randomInt(1, MOST)}\n`, { mode: 0o600, flag: "wx" });
  return Number(readFileSync(path, "utf8"));
}
