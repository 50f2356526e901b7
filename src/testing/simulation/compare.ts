import type { SimulationReport } from "./simulation.ts";

/** What one image has that another has not, a line each: the first few. */
export function differences(one: SimulationReport, other: SimulationReport, most = 10): string[] {
  const lines = (from: SimulationReport, without: SimulationReport, sign: string): string[] => {
    const known = new Set(without.image);
    return from.image
      .filter((line) => !known.has(line))
      .slice(0, most)
      .map((line) => `${sign} ${line.slice(0, 300)}`);
  };
  return [...lines(one, other, "-"), ...lines(other, one, "+")];
}
