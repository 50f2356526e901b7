import { service } from "../../kernel/service.ts";
import * as branch from "./branch.ts";
import * as change from "./change.ts";
import * as commit from "./commit.ts";
import { errandLoop } from "./errand.loop.ts";
import { errands } from "./errand.ts";
import * as file from "./file.ts";
import { refs } from "./ref.ts";
import * as repository from "./repository.ts";
import { repositoryResource } from "./resources.ts";

export const codecommit = service({
  name: "codecommit",
  operations: [
    commit.batchGetCommits,
    repository.batchGetRepositories,
    branch.createBranch,
    change.createCommit,
    repository.createRepository,
    branch.deleteBranch,
    change.deleteFile,
    repository.deleteRepository,
    file.getBlob,
    branch.getBranch,
    commit.getCommit,
    commit.getDifferences,
    file.getFile,
    file.getFolder,
    repository.getRepository,
    branch.listBranches,
    repository.listRepositories,
    repository.listTagsForResource,
    change.putFile,
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
