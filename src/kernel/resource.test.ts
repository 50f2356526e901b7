import { expect, test } from "vitest";
import { type Absences, nameWithin, refusingAbsent } from "./resource.ts";

const absent: Absences = { Archive: [], "Items/Deep": [], Mode: ["PLAIN"], On: [false] };
const type = refusingAbsent({
  type: "AWS::Shop::Thing",
  absent,
  ensure: () => ({ state: "done", id: "thing" }),
  read: () => undefined,
  remove: (_scope, id) => ({ state: "done", id }),
});
const ensure = (declared: object) => type.ensure(undefined as never, declared, undefined, undefined as never);

test.each([
  [{}, undefined],
  [{ Other: 1, Mode: "PLAIN", On: false, Archive: {}, Items: [{ Shallow: 1 }] }, undefined],
  [{ On: "false" }, undefined],
  [{ Archive: { Ids: [] } }, undefined],
  [{ Archive: { Ids: ["a"] } }, "Archive"],
  [{ Items: [{}, { Deep: 0 }] }, "Items.Deep"],
  [{ Mode: "FANCY" }, "Mode"],
  [{ On: true }, "On"],
])("%j is refused for %s", (declared, property) => {
  const reason = `Slipway does not implement ${property} of AWS::Shop::Thing`;
  expect(ensure(declared)).toEqual(property === undefined ? { state: "done", id: "thing" } : { state: "failed", reason });
});

test.each([
  ["shop", "Queue", "shop-Queue-1A2B"],
  ["shop", "QueueOfOrdersThatNobodyHasTaken", "shop-QueueOfOrdersT-1A2B"],
  ["shop-of-the-north-and-the-south", "Queue", "shop-of-the-n-Queue-1A2B"],
  ["shop-of-the-north-and-the-south", "QueueOfOrdersThatNobodyHasTaken", "shop-of-t-QueueOfOr-1A2B"],
])("a name of %s and %s within 24 characters", (stack, logicalId, expected) => {
  const name = nameWithin(24, `${stack}-${logicalId}-1A2B`, logicalId);
  expect(name).toBe(expected);
  expect(name.length).toBeLessThanOrEqual(24);
});
