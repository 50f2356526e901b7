import { expect, test } from "vitest";
import { jsonOf, shown } from "./python.ts";
import { copyOfDictionary, dictionary, list, merged, own, plain, put, remove, textOf, wordAt, write } from "./python-dictionary.ts";
import { namesOf, noteChange } from "./python-marks.ts";
import { copied, orderAfter, orderOfPython27 } from "./python-order.ts";

// What is expected here is what Python 2.7 gives.

test("a dictionary shows which words are the template's", () => {
  const made = dictionary({ type: own("aws_proxy"), uri: `it's "ü" 😀\n\\` });
  put(made, "path", list("a", own("b"), null, true, 1.5));
  expect(shown(made)).toBe(String.raw`{u'path': [u'a', 'b', None, True, 1.5], 'type': 'aws_proxy', 'uri': u'it\'s "\xfc" \U0001f600\n\\'}`);
  expect(jsonOf(made)).toBe(
    String.raw`{"path": ["a", "b", null, true, 1.5], "type": "aws_proxy", "uri": "it's \"\u00fc\" \ud83d\ude00\n\\"}`,
  );
});

test("a slot that was left is not quite free again, until the dictionary is copied", () => {
  const made = dictionary({ swagger: 1, info: 1, paths: 1 });
  write(made, "openapi", 1);
  remove(made, "swagger");
  write(made, "components", 1);
  expect(namesOf(made)).toEqual(["info", "paths", "components", "openapi"]);
  const changes = ["a", "b", "c", "d", "e"].map((key) => ({ key, isRemoved: false }));
  expect(orderAfter([...changes, { key: "a", isRemoved: true }, { key: "q", isRemoved: false }])).toEqual(["q", "c", "b", "e", "d"]);
  expect(namesOf(copyOfDictionary(made)).sort()).toEqual(Object.keys(made).sort());
});

test("a table grows more where one key comes after the other", () => {
  const keys = ["one", "two", "three", "four", "five", "six"];
  expect(orderOfPython27(keys)).toEqual(["six", "three", "two", "four", "five", "one"]);
  expect(orderAfter(copied(keys))).toEqual(["four", "five", "three", "six", "two", "one"]);
});

test("a member keeps its name's mark, and has its new value's", () => {
  const made = dictionary({ one: own("a") });
  put(made, "one", "b");
  expect(shown(made)).toBe("{'one': u'b'}");
  write(made, "one", own("c"));
  expect([textOf(wordAt(made, "one")), shown(copyOfDictionary(made))]).toEqual(["c", "{'one': 'c'}"]);
  noteChange(made, { expected: 9 });
  expect(namesOf(made)).toEqual(["one"]);
});

test("a dictionary of today's Python keeps its order, and a merged one is such", () => {
  expect(shown(plain({ b: 1, a: 2, c: 3 }))).toBe("{'b': 1, 'a': 2, 'c': 3}");
  const both = merged({ b: "1", a: "2" }, dictionary({ a: own("3") }));
  expect(shown(both)).toBe("{u'a': '3', u'b': u'1'}");
});
