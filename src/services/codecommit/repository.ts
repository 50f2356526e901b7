import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  BatchGetRepositories$,
  BranchDoesNotExistException,
  CreateRepository$,
  DeleteRepository$,
  GetRepository$,
  InvalidContinuationTokenException,
  InvalidRepositoryNameException,
  InvalidResourceArnException,
  ListRepositories$,
  ListTagsForResource$,
  RepositoryDoesNotExistException,
  RepositoryNameExistsException,
  RepositoryNameRequiredException,
  TagResource$,
  UntagResource$,
  UpdateDefaultBranch$,
  UpdateRepositoryDescription$,
  UpdateRepositoryName$,
} from "../../sdk/codecommit.js";
import { forgetRefs, headOf } from "./ref.ts";

/** A repository, by its name. Its objects lie in a bare repository on disk that is named by `repositoryId`. */
export interface Repository extends Row {
  readonly repositoryId: string;
  readonly description?: string;
  readonly defaultBranch?: string;
  readonly kmsKeyId?: string;
  readonly tags: Tags;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export const repositories = new Table<Repository>("codecommit/repository", {
  indexes: { repositoryId: ({ repositoryId }) => repositoryId },
  arn: ({ id }, { account, region }) => `arn:aws:codecommit:${region}:${account}:${id}`,
});

const PAGE_SIZE = 1000;
const BATCH_MAX = 25;

export const createRepository = operation(
  CreateRepository$,
  (scope, { repositoryName, repositoryDescription: description, tags = {}, kmsKeyId }) => {
    if (repositories.get(scope, repositoryName!) !== undefined) {
      fault(RepositoryNameExistsException, `Repository named ${repositoryName} already exists`);
    }
    checkName(repositoryName!);
    return {
      repositoryMetadata: metadataOf(
        scope,
        newRepository(scope, { id: repositoryName!, repositoryId: scope.id.uuid(), description, kmsKeyId, tags }),
      ),
    };
  },
  { partial: "a KMS key is kept as a setting; nothing is encrypted with it" },
);

export const getRepository = operation(GetRepository$, (scope, { repositoryName }) => ({
  repositoryMetadata: metadataOf(scope, requireRepository(scope, repositoryName)),
}));

export const batchGetRepositories = operation(BatchGetRepositories$, (scope, { repositoryNames = [] }) => {
  const names = repositoryNames.slice(0, BATCH_MAX);
  const found = names.flatMap((name) => repositories.get(scope, name) ?? []);
  const repositoriesNotFound = names.filter((name) => repositories.get(scope, name) === undefined);
  return { repositories: found.map((repository) => metadataOf(scope, repository)), repositoriesNotFound, errors: [] };
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

export const deleteRepository = operation(DeleteRepository$, (scope, { repositoryName }) => {
  const repository = repositories.get(scope, repositoryName!);
  if (repository === undefined) return {};
  removeRepository(scope, repository);
  return { repositoryId: repository.repositoryId };
});

export const updateRepositoryDescription = operation(UpdateRepositoryDescription$, (scope, { repositoryName, repositoryDescription }) => {
  const { id } = requireRepository(scope, repositoryName);
  repositories.patch(scope, id, { description: repositoryDescription, modifiedAt: scope.clock.now() });
  return {};
});

export const updateRepositoryName = operation(UpdateRepositoryName$, (scope, { oldName, newName }) => {
  const repository = requireRepository(scope, oldName);
  if (repositories.get(scope, newName!) !== undefined) {
    fault(RepositoryNameExistsException, `Repository named ${newName} already exists`);
  }
  checkName(newName!);
  repositories.remove(scope, repository.id);
  repositories.put(scope, { ...repository, id: newName!, modifiedAt: scope.clock.now() });
  return {};
});

export const updateDefaultBranch = operation(UpdateDefaultBranch$, (scope, { repositoryName, defaultBranchName }) => {
  const { id, repositoryId } = requireRepository(scope, repositoryName);
  if (headOf(scope, repositoryId, defaultBranchName!) === undefined) {
    fault(BranchDoesNotExistException, `Branch ${defaultBranchName} does not exist`);
  }
  repositories.patch(scope, id, { defaultBranch: defaultBranchName!, modifiedAt: scope.clock.now() });
  return {};
});

export const tagResource = operation(TagResource$, (scope, { resourceArn, tags = {} }) => {
  const repository = requireByArn(scope, resourceArn!);
  repositories.patch(scope, repository.id, { tags: withTags(repository.tags, tags) });
  return {};
});

export const untagResource = operation(UntagResource$, (scope, { resourceArn, tagKeys = [] }) => {
  const repository = requireByArn(scope, resourceArn!);
  repositories.patch(scope, repository.id, { tags: withoutTags(repository.tags, tagKeys) });
  return {};
});

export const listTagsForResource = operation(ListTagsForResource$, (scope, { resourceArn }) => ({
  tags: { ...requireByArn(scope, resourceArn!).tags },
}));

/** The repository of that name; refuses where there is none. */
export function requireRepository(scope: Scope, name: string | undefined): Repository {
  if (!name) fault(RepositoryNameRequiredException, "A repository name is required but was not specified.");
  return repositories.get(scope, name) ?? fault(RepositoryDoesNotExistException, `${name} does not exist`);
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

/** Forget a repository and its refs. */
export function removeRepository(scope: Scope, { id, repositoryId }: Repository): void {
  forgetRefs(scope, repositoryId);
  repositories.remove(scope, id);
}

/** https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html */
export function checkName(name: string): void {
  if (/^[\w.-]{1,100}$/.test(name) && !name.endsWith(".git")) return;
  fault(
    InvalidRepositoryNameException,
    "Repository names must be between 1 and 100 characters, may contain only letters, numbers, periods, underscores and dashes, and cannot end in .git.",
  );
}

export const cloneUrlHttp = (scope: Scope, name: string): string => `${scope.settings.endpoint}/v1/repos/${name}`;

function requireByArn(scope: Scope, arn: string): Repository {
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
  ...(repository.kmsKeyId !== undefined && { kmsKeyId: repository.kmsKeyId }),
  lastModifiedDate: new Date(repository.modifiedAt),
  creationDate: new Date(repository.createdAt),
  cloneUrlHttp: cloneUrlHttp(scope, repository.id),
  Arn: scope.arn("codecommit", repository.id),
});
