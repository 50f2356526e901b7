import { expect } from "vitest";
import type { World } from "./world.ts";

/**
 * Run the story once in peace, then once per commit of the loops with the power cut just after it: the end must be the
 * same rows, streams and blobs. Answers how many commits there were.
 */
export async function endsTheSameWheneverThePowerIsCut(build: () => World, story: (world: World) => Promise<unknown>): Promise<number> {
  const peaceful = build();
  await story(peaceful);
  const image = peaceful.image();
  for (let nth = 1; ; nth++) {
    const world = build();
    world.cutPowerAfterCommit(nth);
    await story(world);
    if (world.powerCuts === 0) return nth - 1;
    expect(world.image(), `the power was cut after commit ${nth}`).toEqual(image);
  }
}
