import { forgetJob, isOver, jobs } from "../../compute/job.ts";
import { fault } from "../../kernel/fault.ts";
import type { Progress } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { readObject } from "../s3/api.ts";
import { checkBranchName } from "./branch.ts";
import { errands } from "./errand.ts";
import { branchRef, headOf } from "./ref.ts";
import { type Code, type Repository, repositories } from "./repository.ts";

const BRANCH = "main";

/** Refuse code that is nowhere, before there is a repository. */
export function checkCode(scope: Scope, code: Code): void {
  checkBranchName(code.BranchName ?? BRANCH);
  requireObject(scope, code);
}

/**
 * Make sure that the files of a zip in S3 are the first commit of a repository, and say how that stands. Who made the commit, and
 * what it says, are ours. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-codecommit-repository-code.html
 */
export function ensureCode(scope: Scope, { id: name, repositoryId, code, isEmpty }: Repository): Progress {
  if (code === undefined || !isEmpty) return { state: "done", id: repositoryId };
  const branch = code.BranchName ?? BRANCH;
  const id = `codecommit/code/${repositoryId}`;
  if (headOf(scope, repositoryId, branch) !== undefined) {
    // Nobody else takes the answer.
    if (errands.get(scope, id)?.mirrored) {
      errands.remove(scope, id);
      forgetJob(scope, id);
    }
    repositories.patch(scope, name, { isEmpty: undefined });
    return { state: "done", id: repositoryId };
  }
  const job = jobs.get(scope, id);
  if (errands.get(scope, id) === undefined) {
    const fullName = branchRef(branch);
    const who = { NAME: "AWS CloudFormation", EMAIL: "", DATE: `${Math.floor(scope.clock.now() / 1000)} +0000` };
    const env = Object.fromEntries(
      Object.entries(who).flatMap(([key, value]) => [
        [`GIT_AUTHOR_${key}`, value],
        [`GIT_COMMITTER_${key}`, value],
      ]),
    );
    errands.put(scope, {
      id,
      repositoryId,
      workTree: requireObject(scope, code),
      // Done twice, it is the same commit.
      commands: [
        { args: ["update-ref", "-d", fullName], mayFail: true },
        { args: ["symbolic-ref", "HEAD", fullName] },
        { args: ["add", "--all", "--force", "."] },
        { args: ["commit", "--quiet", "--allow-empty", "--message", "Initial commit"], env },
        { args: ["rev-parse", "HEAD"] },
      ],
      moves: { fullName, to: { firstWordOf: 4 } },
      callerArn: scope.caller.arn,
    });
  } else if (job !== undefined && isOver(job) && job.status !== "SUCCEEDED" && job.status !== "LOST")
    return { state: "failed", id: repositoryId, reason: `The code cannot be committed: ${job.reason}` };
  return { state: "busy", id: repositoryId, because: "git commits its code" };
}

function requireObject(scope: Scope, { S3: { Bucket, Key, ObjectVersion } }: Code): string {
  const object = readObject(scope, Bucket, Key, ObjectVersion);
  return object?.digest ?? fault("InvalidRequest", `There is no object ${Key} in bucket ${Bucket}.`);
}
