import { describe, expect, test } from "vitest";
import { simulatePipelines } from "../src/testing/simulation/pipelines.ts";

// Twenty pipelines for thirty days. What fails here fails again with `npm run simulate -- --pipelines --seed N`.

const ACTS = 60;
const seeds = Array.from({ length: 50 }, (_, index) => index + 1);

describe("pipelines that are pushed to, approved, tried again, rolled back and stopped", () => {
  test.each(seeds)("keep their rules: seed %i", async (seed) => {
    const { broken, executions } = await simulatePipelines({ seed, acts: ACTS });
    expect(broken).toEqual([]);
    expect(executions).toBeGreaterThan(30);
  });

  test.each(seeds.slice(0, 3))("end as if the power had never been cut: seed %i", async (seed) => {
    const cut = await simulatePipelines({ seed, acts: ACTS });
    expect(cut.powerCuts).toBeGreaterThan(0);
    const { image } = await simulatePipelines({ seed, acts: ACTS, powerCuts: false });
    expect(cut.image.filter((line) => !image.includes(line)).slice(0, 5)).toEqual([]);
  });
});
