import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  CreateRepository$,
  type CreateRepositoryRequest,
  DeleteRepository$,
  DescribeRepositories$,
  type EncryptionConfiguration,
  type ImageTagMutability,
  type ImageTagMutabilityExclusionFilter,
  InvalidParameterException,
  ListTagsForResource$,
  PutImageScanningConfiguration$,
  PutImageTagMutability$,
  RepositoryAlreadyExistsException,
  RepositoryNotEmptyException,
  RepositoryNotFoundException,
  type Repository as RepositoryShape,
  TagResource$,
  UntagResource$,
} from "../../sdk/ecr.js";
import { images, imagesOf } from "./image.ts";
import { forgetLayers } from "./layer.ts";

/** A repository of images, by its name. */
export interface Repository extends Row {
  readonly createdAt: number;
  /** The CloudFormation request that made it. */
  readonly madeBy?: string;
  readonly tagMutability: ImageTagMutability;
  readonly mutabilityExclusions?: readonly Stored<ImageTagMutabilityExclusionFilter>[];
  readonly scanOnPush: boolean;
  readonly encryption: Stored<EncryptionConfiguration>;
  readonly tags: Tags;
  readonly policy?: string;
  readonly lifecyclePolicy?: string;
  /** Its stack may delete it with its images. */
  readonly emptiesOnDelete?: boolean;
}

export const repositories = new Table<Repository>("ecr/repository", {
  arn: ({ id }, { account, region }) => `arn:aws:ecr:${region}:${account}:repository/${id}`,
});

const NAME = "(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*";
const TAGS_MAX = 50;

export const createRepository = operation(CreateRepository$, (scope, input) => {
  const home = registryOf(scope, input.registryId);
  const name = input.repositoryName!;
  if (repositories.get(home, name) !== undefined) {
    fault(RepositoryAlreadyExistsException, `The repository with name '${name}' already exists in the registry with id '${home.account}'`);
  }
  return { repository: shown(home, makeRepository(home, input)) };
});

export const describeRepositories = operation(
  DescribeRepositories$,
  (scope, { registryId, repositoryNames, maxResults = 100, nextToken: token }) => {
    const home = registryOf(scope, registryId);
    if (repositoryNames !== undefined) {
      return { repositories: repositoryNames.map((name) => shown(home, requireRepository(home, { repositoryName: name }).repository)) };
    }
    const { items, nextToken } = page(repositories.list(home), ({ id }) => id, maxResults, token, invalidToken);
    return { repositories: items.map((row) => shown(home, row)), ...(nextToken && { nextToken }) };
  },
);

export const deleteRepository = operation(DeleteRepository$, (scope, input) => {
  const { repository, home } = requireRepository(scope, input);
  if (!input.force && imagesOf(home, repository.id).length > 0) {
    fault(
      RepositoryNotEmptyException,
      `The repository with name '${repository.id}' in registry with id '${home.account}' cannot be deleted because it still contains images`,
    );
  }
  removeRepository(home, repository.id);
  return { repository: shown(home, repository) };
});

export const putImageTagMutability = operation(PutImageTagMutability$, (scope, input) => {
  const { repository, home } = requireRepository(scope, input);
  const { imageTagMutability, imageTagMutabilityExclusionFilters: filters } = input;
  repositories.patch(home, repository.id, { tagMutability: imageTagMutability!, mutabilityExclusions: filters && stored(filters) });
  return {
    ...identityOf(home, repository),
    imageTagMutability: imageTagMutability!,
    ...(filters && { imageTagMutabilityExclusionFilters: filters }),
  };
});

export const putImageScanningConfiguration = operation(
  PutImageScanningConfiguration$,
  (scope, input) => {
    const { repository, home } = requireRepository(scope, input);
    const scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false;
    repositories.patch(home, repository.id, { scanOnPush });
    return { ...identityOf(home, repository), imageScanningConfiguration: { scanOnPush } };
  },
  { partial: "kept and shown; no image is ever scanned" },
);

