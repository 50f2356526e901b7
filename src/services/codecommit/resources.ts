import { idsFrom } from "../../kernel/id.ts";
import { present } from "../../kernel/json.ts";
import { attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { removeRepository } from "./removal.ts";
import { checkName, cloneUrlHttp, newRepository, type Repository, repositories, updateRepositoryName } from "./repository.ts";

const NAME_MAX = 100;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codecommit-repository.html; its id is the repository's id. */
export const repositoryResource: ResourceType<Readonly<Record<string, any>>> = {
  type: "AWS::CodeCommit::Repository",
  absent: { Code: [], Triggers: [] },
  ensure: (scope, declared, id, { token, generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const name: string = declared["RepositoryName"] ?? nameWithin(NAME_MAX, generatedName, logicalId);
      const repositoryId = id ?? idsFrom(token).uuid();
      const known = byId(scope, repositoryId);
      if (known === undefined) {
        checkName(name);
        if (repositories.get(scope, name) !== undefined) return { state: "failed", reason: `Repository named ${name} already exists` };
        newRepository(scope, { id: name, repositoryId, tags: {} });
      } else if (known.id !== name) updateRepositoryName.handle(scope, { oldName: known.id, newName: name });
      repositories.patch(scope, name, {
        description: declared["RepositoryDescription"],
        kmsKeyId: declared["KmsKeyId"],
        tags: allTags(tags, declared["Tags"]),
      });
      return repositoryId;
    }),
  read(scope, id) {
    const repository = byId(scope, id);
    if (repository === undefined) return undefined;
    const { id: name, description, kmsKeyId, tags } = repository;
    return {
      ...present({ RepositoryDescription: description, KmsKeyId: kmsKeyId, Tags: tagList(tags) }),
      RepositoryName: name,
      Id: id,
      Name: name,
      Arn: scope.arn("codecommit", name),
      CloneUrlHttp: cloneUrlHttp(scope, name),
      // Nothing here takes clones over SSH.
      CloneUrlSsh: "",
    };
  },
  remove(scope, id) {
    const repository = byId(scope, id);
    if (repository !== undefined) removeRepository(scope, repository);
    return { state: "done", id };
  },
  attributes: (scope, id) => (byId(scope, id) === undefined ? {} : { RepositoryId: id }),
  list: (scope) => repositories.list(scope).map(({ repositoryId }) => repositoryId),
};

const byId = (scope: Scope, repositoryId: string): Repository | undefined => repositories.by(scope, "repositoryId", repositoryId)[0];
