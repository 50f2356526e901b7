import { fault } from "../../kernel/fault.ts";
import { sameJson } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  CreateNotificationRule$,
  DeleteNotificationRule$,
  DescribeNotificationRule$,
  type DetailType,
  LimitExceededException,
  ListNotificationRules$,
  ListTagsForResource$,
  type NotificationRuleStatus,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  Subscribe$,
  TagResource$,
  type Target as TargetInput,
  Unsubscribe$,
  UntagResource$,
  UpdateNotificationRule$,
  ValidationException,
} from "../../sdk/codestar-notifications.js";
import { eventTypeOf, invalidToken, isSource } from "./event-type.ts";
import { matchesFilters } from "./filter.ts";
import { ensureTarget, shownTarget, targets } from "./target.ts";

/** Who is told of which events of a resource. */
export interface Rule extends Row {
  readonly name: string;
  readonly resource: string;
  readonly eventTypeIds: readonly string[];
  /** Their addresses. */
  readonly targets: readonly string[];
  readonly detailType: DetailType;
  readonly status: NotificationRuleStatus;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly tags: Tags;
  readonly token?: string;
}

export const rules = new Table<Rule>("codestar-notifications/rule", {
  indexes: { resource: ({ resource }) => resource, name: ({ name }) => name },
  arn: ({ id }, { account, region }) => `arn:aws:codestar-notifications:${region}:${account}:notificationrule/${id}`,
});

const PAGE_SIZE = 100;
/** https://docs.aws.amazon.com/dtconsole/latest/userguide/limits.html */
const TARGETS_MAX = 10;
const RULES_MAX = 10;
const TAGS_MAX = 50;

export const createNotificationRule = operation(CreateNotificationRule$, (scope, input) => {
  const { Name, Resource, EventTypeIds = [], Targets = [], DetailType, Status = "ENABLED", Tags = {}, ClientRequestToken: token } = input;
  const asked = { name: Name!, resource: Resource!, eventTypeIds: EventTypeIds, detailType: DetailType!, status: Status, tags: Tags };
  const before = token === undefined ? undefined : rules.list(scope).find((rule) => rule.token === token);
  if (before !== undefined) {
    const wanted = { ...asked, targets: Targets.map(({ TargetAddress }) => TargetAddress) };
    if (!Object.entries(wanted).every(([name, value]) => sameJson(value, before[name as keyof Rule])))
      fault(ValidationException, "The client request token was used before with other parameters.");
    return { Arn: ruleArn(scope, before) };
  }
  return {
    Arn: ruleArn(
      scope,
      newRule(scope, scope.id.hex(40), { ...asked, createdBy: scope.caller.arn, ...(token !== undefined && { token }) }, Targets),
    ),
  };
});

export const describeNotificationRule = operation(DescribeNotificationRule$, (scope, { Arn }) => {
  const rule = requireRule(scope, Arn!);
  return {
    Arn: ruleArn(scope, rule),
    Name: rule.name,
    EventTypes: rule.eventTypeIds.map((id) => eventTypeOf(rule.resource, id)!),
    Resource: rule.resource,
    Targets: rule.targets.map((address) => shownTarget(scope, targets.get(scope, address)!)),
    DetailType: rule.detailType,
    CreatedBy: rule.createdBy,
    Status: rule.status,
    CreatedTimestamp: new Date(rule.createdAt),
    LastModifiedTimestamp: new Date(rule.modifiedAt),
    Tags: { ...rule.tags },
  };
});

export const listNotificationRules = operation(ListNotificationRules$, (scope, { Filters = [], MaxResults = PAGE_SIZE, NextToken }) => {
  const found = rules.list(scope).filter((rule) =>
    matchesFilters(Filters, ({ Name, Value }) => {
      switch (Name!) {
        case "EVENT_TYPE_ID":
          return rule.eventTypeIds.includes(Value!);
        case "CREATED_BY":
          return rule.createdBy === Value;
        case "RESOURCE":
          return rule.resource === Value;
        case "TARGET_ADDRESS":
          return rule.targets.includes(Value!);
      }
    }),
  );
  const { items, nextToken } = page(found, ({ id }) => id, MaxResults, NextToken, invalidToken);
  return {
    NotificationRules: items.map((rule) => ({ Id: rule.id, Arn: ruleArn(scope, rule) })),
    ...(nextToken && { NextToken: nextToken }),
  };
});

export const updateNotificationRule = operation(
  UpdateNotificationRule$,
  (scope, { Arn, Name, Status, EventTypeIds, Targets, DetailType }) => {
    const change = { name: Name, status: Status, eventTypeIds: EventTypeIds, detailType: DetailType };
    changeRule(scope, requireRule(scope, Arn!), change, Targets);
    return {};
  },
);

/** A rule that is not there is deleted. Its targets stay. */
export const deleteNotificationRule = operation(DeleteNotificationRule$, (scope, { Arn }) => {
  rules.remove(scope, idIn(Arn!));
  return { Arn };
});

