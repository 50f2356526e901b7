import { service } from "../../kernel/service.ts";
import * as branch from "./branch.ts";
import * as commit from "./commit.ts";
import { errandLoop, errands } from "./errand.ts";
import { refs } from "./ref.ts";
import * as repository from "./repository.ts";
import { repositoryResource } from "./resources.ts";

export const codecommit = service({
  name: "codecommit",
  operations: [
    commit.batchGetCommits,
    repository.batchGetRepositories,
    branch.createBranch,
    repository.createRepository,
    branch.deleteBranch,
    repository.deleteRepository,
    branch.getBranch,
    commit.getCommit,
    commit.getDifferences,
    repository.getRepository,
    branch.listBranches,
    repository.listRepositories,
    repository.listTagsForResource,
    repository.tagResource,
    repository.untagResource,
    repository.updateDefaultBranch,
    repository.updateRepositoryDescription,
    repository.updateRepositoryName,
  ],
  tables: [repository.repositories, refs, errands],
  loops: [errandLoop],
  resources: [repositoryResource],
});
