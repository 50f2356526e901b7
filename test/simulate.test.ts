import { describe, expect, test } from "vitest";
import { differences } from "../src/testing/simulation/compare.ts";
import { simulate } from "../src/testing/simulation/simulation.ts";

// Random work under random power cuts. What fails here fails again with `npm run simulate -- --seed N --days D`.

const DAYS = 0.2;
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

describe("a simulated cloud", () => {
  test.each(seeds)("stays true to itself: seed %i", async (seed) => {
    expect((await simulate({ seed, days: DAYS })).broken).toBeUndefined();
  });

  test("ends byte for byte the same with the same seed, and otherwise with another", async () => {
    const [one, again, other] = [1, 1, 2].map((seed) => simulate({ seed, days: DAYS }));
    expect((await one)!.image).toEqual((await again)!.image);
    expect((await one)!.image).not.toEqual((await other)!.image);
  });

  test.each(seeds.slice(0, 5))("ends as if the power had never been cut: seed %i", async (seed) => {
    const cut = await simulate({ seed, days: DAYS });
    expect(cut.powerCuts).toBeGreaterThan(0);
    expect(differences(cut, await simulate({ seed, days: DAYS, powerCuts: false }))).toEqual([]);
  });
});