export const tagResource = operation(TagResource$, (scope, { resourceArn, tags = [] }) => {
  const { repository, home } = requireByArn(scope, resourceArn!);
  const all = withTags(repository.tags, tagsOf(tags));
  if (Object.keys(all).length > TAGS_MAX) fault("TooManyTagsException", `A repository can have at most ${TAGS_MAX} tags`);
  repositories.patch(home, repository.id, { tags: all });
  return {};
});

export const untagResource = operation(UntagResource$, (scope, { resourceArn, tagKeys = [] }) => {
  const { repository, home } = requireByArn(scope, resourceArn!);
  repositories.patch(home, repository.id, { tags: withoutTags(repository.tags, tagKeys) });
  return {};
});

export const listTagsForResource = operation(ListTagsForResource$, (scope, { resourceArn }) => ({
  tags: tagList(requireByArn(scope, resourceArn!).repository.tags),
}));

/** A new repository with what a request says of it. */
export function makeRepository(home: Scope, input: CreateRepositoryRequest): Repository {
  const name = input.repositoryName!;
  if (name.length < 2 || name.length > 256 || !new RegExp(`^${NAME}$`).test(name)) {
    fault(
      InvalidParameterException,
      `Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '${NAME}''`,
    );
  }
  const { imageTagMutabilityExclusionFilters: filters } = input;
  return repositories.put(home, {
    id: name,
    createdAt: home.clock.now(),
    tagMutability: input.imageTagMutability ?? "MUTABLE",
    ...(filters && { mutabilityExclusions: stored(filters) }),
    scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
    encryption: stored(input.encryptionConfiguration ?? { encryptionType: "AES256" }),
    tags: tagsOf(input.tags),
  });
}

/** The repository goes, with all of its images. */
export function removeRepository(home: Scope, name: string): void {
  for (const { id } of imagesOf(home, name)) images.remove(home, id);
  forgetLayers(home, name);
  repositories.remove(home, name);
}

/** The repository that a request names, and the scope of its registry. */
export function requireRepository(
  scope: Scope,
  { registryId, repositoryName }: { registryId?: string | undefined; repositoryName: string | undefined },
): { repository: Repository; home: Scope } {
  const home = registryOf(scope, registryId);
  const repository = repositories.get(home, repositoryName!) ?? noSuchRepository(home, repositoryName!);
  return { repository, home };
}

/** How answers name a repository. */
export const identityOf = (home: Scope, { id }: Pick<Repository, "id">) => ({ registryId: home.account, repositoryName: id });

/** How ECR's refusals end. */
export const whereOf = (home: Scope, { id }: Repository): string =>
  `the repository with name '${id}' in the registry with id '${home.account}'`;

export const repositoryArn = (home: Scope, name: string): string => home.arn("ecr", `repository/${name}`);

export const repositoryUri = ({ account, region }: Scope, name: string): string => `${account}.dkr.ecr.${region}.amazonaws.com/${name}`;

export const invalidToken = (): never => fault(InvalidParameterException, "Invalid parameter at 'nextToken' failed to satisfy constraint");

/** Each account has one registry, named like it. */
const registryOf = (scope: Scope, registryId: string | undefined): Scope =>
  registryId === undefined ? scope : scope.in({ account: registryId });

const noSuchRepository = (home: Scope, name: string): never =>
  fault(RepositoryNotFoundException, `The repository with name '${name}' does not exist in the registry with id '${home.account}'`);

const requireByArn = (scope: Scope, arn: string) =>
  requireRepository(scope.at(arn), { repositoryName: arn.split(":repository/")[1] ?? arn });

function shown(home: Scope, { id, createdAt, tagMutability, mutabilityExclusions, scanOnPush, encryption }: Repository): RepositoryShape {
  return {
    ...identityOf(home, { id }),
    repositoryArn: repositoryArn(home, id),
    repositoryUri: repositoryUri(home, id),
    createdAt: new Date(createdAt),
    imageTagMutability: tagMutability,
    ...(mutabilityExclusions && { imageTagMutabilityExclusionFilters: [...mutabilityExclusions] }),
    imageScanningConfiguration: { scanOnPush },
    encryptionConfiguration: encryption,
  };
}
