import { service } from "../../kernel/service.ts";
import {
  changeMessageVisibility,
  changeMessageVisibilityBatch,
  deleteMessage,
  deleteMessageBatch,
  receiveMessage,
  sendMessage,
  sendMessageBatch,
} from "./exchange.ts";
import { messageTables } from "./message.ts";
import {
  createQueue,
  deleteQueue,
  getQueueAttributes,
  getQueueUrl,
  listDeadLetterSourceQueues,
  listQueues,
  listQueueTags,
  purgeQueue,
  queues,
  setQueueAttributes,
  tagQueue,
  untagQueue,
} from "./queue.ts";
import { queuePolicies } from "./resource-policy.ts";
import { sqsResources } from "./resources.ts";
import { queueTarget } from "./target.ts";

export const sqs = service({
  name: "sqs",
  operations: [
    changeMessageVisibility,
    changeMessageVisibilityBatch,
    createQueue,
    deleteMessage,
    deleteMessageBatch,
    deleteQueue,
    getQueueAttributes,
    getQueueUrl,
    listDeadLetterSourceQueues,
    listQueues,
    listQueueTags,
    purgeQueue,
    receiveMessage,
    sendMessage,
    sendMessageBatch,
    setQueueAttributes,
    tagQueue,
    untagQueue,
  ],
  tables: [queues, queuePolicies, ...messageTables],
  resources: sqsResources,
  targets: [queueTarget],
});
