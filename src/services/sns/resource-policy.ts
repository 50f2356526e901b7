import { attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { nameOf, requireTopic, topicArn, topics } from "./topic.ts";

type Properties = Readonly<Record<string, any>>;

/** What a template gives a policy to; its id is a name that stands for the policy and its topics. */
interface TopicPolicy extends Row {
  readonly topics: readonly string[];
}

export const topicPolicies = new Table<TopicPolicy>("sns/topic-policy");

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topicpolicy.html */
export const topicPolicyResource: ResourceType<Properties> = {
  type: "AWS::SNS::TopicPolicy",
  ensure: (scope, declared, id, { generatedName, previous }) =>
    attempt(scope, () => {
      const name = id ?? generatedName;
      const arns = declared["Topics"] as string[];
      const before = topicPolicies.get(scope, name)?.topics ?? previous?.["Topics"] ?? [];
      for (const arn of before.filter((one: string) => !arns.includes(one))) clearPolicy(scope, arn);
      for (const arn of arns) setPolicy(scope, arn, declared["PolicyDocument"]);
      topicPolicies.put(scope, { id: name, topics: arns });
      return name;
    }),
  read(scope, id) {
    const known = topicPolicies.get(scope, id);
    const having = (known?.topics ?? []).filter((arn) => policyOf(scope, arn) !== undefined);
    if (having.length === 0) return undefined;
    return { Id: id, Topics: having, PolicyDocument: JSON.parse(policyOf(scope, having[0]!)!) };
  },
  remove(scope, id, { previous }) {
    for (const arn of topicPolicies.get(scope, id)?.topics ?? previous?.["Topics"] ?? []) clearPolicy(scope, arn);
    topicPolicies.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => topicPolicies.list(scope).map(({ id }) => id),
};

/** The policy of one topic; its id is the topic's ARN. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topicinlinepolicy.html */
export const topicInlinePolicyResource: ResourceType<Properties> = {
  type: "AWS::SNS::TopicInlinePolicy",
  ensure: (scope, declared) =>
    attempt(scope, () => {
      setPolicy(scope, declared["TopicArn"], declared["PolicyDocument"]);
      return declared["TopicArn"] as string;
    }),
  read(scope, id) {
    const policy = policyOf(scope, id);
    return policy === undefined ? undefined : { TopicArn: id, PolicyDocument: JSON.parse(policy) };
  },
  remove(scope, id) {
    clearPolicy(scope, id);
    return { state: "done", id };
  },
  list: (scope) =>
    topics
      .list(scope)
      .filter(({ attributes }) => attributes["Policy"] !== undefined)
      .map(({ id }) => topicArn(scope, id)),
};

const policyOf = (scope: Scope, arn: string): string | undefined => topics.get(scope.at(arn), nameOf(arn))?.attributes["Policy"];

function setPolicy(scope: Scope, arn: string, document: unknown): void {
  const { topic, scope: home } = requireTopic(scope, arn);
  const Policy = typeof document === "string" ? document : JSON.stringify(document);
  topics.patch(home, topic.id, { attributes: { ...topic.attributes, Policy } });
}

/** The topic is as if nobody had given it a policy. */
function clearPolicy(scope: Scope, arn: string): void {
  const topic = topics.get(scope.at(arn), nameOf(arn));
  if (topic === undefined) return;
  const { Policy: _, ...attributes } = topic.attributes;
  topics.patch(scope.at(arn), topic.id, { attributes });
}
