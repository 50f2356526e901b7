import { attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { queues, queueUrl, requireQueue, setAttributes } from "./queue.ts";

type Properties = Readonly<Record<string, any>>;

/** What a template gives a policy to; its id is a name that stands for the policy and its queues. */
interface QueuePolicy extends Row {
  readonly queues: readonly string[];
}

export const queuePolicies = new Table<QueuePolicy>("sqs/queue-policy");

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queuepolicy.html */
export const queuePolicyResource: ResourceType<Properties> = {
  type: "AWS::SQS::QueuePolicy",
  ensure: (scope, declared, id, { generatedName, previous }) =>
    attempt(scope, () => {
      const name = id ?? generatedName;
      const urls = declared["Queues"] as string[];
      const before = queuePolicies.get(scope, name)?.queues ?? previous?.["Queues"] ?? [];
      for (const url of before.filter((one: string) => !urls.includes(one))) clearPolicy(scope, url);
      for (const url of urls) setPolicy(scope, url, declared["PolicyDocument"]);
      queuePolicies.put(scope, { id: name, queues: urls });
      return name;
    }),
  read(scope, id) {
    const known = queuePolicies.get(scope, id);
    const having = (known?.queues ?? []).filter((url) => policyOf(scope, url) !== undefined);
    if (having.length === 0) return undefined;
    return { Id: id, Queues: having, PolicyDocument: JSON.parse(policyOf(scope, having[0]!)!) };
  },
  remove(scope, id, { previous }) {
    for (const url of queuePolicies.get(scope, id)?.queues ?? previous?.["Queues"] ?? []) clearPolicy(scope, url);
    queuePolicies.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => queuePolicies.list(scope).map(({ id }) => id),
};

/** The policy of one queue; its id is the queue's URL. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queueinlinepolicy.html */
export const queueInlinePolicyResource: ResourceType<Properties> = {
  type: "AWS::SQS::QueueInlinePolicy",
  ensure: (scope, declared) =>
    attempt(scope, () => {
      setPolicy(scope, declared["Queue"], declared["PolicyDocument"]);
      return declared["Queue"] as string;
    }),
  read(scope, id) {
    const policy = policyOf(scope, id);
    return policy === undefined ? undefined : { Queue: id, PolicyDocument: JSON.parse(policy) };
  },
  remove(scope, id) {
    clearPolicy(scope, id);
    return { state: "done", id };
  },
  list: (scope) =>
    queues
      .list(scope)
      .filter(({ attributes }) => attributes["Policy"] !== undefined)
      .map(({ id }) => queueUrl(scope, id)),
};

const nameOf = (url: string): string => url.slice(url.lastIndexOf("/") + 1);

const policyOf = (scope: Scope, url: string): string | undefined => queues.get(scope, nameOf(url))?.attributes["Policy"];

function setPolicy(scope: Scope, url: string, document: unknown): void {
  const { queue, scope: home } = requireQueue(scope, url);
  setAttributes(home, queue, { Policy: typeof document === "string" ? document : JSON.stringify(document) });
}

function clearPolicy(scope: Scope, url: string): void {
  const queue = queues.get(scope, nameOf(url));
  if (queue !== undefined) setAttributes(scope, queue, { Policy: "" });
}
