import { type GivenPolicy, inlinePolicyType, type PolicyHolders, sharedPolicyType } from "../../kernel/resource-policy.ts";
import { Table } from "../../kernel/table.ts";
import { nameOf, requireTopic, topicArn, topics } from "./topic.ts";

export const topicPolicies = new Table<GivenPolicy>("sns/topic-policy");

/** Topics, by their ARNs. */
const holders: PolicyHolders = {
  one: "TopicArn",
  several: "Topics",
  policyOf: (scope, arn) => topics.get(scope.at(arn), nameOf(arn))?.attributes["Policy"],
  setPolicy(scope, arn, Policy) {
    const { topic, scope: home } = requireTopic(scope, arn);
    topics.patch(home, topic.id, { attributes: { ...topic.attributes, Policy } });
  },
  clearPolicy(scope, arn) {
    const topic = topics.get(scope.at(arn), nameOf(arn));
    if (topic === undefined) return;
    const { Policy: _, ...attributes } = topic.attributes;
    topics.patch(scope.at(arn), topic.id, { attributes });
  },
  withPolicy: (scope) =>
    topics
      .list(scope)
      .filter(({ attributes }) => attributes["Policy"] !== undefined)
      .map(({ id }) => topicArn(scope, id)),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topicpolicy.html */
export const topicPolicyResource = sharedPolicyType("AWS::SNS::TopicPolicy", topicPolicies, holders);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topicinlinepolicy.html */
export const topicInlinePolicyResource = inlinePolicyType("AWS::SNS::TopicInlinePolicy", holders);
