import { expect, test } from "vitest";
import { cycle, order, reverse } from "./graph.ts";

const graph = (edges: Record<string, string>) => new Map(Object.entries(edges).map(([node, needs]) => [node, new Set(needs)]));

test("each node comes after what it needs", () => {
  expect(order(graph({ a: "bc", b: "d", c: "d", d: "", e: "" }))).toEqual(["d", "e", "b", "c", "a"]);
});

test("only what is on a cycle or between cycles is called one", () => {
  expect(cycle(graph({ a: "b", b: "a", c: "a", d: "", e: "d" }))).toEqual(["a", "b"]);
  expect(cycle(graph({ a: "b", b: "" }))).toEqual([]);
});

test("turned round, needs are dependants", () => {
  expect(reverse(graph({ a: "b", b: "" }))).toEqual(
    new Map([
      ["a", new Set()],
      ["b", new Set("a")],
    ]),
  );
});
