import type { Scope } from "../../kernel/scope.ts";
import { type Repository, repositories } from "./repository.ts";

export {
  type CommitReading,
  type CommitSummary,
  ensureCommitSummary,
  ensureSourceArchive,
  forgetSourceArchive,
  type SourceArchive,
} from "./archive.ts";
export { whyUnreadable } from "./encryption.ts";
export { mirrorRefs, type Push } from "./mirror.ts";
export { headOf, mirroredRefs, tagTargetOf } from "./ref.ts";
export { type Repository, repositories as repositoryTable } from "./repository.ts";

/** The repository of that name in this account and region. */
export const repositoryOf = (scope: Scope, name: string): Repository | undefined => repositories.get(scope, name);

/** The ids of the repositories in this account and region, for whoever compares their refs at boot. */
export const repositoryIds = (scope: Scope): string[] => repositories.list(scope).map(({ repositoryId }) => repositoryId);
