import { describe, expect, test } from "vitest";
import { handsThat } from "../../testing/hands.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { cloudformation } from "../cloudformation/index.ts";
import { simulated, spells, things } from "../cloudformation/simulated-types.fixture.ts";
import { services } from "../index.ts";
import { cloudcontrol } from "./index.ts";
import { cancelResourceRequest, getResourceRequestStatus, listResourceRequests } from "./request.ts";
import { createResource, deleteResource, getResource, listResources, updateResource } from "./resource.ts";

const small = () => new World({ services: [simulated, cloudformation, cloudcontrol] });
const whole = () => new World({ services, hands: handsThat({}) });

const THING = { TypeName: "Test::Thing::Thing" };
const GROUP = { TypeName: "AWS::Logs::LogGroup" };
const QUEUE = { TypeName: "AWS::SQS::Queue" };

const create = (cloud: World, type: { TypeName: string }, state: object, more: object = {}) =>
  cloud.call(createResource, { ...type, DesiredState: JSON.stringify(state), ...more });
const patch = (cloud: World, type: { TypeName: string }, Identifier: string, ...operations: object[]) =>
  cloud.call(updateResource, { ...type, Identifier, PatchDocument: JSON.stringify(operations) });
const outcome = async (cloud: World, { ProgressEvent }: { ProgressEvent?: { RequestToken?: string | undefined } | undefined }) =>
  (await cloud.call(getResourceRequestStatus, { RequestToken: ProgressEvent!.RequestToken! })).ProgressEvent!;
const propertiesOf = async (cloud: World, type: { TypeName: string }, Identifier: string) =>
  JSON.parse((await cloud.call(getResource, { ...type, Identifier })).ResourceDescription!.Properties!);

