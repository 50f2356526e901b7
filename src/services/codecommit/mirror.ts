import type { Scope } from "../../kernel/scope.ts";
import { mirroredRefs, parseRef, writeRef } from "./ref.ts";
import { type Repository, repositories } from "./repository.ts";

/** A ref that moved: from nothing, or to nothing, where it came or went. */
interface Move {
  readonly fullName: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/**
 * Bring the rows to what git's refs are, and say what happened to each, once: called after each push and at boot. A
 * repository that is gone has no mirror.
 */
export function mirrorRefs(scope: Scope, repositoryId: string, actual: ReadonlyMap<string, string>, callerArn?: string): void {
  const [repository] = repositories.by(scope, "repositoryId", repositoryId);
  if (repository === undefined) return;
  const known = mirroredRefs(scope, repositoryId);
  for (const fullName of [...new Set([...known.keys(), ...actual.keys()])].sort()) {
    moveRef(scope, repository, { fullName, from: known.get(fullName), to: actual.get(fullName) }, callerArn);
  }
}

/** One ref moved: write the row, say so, and make the first branch the default. */
export function moveRef(scope: Scope, { id, repositoryId }: Repository, move: Move, callerArn = rootArn(scope)): void {
  const { fullName, from, to } = move;
  const ref = parseRef(fullName);
  if (ref === undefined || from === to) return;
  writeRef(scope, repositoryId, fullName, to);
  const now = scope.clock.now();
  const { defaultBranch } = repositories.patch(scope, id, { modifiedAt: now });
  if (defaultBranch === undefined && to !== undefined && ref.type === "branch") {
    repositories.patch(scope, id, { defaultBranch: ref.name });
  }
  // https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html
  scope.emit({
    source: "aws.codecommit",
    detailType: "CodeCommit Repository State Change",
    resources: [scope.arn("codecommit", id)],
    detail: {
      event: eventOf(move),
      repositoryName: id,
      repositoryId,
      referenceType: ref.type,
      referenceName: ref.name,
      referenceFullName: fullName,
      ...(to !== undefined && { commitId: to }),
      ...(from !== undefined && { oldCommitId: from }),
      callerUserArn: callerArn,
    },
  });
}

function eventOf({ from, to }: Move): string {
  if (from === undefined) return "referenceCreated";
  return to === undefined ? "referenceDeleted" : "referenceUpdated";
}

const rootArn = ({ account }: Scope): string => `arn:aws:iam::${account}:root`;