export const subscribe = operation(Subscribe$, (scope, { Arn, Target }) => {
  const rule = requireRule(scope, Arn!);
  const address = ensureTarget(scope, Target!);
  if (rule.targets.includes(address)) return { Arn };
  if (rule.targets.length >= TARGETS_MAX) fault(ValidationException, `A notification rule can have at most ${TARGETS_MAX} targets.`);
  rules.patch(scope, rule.id, { targets: [...rule.targets, address], modifiedAt: scope.clock.now() });
  return { Arn };
});

export const unsubscribe = operation(Unsubscribe$, (scope, { Arn, TargetAddress }) => {
  const rule = rules.get(scope, idIn(Arn!)) ?? fault(ValidationException, notFound(Arn!));
  rules.patch(scope, rule.id, { targets: rule.targets.filter((one) => one !== TargetAddress), modifiedAt: scope.clock.now() });
  return { Arn: Arn! };
});

export const listTagsForResource = operation(ListTagsForResource$, (scope, { Arn }) => ({ Tags: { ...requireRule(scope, Arn!).tags } }));

export const tagResource = operation(TagResource$, (scope, { Arn, Tags = {} }) => {
  const { id, tags } = requireRule(scope, Arn!);
  const all = withTags(tags, checkTags(Tags));
  if (Object.keys(all).length > TAGS_MAX) fault(LimitExceededException, `A notification rule can have at most ${TAGS_MAX} tags.`);
  rules.patch(scope, id, { tags: all });
  return { Tags: { ...all } };
});

export const untagResource = operation(UntagResource$, (scope, { Arn, TagKeys = [] }) => {
  const { id, tags } = requireRule(scope, Arn!);
  rules.patch(scope, id, { tags: withoutTags(tags, TagKeys) });
  return {};
});

export type Declaration = Omit<Rule, "id" | "targets" | "createdAt" | "modifiedAt">;

/** Make a rule; its name is the only one of the account in the region. */
export function newRule(scope: Scope, id: string, declared: Declaration, targetInputs: readonly TargetInput[]): Rule {
  const { name, resource, eventTypeIds, tags } = declared;
  if (!isSource(resource)) fault(ValidationException, `Notification rules are not supported for the resource ${resource}.`);
  checkTypes(resource, eventTypeIds);
  checkTags(tags);
  checkName(scope, name);
  if (rules.by(scope, "resource", resource).length >= RULES_MAX)
    fault(LimitExceededException, `A resource can have at most ${RULES_MAX} notification rules.`);
  const now = scope.clock.now();
  return rules.put(scope, { id, ...declared, targets: addressesOf(scope, targetInputs), createdAt: now, modifiedAt: now });
}

type Change = { readonly [K in "name" | "status" | "eventTypeIds" | "detailType"]?: Rule[K] | undefined };

/** Change what is given. */
export function changeRule(
  scope: Scope,
  rule: Rule,
  { name, status, eventTypeIds, detailType }: Change,
  targetInputs?: readonly TargetInput[],
): Rule {
  if (name !== undefined && name !== rule.name) checkName(scope, name);
  if (eventTypeIds !== undefined) checkTypes(rule.resource, eventTypeIds);
  return rules.patch(scope, rule.id, {
    ...(name !== undefined && { name }),
    ...(status !== undefined && { status }),
    ...(eventTypeIds !== undefined && { eventTypeIds }),
    ...(detailType !== undefined && { detailType }),
    ...(targetInputs !== undefined && { targets: addressesOf(scope, targetInputs) }),
    modifiedAt: scope.clock.now(),
  });
}

export const ruleArn = (scope: Scope, { id }: Pick<Rule, "id">): string => scope.arn("codestar-notifications", `notificationrule/${id}`);

export const idIn = (arn: string): string => arn.slice(arn.indexOf("/") + 1);

function requireRule(scope: Scope, arn: string): Rule {
  return rules.get(scope, idIn(arn)) ?? fault(ResourceNotFoundException, notFound(arn));
}

const notFound = (arn: string): string => `The notification rule ${arn} does not exist.`;

function addressesOf(scope: Scope, inputs: readonly TargetInput[]): string[] {
  const addresses = [...new Set(inputs.map((input) => ensureTarget(scope, input)))];
  if (addresses.length > TARGETS_MAX) fault(ValidationException, `A notification rule can have at most ${TARGETS_MAX} targets.`);
  return addresses;
}

function checkTypes(resource: string, ids: readonly string[]): void {
  const wrong = ids.find((id) => eventTypeOf(resource, id) === undefined);
  if (wrong !== undefined) fault(ValidationException, `The event type ${wrong} is not valid for the resource ${resource}.`);
}

function checkName(scope: Scope, name: string): void {
  if (rules.by(scope, "name", name).length > 0)
    fault(ResourceAlreadyExistsException, `A notification rule with the name ${name} already exists.`);
}

function checkTags(tags: Tags): Tags {
  if (Object.keys(tags).some((key) => key.startsWith("aws:"))) fault(ValidationException, 'The keys of tags cannot start with "aws:".');
  return tags;
}
