import { describe, expect, test } from "vitest";
import { updateStack } from "./operation.ts";
import { getStackPolicy, policyRefusal, setStackPolicy } from "./stack-policy.ts";
import { create, eventsOf, namesOf, S, stackOf, statusOf, template, thing, update, world } from "./story.fixture.ts";

const policy = (...Statement: object[]): string => JSON.stringify({ Statement });
const allow = (Action: unknown, Resource: unknown = "*") => ({ Effect: "Allow", Action, Principal: "*", Resource });
const deny = (Action: unknown, Resource: unknown = "*") => ({ Effect: "Deny", Action, Principal: "*", Resource });
const modify = { action: "Update:Modify", logicalId: "A", type: "Test::Thing::Thing" } as const;

describe("a stack policy", () => {
  test.each([
    ["what nobody allows is denied", policy(allow("Update:*", "LogicalResourceId/B")), false],
    ["an allowance", policy(allow(["Update:Modify"])), true],
    ["a denial goes before an allowance", policy(allow("Update:*"), deny("Update:Mod*")), false],
    ["a pattern of names", policy(allow("Update:*", "LogicalResourceId/?")), true],
    ["all but", policy({ Effect: "Allow", Action: "Update:*", Principal: "*", NotResource: "LogicalResourceId/A" }), false],
    ["a type", policy({ ...allow("Update:*"), Condition: { StringLike: { ResourceType: ["Test::Thing::*"] } } }), true],
    ["another type", policy({ ...allow("Update:*"), Condition: { StringEquals: { ResourceType: "Test::Other::Thing" } } }), false],
    ["no statement", "{}", true],
  ])("%s", (_, body, allowed) => {
    expect(policyRefusal(body, modify) === undefined).toBe(allowed);
  });

  test.each([
    ["text", "not JSON"],
    ["an action of IAM", policy(allow("s3:GetObject"))],
    ["one principal", policy({ ...allow("Update:*"), Principal: "arn:aws:iam::111122223333:root" })],
    ["no effect", policy({ Action: "Update:*", Principal: "*", Resource: "*" })],
    ["another condition", policy({ ...allow("Update:*"), Condition: { Bool: { ResourceType: "true" } } })],
  ])("cannot be %s", async (_, StackPolicyBody) => {
    const cloud = world();
    await create(cloud, { A: thing() });
    await expect(cloud.call(setStackPolicy, { ...S, StackPolicyBody })).rejects.toThrow(
      "Error validating stack policy: Invalid stack policy",
    );
  });
});

describe("an update against the stack's policy", () => {
  test("fails at the resource, and is undone", async () => {
    const cloud = world();
    await create(
      cloud,
      { A: thing({ Name: "a", Text: 1 }), B: thing({ Name: "b" }) },
      { StackPolicyBody: policy(allow("Update:*"), deny("Update:Modify", "LogicalResourceId/A")) },
    );
    await update(cloud, { A: thing({ Name: "a", Text: 2 }), B: thing({ Name: "b" }) });
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await eventsOf(cloud)).toContain(
      "A UPDATE_FAILED Action denied by stack policy: Statement [#2] does not allow [Update:Modify] for resource [LogicalResourceId/A]",
    );
  });

  test("may change in place what may not be replaced", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Replace: 1 }) }, { StackPolicyBody: policy(allow("Update:*"), deny("Update:Replace")) });
    await update(cloud, { A: thing({ Replace: 1, Text: 2 }) });
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
    await update(cloud, { A: thing({ Replace: 2, Text: 2 }) });
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
  });

  test("takes nothing away, and does nothing else either", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a" }), B: thing({ Name: "b" }) });
    await cloud.call(setStackPolicy, { ...S, StackPolicyBody: policy(allow(["Update:Modify", "Update:Replace"])) });
    await update(cloud, { A: thing({ Name: "a" }), C: thing({ Name: "c" }) });
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(namesOf(cloud)).toEqual(["a", "b"]);
    expect(await eventsOf(cloud)).toContain(
      "B UPDATE_FAILED Action not allowed by stack policy: No statement allows [Update:Delete] for resource [LogicalResourceId/B]",
    );
    await update(cloud, { A: thing({ Name: "a" }), B: thing({ Name: "b", Text: 2 }) });
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
  });

  test("is let through by a policy for this update, and a new policy holds when it has gone well", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a", CreateSeconds: 0, UpdateSeconds: 60 }) }, { StackPolicyBody: policy(deny("Update:*")) });
    const StackPolicyDuringUpdateBody = policy(allow("Update:*"));
    const StackPolicyBody = policy(deny("Update:Delete"), allow("Update:*"));
    const TemplateBody = template({ A: thing({ Name: "a", UpdateSeconds: 60, Text: 1 }) });
    await cloud.call(updateStack, { ...S, TemplateBody, StackPolicyDuringUpdateBody, StackPolicyBody });
    expect(await cloud.call(getStackPolicy, S)).toEqual({ StackPolicyBody: StackPolicyDuringUpdateBody });
    await cloud.advance("2m");
    expect((await stackOf(cloud)).StackStatus).toBe("UPDATE_COMPLETE");
    expect(await cloud.call(getStackPolicy, S)).toEqual({ StackPolicyBody });
  });
});
