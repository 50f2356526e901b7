import { expect, test } from "vitest";
import { canonicalJson, indentedJson, literal } from "./python.ts";
import { orderOfPython27 } from "./python-order.ts";

test("dictionaries are gone through as Python 2.7 did", () => {
  expect(orderOfPython27(["a", "b", "c"])).toEqual(["a", "c", "b"]);
  expect(orderOfPython27(["one", "two", "three", "four", "five", "six"])).toEqual(["six", "three", "two", "four", "five", "one"]);
});

test("JSON is written as Python writes it", () => {
  expect(canonicalJson({ b: [1, true, null], a: "ü", "10": {}, "9": [] })).toBe('{"10":{},"9":[],"a":"\\u00fc","b":[1,true,null]}');
  expect(indentedJson({ b: [1], a: {} })).toBe('{\n    "a": {},\n    "b": [\n        1\n    ]\n}');
});

test("values stand in messages as Python shows them", () => {
  expect(literal({ a: [null, true, "it's", 'say "it\'s"'] })).toBe(`{'a': [None, True, "it's", 'say "it\\'s"']}`);
});
