import { gzipSync } from "node:zlib";
import type { LogLine } from "../../kernel/facts.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Entry } from "../../kernel/stream.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  DeleteSubscriptionFilter$,
  DescribeSubscriptionFilters$,
  type Distribution,
  InvalidParameterException,
  LimitExceededException,
  PutSubscriptionFilter$,
  ResourceNotFoundException,
} from "../../sdk/cloudwatch-logs.js";
import { groupArn, requireGroup } from "./group.ts";
import { filterId, notImplemented, patternOf } from "./metric-filter.ts";

/** What sends a group's lines to a function; its id is the group's name and its own. */
export interface SubscriptionFilter extends Row {
  readonly group: string;
  readonly name: string;
  readonly pattern: string;
  readonly destinationArn: string;
  readonly distribution: Distribution;
  readonly roleArn?: string;
  readonly createdAt: number;
}

export const subscriptionFilters = new Table<SubscriptionFilter>("cloudwatch-logs/subscription-filter", {
  indexes: { group: ({ group }) => group },
});

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const FILTERS_MAX = 2;
const ATTEMPTS_MAX = 10;

export const putSubscriptionFilter = operation(
  PutSubscriptionFilter$,
  (scope, input) => {
    const { logGroupName, filterName, filterPattern, destinationArn, distribution, roleArn } = input;
    if (input.applyOnTransformedLogs) notImplemented("transformed logs");
    if (input.fieldSelectionCriteria || input.emitSystemFields?.length) notImplemented("system fields");
    saveSubscriptionFilter(scope, {
      group: logGroupName!,
      name: filterName!,
      pattern: filterPattern!,
      destinationArn: destinationArn!,
      distribution: distribution ?? "ByLogStream",
      ...(roleArn !== undefined && { roleArn }),
    });
    return {};
  },
  { partial: "functions as destinations; every line goes alone" },
);

export const describeSubscriptionFilters = operation(
  DescribeSubscriptionFilters$,
  (scope, { logGroupName, filterNamePrefix = "", limit = 50, nextToken }) => {
    const { id: group } = requireGroup(scope, logGroupName);
    const found = subscriptionFilters.by(scope, "group", group).filter(({ name }) => name.startsWith(filterNamePrefix));
    const invalid = (): never => fault(InvalidParameterException, "The specified nextToken is invalid.");
    const paged = page(found, ({ id }) => id, limit, nextToken, invalid);
    return { subscriptionFilters: paged.items.map(shown), ...(paged.nextToken && { nextToken: paged.nextToken }) };
  },
);

export const deleteSubscriptionFilter = operation(DeleteSubscriptionFilter$, (scope, { logGroupName, filterName }) => {
  const id = filterId(requireGroup(scope, logGroupName).id, filterName!);
  if (subscriptionFilters.get(scope, id) === undefined)
    fault(ResourceNotFoundException, "The specified subscription filter does not exist.");
  subscriptionFilters.remove(scope, id);
  return {};
});

export function saveSubscriptionFilter(scope: Scope, filter: Omit<SubscriptionFilter, "id" | "createdAt">): void {
  const { id: group } = requireGroup(scope, filter.group);
  patternOf(filter.pattern);
  const { destinationArn } = filter;
  if (!destinationArn.startsWith("arn:aws:lambda:")) notImplemented(`subscriptions to ${destinationArn}: only functions are destinations`);
  const id = filterId(group, filter.name);
  const known = subscriptionFilters.get(scope, id);
  if (known === undefined && subscriptionFilters.by(scope, "group", group).length >= FILTERS_MAX)
    fault(LimitExceededException, "Resource limit exceeded.");
  subscriptionFilters.put(scope, { ...filter, id, group, createdAt: known?.createdAt ?? scope.clock.now() });
}

/** Send a line to whoever subscribes to it. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample */
export function sendLine(scope: Scope, group: string, logStream: string, { at, seq, value: { message } }: Entry<LogLine>): void {
  for (const { id, name, pattern, destinationArn } of subscriptionFilters.by(scope, "group", group)) {
    const found = patternOf(pattern)(message);
    if (found === undefined) continue;
    const extracted = Object.keys(found.extracted).length > 0 && { extractedFields: found.extracted };
    const data = {
      messageType: "DATA_MESSAGE",
      owner: scope.account,
      logGroup: group,
      logStream,
      subscriptionFilters: [name],
      logEvents: [{ id: String(seq).padStart(56, "0"), timestamp: at, message, ...extracted }],
    };
    const payload = JSON.stringify({ awslogs: { data: gzipSync(JSON.stringify(data)).toString("base64") } });
    scope.deliver(`logs/${id}/${logStream}/${at}.${seq}`, destinationArn, payload, {
      from: "logs.amazonaws.com",
      context: { sourceArn: `${groupArn(scope, group)}:*` },
      attemptsMax: ATTEMPTS_MAX,
    });
  }
}

const shown = ({ group, name, pattern, destinationArn, distribution, roleArn, createdAt }: SubscriptionFilter) => ({
  filterName: name,
  logGroupName: group,
  filterPattern: pattern,
  destinationArn,
  ...(roleArn !== undefined && { roleArn }),
  distribution,
  applyOnTransformedLogs: false,
  creationTime: createdAt,
});
