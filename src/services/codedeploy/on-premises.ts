import { parseArn } from "../../kernel/arn.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf } from "../../kernel/tag.ts";
import {
  AddTagsToOnPremisesInstances$,
  BatchGetOnPremisesInstances$,
  BatchLimitExceededException,
  DeregisterOnPremisesInstance$,
  GetOnPremisesInstance$,
  IamArnRequiredException,
  IamSessionArnAlreadyRegisteredException,
  IamUserArnAlreadyRegisteredException,
  type InstanceInfo,
  InstanceLimitExceededException,
  InstanceNameAlreadyRegisteredException,
  InstanceNameRequiredException,
  InstanceNotRegisteredException,
  InvalidIamSessionArnException,
  InvalidIamUserArnException,
  InvalidInstanceNameException,
  ListOnPremisesInstances$,
  MultipleIamArnsProvidedException,
  RegisterOnPremisesInstance$,
  RemoveTagsFromOnPremisesInstances$,
  TagLimitExceededException,
  TagRequiredException,
} from "../../sdk/codedeploy.js";
import { invalidToken } from "./application.ts";
import { fitsTags } from "./tag-filter.ts";

/** A machine that is nobody's EC2 instance, by its name. One that was deregistered is still told of. */
export interface OnPremisesInstance extends Row {
  readonly arn: string;
  readonly userArn?: string;
  readonly sessionArn?: string;
  readonly tags: Tags;
  readonly registeredAt: number;
  readonly deregisteredAt?: number;
}

export const onPremisesInstances = new Table<OnPremisesInstance>("codedeploy/on-premises-instance", {
  indexes: { host: ({ userArn, sessionArn, deregisteredAt }) => (deregisteredAt === undefined ? (userArn ?? sessionArn) : undefined) },
});

const BATCH_MAX = 100;
const TAGS_MAX = 10;

export const registerOnPremisesInstance = operation(RegisterOnPremisesInstance$, (scope, { instanceName, iamUserArn, iamSessionArn }) => {
  checkName(instanceName);
  if (iamUserArn !== undefined && iamSessionArn !== undefined)
    fault(MultipleIamArnsProvidedException, "Both an IAM user ARN and an IAM session ARN were specified. Use only one ARN type.");
  if (iamUserArn === undefined && iamSessionArn === undefined)
    fault(
      IamArnRequiredException,
      "No IAM ARN was included in the request. You must use an IAM session ARN or IAM user ARN in the request.",
    );
  if (iamUserArn !== undefined && !isArnOf(iamUserArn, "iam", "user/"))
    fault(InvalidIamUserArnException, `The IAM user ARN is not valid: ${iamUserArn}`);
  if (iamSessionArn !== undefined && !isArnOf(iamSessionArn, "sts", "assumed-role/"))
    fault(InvalidIamSessionArnException, `The IAM session ARN is not valid: ${iamSessionArn}`);
  const known = onPremisesInstances.get(scope, instanceName!);
  if (known !== undefined && known.deregisteredAt === undefined)
    fault(InstanceNameAlreadyRegisteredException, `The specified on-premises instance name is already registered: ${instanceName}`);
  if (onPremisesInstances.by(scope, "host", (iamUserArn ?? iamSessionArn)!).length > 0) {
    if (iamUserArn !== undefined)
      fault(
        IamUserArnAlreadyRegisteredException,
        `The specified IAM user ARN is already registered with an on-premises instance: ${iamUserArn}`,
      );
    fault(
      IamSessionArnAlreadyRegisteredException,
      `The request included an IAM session ARN that has already been used to register a different instance: ${iamSessionArn}`,
    );
  }
  onPremisesInstances.put(scope, {
    id: instanceName!,
    arn: scope.arn("codedeploy", `instance/${instanceName}_${scope.id.text(10)}`),
    ...(iamUserArn !== undefined && { userArn: iamUserArn }),
    ...(iamSessionArn !== undefined && { sessionArn: iamSessionArn }),
    tags: {},
    registeredAt: scope.clock.now(),
  });
  return {};
});

export const deregisterOnPremisesInstance = operation(DeregisterOnPremisesInstance$, (scope, { instanceName }) => {
  checkName(instanceName);
  const known = onPremisesInstances.get(scope, instanceName!);
  if (known !== undefined && known.deregisteredAt === undefined)
    onPremisesInstances.patch(scope, known.id, { deregisteredAt: scope.clock.now(), tags: {} });
  return {};
});