describe("a resource", () => {
  test("is created, read, changed, listed and deleted", async () => {
    const cloud = whole();
    const created = await create(cloud, GROUP, { LogGroupName: "g", RetentionInDays: 7 });
    expect(created.ProgressEvent).toMatchObject({ ...GROUP, Identifier: "g", Operation: "CREATE", OperationStatus: "IN_PROGRESS" });
    const done = await outcome(cloud, created);
    expect(done).toMatchObject({ OperationStatus: "SUCCESS", Identifier: "g" });
    const Arn = `arn:aws:logs:eu-west-1:${cloud.account}:log-group:g:*`;
    expect(JSON.parse(done.ResourceModel!)).toMatchObject({ LogGroupName: "g", RetentionInDays: 7, Arn });
    const changed = await patch(cloud, GROUP, '{"LogGroupName":"g"}', { op: "replace", path: "/RetentionInDays", value: 14 });
    expect(await outcome(cloud, changed)).toMatchObject({ Operation: "UPDATE", OperationStatus: "SUCCESS" });
    expect(await propertiesOf(cloud, GROUP, "g")).toMatchObject({ RetentionInDays: 14 });
    const removed = await cloud.call(deleteResource, { ...GROUP, Identifier: "g" });
    expect(await outcome(cloud, removed)).toMatchObject({ Operation: "DELETE", OperationStatus: "SUCCESS" });
    await expect(cloud.call(getResource, { ...GROUP, Identifier: "g" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: expect.stringMatching(
        /^AWS::Logs::LogGroup Handler returned status FAILED: Resource of type 'AWS::Logs::LogGroup' with identifier 'g' was not found\. \(HandlerErrorCode: NotFound, RequestToken: /,
      ),
    });
    const again = await cloud.call(deleteResource, { ...GROUP, Identifier: "g" });
    expect(await outcome(cloud, again)).toMatchObject({ OperationStatus: "FAILED", ErrorCode: "NotFound" });
  });

  test("has the identifier that its schema names", async () => {
    const cloud = whole();
    const created = await create(cloud, QUEUE, { QueueName: "q" });
    expect(created.ProgressEvent!.Identifier).toBeUndefined();
    const { Identifier } = await outcome(cloud, created);
    expect(Identifier).toMatch(/^http.*\/q$/);
    const named = await create(cloud, QUEUE, {});
    expect((await outcome(cloud, named)).Identifier).toMatch(/\/[a-z0-9]{26}$/);
    const twice = await outcome(cloud, await create(cloud, QUEUE, { QueueName: "q" }));
    expect(twice).toMatchObject({
      OperationStatus: "FAILED",
      ErrorCode: "AlreadyExists",
      StatusMessage: "Resource of type 'AWS::SQS::Queue' with identifier 'q' already exists.",
    });
  });

  test("keeps what can not be changed", async () => {
    const cloud = whole();
    const { Identifier } = await outcome(cloud, await create(cloud, QUEUE, { QueueName: "q" }));
    await expect(patch(cloud, QUEUE, Identifier!, { op: "replace", path: "/QueueName", value: "r" })).rejects.toMatchObject({
      name: "NotUpdatableException",
      message: "Invalid patch update: createOnlyProperties [/properties/QueueName] cannot be updated",
    });
    await expect(patch(cloud, QUEUE, Identifier!, { op: "add", path: "/Arn", value: "r" })).rejects.toThrow(
      "Invalid patch update: readOnlyProperties [/properties/Arn] cannot be updated",
    );
    await expect(patch(cloud, QUEUE, Identifier!, { op: "replace", path: "/Tags/0", value: {} })).rejects.toMatchObject({
      name: "ValidationException",
      message: "[REPLACE Operation] noSuchPath in source, path provided : //Tags/0",
    });
    await expect(patch(cloud, QUEUE, `${Identifier}r`, { op: "remove", path: "/DelaySeconds" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  test("is judged by its schema", async () => {
    const cloud = whole();
    const refusals: [object, string][] = [
      [{ Nonsense: 1 }, "Model validation failed (#: extraneous key [Nonsense] is not permitted)"],
      [{ RetentionInDays: "7" }, "Model validation failed (#/RetentionInDays: expected type: Integer, found: String"],
      [{ Arn: "a" }, "Model validation failed (Encountered unsupported properties in {/}: [Arn])"],
    ];
    for (const [state, message] of refusals) await expect(create(cloud, GROUP, state)).rejects.toThrow(message);
    await expect(create(cloud, { TypeName: "AWS::IAM::Role" }, {})).rejects.toThrow("#: required key [AssumeRolePolicyDocument] not found");
    await expect(cloud.call(createResource, { ...GROUP, DesiredState: "[" })).rejects.toMatchObject({ name: "InvalidRequestException" });
    await expect(create(cloud, { TypeName: "AWS::No::Where" }, {})).rejects.toMatchObject({
      name: "TypeNotFoundException",
      message: expect.stringContaining("The type 'AWS::No::Where' cannot be found."),
    });
    await expect(create(cloud, { TypeName: "AWS::CloudFormation::Stack" }, {})).rejects.toMatchObject({
      name: "UnsupportedActionException",
      message: expect.stringContaining("Resource type AWS::CloudFormation::Stack does not support CREATE action"),
    });
  });

  test("is listed with others of its type, page by page and by what is asked of it", async () => {
    const cloud = small();
    for (const Name of ["b", "a", "c"]) await create(cloud, THING, { Name, Text: Name === "b" ? "x" : "y" });
    const first = await cloud.call(listResources, { ...THING, MaxResults: 2 });
    expect(first.ResourceDescriptions!.map(({ Identifier }) => Identifier)).toEqual(["a", "b"]);
    const second = await cloud.call(listResources, { ...THING, MaxResults: 2, NextToken: first.NextToken });
    expect(second).toMatchObject({ ResourceDescriptions: [{ Identifier: "c" }] });
    expect(second.NextToken).toBeUndefined();
    const { ResourceDescriptions } = await cloud.call(listResources, { ...THING, ResourceModel: '{"Text":"x"}' });
    expect(ResourceDescriptions).toMatchObject([{ Identifier: "b", Properties: '{"Name":"b","Text":"x"}' }]);
  });
});

describe("a request", () => {
  test("takes its time; of a resource one at a time", async () => {
    const cloud = small();
    const created = await create(cloud, THING, { Name: "a", CreateSeconds: 30, UpdateSeconds: 30 });
    expect(await outcome(cloud, created)).toMatchObject({ OperationStatus: "IN_PROGRESS" });
    await cloud.advance("1m");
    expect(await outcome(cloud, created)).toMatchObject({ OperationStatus: "SUCCESS", Identifier: "a" });
    await patch(cloud, THING, "a", { op: "add", path: "/Text", value: "x" });
    await expect(cloud.call(deleteResource, { ...THING, Identifier: "a" })).rejects.toMatchObject({ name: "ConcurrentOperationException" });
    await cloud.advance("1m");
    expect(await propertiesOf(cloud, THING, "a")).toMatchObject({ Text: "x" });
  });

  test("that a handler refuses fails with what it says", async () => {
    const cloud = small();
    const created = await outcome(cloud, await create(cloud, THING, { Name: "a", FailOnCreate: true }));
    expect(created).toMatchObject({ OperationStatus: "FAILED", ErrorCode: "GeneralServiceException", StatusMessage: "a does not want to" });
    await create(cloud, THING, { Name: "b" });
    cloud.change((scope) => spells.put(scope, { id: "remove b" }));
    const removed = await outcome(cloud, await cloud.call(deleteResource, { ...THING, Identifier: "b" }));
    expect(removed).toMatchObject({ OperationStatus: "FAILED", StatusMessage: "b does not want to go" });
  });

  test("is known by its client token for 36 hours", async () => {
    const cloud = small();
    const first = await create(cloud, THING, { Name: "a" }, { ClientToken: "t" });
    const second = await create(cloud, THING, { Name: "a" }, { ClientToken: "t" });
    expect(second.ProgressEvent!.RequestToken).toBe(first.ProgressEvent!.RequestToken);
    await expect(create(cloud, THING, { Name: "b" }, { ClientToken: "t" })).rejects.toMatchObject({ name: "ClientTokenConflictException" });
    await cloud.advance("37h");
    expect(await outcome(cloud, await create(cloud, THING, { Name: "b" }, { ClientToken: "t" }))).toMatchObject({
      OperationStatus: "SUCCESS",
    });
  });

  test("can be cancelled while it is under way; what was done until then stays", async () => {
    const cloud = small();
    const { ProgressEvent } = await create(cloud, THING, { Name: "a", CreateSeconds: 30 });
    const { RequestToken } = ProgressEvent!;
    const cancelled = await cloud.call(cancelResourceRequest, { RequestToken });
    expect(cancelled.ProgressEvent).toMatchObject({ OperationStatus: "CANCEL_IN_PROGRESS" });
    await cloud.advance("1m");
    expect(await outcome(cloud, { ProgressEvent })).toMatchObject({ OperationStatus: "CANCEL_COMPLETE" });
    expect(things.list(cloud.scope())).toEqual([]);
    await expect(cloud.call(cancelResourceRequest, { RequestToken })).rejects.toMatchObject({ name: "ConcurrentModificationException" });
  });

  test("is listed, the newest first, and forgotten after seven days", async () => {
    const cloud = small();
    const first = await create(cloud, THING, { Name: "a" });
    await cloud.advance("1d");
    await create(cloud, THING, { Name: "b", FailOnCreate: true });
    const listed = async (filter: object = {}) =>
      (await cloud.call(listResourceRequests, { ResourceRequestStatusFilter: filter })).ResourceRequestStatusSummaries!.map(
        ({ Identifier, ResourceModel }) => Identifier ?? JSON.parse(ResourceModel!).Name,
      );
    expect(await listed()).toEqual(["b", "a"]);
    expect(await listed({ OperationStatuses: ["FAILED"], Operations: ["CREATE"] })).toEqual(["b"]);
    expect(await listed({ Operations: ["DELETE"] })).toEqual([]);
    await cloud.advance("6d");
    expect(await listed()).toEqual(["b"]);
    await expect(outcome(cloud, first)).rejects.toMatchObject({ name: "RequestTokenNotFoundException" });
  });

  test("ends the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(small, async (cloud) => {
      const { ProgressEvent } = await create(cloud, THING, { Name: "a", CreateSeconds: 3, RemoveSeconds: 3 });
      await create(cloud, THING, { Name: "b", FailOnCreate: true });
      await cloud.advance("10s");
      expect(ProgressEvent!.OperationStatus).toBe("IN_PROGRESS");
      await patch(cloud, THING, "a", { op: "add", path: "/Text", value: "x" });
      await cloud.call(deleteResource, { ...THING, Identifier: "a" });
      await cloud.advance("10s");
      const { ProgressEvent: other } = await create(cloud, THING, { Name: "c", CreateSeconds: 3 });
      await cloud.call(cancelResourceRequest, { RequestToken: other!.RequestToken! });
      await cloud.advance("8d");
    });
  });
});
