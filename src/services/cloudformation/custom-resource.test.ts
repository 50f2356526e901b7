import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { respond } from "./api.ts";
import { deleteStack } from "./operation.ts";
import { describeStackResource } from "./resource.ts";
import { signalResource } from "./signal.ts";
import { received, things } from "./simulated-types.fixture.ts";
import { create, eventsOf, S, stackOf, statusOf, thing, update, world } from "./story.fixture.ts";

const ServiceToken = "arn:aws:lambda:eu-west-1:111122223333:function:custom";
const custom = (Properties: object = {}, more: object = {}) => ({
  Type: "Custom::Lookup",
  Properties: { ServiceToken, ...Properties },
  ...more,
});

const waiting = { Type: "AWS::CloudFormation::WaitCondition", Properties: { Handle: { Ref: "H" }, Timeout: 3600 } };

/** The requests that nobody has answered, oldest first. */
const answered = new WeakMap<World, Set<string>>();
function next(cloud: World): any {
  const done = answered.get(cloud) ?? new Set<string>();
  answered.set(cloud, done);
  const found = received.list(cloud.scope()).find(({ id }) => !done.has(id));
  if (found === undefined) return undefined;
  done.add(found.id);
  return JSON.parse(found.payload);
}
function answer(cloud: World, request: any, body: object): void {
  const token = request.ResponseURL.split("/").at(-1);
  const { StackId, RequestId, LogicalResourceId } = request;
  cloud.change((scope) =>
    expect(respond(scope, token, JSON.stringify({ Status: "SUCCESS", StackId, RequestId, LogicalResourceId, ...body }))).toBe(true),
  );
}

describe("a custom resource", () => {
  test("may answer an update with attributes that it did not have", async () => {
    const cloud = world();
    const using = (Key: number, attribute: string) => ({
      C: custom({ Key }),
      T: thing({ Name: "t", Of: { "Fn::GetAtt": ["C", attribute] } }),
    });
    await create(cloud, using(1, "One"));
    answer(cloud, next(cloud), { PhysicalResourceId: "c", Data: { One: "first" } });
    await update(cloud, using(2, "Two"));
    answer(cloud, next(cloud), { PhysicalResourceId: "c", Data: { Two: "second" } });
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
    expect(things.get(cloud.scope(), "t")?.properties["Of"]).toBe("second");
  });

  test("may answer with 4096 bytes, and not with more", async () => {
    const cloud = world();
    await create(cloud, { C: custom({ Key: 1 }) });
    const request = next(cloud);
    const padding = (bytes: number) => ({ PhysicalResourceId: "c", Data: { Text: "x".repeat(bytes) } });
    const { StackId, RequestId, LogicalResourceId } = request;
    const room = 4096 - JSON.stringify({ Status: "SUCCESS", StackId, RequestId, LogicalResourceId, ...padding(0) }).length;
    answer(cloud, request, padding(room));
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    await update(cloud, { C: custom({ Key: 2 }) });
    answer(cloud, next(cloud), padding(room + 1));
    answer(cloud, next(cloud), padding(0));
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect((await eventsOf(cloud)).join("\n")).toContain("Response object is too long.");
  });

  test("is asked to create, to update and to delete", async () => {
    const cloud = world();
    const using = (Key: object) => ({ C: custom(Key), T: thing({ Name: "t", Of: { "Fn::GetAtt": ["C", "Value"] } }) });
    await create(cloud, using({ Key: 7, On: true }));
    const request = next(cloud);
    expect(request).toMatchObject({
      RequestType: "Create",
      ResourceType: "Custom::Lookup",
      LogicalResourceId: "C",
      ResourceProperties: { ServiceToken, Key: "7", On: "true" },
      ResponseURL: expect.stringMatching(/^http:\/\/127.0.0.1:4566\/_cloudformation\/response\/[0-9a-f]{40}$/),
    });
    expect(await statusOf(cloud)).toBe("CREATE_IN_PROGRESS");
    answer(cloud, request, { PhysicalResourceId: "one", Data: { Value: "found" } });
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    expect(things.get(cloud.scope(), "t")?.properties["Of"]).toBe("found");

    await update(cloud, using({ Key: 8 }));
    const second = next(cloud);
    expect(second).toMatchObject({ RequestType: "Update", PhysicalResourceId: "one", OldResourceProperties: { Key: "7" } });
    answer(cloud, second, { PhysicalResourceId: "two", Data: { Value: "other" } });
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    const third = next(cloud);
    expect(third).toMatchObject({ RequestType: "Delete", PhysicalResourceId: "one" });
    answer(cloud, third, {});
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
    expect(things.get(cloud.scope(), "t")?.properties["Of"]).toBe("other");

    const { StackId } = await stackOf(cloud);
    await cloud.call(deleteStack, S);
    answer(cloud, next(cloud), {});
    expect(await statusOf(cloud, StackId)).toBe("DELETE_COMPLETE");
  });

  test("that fails, or never answers, fails the stack", async () => {
    const cloud = world();
    await create(cloud, { C: custom() });
    answer(cloud, next(cloud), { Status: "FAILED", Reason: "no such key", PhysicalResourceId: "x" });
    const cleanup = next(cloud);
    expect(cleanup).toMatchObject({ RequestType: "Delete", PhysicalResourceId: "x" });
    answer(cloud, cleanup, {});
    expect(await statusOf(cloud)).toBe("ROLLBACK_COMPLETE");
    expect((await eventsOf(cloud)).find((event) => event.startsWith("C CREATE_FAILED"))).toMatch(
      /Received response status \[FAILED\] from custom resource\. Message returned: no such key \(RequestId: /,
    );
    await cloud.call(deleteStack, S);
    await create(cloud, { C: custom({ ServiceTimeout: 60 }) });
    next(cloud);
    await cloud.advance("2m");
    expect(next(cloud)).toMatchObject({ RequestType: "Delete", PhysicalResourceId: expect.stringMatching(/^s-C-/) });
    await cloud.advance("2m");
    expect(await statusOf(cloud)).toBe("ROLLBACK_FAILED");
    await cloud.call(deleteStack, { ...S, DeletionMode: "FORCE_DELETE_STACK" });
    await cloud.advance("2m");
    await expect(stackOf(cloud)).rejects.toThrow("does not exist");
    await create(cloud, {
      H: { Type: "AWS::CloudFormation::WaitConditionHandle" },
      W: waiting,
      F: thing({ FailOnCreate: true }, { DependsOn: "H" }),
    });
    expect(await statusOf(cloud)).toBe("ROLLBACK_COMPLETE");
  });

  test("is asked to go back when the update is undone", async () => {
    const cloud = world();
    await create(cloud, { C: custom({ Key: 1 }) });
    answer(cloud, next(cloud), { PhysicalResourceId: "one" });
    await update(cloud, { C: custom({ Key: 2 }), F: thing({ FailOnCreate: true }, { DependsOn: "C" }) });
    answer(cloud, next(cloud), { PhysicalResourceId: "two" });
    const back = next(cloud);
    expect(back).toMatchObject({
      RequestType: "Update",
      PhysicalResourceId: "two",
      ResourceProperties: { Key: "1" },
      OldResourceProperties: { Key: "2" },
    });
    answer(cloud, back, { PhysicalResourceId: "one" });
    const gone = next(cloud);
    expect(gone).toMatchObject({ RequestType: "Delete", PhysicalResourceId: "two" });
    answer(cloud, gone, {});
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect((await cloud.call(describeStackResource, { ...S, LogicalResourceId: "C" })).StackResourceDetail).toMatchObject({
      PhysicalResourceId: "one",
    });
  });

  test("the end is the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await create(cloud, { C: custom(), T: thing({ Of: { "Fn::GetAtt": ["C", "Value"] } }) });
      answer(cloud, next(cloud), { PhysicalResourceId: "one", Data: { Value: "found" } });
      await cloud.call(deleteStack, S);
      await cloud.advance("1m");
      answer(cloud, next(cloud), {});
    });
  });
});

