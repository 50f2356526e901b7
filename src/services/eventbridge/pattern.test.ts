import { describe, expect, test } from "vitest";
import { compilePattern } from "./pattern.ts";

const event = {
  source: "aws.ec2",
  "detail-type": "EC2 Instance State-change Notification",
  resources: ["arn:a", "arn:b"],
  detail: {
    state: "running",
    count: 5,
    price: 3.5,
    ok: true,
    nothing: null,
    empty: [],
    ip: "10.0.0.7",
    "dotted.name": "x",
    image: { id: "ami-1" },
    disks: [
      { name: "a", size: 1 },
      { name: "b", size: 2 },
    ],
  },
};
const matches = (detail: unknown): boolean => compilePattern(JSON.stringify({ detail })).matches(event);

describe("what matches", () => {
  test.each<[string, unknown]>([
    ["an exact text", { state: ["stopped", "running"] }],
    ["a number, however written", { count: [5.0] }],
    ["a boolean and null", { ok: [true], nothing: [null] }],
    ["prefix", { state: [{ prefix: "run" }] }],
    ["prefix in any case", { state: [{ prefix: { "equals-ignore-case": "RUN" } }] }],
    ["suffix", { state: [{ suffix: "ing" }] }],
    ["suffix in any case", { state: [{ suffix: { "equals-ignore-case": "ING" } }] }],
    ["equals-ignore-case", { state: [{ "equals-ignore-case": "RUNNING" }] }],
    ["anything-but one", { state: [{ "anything-but": "stopped" }] }],
    ["anything-but numbers", { count: [{ "anything-but": [1, 2] }] }],
    ["anything-but prefix", { state: [{ "anything-but": { prefix: ["st", "te"] } }] }],
    ["anything-but suffix", { state: [{ "anything-but": { suffix: "ed" } }] }],
    ["anything-but equals-ignore-case", { state: [{ "anything-but": { "equals-ignore-case": ["STOPPED"] } }] }],
    ["anything-but wildcard", { state: [{ "anything-but": { wildcard: "*ped" } }] }],
    ["a numeric range", { price: [{ numeric: [">", 0, "<=", 3.5] }] }],
    ["cidr", { ip: [{ cidr: "10.0.0.0/24" }] }],
    ["wildcard", { state: [{ wildcard: "r*n*g" }] }],
    ["exists", { state: [{ exists: true }] }],
    ["what does not exist", { missing: [{ exists: false }] }],
    ["$or", { $or: [{ state: ["stopped"] }, { count: [5] }] }],
    ["fields of one element of a list", { disks: { name: ["b"], size: [2] } }],
    ["names with dots as steps", { dotted: { name: ["x"] }, "image.id": ["ami-1"] }],
  ])("%s", (_, detail) => expect(matches(detail)).toBe(true));

  test("one element of a list is enough", () => {
    expect(compilePattern('{"resources":["arn:b"]}').matches(event)).toBe(true);
  });
});

describe("what does not", () => {
  test.each<[string, unknown]>([
    ["a text for a number", { count: ["5"] }],
    ["anything-but of a field that is not there", { missing: [{ "anything-but": "x" }] }],
    ["anything-but where it is the one", { state: [{ "anything-but": ["running"] }] }],
    ["exists of an object, which is no leaf", { image: [{ exists: true }] }],
    ["exists of an empty list", { empty: [{ exists: true }] }],
    ["null of an empty list", { empty: [null] }],
    ["fields of different elements", { disks: { name: ["a"], size: [2] } }],
    ["exists false where another element has it", { disks: { size: [{ exists: false }] } }],
    ["an address outside of the block", { ip: [{ cidr: "10.0.1.0/24" }] }],
    ["a wildcard whose ends overlap", { state: [{ wildcard: "running*running" }] }],
    ["an escaped star", { state: [{ wildcard: "r\\*" }] }],
  ])("%s", (_, detail) => expect(matches(detail)).toBe(false));
});

test.each([
  ['{"int": 42}', '"int" must be an object or an array'],
  ['{"a": []}', "Empty arrays are not allowed"],
  ['{"a": {}}', "Empty objects are not allowed"],
  ['["a"]', "Filter is not an object"],
  ['{"a": [["b"]]}', "Match value must be String, number, true, false, or null"],
  ['{"a": [{"EXISTS": true}]}', "Unrecognized match type EXISTS"],
  ['{"a": [{"exists": "true"}]}', "exists match pattern must be either true or false."],
  ['{"a": [{"prefix": "a", "suffix": "b"}]}', "Only one key allowed in match expression"],
  ['{"a": [{"numeric": 5}]}', "Value of numeric must be an array."],
  ['{"a": [{"numeric": [">", 0, ">", 0]}]}', "Bad numeric range operator: >"],
  ['{"a": [{"numeric": [">", 5, "<", 1]}]}', "Bottom must be less than top"],
  ['{"a": [{"cidr": "10.0.0.0"}]}', "Malformed CIDR, one '/' required"],
  ['{"a": [{"cidr": "10.0.0.0/32"}]}', "IPv4 mask bits must be < 32"],
  ['{"a": [{"wildcard": "a**"}]}', "Consecutive wildcard characters at pos 2"],
  ['{"a": [{"anything-but": {"prefix": ""}}]}', "Null prefix/suffix not allowed"],
  ['{"a": [{"anything-but": ["a", 1]}]}', "Inside anything but list, either all values are number or string, mixed type is not supported"],
  ['{"a": [{"anything-but": {"numeric": 1}}]}', "Unsupported anything-but pattern: numeric"],
  ['{"$or": [{"a": [1]}]}', "There must have at least 2 Objects in $or relationship."],
  ['{"$or": [{"prefix": [1]}, {"a": [1]}]}', "prefix is Ruler reserved fieldName which cannot be used inside $or."],
])("%s is not valid: %s", (pattern, reason) => {
  expect(() => compilePattern(pattern)).toThrow(`Event pattern is not valid. Reason: ${reason}`);
});
