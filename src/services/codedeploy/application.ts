import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  ApplicationAlreadyExistsException,
  ApplicationDoesNotExistException,
  ApplicationNameRequiredException,
  ArnNotSupportedException,
  BatchGetApplications$,
  BatchLimitExceededException,
  type ComputePlatform,
  CreateApplication$,
  DeleteApplication$,
  GetApplication$,
  InvalidNextTokenException,
  ListApplications$,
  ListTagsForResource$,
  ResourceArnRequiredException,
  TagResource$,
  UntagResource$,
  UpdateApplication$,
} from "../../sdk/codedeploy.js";
import { groups, moveGroup, removeGroup } from "./group.ts";
import { revisions } from "./revision.ts";

/** An application, by its name. */
export interface Application extends Row {
  readonly applicationId: string;
  readonly platform: ComputePlatform;
  readonly createdAt: number;
  readonly tags: Tags;
}

export const applications = new Table<Application>("codedeploy/application", {
  arn: ({ id }, { account, region }) => `arn:aws:codedeploy:${region}:${account}:application:${id}`,
});

const BATCH_MAX = 100;

export const createApplication = operation(CreateApplication$, (scope, { applicationName, computePlatform = "Server", tags }) => {
  if (!applicationName) fault(ApplicationNameRequiredException, "Application name is required.");
  if (applications.get(scope, applicationName!))
    fault(ApplicationAlreadyExistsException, `Application already exists with the name: ${applicationName}`);
  return { applicationId: newApplication(scope, applicationName!, computePlatform, tagsOf(tags)).applicationId };
});

export const getApplication = operation(GetApplication$, (scope, { applicationName }) => ({
  application: shown(requireApplication(scope, applicationName)),
}));

export const batchGetApplications = operation(BatchGetApplications$, (scope, { applicationNames = [] }) => {
  if (applicationNames.length === 0) fault(ApplicationNameRequiredException, "At least one application name must be specified.");
  if (applicationNames.length > BATCH_MAX)
    fault(BatchLimitExceededException, `The maximum number of items in a batch (${BATCH_MAX}) was exceeded.`);
  return { applicationsInfo: applicationNames.map((name) => shown(requireApplication(scope, name))) };
});

export const listApplications = operation(ListApplications$, (scope, { nextToken }) => {
  const paged = page(applications.list(scope), ({ id }) => id, 100, nextToken, invalidToken);
  return { applications: paged.items.map(({ id }) => id), ...(paged.nextToken && { nextToken: paged.nextToken }) };
});

export const updateApplication = operation(UpdateApplication$, (scope, { applicationName, newApplicationName }) => {
  const application = requireApplication(scope, applicationName);
  if (newApplicationName === undefined || newApplicationName === applicationName) return {};
  if (applications.get(scope, newApplicationName)) {
    fault(ApplicationAlreadyExistsException, `Application already exists with the name: ${newApplicationName}`);
  }
  applications.remove(scope, application.id);
  applications.put(scope, { ...application, id: newApplicationName });
  for (const group of groups.list(scope, `${application.id}/`)) moveGroup(scope, group, newApplicationName, group.name);
  for (const revision of revisions.list(scope, `${application.id}/`)) {
    revisions.remove(scope, revision.id);
    const id = `${newApplicationName}/${revision.id.slice(application.id.length + 1)}`;
    revisions.put(scope, { ...revision, id, application: newApplicationName });
  }
  return {};
});

export const deleteApplication = operation(DeleteApplication$, (scope, { applicationName }) => {
  if (!applicationName) fault(ApplicationNameRequiredException, "Application name is required.");
  removeApplication(scope, applicationName!);
  return {};
});

export const tagResource = operation(TagResource$, (scope, { ResourceArn, Tags }) => {
  retag(scope, ResourceArn, (tags) => withTags(tags, tagsOf(Tags)));
  return {};
});

export const untagResource = operation(UntagResource$, (scope, { ResourceArn, TagKeys }) => {
  retag(scope, ResourceArn, (tags) => withoutTags(tags, TagKeys!));
  return {};
});

export const listTagsForResource = operation(ListTagsForResource$, (scope, { ResourceArn }) => {
  let found: Tags = {};
  const [kind, name] = partsOf(ResourceArn);
  if (kind === "application") found = requireApplication(scope, name).tags;
  else found = groups.get(scope, name)?.tags ?? {};
  return { Tags: tagList(found) };
});

export function newApplication(scope: Scope, name: string, platform: ComputePlatform, tags: Tags): Application {
  return applications.put(scope, { id: name, applicationId: scope.id.uuid(), platform, createdAt: scope.clock.now(), tags });
}

export function removeApplication(scope: Scope, name: string): void {
  for (const { id } of groups.list(scope, `${name}/`)) removeGroup(scope, id);
  for (const { id } of revisions.list(scope, `${name}/`)) revisions.remove(scope, id);
  applications.remove(scope, name);
}

export function requireApplication(scope: Scope, name: string | undefined): Application {
  if (!name) return fault(ApplicationNameRequiredException, "Application name is required.");
  return applications.get(scope, name) ?? fault(ApplicationDoesNotExistException, `No application found for name: ${name}`);
}

export const invalidToken = (): never => fault(InvalidNextTokenException, "The specified next token is not valid.");

function retag(scope: Scope, arn: string | undefined, change: (tags: Tags) => Tags): void {
  const [kind, name] = partsOf(arn);
  if (kind === "application") {
    const { id, tags } = requireApplication(scope, name);
    applications.patch(scope, id, { tags: change(tags) });
    return;
  }
  const group = groups.get(scope, name);
  if (group !== undefined) groups.patch(scope, group.id, { tags: change(group.tags) });
}

/** application:NAME or deploymentgroup:APPLICATION/GROUP */
function partsOf(arn: string | undefined): [string, string] {
  if (!arn) return fault(ResourceArnRequiredException, "The ARN of a resource is required.");
  const [kind, ...name] = arn.split(":").slice(5);
  if (kind !== "application" && kind !== "deploymentgroup") fault(ArnNotSupportedException, `The specified ARN is not supported: ${arn}`);
  return [kind!, name.join(":")];
}

const shown = ({ id, applicationId, platform, createdAt }: Application) => ({
  applicationId,
  applicationName: id,
  createTime: new Date(createdAt),
  linkedToGitHub: false,
  computePlatform: platform,
});
