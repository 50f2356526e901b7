import { expect, test } from "vitest";
import { World } from "../../testing/world.ts";
import { sns } from "../sns/index.ts";
import { subscribe } from "../sns/subscription.ts";
import { createTopic } from "../sns/topic.ts";
import { receiveMessage } from "../sqs/exchange.ts";
import { sqs } from "../sqs/index.ts";
import { createQueue } from "../sqs/queue.ts";
import { mirrorRefs } from "./api.ts";
import { codecommit } from "./index.ts";
import { createRepository } from "./repository.ts";
import { getRepositoryTriggers, putRepositoryTriggers, testRepositoryTriggers } from "./trigger.ts";

const ONE = "1".repeat(40);
const TWO = "2".repeat(40);
const ALICE = "arn:aws:iam::111122223333:user/alice";

test("a trigger tells a topic of its branches and events, of all of a push at once", async () => {
  const cloud = new World({ services: [sqs, sns, codecommit], start: 0 });
  const { TopicArn } = await cloud.call(createTopic, { Name: "pushes" });
  const { QueueUrl } = await cloud.call(createQueue, { QueueName: "inbox" });
  await cloud.call(subscribe, { TopicArn, Protocol: "sqs", Endpoint: cloud.scope().arn("sqs", "inbox") });
  const { repositoryMetadata } = await cloud.call(createRepository, { repositoryName: "shop" });
  const repositoryName = "shop";
  const trigger = {
    name: "tell",
    destinationArn: TopicArn!,
    customData: "x",
    branches: ["main", "next"],
    events: ["updateReference" as const],
  };
  const { configurationId } = await cloud.call(putRepositoryTriggers, { repositoryName, triggers: [trigger] });
  expect(await cloud.call(getRepositoryTriggers, { repositoryName })).toEqual({ configurationId, triggers: [trigger] });
  const push = (refs: Record<string, string>): void =>
    cloud.change((scope) =>
      mirrorRefs(scope, repositoryMetadata!.repositoryId!, new Map(Object.entries(refs)), { callerArn: ALICE, refs: Object.keys(refs) }),
    );
  push({ "refs/heads/main": ONE, "refs/heads/next": ONE, "refs/heads/other": ONE });
  push({ "refs/heads/main": TWO, "refs/heads/next": TWO, "refs/heads/other": TWO });
  const inbox = async () => {
    const { Messages = [] } = await cloud.call(receiveMessage, { QueueUrl, MaxNumberOfMessages: 10 });
    return Messages.map(({ Body }) => JSON.parse(Body!)).map(({ Subject, Message }) => ({
      Subject,
      record: JSON.parse(Message).Records[0],
    }));
  };
  expect(await inbox()).toMatchObject([
    {
      Subject: "UPDATE: AWS CodeCommit eu-west-1 push: shop",
      record: {
        awsRegion: "eu-west-1",
        codecommit: {
          references: [
            { commit: TWO, ref: "refs/heads/main" },
            { commit: TWO, ref: "refs/heads/next" },
          ],
        },
        customData: "x",
        eventName: "ReferenceChanges",
        eventSource: "aws:codecommit",
        eventSourceARN: "arn:aws:codecommit:eu-west-1:111122223333:shop",
        eventTime: "1970-01-01T00:00:00.000+0000",
        eventTriggerConfigId: configurationId,
        eventTriggerName: "tell",
        userIdentityARN: ALICE,
      },
    },
  ]);
  const nowhere = { ...trigger, name: "nowhere", destinationArn: TopicArn!.replace("pushes", "none") };
  const tested = await cloud.call(testRepositoryTriggers, { repositoryName, triggers: [trigger, nowhere] });
  expect(tested).toMatchObject({ successfulExecutions: ["tell"], failedExecutions: [{ trigger: "nowhere" }] });
  expect(await inbox()).toMatchObject([{ record: { eventName: "TriggerEventTest" } }]);
  const bad = (change: object) => cloud.call(putRepositoryTriggers, { repositoryName, triggers: [{ ...trigger, ...change }] });
  await expect(bad({ events: ["all", "createReference"] })).rejects.toMatchObject({ name: "InvalidRepositoryTriggerEventsException" });
  await expect(bad({ destinationArn: "arn:aws:sqs:eu-west-1:111122223333:q" })).rejects.toMatchObject({
    name: "InvalidRepositoryTriggerDestinationArnException",
  });
  await expect(bad({ destinationArn: TopicArn!.replace("eu-west-1", "us-east-1") })).rejects.toMatchObject({
    name: "InvalidRepositoryTriggerRegionException",
  });
});
