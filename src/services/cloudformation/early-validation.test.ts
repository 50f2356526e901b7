import { expect, test } from "vitest";
import { World } from "../../testing/world.ts";
import { ssm } from "../ssm/index.ts";
import { putParameter } from "../ssm/parameter.ts";
import { createChangeSet, describeChangeSet } from "./change-set.ts";
import { describeStackEvents } from "./event.ts";
import { cloudformation } from "./index.ts";
import { createStack } from "./operation.ts";
import { describeEvents } from "./operation-event.ts";
import { violationsOf } from "./property-validation.ts";
import { describeStacks } from "./stack.ts";

const SET = { StackName: "s", ChangeSetName: "c" };
const parameter = (Properties: object) => ({ Type: "AWS::SSM::Parameter", Properties });

async function review(Resources: object, more: object = {}) {
  const cloud = new World({ services: [ssm, cloudformation] });
  await cloud.call(putParameter, { Name: "taken", Type: "String", Value: "by hand" });
  await cloud.call(createChangeSet, { ...SET, TemplateBody: JSON.stringify({ Resources }), ChangeSetType: "CREATE", ...more });
  await cloud.advance("1s");
  const { Status, StatusReason } = await cloud.call(describeChangeSet, SET);
  const { OperationEvents } = await cloud.call(describeEvents, { ...SET, Filters: { FailedEvents: true } });
  return { cloud, Status, StatusReason, events: OperationEvents! };
}

test("properties that a type does not take, and names that are taken, fail a change set before anything is made", async () => {
  const { cloud, Status, StatusReason, events } = await review({
    Bad: parameter({ Type: "Text", Value: ["x"], Colour: "red" }),
    Taken: parameter({ Name: "taken", Type: "String", Value: "x" }),
    Good: parameter({ Type: "String", Value: "x" }),
  });
  expect(Status).toBe("FAILED");
  expect(StatusReason).toBe(
    "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation, AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.",
  );
  expect(events.map((one) => `${one.EventType} ${one.ValidationName} ${one.ValidationPath} ${one.ValidationStatusReason}`).sort()).toEqual([
    "VALIDATION_ERROR NAME_CONFLICT_VALIDATION /Resources/Taken Resource of type 'AWS::SSM::Parameter' with identifier 'taken' already exists.",
    "VALIDATION_ERROR PROPERTY_VALIDATION /Resources/Bad/Properties #: extraneous key [Colour] is not permitted",
    "VALIDATION_ERROR PROPERTY_VALIDATION /Resources/Bad/Properties/Type #/Type: failed validation constraint for keyword [enum]",
    "VALIDATION_ERROR PROPERTY_VALIDATION /Resources/Bad/Properties/Value #/Value: expected type: String, found: JSONArray",
  ]);
  const { StackEvents } = await cloud.call(describeStackEvents, { StackName: "s" });
  expect(StackEvents!.map(({ ResourceStatus }) => ResourceStatus)).toEqual(["REVIEW_IN_PROGRESS"]);
});

test("nothing is looked at where that is not wanted", async () => {
  expect((await review({ Taken: parameter({ Name: "taken", Type: "String", Value: "x" }) }, { DisableValidation: true })).Status).toBe(
    "CREATE_COMPLETE",
  );
});

test("a resource whose properties do not fit is not made", async () => {
  const cloud = new World({ services: [ssm, cloudformation] });
  const Resources = { Bad: parameter({ Type: "String", Value: "x", Tier: "Gold" }) };
  await cloud.call(createStack, { StackName: "s", TemplateBody: JSON.stringify({ Resources }) });
  await cloud.advance("1m");
  expect((await cloud.call(describeStacks, { StackName: "s" })).Stacks![0]!.StackStatus).toBe("ROLLBACK_COMPLETE");
  const { StackEvents } = await cloud.call(describeStackEvents, { StackName: "s" });
  expect(StackEvents!.find(({ ResourceStatus }) => ResourceStatus === "CREATE_FAILED")!.ResourceStatusReason).toBe(
    "Properties validation failed for resource Bad with message:\n#/Tier: failed validation constraint for keyword [enum]",
  );
});

test.each([
  ["AWS::SQS::Queue", { DelaySeconds: 901 }, ["/DelaySeconds failed validation constraint for keyword [maximum]"]],
  ["AWS::SQS::Queue", { Tags: [{ Key: "k" }] }, ["/Tags/0 required key [Value] not found"]],
  ["AWS::SQS::Queue", { DelaySeconds: "{{resolve:ssm:x}}" }, []],
  ["AWS::Lambda::Permission", { Action: "lambda:InvokeFunction", FunctionName: "f" }, [" required key [Principal] not found"]],
  ["Custom::Anything", { ServiceToken: "t", What: ["ever"] }, []],
] as const)("%s judges %o", (type, properties, found) => {
  const cloud = new World({ services: [cloudformation] });
  expect(violationsOf(cloud.scope(), type, properties as never).map(({ path, message }) => `${path} ${message}`)).toEqual(found);
});
