import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { getResourceRequestStatus } from "../cloudcontrol/request.ts";
import { createResource } from "../cloudcontrol/resource.ts";
import { createShop } from "../lambda/lambda.fixture.ts";
import { createChangeSet, describeChangeSet, executeChangeSet } from "./change-set.ts";
import { describeChangeSetHooks } from "./change-set-hook.ts";
import { describeStackEvents } from "./event.ts";
import { extensionWorld, type Handler, packageOf, register } from "./extension.fixture.ts";
import { getHookResult, listHookResults } from "./hook-result.ts";
import { createStack, deleteStack } from "./operation.ts";
import { create, eventsOf, S, stackOf, statusOf, template, thing, update } from "./story.fixture.ts";
import { setTypeConfiguration } from "./type-configuration.ts";

const HOOK = "Acme::Harbour::Master";
const FAILED = `The following hook(s) failed: [${HOOK}]`;

const permissions: string[] = [];
const hookSchema = {
  typeName: HOOK,
  description: "Lets nothing big in",
  additionalProperties: false,
  typeConfiguration: { properties: { Most: { type: "integer" } }, additionalProperties: false },
  handlers: {
    preCreate: { targetNames: ["Test::Thing::*"], permissions },
    preUpdate: { targetNames: ["Test::Thing::Thing"], permissions },
    preDelete: { targetNames: ["Test::Thing::Thing"], permissions },
  },
};

/** Nothing larger than the hook's property says may be, and nothing sacred may go. */
const master: Handler = ({ requestData, hookModel, actionInvocationPoint, requestContext }) => {
  const { targetModel } = requestData;
  const { Size = 0, Slow, Sacred } = targetModel.resourceProperties ?? targetModel.previousResourceProperties;
  if (Slow && requestContext.invocation < 3) return { hookStatus: "IN_PROGRESS", callbackContext: {}, callbackDelaySeconds: 5 };
  const fail = (message: string) => ({ hookStatus: "FAILED", errorCode: "NonCompliant", message });
  if (Size > (hookModel.Most ?? 0)) return fail(`${Size} is too large`);
  if (actionInvocationPoint === "DELETE_PRE_PROVISION" && Sacred) return fail("it is sacred");
  return { hookStatus: "SUCCESS", message: "fine" };
};

const configured = (more: object, Properties: object = { Most: 5 }): string =>
  JSON.stringify({
    CloudFormationConfiguration: { HookConfiguration: { HookInvocationStatus: "ENABLED", FailureMode: "FAIL", Properties, ...more } },
  });

async function guarded(more: object = {}, handler: Handler = master): Promise<World> {
  const cloud = extensionWorld(handler);
  await register(cloud, HOOK, packageOf(hookSchema), { Type: "HOOK" });
  await cloud.call(setTypeConfiguration, { Type: "HOOK", TypeName: HOOK, Configuration: configured(more) });
  return cloud;
}

const hookEvents = async (cloud: World, StackName = "s") =>
  (await cloud.call(describeStackEvents, { StackName }))
    .StackEvents!.filter(({ HookType }) => HookType !== undefined)
    .map(({ LogicalResourceId, ResourceStatus, HookStatus, HookStatusReason = "" }) =>
      `${LogicalResourceId} ${ResourceStatus} ${HookStatus} ${HookStatusReason}`.trim(),
    )
    .reverse();

