import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { tagList, tagsOf } from "../../kernel/tag.ts";
import {
  checkName,
  cloneUrlHttp,
  newRepository,
  type Repository,
  removeRepository,
  repositories,
  updateRepositoryName,
} from "./repository.ts";

const NAME_MAX = 100;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codecommit-repository.html; its id is the repository's id. */
export const repositoryResource: ResourceType<Readonly<Record<string, any>>> = {
  type: "AWS::CodeCommit::Repository",
  ensure(scope, declared, id, { token, generatedName, tags }) {
    for (const name of ["Code", "Triggers"]) {
      if (declared[name] !== undefined) return { state: "failed", reason: `The property ${name} is not implemented by Slipway.` };
    }
    const name: string = declared["RepositoryName"] ?? generatedName.slice(-NAME_MAX);
    const repositoryId = id ?? idsFrom(token).uuid();
    const description: string | undefined = declared["RepositoryDescription"];
    try {
      const known = byId(scope, repositoryId);
      if (known === undefined) {
        checkName(name);
        if (repositories.get(scope, name) !== undefined) {
          return { state: "failed", reason: `Repository named ${name} already exists` };
        }
        newRepository(scope, { id: name, repositoryId, tags: {} });
      } else if (known.id !== name) updateRepositoryName.handle(scope, { oldName: known.id, newName: name });
    } catch (error) {
      if (!isFault(error)) throw error;
      return { state: "failed", reason: error.message };
    }
    repositories.patch(scope, name, {
      description,
      kmsKeyId: declared["KmsKeyId"],
      tags: { ...tagsOf(tags), ...tagsOf(declared["Tags"]) },
    });
    return { state: "done", id: repositoryId };
  },
  read(scope, id) {
    const repository = byId(scope, id);
    if (repository === undefined) return undefined;
    const { id: RepositoryName, description, kmsKeyId, tags } = repository;
    return {
      RepositoryName,
      ...(description !== undefined && { RepositoryDescription: description }),
      ...(kmsKeyId !== undefined && { KmsKeyId: kmsKeyId }),
      ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
    };
  },
  remove(scope, id) {
    const repository = byId(scope, id);
    if (repository !== undefined) removeRepository(scope, repository);
    return { state: "done", id };
  },
  attributes(scope, id) {
    const repository = byId(scope, id);
    if (repository === undefined) return {};
    const { id: Name } = repository;
    return { Arn: scope.arn("codecommit", Name), Name, CloneUrlHttp: cloneUrlHttp(scope, Name), CloneUrlSsh: "", RepositoryId: id };
  },
};

const byId = (scope: Scope, repositoryId: string): Repository | undefined => repositories.by(scope, "repositoryId", repositoryId)[0];
