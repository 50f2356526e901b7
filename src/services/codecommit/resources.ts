import { idsFrom } from "../../kernel/id.ts";
import { present } from "../../kernel/json.ts";
import { attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { checkKey } from "./encryption.ts";
import { checkCode, ensureCode } from "./initial-code.ts";
import { removeRepository } from "./removal.ts";
import {
  checkName,
  cloneUrlHttp,
  newRepository,
  type Repository,
  repositories,
  type Trigger,
  type Triggers,
  updateRepositoryName,
} from "./repository.ts";
import { triggersOf } from "./trigger.ts";

const NAME_MAX = 100;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codecommit-repository.html; its id is the repository's id. */
export const repositoryResource: ResourceType<Readonly<Record<string, any>>> = {
  type: "AWS::CodeCommit::Repository",
  ensure: (scope, declared, id, { token, generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const name: string = declared["RepositoryName"] ?? nameWithin(NAME_MAX, generatedName, logicalId);
      const repositoryId = id ?? idsFrom(token).uuid();
      const known = byId(scope, repositoryId);
      const kmsKeyId: string | undefined = declared["KmsKeyId"];
      if (kmsKeyId !== undefined && kmsKeyId !== known?.kmsKeyId) checkKey(scope, kmsKeyId);
      if (known === undefined) {
        checkName(name);
        if (repositories.get(scope, name) !== undefined) return { state: "failed", reason: `Repository named ${name} already exists` };
        if (declared["Code"] !== undefined) checkCode(scope, declared["Code"]);
        newRepository(scope, { id: name, repositoryId, tags: {} });
        if (declared["Code"] !== undefined) repositories.patch(scope, name, { isEmpty: true });
      } else if (known.id !== name) updateRepositoryName.handle(scope, { oldName: known.id, newName: name });
      const repository = repositories.patch(scope, name, {
        description: declared["RepositoryDescription"],
        kmsKeyId,
        triggers: triggersFor(scope, declared["Triggers"], known?.triggers),
        tags: allTags(tags, declared["Tags"]),
        // Of a repository that is there already, another Code changes nothing.
        code: declared["Code"],
      });
      return ensureCode(scope, repository);
    }),
  read(scope, id) {
    const repository = byId(scope, id);
    if (repository === undefined) return undefined;
    const { id: name, description, kmsKeyId, tags, triggers, code } = repository;
    return {
      ...present({
        RepositoryDescription: description,
        KmsKeyId: kmsKeyId,
        Code: code,
        Tags: tagList(tags),
        Triggers: triggers?.list.map(declaredTrigger),
      }),
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

/** Another configuration only where it says something else. */
function triggersFor(scope: Scope, declared: readonly Readonly<Record<string, any>>[] | undefined, known: Triggers | undefined) {
  if (declared === undefined || declared.length === 0) return undefined;
  const list = triggersOf(
    scope,
    declared.map(({ Name, DestinationArn, CustomData, Branches, Events }) => ({
      name: Name,
      destinationArn: DestinationArn,
      customData: CustomData,
      branches: Branches,
      events: Events,
    })),
  );
  const isSame = JSON.stringify(known?.list) === JSON.stringify(list);
  return isSame ? known : { configurationId: scope.id.uuid(), list };
}

const declaredTrigger = ({ name, destinationArn, customData, branches, events }: Trigger) => ({
  Name: name,
  DestinationArn: destinationArn,
  ...present({ CustomData: customData }),
  ...(branches.length > 0 && { Branches: [...branches] }),
  Events: [...events],
});

const byId = (scope: Scope, repositoryId: string): Repository | undefined => repositories.by(scope, "repositoryId", repositoryId)[0];
