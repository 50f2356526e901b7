import { describe, expect, test } from "vitest";
import type { Fact } from "../../kernel/facts.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { sns } from "../sns/index.ts";
import { subscribe as subscribeToTopic } from "../sns/subscription.ts";
import { createTopic, deleteTopic } from "../sns/topic.ts";
import { receiveMessage } from "../sqs/exchange.ts";
import { sqs } from "../sqs/index.ts";
import { createQueue } from "../sqs/queue.ts";
import { listEventTypes, typesOf } from "./event-type.ts";
import { codestarNotifications } from "./index.ts";
import {
  createNotificationRule,
  deleteNotificationRule,
  describeNotificationRule,
  listNotificationRules,
  listTagsForResource,
  subscribe,
  tagResource,
  unsubscribe,
  untagResource,
  updateNotificationRule,
} from "./rule.ts";
import { deleteTarget, listTargets } from "./target.ts";

const HERE = "eu-west-1:111122223333";
const TOPIC = `arn:aws:sns:${HERE}:news`;
const PIPELINE = `arn:aws:codepipeline:${HERE}:release`;
const FAILED = "codepipeline-pipeline-pipeline-execution-failed";
const RULE = {
  Name: "failures",
  Resource: PIPELINE,
  EventTypeIds: [FAILED],
  Targets: [{ TargetType: "SNS", TargetAddress: TOPIC }],
  DetailType: "FULL" as const,
};

const build = (): World => new World({ services: [sqs, sns, codestarNotifications], start: 0 });

/** A topic that a queue reads. */
async function withQueue(cloud: World): Promise<string> {
  const { QueueUrl } = await cloud.call(createQueue, { QueueName: "news" });
  await cloud.call(createTopic, { Name: "news" });
  await cloud.call(subscribeToTopic, {
    TopicArn: TOPIC,
    Protocol: "sqs",
    Endpoint: `arn:aws:sqs:${HERE}:news`,
    Attributes: { RawMessageDelivery: "true" },
  });
  return QueueUrl!;
}

async function read(cloud: World, QueueUrl: string): Promise<any[]> {
  const { Messages = [] } = await cloud.call(receiveMessage, { QueueUrl, MaxNumberOfMessages: 10 });
  return Messages.map(({ Body }) => JSON.parse(Body!));
}

const happens = (cloud: World, source: string, detailType: string, detail: Fact["detail"]): void =>
  cloud.change((scope) => scope.emit({ source, detailType, detail, resources: [PIPELINE] }));

const pipelineFails = (cloud: World): void => {
  const common = { pipeline: "release", "execution-id": "e1" };
  const result = { "execution-result": { "external-execution-summary": "the tests failed" } };
  happens(cloud, "aws.codepipeline", "CodePipeline Action Execution State Change", {
    ...common,
    stage: "Build",
    action: "Test",
    state: "FAILED",
    ...result,
  });
  happens(cloud, "aws.codepipeline", "CodePipeline Pipeline Execution State Change", { ...common, state: "FAILED", version: 1 });
};

