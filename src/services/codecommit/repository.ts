import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  BatchGetRepositories$,
  BranchDoesNotExistException,
  BranchNameRequiredException,
  CreateRepository$,
  EncryptionKeyRequiredException,
  GetRepository$,
  InvalidContinuationTokenException,
  InvalidRepositoryDescriptionException,
  InvalidRepositoryNameException,
  InvalidResourceArnException,
  InvalidSystemTagUsageException,
  InvalidTagsMapException,
  ListRepositories$,
  ListTagsForResource$,
  MaximumRepositoryNamesExceededException,
  RepositoryDoesNotExistException,
  RepositoryNameExistsException,
  RepositoryNameRequiredException,
  RepositoryNamesRequiredException,
  type RepositoryTriggerEventEnum,
  ResourceArnRequiredException,
  TagKeysListRequiredException,
  TagResource$,
  TagsMapRequiredException,
  TooManyTagsException,
  UntagResource$,
  UpdateDefaultBranch$,
  UpdateRepositoryDescription$,
  UpdateRepositoryEncryptionKey$,
  UpdateRepositoryName$,
} from "../../sdk/codecommit.js";
import { checkKey, OWN_KEY } from "./encryption.ts";
import { headOf } from "./ref.ts";

/** A repository, by its name. Its objects lie in a bare repository on disk that is named by `repositoryId`. */
export interface Repository extends Row {
  readonly repositoryId: string;
  readonly description?: string;
  readonly defaultBranch?: string;
  readonly kmsKeyId?: string;
  readonly triggers?: Triggers;
  /** What its template says of its first files. */
  readonly code?: Code;
  /** They are not in it yet. */
  readonly isEmpty?: true;
  readonly tags: Tags;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** Whom it tells of its refs. https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-notify.html */
export interface Triggers {
  readonly configurationId: string;
  readonly list: readonly Trigger[];
}

/** Where the first files of a repository came from, as its template says. */
export interface Code {
  readonly BranchName?: string;
  readonly S3: { readonly Bucket: string; readonly Key: string; readonly ObjectVersion?: string };
}

export interface Trigger {
  readonly name: string;
  readonly destinationArn: string;
  readonly customData?: string;
  /** Empty: all of them. */
  readonly branches: readonly string[];
  readonly events: readonly RepositoryTriggerEventEnum[];
}

export const repositories = new Table<Repository>("codecommit/repository", {
  indexes: { repositoryId: ({ repositoryId }) => repositoryId },
  arn: ({ id }, { account, region }) => `arn:aws:codecommit:${region}:${account}:${id}`,
});

const PAGE_SIZE = 1000;
const BATCH_MAX = 100;
const DESCRIPTION_MAX = 1000;
const TAGS_MAX = 50;

export const createRepository = operation(
  CreateRepository$,
  (scope, { repositoryName, repositoryDescription: description, tags = {}, kmsKeyId }) => {
    const id = requireName(repositoryName);
    if (repositories.get(scope, id) !== undefined) fault(RepositoryNameExistsException, `Repository named ${id} already exists`);
    checkDescription(description);
    checkTags(tags);
    if (kmsKeyId !== undefined) checkKey(scope, kmsKeyId);
    const repository = newRepository(scope, { id, repositoryId: scope.id.uuid(), description, kmsKeyId, tags });
    return { repositoryMetadata: metadataOf(scope, repository) };
  },
);

export const getRepository = operation(GetRepository$, (scope, { repositoryName }) => ({
  repositoryMetadata: metadataOf(scope, requireRepository(scope, repositoryName)),
}));

export const batchGetRepositories = operation(BatchGetRepositories$, (scope, { repositoryNames: names = [] }) => {
  if (names.length === 0) fault(RepositoryNamesRequiredException, "At least one repository name is required but was not specified.");
  if (names.length > BATCH_MAX)
    fault(MaximumRepositoryNamesExceededException, `The maximum number of allowed repository names is ${BATCH_MAX}.`);
  for (const name of names) checkName(name);
  const found = names.flatMap((name) => repositories.get(scope, name) ?? []);
  const repositoriesNotFound = names.filter((name) => repositories.get(scope, name) === undefined);
  const errors = repositoriesNotFound.map((repositoryName) => ({
    repositoryName,
    errorCode: "RepositoryDoesNotExistException" as const,
    errorMessage: `${repositoryName} does not exist`,
  }));
  return { repositories: found.map((repository) => metadataOf(scope, repository)), repositoriesNotFound, errors };
});

export const listRepositories = operation(
  ListRepositories$,
  (scope, { nextToken: token, sortBy = "repositoryName", order = "ascending" }) => {
    const keyOf = ({ id, modifiedAt }: Repository): string =>
      sortBy === "lastModifiedDate" ? `${String(modifiedAt).padStart(16, "0")} ${id}` : id;
    const sorted = repositories.list(scope).sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
    if (order === "descending") sorted.reverse();
    const placed = sorted.map((repository, index) => ({ repository, place: String(index).padStart(9, "0") }));
    const invalid = (): never => fault(InvalidContinuationTokenException, "The specified continuation token is not valid.");
    const { items, nextToken } = page(placed, ({ place }) => place, PAGE_SIZE, token, invalid);
    const pairs = items.map(({ repository: { id, repositoryId } }) => ({ repositoryName: id, repositoryId }));
    return { repositories: pairs, ...(nextToken && { nextToken }) };
  },
);

export const updateRepositoryDescription = operation(UpdateRepositoryDescription$, (scope, { repositoryName, repositoryDescription }) => {
  const { id } = requireRepository(scope, repositoryName);
  checkDescription(repositoryDescription);
  repositories.patch(scope, id, { description: repositoryDescription, modifiedAt: scope.clock.now() });
  return {};
});

export const updateRepositoryName = operation(UpdateRepositoryName$, (scope, { oldName, newName }) => {
  const repository = requireRepository(scope, oldName);
  const id = requireName(newName);
  if (repositories.get(scope, id) !== undefined) fault(RepositoryNameExistsException, `Repository named ${id} already exists`);
  repositories.remove(scope, repository.id);
  repositories.put(scope, { ...repository, id, modifiedAt: scope.clock.now() });
  return {};
});

export const updateRepositoryEncryptionKey = operation(UpdateRepositoryEncryptionKey$, (scope, { repositoryName, kmsKeyId }) => {
  const { id, repositoryId, kmsKeyId: originalKmsKeyId = OWN_KEY } = requireRepository(scope, repositoryName);
  if (!kmsKeyId) fault(EncryptionKeyRequiredException, "A KMS encryption key ID is required but was not specified.");
  checkKey(scope, kmsKeyId);
  repositories.patch(scope, id, { kmsKeyId, modifiedAt: scope.clock.now() });
  return { repositoryId, kmsKeyId, originalKmsKeyId };
});

export const updateDefaultBranch = operation(UpdateDefaultBranch$, (scope, { repositoryName, defaultBranchName }) => {
  const { id, repositoryId } = requireRepository(scope, repositoryName);
  if (!defaultBranchName) fault(BranchNameRequiredException, "A branch name is required but was not specified.");
  if (headOf(scope, repositoryId, defaultBranchName) === undefined) {
    fault(BranchDoesNotExistException, `Branch ${defaultBranchName} does not exist`);
  }
  repositories.patch(scope, id, { defaultBranch: defaultBranchName, modifiedAt: scope.clock.now() });
  return {};
});

export const tagResource = operation(TagResource$, (scope, { resourceArn, tags }) => {
  if (tags === undefined) fault(TagsMapRequiredException, "A map of tags is required.");
  const repository = requireByArn(scope, resourceArn);
  checkTags(tags);
  const all = withTags(repository.tags, tags);
  if (Object.keys(all).length > TAGS_MAX) fault(TooManyTagsException, `The maximum number of tags is ${TAGS_MAX}.`);
  repositories.patch(scope, repository.id, { tags: all });
  return {};
});

export const untagResource = operation(UntagResource$, (scope, { resourceArn, tagKeys = [] }) => {
  const repository = requireByArn(scope, resourceArn);
  if (tagKeys.length === 0) fault(TagKeysListRequiredException, "A list of tag keys is required. The list cannot be empty or null.");
  repositories.patch(scope, repository.id, { tags: withoutTags(repository.tags, tagKeys) });
  return {};
});

export const listTagsForResource = operation(ListTagsForResource$, (scope, { resourceArn }) => ({
  tags: { ...requireByArn(scope, resourceArn).tags },
}));

/** The repository of that name; refuses where there is none. */
export function requireRepository(scope: Scope, name: string | undefined): Repository {
  const id = requireName(name);
  return repositories.get(scope, id) ?? fault(RepositoryDoesNotExistException, `${name} does not exist`);
}

/** A name that a repository could have. */
export function requireName(name: string | undefined): string {
  if (!name) fault(RepositoryNameRequiredException, "A repository name is required but was not specified.");
  checkName(name);
  return name;
}

/** What a new repository is made of. */
export interface RepositoryDeclaration {
  readonly id: string;
  readonly repositoryId: string;
  readonly description?: string | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly tags: Tags;
}

/** Make a repository. */
export function newRepository(scope: Scope, { id, repositoryId, description, kmsKeyId, tags }: RepositoryDeclaration): Repository {
  const now = scope.clock.now();
  return repositories.put(scope, {
    id,
    repositoryId,
    ...(description !== undefined && { description }),
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    tags,
    createdAt: now,
    modifiedAt: now,
  });
}

/** https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html */
export function checkName(name: string): void {
  if (/^[\w.-]{1,100}$/.test(name) && !name.endsWith(".git")) return;
  fault(
    InvalidRepositoryNameException,
    "The repository name is not valid. Repository names can be any valid combination of letters, numbers, periods, underscores, and dashes between 1 and 100 characters in length. Names are case sensitive. For more information, see Limits in the AWS CodeCommit User Guide. ",
  );
}

export const cloneUrlHttp = (scope: Scope, name: string): string => `${scope.settings.endpoint}/v1/repos/${name}`;

/** Refuse what is too long for a description. */
export function checkDescription(description: string | undefined): void {
  if ((description?.length ?? 0) <= DESCRIPTION_MAX) return;
  fault(InvalidRepositoryDescriptionException, `The repository description is longer than ${DESCRIPTION_MAX} characters.`);
}

/** Refuse tags that nobody may give. */
export function checkTags(tags: Readonly<Record<string, string>>): void {
  const keys = Object.keys(tags);
  if (keys.some((key) => key.startsWith("aws:"))) {
    fault(InvalidSystemTagUsageException, "The specified tag is not valid. Key names cannot be prefixed with aws:.");
  }
  if (keys.some((key) => key === "" || key.length > 128) || Object.values(tags).some((value) => value.length > 256)) {
    fault(InvalidTagsMapException, "The map of tags is not valid.");
  }
  if (keys.length > TAGS_MAX) fault(TooManyTagsException, `The maximum number of tags is ${TAGS_MAX}.`);
}

function requireByArn(scope: Scope, arn: string | undefined): Repository {
  if (!arn) fault(ResourceArnRequiredException, "A valid Amazon Resource Name (ARN) is required.");
  const name = arn.split(":").slice(5).join(":");
  if (!arn.startsWith("arn:") || name === "") fault(InvalidResourceArnException, "The resource ARN is not valid.");
  return requireRepository(scope, name);
}

const metadataOf = (scope: Scope, repository: Repository) => ({
  accountId: scope.account,
  repositoryId: repository.repositoryId,
  repositoryName: repository.id,
  ...(repository.description !== undefined && { repositoryDescription: repository.description }),
  ...(repository.defaultBranch !== undefined && { defaultBranch: repository.defaultBranch }),
  kmsKeyId: repository.kmsKeyId ?? OWN_KEY,
  lastModifiedDate: new Date(repository.modifiedAt),
  creationDate: new Date(repository.createdAt),
  cloneUrlHttp: cloneUrlHttp(scope, repository.id),
  Arn: scope.arn("codecommit", repository.id),
});
