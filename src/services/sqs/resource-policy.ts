import { type GivenPolicy, inlinePolicyType, type PolicyHolders, sharedPolicyType } from "../../kernel/resource-policy.ts";
import { Table } from "../../kernel/table.ts";
import { queues, queueUrl, requireQueue, setAttributes } from "./queue.ts";

export const queuePolicies = new Table<GivenPolicy>("sqs/queue-policy");

/** Queues, by their URLs. */
const holders: PolicyHolders = {
  one: "Queue",
  several: "Queues",
  policyOf: (scope, url) => queues.get(scope, nameOf(url))?.attributes["Policy"],
  setPolicy(scope, url, Policy) {
    const { queue, scope: home } = requireQueue(scope, url);
    setAttributes(home, queue, { Policy });
  },
  clearPolicy(scope, url) {
    const queue = queues.get(scope, nameOf(url));
    if (queue !== undefined) setAttributes(scope, queue, { Policy: "" });
  },
  withPolicy: (scope) =>
    queues
      .list(scope)
      .filter(({ attributes }) => attributes["Policy"] !== undefined)
      .map(({ id }) => queueUrl(scope, id)),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queuepolicy.html */
export const queuePolicyResource = sharedPolicyType("AWS::SQS::QueuePolicy", queuePolicies, holders);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queueinlinepolicy.html */
export const queueInlinePolicyResource = inlinePolicyType("AWS::SQS::QueueInlinePolicy", holders);

const nameOf = (url: string): string => url.slice(url.lastIndexOf("/") + 1);
