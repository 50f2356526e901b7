import { logLines, logSeries } from "../../kernel/facts.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  CreateLogGroup$,
  DeleteLogGroup$,
  DeleteRetentionPolicy$,
  DescribeLogGroups$,
  InvalidParameterException,
  ListTagsForResource$,
  ListTagsLogGroup$,
  type LogGroupClass,
  PutLogGroupDeletionProtection$,
  PutRetentionPolicy$,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  TagLogGroup$,
  TagResource$,
  UntagLogGroup$,
  UntagResource$,
  ValidationException,
} from "../../sdk/cloudwatch-logs.js";
import { metricFilters } from "./metric-filter.ts";
import { logStreams } from "./stream.ts";
import { subscriptionFilters } from "./subscription-filter.ts";

/** A log group, by its name. */
export interface LogGroup extends Row {
  readonly createdAt: number;
  readonly retentionDays?: number;
  /** When the oldest line was written, as of the last look at a group with a retention. */
  readonly oldestAt?: number;
  readonly keyId?: string;
  /** Nobody can delete it. */
  readonly deletionProtected?: boolean;
  readonly class: LogGroupClass;
  readonly tags: Tags;
}

export const logGroups = new Table<LogGroup>("cloudwatch-logs/group", {
  arn: (group, { account, region }) => `arn:aws:logs:${region}:${account}:log-group:${group.id}:*`,
});

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTIONS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

export const createLogGroup = operation(CreateLogGroup$, (scope, input) => {
  const { logGroupName, kmsKeyId, tags, logGroupClass, deletionProtectionEnabled } = input;
  if (logGroups.get(scope, logGroupName!)) fault(ResourceAlreadyExistsException, "The specified log group already exists");
  const group = newGroup(scope, logGroupName!);
  logGroups.put(scope, {
    ...group,
    ...(kmsKeyId !== undefined && { keyId: kmsKeyId }),
    ...(deletionProtectionEnabled && { deletionProtected: true }),
    class: logGroupClass ?? "STANDARD",
    tags: tags ?? {},
  });
  return {};
});

export const deleteLogGroup = operation(DeleteLogGroup$, (scope, { logGroupName }) => {
  removeGroup(scope, requireGroup(scope, logGroupName).id);
  return {};
});

export const putLogGroupDeletionProtection = operation(PutLogGroupDeletionProtection$, (scope, input) => {
  const { logGroupIdentifier, deletionProtectionEnabled } = input;
  logGroups.patch(scope, requireGroup(scope, logGroupIdentifier).id, { deletionProtected: deletionProtectionEnabled || undefined });
  return {};
});

export const describeLogGroups = operation(
  DescribeLogGroups$,
  (scope, { logGroupNamePrefix = "", logGroupNamePattern, limit = 50, nextToken }) => {
    const found = logGroups
      .list(scope, logGroupNamePrefix)
      .filter(({ id }) => logGroupNamePattern === undefined || id.toLowerCase().includes(logGroupNamePattern.toLowerCase()));
    const paged = page(
      found,
      ({ id }) => id,
      limit,
      nextToken,
      () => fault(InvalidParameterException, "The specified nextToken is invalid."),
    );
    return { logGroups: paged.items.map((group) => shown(scope, group)), ...(paged.nextToken && { nextToken: paged.nextToken }) };
  },
);

export const putRetentionPolicy = operation(PutRetentionPolicy$, (scope, { logGroupName, retentionInDays }) => {
  checkRetention(retentionInDays!);
  logGroups.patch(scope, requireGroup(scope, logGroupName).id, { retentionDays: retentionInDays! });
  return {};
});

export const deleteRetentionPolicy = operation(DeleteRetentionPolicy$, (scope, { logGroupName }) => {
  logGroups.patch(scope, requireGroup(scope, logGroupName).id, { retentionDays: undefined });
  return {};
});

export const tagLogGroup = operation(TagLogGroup$, (scope, { logGroupName, tags }) => tag(scope, requireGroup(scope, logGroupName), tags!));
export const untagLogGroup = operation(UntagLogGroup$, (scope, { logGroupName, tags }) =>
  untag(scope, requireGroup(scope, logGroupName), tags!),
);
export const listTagsLogGroup = operation(ListTagsLogGroup$, (scope, { logGroupName }) => ({
  tags: { ...requireGroup(scope, logGroupName).tags },
}));
export const tagResource = operation(TagResource$, (scope, { resourceArn, tags }) => tag(scope, requireGroup(scope, resourceArn), tags!));
export const untagResource = operation(UntagResource$, (scope, { resourceArn, tagKeys }) =>
  untag(scope, requireGroup(scope, resourceArn), tagKeys!),
);
export const listTagsForResource = operation(ListTagsForResource$, (scope, { resourceArn }) => ({
  tags: { ...requireGroup(scope, resourceArn).tags },
}));

export function newGroup(scope: Scope, name: string): LogGroup {
  return logGroups.put(scope, { id: name, createdAt: scope.clock.now(), class: "STANDARD", tags: {} });
}

/** By name, or by ARN with or without the star at its end. */
export function requireGroup(scope: Scope, reference: string | undefined): LogGroup {
  return logGroups.get(scope, groupName(reference)) ?? fault(ResourceNotFoundException, "The specified log group does not exist.");
}

export const groupName = (reference = ""): string =>
  reference.startsWith("arn:") ? (reference.split(":log-group:")[1] ?? "").replace(/:\*$/, "") : reference;

export const groupArn = (scope: Scope, name: string): string => scope.arn("logs", `log-group:${name}`);

/** Remove a group with all that it has, unless it is protected. */
export function removeGroup(scope: Scope, name: string): void {
  if (logGroups.get(scope, name)?.deletionProtected)
    fault(ValidationException, `The log group ${name} cannot be deleted because it has deletion protection enabled.`);
  for (const { id } of metricFilters.by(scope, "group", name)) metricFilters.remove(scope, id);
  for (const { id } of subscriptionFilters.by(scope, "group", name)) subscriptionFilters.remove(scope, id);
  for (const { id, name: stream } of logStreams.by(scope, "group", name)) {
    logLines.trim(scope, logSeries(name, stream));
    logStreams.remove(scope, id);
  }
  logGroups.remove(scope, name);
}

export function checkRetention(days: number): void {
  if (!RETENTIONS.includes(days)) {
    fault(
      InvalidParameterException,
      `1 validation error detected: Value '${days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${RETENTIONS.join(", ")}]`,
    );
  }
}

function tag(scope: Scope, { id, tags }: LogGroup, more: Tags): object {
  logGroups.patch(scope, id, { tags: withTags(tags, more) });
  return {};
}

function untag(scope: Scope, { id, tags }: LogGroup, keys: readonly string[]): object {
  logGroups.patch(scope, id, { tags: withoutTags(tags, keys) });
  return {};
}

const shown = (scope: Scope, group: LogGroup) => ({
  logGroupName: group.id,
  creationTime: group.createdAt,
  ...(group.retentionDays !== undefined && { retentionInDays: group.retentionDays }),
  metricFilterCount: metricFilters.by(scope, "group", group.id).length,
  arn: `${groupArn(scope, group.id)}:*`,
  logGroupArn: groupArn(scope, group.id),
  ...(group.keyId !== undefined && { kmsKeyId: group.keyId }),
  logGroupClass: group.class,
  deletionProtectionEnabled: group.deletionProtected ?? false,
});
