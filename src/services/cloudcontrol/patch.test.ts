import { describe, expect, test } from "vitest";
import { applyPatch, readPatch } from "./patch.ts";

const patch = (document: any, ...operations: object[]) => applyPatch(document, readPatch(JSON.stringify(operations)));

describe("a patch", () => {
  test.each([
    ["adds a member", { a: 1 }, { op: "add", path: "/b", value: null }, { a: 1, b: null }],
    ["adds over a member", { a: 1 }, { op: "add", path: "/a", value: 2 }, { a: 2 }],
    ["adds before an item", { a: [1, 2] }, { op: "add", path: "/a/1", value: 9 }, { a: [1, 9, 2] }],
    ["adds at the end", { a: [1] }, { op: "add", path: "/a/-", value: 9 }, { a: [1, 9] }],
    ["adds just behind the last", { a: [1] }, { op: "add", path: "/a/1", value: 9 }, { a: [1, 9] }],
    ["replaces the whole", { a: 1 }, { op: "replace", path: "", value: [] }, []],
    ["replaces deep down", { a: [{ b: 1 }] }, { op: "replace", path: "/a/0/b", value: 2 }, { a: [{ b: 2 }] }],
    ["removes an item", { a: [1, 2, 3] }, { op: "remove", path: "/a/1" }, { a: [1, 3] }],
    ["moves", { a: { b: 1 }, c: [] }, { op: "move", from: "/a/b", path: "/c/0" }, { a: {}, c: [1] }],
    ["moves within a list", { a: [1, 2, 3] }, { op: "move", from: "/a/0", path: "/a/2" }, { a: [2, 3, 1] }],
    ["copies", { a: { b: 1 } }, { op: "copy", from: "/a", path: "/c" }, { a: { b: 1 }, c: { b: 1 } }],
    [
      "tests whatever the order of members",
      { a: { b: 1, c: 2 } },
      { op: "test", path: "/a", value: { c: 2, b: 1 } },
      { a: { b: 1, c: 2 } },
    ],
    [
      "knows slashes and tildes in names",
      { "a/b": { "c~d": 1 } },
      { op: "replace", path: "/a~1b/c~0d", value: 2 },
      { "a/b": { "c~d": 2 } },
    ],
    ["takes a member with an empty name", { "": 1 }, { op: "replace", path: "/", value: 2 }, { "": 2 }],
    ["takes no member from a prototype", {}, { op: "add", path: "/constructor", value: 1 }, { constructor: 1 }],
  ])("%s", (_, before, operation, after) => {
    expect(patch(before, operation)).toEqual(after);
  });

  test.each([
    [{}, { op: "replace", path: "/a/0/b", value: 1 }, "[REPLACE Operation] noSuchPath in source, path provided : //a/0/b"],
    [{}, { op: "replace", path: "/toString", value: 1 }, "[REPLACE Operation] noSuchPath in source, path provided : //toString"],
    [{ a: [1] }, { op: "replace", path: "/a/-", value: 1 }, "[REPLACE Operation] noSuchPath"],
    [{ a: [1] }, { op: "remove", path: "/a/01" }, "[REMOVE Operation] noSuchPath"],
    [{ a: [1] }, { op: "add", path: "/a/2", value: 1 }, "[ADD Operation] index Out of bound, index is greater than 1"],
    [{ a: 1 }, { op: "add", path: "/a/b", value: 1 }, "[ADD Operation] parent is not a container in source, path provided : //a/b"],
    [{ a: 1 }, { op: "test", path: "/a", value: "1" }, "[TEST Operation]"],
    [{ a: {} }, { op: "move", from: "/a", path: "/a/b" }, "[MOVE Operation]"],
    [{}, { op: "add", path: "a", value: 1 }, "malformed 'path'"],
    [{}, { op: "add", path: "/a" }, "missing 'value'"],
    [{}, { op: "grow", path: "/a" }, "unknown / unsupported operation grow"],
  ])("of %j with %j is refused", (before, operation, message) => {
    expect(() => patch(before, operation)).toThrow(message);
  });

  test("is all or nothing, an operation after the other", () => {
    const before = { a: 1 };
    expect(patch(before, { op: "add", path: "/b", value: [] }, { op: "add", path: "/b/-", value: 2 })).toEqual({ a: 1, b: [2] });
    expect(before).toEqual({ a: 1 });
    expect(() => readPatch("{}")).toThrow("not an array");
    expect(() => readPatch("[")).toThrow("not JSON");
  });
});
