import { describe, expect, test } from "vitest";
import { describeParameter, type ParameterDeclaration, refOfParameter, resolveParameters } from "./parameter.ts";

const nothing = { parameterStore: () => ({ state: "absent", reason: "" }) as const };
const resolve = (declaration: ParameterDeclaration, value?: string, surroundings: Parameters<typeof resolveParameters>[3] = nothing) =>
  resolveParameters(
    { P: declaration },
    value === undefined ? [] : [{ ParameterKey: "P", ParameterValue: value }],
    [{ key: "P", value: "before" }],
    surroundings,
  );

test("a value is what is given, or that of before if asked for, or the default", () => {
  const P = { Type: "String", Default: 7 };
  const previous = [{ key: "P", value: "before" }];
  expect(resolve(P, "x")).toEqual({ state: "value", values: [{ key: "P", value: "x" }] });
  expect(resolve(P)).toEqual({ state: "value", values: [{ key: "P", value: "7" }] });
  expect(resolveParameters({ P }, [{ ParameterKey: "P", UsePreviousValue: true }], previous, nothing)).toEqual({
    state: "value",
    values: previous,
  });
});

test("refuses what is not in the template, and what has no value", () => {
  expect(() => resolveParameters({}, [{ ParameterKey: "A" }, { ParameterKey: "B" }], [], nothing)).toThrow(
    "Parameters: [A, B] do not exist in the template",
  );
  expect(() => resolveParameters({ A: { Type: "String" }, B: { Type: "String" } }, [], [], nothing)).toThrow(
    "Parameters: [A, B] must have values",
  );
  expect(() => resolveParameters({ A: { Type: "String" } }, [{ ParameterKey: "A", UsePreviousValue: true }], [], nothing)).toThrow(
    "Cannot specify usePreviousValue as true",
  );
});

describe("constraints", () => {
  test.each<[ParameterDeclaration, string, string]>([
    [{ Type: "String", AllowedValues: ["a", "b"] }, "c", "Parameter 'P' must be one of AllowedValues"],
    [{ Type: "String", AllowedPattern: "[a-z]+" }, "abc1", "Parameter 'P' must match pattern [a-z]+"],
    [
      { Type: "String", AllowedPattern: "[a-z]+", ConstraintDescription: "lower case only" },
      "1",
      "Parameter P failed to satisfy constraint: lower case only",
    ],
    [{ Type: "String", MinLength: 12 }, "short", "Parameter 'P' must contain at least 12 characters"],
    [{ Type: "String", MaxLength: "2" }, "long", "Parameter 'P' must contain at most 2 characters"],
    [{ Type: "Number" }, "x", "Parameter 'P' must be a number."],
    [{ Type: "Number", MinValue: 5 }, "4", "Parameter 'P' must be a number not less than 5"],
    [{ Type: "Number", MaxValue: 5 }, "6", "Parameter 'P' must be a number not greater than 5"],
    [{ Type: "List<Number>" }, "1,x", "Parameter 'P' must be a number."],
    [{ Type: "CommaDelimitedList", AllowedPattern: "\\w+" }, "a,-", "Parameter 'P' must match pattern \\w+"],
  ])("%j does not take %s", (declaration, value, message) => expect(() => resolve(declaration, value)).toThrow(message));
});

test.each([
  ["String", "a, b", "a, b"],
  ["Number", "80", "80"],
  ["CommaDelimitedList", "a, b,c", ["a", "b", "c"]],
  ["List<Number>", "80,443", ["80", "443"]],
  ["List<AWS::EC2::Subnet::Id>", "subnet-1,subnet-2", ["subnet-1", "subnet-2"]],
])("Ref of a %s", (Type, value, expected) => expect(refOfParameter({ Type }, { key: "P", value })).toEqual(expected));

test("types of the parameter store keep the name and use what is found there", () => {
  const stored = (text: string) => ({ parameterStore: () => ({ state: "value", value: text }) as const });
  const Type = "AWS::SSM::Parameter::Value<List<String>>";
  const values = resolve({ Type }, "/subnets", stored("a,b"));
  expect(values).toEqual({ state: "value", values: [{ key: "P", value: "/subnets", resolvedValue: "a,b" }] });
  expect(refOfParameter({ Type }, { key: "P", value: "/subnets", resolvedValue: "a,b" })).toEqual(["a", "b"]);
  expect(() => resolve({ Type }, "/none")).toThrow("Unable to fetch parameters [/none] from parameter store for this account.");
  const busy = { state: "busy", because: "starting" } as const;
  expect(resolve({ Type }, "/x", { parameterStore: () => busy })).toEqual(busy);
});

test("AWS-specific types ask whether there is such a thing", () => {
  const surroundings = { ...nothing, exists: (type: string, value: string) => type === "AWS::EC2::Subnet::Id" && value === "subnet-1" };
  expect(() => resolve({ Type: "List<AWS::EC2::Subnet::Id>" }, "subnet-1,subnet-2", surroundings)).toThrow(
    "Parameter validation failed: parameter value subnet-2 for parameter name P does not exist",
  );
});

test("NoEcho is not shown", () => {
  expect(describeParameter({ Type: "String", NoEcho: true }, { key: "P", value: "secret" })).toEqual({
    ParameterKey: "P",
    ParameterValue: "****",
  });
});