describe("a registered hook", () => {
  test("lets pass what complies, once it has said so", async () => {
    const cloud = await guarded();
    await create(cloud, { T: thing({ Name: "t", Size: 3, Slow: true }) });
    expect(await statusOf(cloud)).toBe("CREATE_IN_PROGRESS");
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    expect(await hookEvents(cloud)).toEqual([
      "T CREATE_IN_PROGRESS HOOK_IN_PROGRESS",
      "T CREATE_IN_PROGRESS HOOK_COMPLETE_SUCCEEDED Hook succeeded with message: fine",
    ]);
  });

  test("stops what does not comply, with the stack's other resources", async () => {
    const cloud = await guarded();
    await create(cloud, { A: thing({ Size: 1 }), T: thing({ Size: 7 }, { DependsOn: "A" }) });
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("ROLLBACK_COMPLETE");
    expect(await eventsOf(cloud)).toContain(`T CREATE_FAILED ${FAILED}`);
    expect(await hookEvents(cloud)).toContain("T CREATE_IN_PROGRESS HOOK_COMPLETE_FAILED Hook failed with message: 7 is too large");
  });

  test("looks at updates and deletions, too", async () => {
    const cloud = await guarded();
    await create(cloud, { T: thing({ Name: "t", Size: 1, Sacred: true }) });
    await cloud.advance("1m");
    await update(cloud, { T: thing({ Name: "t", Size: 9, Sacred: true }) });
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await eventsOf(cloud)).toContain(`T UPDATE_FAILED ${FAILED}`);
    const { StackId } = await stackOf(cloud);
    await cloud.call(deleteStack, S);
    await cloud.advance("1m");
    expect(await statusOf(cloud, StackId)).toBe("DELETE_FAILED");
    expect(await eventsOf(cloud, StackId)).toContain(`T DELETE_FAILED ${FAILED}`);
  });

  test.each([
    ["that only warns", { FailureMode: "WARN" }, 1],
    ["that is switched off", { HookInvocationStatus: "DISABLED" }, 0],
    ["that looks at other operations", { TargetOperations: ["STACK"] }, 0],
    ["that looks at other types", { TargetFilters: { TargetNames: ["AWS::S3::*"] } }, 0],
    ["that looks at other actions", { TargetFilters: { Targets: [{ TargetName: "Test::Thing::Thing", Action: "DELETE" }] } }, 0],
    ["that looks at other stacks", { StackFilters: { FilteringCriteria: "ALL", StackNames: { Exclude: ["s"] } } }, 0],
  ])("%s does not stop it", async (_, more, asked) => {
    const cloud = await guarded(more);
    await create(cloud, { T: thing({ Size: 7 }) });
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    expect((await hookEvents(cloud)).filter((event) => event.includes("HOOK_COMPLETE_FAILED"))).toHaveLength(asked);
  });

  test("that breaks, or never ends, stops it as well", async () => {
    for (const handler of [() => ({ takesMs: 1000, throws: "oops" }), () => ({ hookStatus: "IN_PROGRESS" }), () => ({ nonsense: true })]) {
      const cloud = await guarded({}, handler);
      await create(cloud, { T: thing({ Size: 1 }) });
      await cloud.advance("5m");
      expect(await eventsOf(cloud)).toContain(`T CREATE_FAILED ${FAILED}`);
      expect((await hookEvents(cloud)).at(-1)).toMatch(/^T CREATE_IN_PROGRESS HOOK_FAILED Hook failed with message: /);
    }
  });

  test("is told of afterwards", async () => {
    const cloud = await guarded({ FailureMode: "WARN" });
    await create(cloud, { T: thing({ Size: 7 }), U: thing({ Size: 1 }) });
    await cloud.advance("1m");
    const { StackId } = await stackOf(cloud);
    const { HookResults } = await cloud.call(listHookResults, {});
    expect(HookResults!.map(({ TargetId, Status, HookExecutionTarget }) => [TargetId, Status, HookExecutionTarget]).sort()).toEqual([
      ["T", "HOOK_COMPLETE_FAILED", StackId],
      ["U", "HOOK_COMPLETE_SUCCEEDED", StackId],
    ]);
    const TypeArn = HookResults![0]!.TypeArn!;
    const failed = (await cloud.call(listHookResults, { TypeArn, Status: "HOOK_COMPLETE_FAILED" })).HookResults!;
    expect(await cloud.call(getHookResult, { HookResultId: failed[0]!.HookResultId })).toMatchObject({
      TypeName: HOOK,
      FailureMode: "WARN",
      HookStatusReason: "Hook failed with message: 7 is too large",
      Target: { TargetType: "RESOURCE", TargetTypeName: "Test::Thing::Thing", TargetId: "T", Action: "CREATE" },
    });
    await cloud.advance("91d");
    await expect(cloud.call(getHookResult, { HookResultId: failed[0]!.HookResultId })).rejects.toMatchObject({
      name: "HookResultNotFoundException",
    });
  });

  test("will meet the changes of a change set", async () => {
    const cloud = await guarded();
    const C = { ...S, ChangeSetName: "c" };
    await cloud.call(createChangeSet, { ...C, ChangeSetType: "CREATE", TemplateBody: template({ A: thing(), B: thing() }) });
    const { Status, Hooks } = await cloud.call(describeChangeSetHooks, C);
    expect(Status).toBe("PLANNED");
    expect(Hooks!.map(({ TypeName, TargetDetails }) => [TypeName, TargetDetails!.ResourceTargetDetails!.LogicalResourceId])).toEqual([
      [HOOK, "A"],
      [HOOK, "B"],
    ]);
    expect((await cloud.call(describeChangeSetHooks, { ...C, LogicalResourceId: "B" })).Hooks).toHaveLength(1);
  });

  test("ends the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(
      () => extensionWorld(master),
      async (cloud) => {
        await register(cloud, HOOK, packageOf(hookSchema), { Type: "HOOK" });
        await cloud.call(setTypeConfiguration, { Type: "HOOK", TypeName: HOOK, Configuration: configured({}) });
        await create(cloud, { A: thing({ Name: "a", Size: 1, Slow: true }), T: thing({ Size: 7 }, { DependsOn: "A" }) });
        await cloud.advance("91d");
      },
    );
  });
});

