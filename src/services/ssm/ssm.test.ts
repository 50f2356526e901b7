import { expect, test } from "vitest";
import { World } from "../../testing/world.ts";
import { ssm } from "./index.ts";
import { deleteParameter, getParameter, getParametersByPath, labelParameterVersion, putParameter } from "./parameter.ts";

const world = (): World => new World({ services: [ssm] });

test("a parameter has versions, found by number and by label", async () => {
  const cloud = world();
  await cloud.call(putParameter, { Name: "/shop/flag", Value: "off", Type: "String" });
  await cloud.call(labelParameterVersion, { Name: "/shop/flag", Labels: ["first"] });
  expect(await cloud.call(putParameter, { Name: "/shop/flag", Value: "on", Overwrite: true })).toEqual({ Version: 2, Tier: "Standard" });
  expect((await cloud.call(getParameter, { Name: "/shop/flag" })).Parameter).toMatchObject({ Value: "on", Version: 2 });
  for (const selector of [":1", ":first"]) {
    expect((await cloud.call(getParameter, { Name: `/shop/flag${selector}` })).Parameter).toMatchObject({
      Value: "off",
      Selector: selector,
    });
  }
});

test("a path gives what lies below it, a page at a time", async () => {
  const cloud = world();
  for (const name of ["/a/1", "/a/2", "/a/b/3", "/c"]) await cloud.call(putParameter, { Name: name, Value: "x", Type: "String" });
  const first = await cloud.call(getParametersByPath, { Path: "/a", Recursive: true, MaxResults: 2 });
  const second = await cloud.call(getParametersByPath, { Path: "/a", Recursive: true, MaxResults: 2, NextToken: first.NextToken });
  expect([...first.Parameters!, ...second.Parameters!].map(({ Name }) => Name)).toEqual(["/a/1", "/a/2", "/a/b/3"]);
  expect(second.NextToken).toBeUndefined();
});

test("refuses as SSM does", async () => {
  const cloud = world();
  await cloud.call(putParameter, { Name: "one", Value: "x", Type: "String" });
  await expect(cloud.call(putParameter, { Name: "one", Value: "y", Type: "String" })).rejects.toMatchObject({
    name: "ParameterAlreadyExists",
  });
  await expect(cloud.call(deleteParameter, { Name: "two" })).rejects.toMatchObject({ name: "ParameterNotFound" });
  await expect(cloud.call(putParameter, { Name: "aws-x", Value: "y", Type: "String" })).rejects.toThrow("can't be prefixed");
});

test("an empty pattern allows everything", async () => {
  const cloud = world();
  await cloud.call(putParameter, { Name: "colour", Value: "teal", Type: "String", AllowedPattern: "" });
  await cloud.call(putParameter, { Name: "colour", Value: "red", AllowedPattern: "r.*", Overwrite: true });
  await expect(cloud.call(putParameter, { Name: "colour", Value: "teal", Overwrite: true })).rejects.toMatchObject({
    name: "ParameterPatternMismatchException",
  });
});