export const getOnPremisesInstance = operation(GetOnPremisesInstance$, (scope, { instanceName }) => {
  checkName(instanceName);
  const found = onPremisesInstances.get(scope, instanceName!);
  return { instanceInfo: shown(found ?? notRegistered(instanceName!)) };
});

export const batchGetOnPremisesInstances = operation(BatchGetOnPremisesInstances$, (scope, { instanceNames = [] }) => {
  checkBatch(instanceNames, BatchLimitExceededException);
  return { instanceInfos: instanceNames.flatMap((name) => onPremisesInstances.get(scope, name) ?? []).map(shown) };
});

export const listOnPremisesInstances = operation(ListOnPremisesInstances$, (scope, { registrationStatus, tagFilters, nextToken }) => {
  const found = onPremisesInstances.list(scope).filter(({ deregisteredAt, tags }) => {
    if (registrationStatus !== undefined && (registrationStatus === "Registered") !== (deregisteredAt === undefined)) return false;
    return tagFilters === undefined || tagFilters.length === 0 || fitsTags(tags, tagFilters);
  });
  const paged = page(found, ({ id }) => id, 100, nextToken, invalidToken);
  return { instanceNames: paged.items.map(({ id }) => id), ...(paged.nextToken && { nextToken: paged.nextToken }) };
});

export const addTagsToOnPremisesInstances = operation(AddTagsToOnPremisesInstances$, (scope, { instanceNames = [], tags = [] }) => {
  retag(scope, instanceNames, tags.length, (known) => ({ ...known, ...tagsOf(tags) }));
  return {};
});

export const removeTagsFromOnPremisesInstances = operation(
  RemoveTagsFromOnPremisesInstances$,
  (scope, { instanceNames = [], tags = [] }) => {
    // A tag is taken away where its value fits, too, as far as one is said.
    const goes = ([key, value]: [string, string]): boolean =>
      tags.some(({ Key, Value }) => Key === key && (Value === undefined || Value === "" || Value === value));
    retag(scope, instanceNames, tags.length, (known) => Object.fromEntries(Object.entries(known).filter((tag) => !goes(tag))));
    return {};
  },
);

function retag(scope: Scope, names: readonly string[], count: number, change: (tags: Tags) => Tags): void {
  checkBatch(names, InstanceLimitExceededException);
  if (count === 0) fault(TagRequiredException, "At least one tag must be specified.");
  const found = names.map((name) => {
    const instance = onPremisesInstances.get(scope, name);
    return instance === undefined || instance.deregisteredAt !== undefined ? notRegistered(name) : instance;
  });
  for (const { id, tags } of found) {
    const next = change(tags);
    if (Object.keys(next).length > TAGS_MAX)
      fault(TagLimitExceededException, `The maximum number of tags of an instance (${TAGS_MAX}) was exceeded.`);
    onPremisesInstances.patch(scope, id, { tags: next });
  }
}

function checkBatch(names: readonly string[], exception: typeof BatchLimitExceededException | typeof InstanceLimitExceededException): void {
  if (names.length === 0) fault(InstanceNameRequiredException, "An on-premises instance name was not specified.");
  if (names.length > BATCH_MAX) fault(exception, `The maximum number of on-premises instances in one call (${BATCH_MAX}) was exceeded.`);
  for (const name of names) checkName(name);
}

function checkName(name: string | undefined): void {
  if (!name) fault(InstanceNameRequiredException, "An on-premises instance name was not specified.");
  if (!/^[A-Za-z0-9_.-]{1,100}$/.test(name!) || /^i-/.test(name!))
    fault(InvalidInstanceNameException, `The on-premises instance name was specified in an invalid format: ${name}`);
}

const notRegistered = (name: string): never =>
  fault(InstanceNotRegisteredException, `The specified on-premises instance is not registered: ${name}`);

const isArnOf = (arn: string, service: string, resource: string): boolean => {
  const parsed = parseArn(arn);
  return parsed?.service === service && parsed.resource.startsWith(resource);
};

const shown = ({ id, arn, userArn, sessionArn, tags, registeredAt, deregisteredAt }: OnPremisesInstance): InstanceInfo => ({
  instanceName: id,
  ...(userArn !== undefined && { iamUserArn: userArn }),
  ...(sessionArn !== undefined && { iamSessionArn: sessionArn }),
  instanceArn: arn,
  registerTime: new Date(registeredAt),
  ...(deregisteredAt !== undefined && { deregisterTime: new Date(deregisteredAt) }),
  tags: tagList(tags),
});
