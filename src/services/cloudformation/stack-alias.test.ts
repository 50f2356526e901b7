import { expect, test } from "vitest";
import { createStack, deleteStack } from "./operation.ts";
import { removeAlias, setAlias } from "./stack-alias.ts";
import { create, S, stackOf, template, thing, update, world } from "./story.fixture.ts";

test("an alias means its stack wherever a name does, until it is removed or the stack is gone", async () => {
  const cloud = world();
  await create(cloud, { T: thing({ Name: "t" }) });
  await create(cloud, { U: thing({ Name: "u" }) }, { StackName: "other" });
  await cloud.call(setAlias, { ...S, AliasName: "also" });
  expect(await stackOf(cloud, "also")).toMatchObject({ StackName: "s", AliasName: "also" });
  await update(cloud, { T: thing({ Name: "t", Size: 2 }) }, { StackName: "also" });
  expect(await stackOf(cloud)).toMatchObject({ StackStatus: "UPDATE_COMPLETE" });
  const set = (StackName: string, AliasName: string) => cloud.call(setAlias, { StackName, AliasName });
  for (const taken of ["s", "also"]) await expect(set("other", taken)).rejects.toMatchObject({ name: "AlreadyExistsException" });
  await expect(set("s", "third")).rejects.toMatchObject({ name: "LimitExceededException" });
  await expect(set("s", "no space")).rejects.toMatchObject({ name: "ValidationError" });
  const TemplateBody = template({ V: thing() });
  await expect(cloud.call(createStack, { StackName: "also", TemplateBody })).rejects.toMatchObject({ name: "AlreadyExistsException" });
  await cloud.call(removeAlias, { AliasName: "also" });
  await expect(stackOf(cloud, "also")).rejects.toThrow("Stack with id also does not exist");
  await expect(cloud.call(removeAlias, { AliasName: "s" })).rejects.toThrow("Alias [s] does not exist");
  await set("s", "third");
  await cloud.call(deleteStack, { StackName: "third" });
  await set("other", "third");
  expect(await stackOf(cloud, "third")).toMatchObject({ StackName: "other" });
});