describe("signals", () => {
  test("a wait condition waits for them, and gives their data", async () => {
    const cloud = world();
    const resources = {
      H: { Type: "AWS::CloudFormation::WaitConditionHandle" },
      W: { Type: "AWS::CloudFormation::WaitCondition", Properties: { Handle: { Ref: "H" }, Timeout: 300, Count: 2 } },
      T: thing({ Name: "t", Data: { "Fn::GetAtt": ["W", "Data"] } }),
    };
    await create(cloud, resources);
    const { StackResourceDetail } = await cloud.call(describeStackResource, { ...S, LogicalResourceId: "H" });
    const token = StackResourceDetail!.PhysicalResourceId!.split("/").at(-1)!;
    const put = (UniqueId: string) =>
      cloud.change((scope) => respond(scope, token, JSON.stringify({ Status: "SUCCESS", UniqueId, Data: `data ${UniqueId}`, Reason: "" })));
    put("a");
    put("a");
    expect(await statusOf(cloud)).toBe("CREATE_IN_PROGRESS");
    put("b");
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    expect(things.get(cloud.scope(), "t")?.properties["Data"]).toBe('{"a":"data a","b":"data b"}');
  });

  test("a creation policy waits for them, but not for ever", async () => {
    const cloud = world();
    const resources = { T: thing({ Name: "t" }, { CreationPolicy: { ResourceSignal: { Count: 1, Timeout: "PT10M" } } }) };
    await create(cloud, resources);
    expect(await statusOf(cloud)).toBe("CREATE_IN_PROGRESS");
    await cloud.call(signalResource, { ...S, LogicalResourceId: "T", UniqueId: "x", Status: "SUCCESS" });
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    await cloud.call(deleteStack, S);
    await create(cloud, resources);
    await cloud.advance("11m");
    expect(await statusOf(cloud)).toBe("ROLLBACK_COMPLETE");
    expect(await eventsOf(cloud)).toContain("T CREATE_FAILED Failed to receive 1 resource signal(s) within the specified duration");
  });
});
