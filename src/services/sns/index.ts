import { service } from "../../kernel/service.ts";
import { httpDeliveryLoop } from "./http-delivery.loop.ts";
import { httpDeliveries } from "./http-delivery.ts";
import { publish, publishBatch, topicTarget } from "./publish.ts";
import { topicPolicies } from "./resource-policy.ts";
import { snsResources } from "./resources.ts";
import * as subscription from "./subscription.ts";
import * as topic from "./topic.ts";

export const sns = service({
  name: "sns",
  operations: [
    publish,
    publishBatch,
    subscription.confirmSubscription,
    subscription.getSubscriptionAttributes,
    subscription.listSubscriptions,
    subscription.listSubscriptionsByTopic,
    subscription.setSubscriptionAttributes,
    subscription.subscribe,
    subscription.unsubscribe,
    topic.createTopic,
    topic.deleteTopic,
    topic.getTopicAttributes,
    topic.listTagsForResource,
    topic.listTopics,
    topic.setTopicAttributes,
    topic.tagResource,
    topic.untagResource,
  ],
  tables: [topic.topics, topicPolicies, subscription.subscriptions, httpDeliveries],
  loops: [httpDeliveryLoop],
  resources: snsResources,
  targets: [topicTarget],
});