describe("a hook that asks a function", () => {
  const ALIAS = "Acme::Lambda::Judge";
  const SHOP = "arn:aws:lambda:eu-west-1:111122223333:function:shop";

  async function judged(TargetOperations: string[], handler: Handler): Promise<World> {
    const cloud = extensionWorld(handler);
    await createShop(cloud);
    const Properties = {
      Alias: ALIAS,
      LambdaFunction: SHOP,
      ExecutionRole: "arn:aws:iam::111122223333:role/worker",
      HookStatus: "ENABLED",
      FailureMode: "FAIL",
      TargetOperations,
    };
    await cloud.call(createStack, {
      StackName: "hooks",
      TemplateBody: template({ H: { Type: "AWS::CloudFormation::LambdaHook", Properties } }),
    });
    expect(await statusOf(cloud, "hooks")).toBe("CREATE_COMPLETE");
    return cloud;
  }

  const annotations = [{ annotationName: "size", status: "FAILED", statusMessage: "large", severityLevel: "HIGH" }];

  test("looks at resources of stacks, and tells why", async () => {
    const asked: any[] = [];
    const cloud = await judged(["RESOURCE"], (request) => {
      asked.push(request);
      return { hookStatus: "FAILED", errorCode: "NonCompliant", message: "no", annotations };
    });
    await create(cloud, { T: thing({ Size: 7 }) });
    await cloud.advance("1m");
    expect(await eventsOf(cloud)).toContain(`T CREATE_FAILED The following hook(s) failed: [${ALIAS}]`);
    expect(asked[0]).toMatchObject({
      hookTypeName: ALIAS,
      hookModel: { LambdaFunction: SHOP },
      actionInvocationPoint: "CREATE_PRE_PROVISION",
      requestData: {
        targetName: "Test::Thing::Thing",
        targetType: "Test::Thing::Thing",
        targetLogicalId: "T",
        targetModel: { resourceProperties: { Size: 7 } },
      },
      requestContext: { invocation: 1, callbackContext: null },
    });
    const { HookResults } = await cloud.call(listHookResults, {});
    expect(await cloud.call(getHookResult, { HookResultId: HookResults![0]!.HookResultId })).toMatchObject({
      OriginalTypeName: "AWS::Hooks::LambdaHook",
      Annotations: [{ AnnotationName: "size", Status: "FAILED", StatusMessage: "large", SeverityLevel: "HIGH" }],
    });
  });

  /** What the hook finds at the address that it is given. */
  const documentAt = (cloud: World, url: string) =>
    JSON.parse(cloud.blobs.read(`sha256:${url.slice(url.lastIndexOf("/") + 1)}`).toString());

  test("looks at stacks as a whole, with their templates", async () => {
    const asked: any[] = [];
    const cloud = await judged(["STACK"], (request) => {
      asked.push(request);
      const bad = request.actionInvocationPoint !== "CREATE_PRE_PROVISION";
      return bad ? { hookStatus: "FAILED", errorCode: "NonCompliant", message: "no more" } : { hookStatus: "SUCCESS" };
    });
    await create(cloud, { T: thing({ Name: "t" }) });
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    await update(cloud, { T: thing({ Name: "t", Size: 2 }) });
    await cloud.advance("1m");
    expect(await stackOf(cloud)).toMatchObject({ StackStatus: "UPDATE_ROLLBACK_COMPLETE" });
    expect(await eventsOf(cloud)).toContain(`s UPDATE_ROLLBACK_IN_PROGRESS The following hook(s) failed: [${ALIAS}]. `);
    const { requestData } = asked.at(-1);
    expect(requestData).toMatchObject({ targetName: "STACK", targetLogicalId: "s" });
    expect(documentAt(cloud, requestData.payload)).toEqual({
      template: template({ T: thing({ Name: "t", Size: 2 }) }),
      previousTemplate: template({ T: thing({ Name: "t" }) }),
    });
    const { StackId } = await stackOf(cloud);
    await cloud.call(deleteStack, S);
    await cloud.advance("1m");
    expect(await statusOf(cloud, StackId)).toBe("DELETE_FAILED");
  });

  test("looks at change sets, and need not look at their stacks again", async () => {
    const asked: any[] = [];
    const cloud = await judged(["CHANGE_SET", "STACK"], (request) => {
      asked.push(request.requestData);
      const { changedResources } = documentAt(cloud, request.requestData.payload);
      const bad = changedResources?.some(({ logicalResourceId }: any) => logicalResourceId === "Bad");
      return bad
        ? { hookStatus: "FAILED", errorCode: "NonCompliant", message: "bad" }
        : { hookStatus: "CHANGE_SET_SUCCESS_SKIP_STACK_HOOK" };
    });
    const C = { ...S, ChangeSetName: "c", ChangeSetType: "CREATE" as const };
    await cloud.call(createChangeSet, { ...C, TemplateBody: template({ Bad: thing() }) });
    await cloud.advance("1m");
    const failed = await cloud.call(describeChangeSet, C);
    expect(failed).toMatchObject({ Status: "FAILED", StatusReason: `The following hook(s) failed: [${ALIAS}]` });
    const shown = await cloud.call(listHookResults, { TargetType: "CHANGE_SET", TargetId: failed.ChangeSetId });
    expect(shown.HookResults).toMatchObject([{ Status: "HOOK_COMPLETE_FAILED", HookStatusReason: "Hook failed with message: bad" }]);
    await cloud.call(createChangeSet, { ...C, ChangeSetName: "d", TemplateBody: template({ Good: thing() }) });
    await cloud.advance("1m");
    await cloud.call(executeChangeSet, { ...S, ChangeSetName: "d" });
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    await update(cloud, { Good: thing({ Size: 2 }) });
    await cloud.advance("1m");
    expect(new Set(asked.map(({ targetName, targetLogicalId }) => `${targetName} ${targetLogicalId}`))).toEqual(
      new Set(["CHANGE_SET c", "CHANGE_SET d", "STACK s"]),
    );
  });

  test("looks at what Cloud Control does", async () => {
    const cloud = await judged(["CLOUD_CONTROL"], ({ requestData }) => {
      const bad = requestData.targetModel.resourceProperties.Size > 5;
      return bad ? { hookStatus: "FAILED", errorCode: "NonCompliant", message: "too large" } : { hookStatus: "SUCCESS" };
    });
    const asked = async (state: object) => {
      const made = await cloud.call(createResource, { TypeName: "Test::Thing::Thing", DesiredState: JSON.stringify(state) });
      await cloud.advance("1m");
      return cloud.call(getResourceRequestStatus, { RequestToken: made.ProgressEvent!.RequestToken });
    };
    const bad = await asked({ Name: "a", Size: 7 });
    expect(bad.ProgressEvent).toMatchObject({
      OperationStatus: "FAILED",
      StatusMessage: `The following hook(s) failed: [${ALIAS}]`,
      HookRequestToken: bad.ProgressEvent!.RequestToken,
    });
    expect(bad.HooksProgressEvent).toMatchObject([{ HookTypeName: ALIAS, HookStatus: "HOOK_COMPLETE_FAILED", FailureMode: "FAIL" }]);
    expect((await asked({ Name: "b", Size: 1 })).ProgressEvent).toMatchObject({ OperationStatus: "SUCCESS", Identifier: "b" });
  });
});