describe("a notification rule", () => {
  test("tells a topic of what it asks for, as AWS words it", async () => {
    const cloud = build();
    const queue = await withQueue(cloud);
    const { Arn } = await cloud.call(createNotificationRule, RULE);
    expect(Arn).toMatch(/^arn:aws:codestar-notifications:eu-west-1:111122223333:notificationrule\/[0-9a-f]{40}$/);
    pipelineFails(cloud);
    happens(cloud, "aws.codepipeline", "CodePipeline Pipeline Execution State Change", { pipeline: "other", state: "FAILED" });
    happens(cloud, "aws.codepipeline", "CodePipeline Pipeline Execution State Change", { pipeline: "release", state: "SUCCEEDED" });
    expect(await read(cloud, queue)).toEqual([
      {
        account: "111122223333",
        detailType: "CodePipeline Pipeline Execution State Change",
        region: "eu-west-1",
        source: "aws.codepipeline",
        time: "1970-01-01T00:00:00Z",
        notificationRuleArn: Arn,
        detail: { pipeline: "release", "execution-id": "e1", state: "FAILED", version: 1 },
        resources: [PIPELINE],
        additionalAttributes: {
          failedActionCount: 1,
          failedActions: [{ action: "Test", additionalInformation: "the tests failed" }],
          failedStage: "Build",
        },
      },
    ]);
    await cloud.call(updateNotificationRule, { Arn, DetailType: "BASIC" });
    pipelineFails(cloud);
    expect((await read(cloud, queue)).map(({ additionalAttributes }) => additionalAttributes)).toEqual([{}]);
    await cloud.call(updateNotificationRule, { Arn, Status: "DISABLED" });
    pipelineFails(cloud);
    expect(await read(cloud, queue)).toEqual([]);
  });

  test("is one of its name and of its resource's events; asked for twice with a token it is one", async () => {
    const cloud = build();
    const token = { ...RULE, ClientRequestToken: "t" };
    const { Arn } = await cloud.call(createNotificationRule, token);
    const made = { Arn };
    expect(await cloud.call(createNotificationRule, token)).toEqual(made);
    const refused = (input: object) => expect(cloud.call(createNotificationRule, { ...RULE, Name: "x", ...input })).rejects;
    await refused({ ClientRequestToken: "t", DetailType: "BASIC" }).toMatchObject({ name: "ValidationException" });
    await refused({ Name: "failures" }).toMatchObject({ name: "ResourceAlreadyExistsException" });
    await refused({ EventTypeIds: ["codebuild-project-build-state-failed"] }).toMatchObject({ name: "ValidationException" });
    await refused({ Resource: TOPIC }).toMatchObject({ name: "ValidationException" });
    await refused({ Targets: [{ TargetType: "AWSChatbotSlack", TargetAddress: "arn:aws:chatbot::1:x" }] }).toMatchObject({
      name: "ConfigurationException",
    });
    const described = await cloud.call(describeNotificationRule, made);
    expect(described).toMatchObject({
      Name: "failures",
      CreatedBy: "arn:aws:iam::111122223333:root",
      Status: "ENABLED",
      Targets: [{ TargetAddress: TOPIC, TargetType: "SNS", TargetStatus: "ACTIVE" }],
      EventTypes: [
        { EventTypeId: FAILED, EventTypeName: "Pipeline execution: Failed", ServiceName: "CodePipeline", ResourceType: "Pipeline" },
      ],
    });
    await cloud.call(deleteNotificationRule, made);
    await cloud.call(deleteNotificationRule, made);
    await expect(cloud.call(describeNotificationRule, made)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  test("is found by filters, and keeps tags", async () => {
    const cloud = build();
    const { Arn } = await cloud.call(createNotificationRule, RULE);
    await cloud.call(createNotificationRule, {
      ...RULE,
      Name: "y",
      Resource: `arn:aws:codecommit:${HERE}:shop`,
      EventTypeIds: ["codecommit-repository-pull-request-created"],
    });
    const list = async (...Filters: any[]) => (await cloud.call(listNotificationRules, { Filters })).NotificationRules!.length;
    const resource = { Name: "RESOURCE", Value: PIPELINE };
    expect([await list(), await list(resource), await list({ Name: "TARGET_ADDRESS", Value: TOPIC })]).toEqual([2, 1, 2]);
    const ofCommit = { Name: "EVENT_TYPE_ID", Value: "codecommit-repository-pull-request-created" };
    expect([await list(resource, ofCommit), await list({ Name: "EVENT_TYPE_ID", Value: FAILED }, ofCommit)]).toEqual([0, 2]);
    expect((await cloud.call(listNotificationRules, { MaxResults: 1 })).NextToken).toBeDefined();
    await cloud.call(tagResource, { Arn, Tags: { a: "1", b: "2" } });
    await cloud.call(untagResource, { Arn, TagKeys: ["a"] });
    expect((await cloud.call(listTagsForResource, { Arn })).Tags).toEqual({ b: "2" });
    await expect(cloud.call(tagResource, { Arn, Tags: { "aws:x": "1" } })).rejects.toMatchObject({ name: "ValidationException" });
  });
});

describe("a target", () => {
  test("is subscribed, unsubscribed, and deleted where no rule has it or by force", async () => {
    const cloud = build();
    const { Arn } = await cloud.call(createNotificationRule, RULE);
    const other = `arn:aws:sns:${HERE}:other`;
    await cloud.call(subscribe, { Arn, Target: { TargetType: "SNS", TargetAddress: other } });
    await cloud.call(subscribe, { Arn, Target: { TargetType: "SNS", TargetAddress: other } });
    expect((await cloud.call(describeNotificationRule, { Arn })).Targets).toHaveLength(2);
    await expect(cloud.call(deleteTarget, { TargetAddress: other })).rejects.toMatchObject({ name: "ValidationException" });
    await cloud.call(unsubscribe, { Arn, TargetAddress: other });
    const addresses = async (...Filters: any[]) =>
      (await cloud.call(listTargets, { Filters })).Targets!.map(({ TargetAddress }) => TargetAddress);
    expect(await addresses()).toEqual([TOPIC, other]);
    await cloud.call(deleteTarget, { TargetAddress: other });
    await cloud.call(deleteTarget, { TargetAddress: TOPIC, ForceUnsubscribeAll: true });
    expect([await addresses(), (await cloud.call(describeNotificationRule, { Arn })).Targets]).toEqual([[], []]);
  });

  test("is unreachable when nothing can be brought to it", async () => {
    const cloud = build();
    await withQueue(cloud);
    await cloud.call(createNotificationRule, RULE);
    await cloud.call(deleteTopic, { TopicArn: TOPIC });
    pipelineFails(cloud);
    const unreachable = { Filters: [{ Name: "TARGET_STATUS" as const, Value: "UNREACHABLE" }] };
    expect((await cloud.call(listTargets, unreachable)).Targets).toMatchObject([{ TargetAddress: TOPIC }]);
  });
});

describe("event types", () => {
  test("are listed by service and by kind of resource", async () => {
    const cloud = build();
    const of = async (...Filters: any[]) => (await cloud.call(listEventTypes, { Filters, MaxResults: 100 })).EventTypes!;
    expect((await of()).length).toBe(38);
    expect(await of({ Name: "SERVICE_NAME", Value: "CodeDeploy" })).toEqual([
      {
        EventTypeId: "codedeploy-application-deployment-failed",
        ServiceName: "CodeDeploy",
        EventTypeName: "Deployment: Failed",
        ResourceType: "Application",
      },
      {
        EventTypeId: "codedeploy-application-deployment-started",
        ServiceName: "CodeDeploy",
        EventTypeName: "Deployment: Started",
        ResourceType: "Application",
      },
      {
        EventTypeId: "codedeploy-application-deployment-succeeded",
        ServiceName: "CodeDeploy",
        EventTypeName: "Deployment: Succeeded",
        ResourceType: "Application",
      },
    ]);
    expect(await of({ Name: "RESOURCE_TYPE", Value: "repository" })).toHaveLength(11);
    await expect(cloud.call(listEventTypes, { NextToken: "x" })).rejects.toMatchObject({ name: "InvalidNextTokenException" });
  });

  test.each([
    [
      "aws.codebuild",
      "CodeBuild Build State Change",
      { "project-name": "p", "build-status": "STOPPED" },
      "codebuild",
      "project/p",
      ["codebuild-project-build-state-stopped"],
    ],
    [
      "aws.codebuild",
      "CodeBuild Build Phase Change",
      { "project-name": "p", "completed-phase-status": "TIMED_OUT" },
      "codebuild",
      "project/p",
      ["codebuild-project-build-phase-failure"],
    ],
    [
      "aws.codecommit",
      "CodeCommit Repository State Change",
      { repositoryName: "r", event: "referenceDeleted" },
      "codecommit",
      "r",
      ["codecommit-repository-branches-and-tags-deleted"],
    ],
    [
      "aws.codecommit",
      "CodeCommit Pull Request State Change",
      { repositoryNames: ["r"], event: "pullRequestMergeStatusUpdated" },
      "codecommit",
      "r",
      ["codecommit-repository-pull-request-merged"],
    ],
    [
      "aws.codecommit",
      "CodeCommit Comment on Pull Request",
      { repositoryName: "r", event: "commentOnPullRequestCreated" },
      "codecommit",
      "r",
      ["codecommit-repository-comments-on-pull-requests"],
    ],
    [
      "aws.codedeploy",
      "CodeDeploy Deployment State-change Notification",
      { application: "a", state: "FAILURE" },
      "codedeploy",
      "application:a",
      ["codedeploy-application-deployment-failed"],
    ],
    [
      "aws.codepipeline",
      "CodePipeline Action Execution State Change",
      { pipeline: "p", state: "STARTED", action: "x", type: { category: "Approval" } },
      "codepipeline",
      "p",
      ["codepipeline-pipeline-action-execution-started", "codepipeline-pipeline-manual-approval-needed"],
    ],
  ])("%s %s is of its types", (source, detailType, detail, service, resource, ids) => {
    const scope = build().scope();
    const fact = { id: "1", source, detailType, detail, resources: [] };
    expect(typesOf(scope, fact)).toEqual({ resource: scope.arn(service, resource), ids });
  });
});

test("a notification is sent once, whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(build, async (cloud) => {
    const queue = await withQueue(cloud);
    await cloud.call(createNotificationRule, RULE);
    pipelineFails(cloud);
    await cloud.advance("1m");
    expect(await read(cloud, queue)).toHaveLength(1);
  });
});
