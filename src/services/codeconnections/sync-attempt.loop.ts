import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { createChangeSet, deleteChangeSet, executeChangeSet, type StackWish } from "../cloudformation/api.ts";
import { readFile } from "./commit-file.ts";
import { DeploymentFileProblem, readDeploymentFile } from "./deployment-file.ts";
import { checkDriftMode, DRIFT_EVERY_MS, driftModeOf, driftWatches } from "./drift-watch.ts";
import { isOver, latestSuccess, note, type SyncAttempt, syncAttempts, wishOf } from "./sync-attempt.ts";
import { block } from "./sync-blocker.ts";
import { type SyncConfiguration, syncConfigurations } from "./sync-configuration.ts";

/** Reads the two files of a commit, and has CloudFormation do what they say, by a change set. */
export const syncAttemptLoop: Loop<SyncAttempt> = {
  table: syncAttempts,
  turn(scope, attempt) {
    if (isOver(attempt)) return;
    const configuration = syncConfigurations.get(scope, attempt.resourceName)!;
    if (attempt.status === "INITIATED") {
      note(scope, attempt, "SYNC_STARTED", `Sync of commit ${attempt.commit} has started.`, { status: "IN_PROGRESS" });
      return;
    }
    if (attempt.deployment === undefined) return readDeployment(scope, attempt, configuration);
    if (attempt.files!.template === undefined) return readTemplate(scope, attempt, attempt.deployment.templatePath);
    if (isUntouched(scope, attempt, configuration))
      return succeed(scope, attempt, "SYNC_SKIPPED", "Neither the deployment file nor the template has changed.");
    return attempt.planned ? execute(scope, attempt) : plan(scope, attempt, configuration);
  },
};

function readDeployment(scope: Scope, attempt: SyncAttempt, { configFile }: SyncConfiguration): Rest | undefined {
  const file = readFile(scope, attempt.id, attempt, configFile);
  if (file === "busy") return { kind: "wait", because: `${configFile} is read` };
  if (file === undefined)
    return fail(scope, attempt, "DEPLOYMENT_FILE_NOT_FOUND", `Deployment file ${configFile} was not found at commit ${attempt.commit}.`);
  try {
    const deployment = readDeploymentFile(file.text, configFile);
    checkDriftMode(deployment.tags);
    syncAttempts.patch(scope, attempt.id, { deployment, files: { deployment: file.blob.digest } });
  } catch (error) {
    if (!(error instanceof DeploymentFileProblem)) throw error;
    return fail(scope, attempt, "DEPLOYMENT_FILE_INVALID", error.message);
  }
}

function readTemplate(scope: Scope, attempt: SyncAttempt, path: string): Rest | undefined {
  const file = readFile(scope, attempt.id, attempt, path);
  if (file === "busy") return { kind: "wait", because: `${path} is read` };
  if (file === undefined)
    return fail(scope, attempt, "TEMPLATE_NOT_FOUND", `Template file ${path} was not found at commit ${attempt.commit}.`);
  syncAttempts.patch(scope, attempt.id, { files: { ...attempt.files!, template: file.blob.digest } });
}

/** Whether the stack is to follow changes of its files only, and has these already. */
function isUntouched(scope: Scope, { resourceName, files, revertsDrift }: SyncAttempt, { triggerOn }: SyncConfiguration): boolean {
  if (triggerOn !== "FILE_CHANGE" || revertsDrift) return false;
  const good = latestSuccess(scope, resourceName)?.files;
  return good !== undefined && good.deployment === files!.deployment && good.template === files!.template;
}

function plan(scope: Scope, attempt: SyncAttempt, { roleArn }: SyncConfiguration): Rest | undefined {
  const { deployment, files, commit } = attempt;
  const set = createChangeSet(scope, {
    ...namesOf(attempt),
    ...wishOf(scope, deployment!, files!.template!, roleArn),
    ...(attempt.revertsDrift && { revertDrift: true }),
  });
  if (set.state === "busy") return { kind: "wait", because: set.because };
  if (set.state === "failed") return fail(scope, attempt, "CHANGESET_CREATION_FAILED", set.reason);
  if (set.noChanges) {
    deleteChangeSet(scope, namesOf(attempt));
    return succeed(scope, attempt, "CHANGESET_NO_CHANGES", `Commit ${commit} changes nothing in the stack.`);
  }
  note(
    scope,
    attempt,
    "CHANGESET_CREATED",
    `Change set ${namesOf(attempt).changeSetName} was created.`,
    { planned: true },
    set.changeSetArn,
  );
}

function execute(scope: Scope, attempt: SyncAttempt): Rest | undefined {
  const outcome = executeChangeSet(scope, namesOf(attempt));
  if (outcome.state === "busy") return { kind: "wait", because: outcome.because };
  if (outcome.state === "failed") return fail(scope, attempt, "STACK_UPDATE_FAILED", outcome.reason);
  return succeed(scope, attempt, "SYNC_SUCCEEDED", `Stack ${attempt.resourceName} is in ${outcome.status}.`);
}

function namesOf({
  id,
  resourceName,
  commit,
  revertsDrift,
}: SyncAttempt): Pick<StackWish, "stackName" | "token"> & { changeSetName: string } {
  const nth = Number(id.split("/")[1]);
  return {
    stackName: resourceName,
    token: `git-sync/${id}`,
    changeSetName: `${revertsDrift ? "revert-drift" : "git-sync"}-${commit.slice(0, 8)}-${nth}`,
  };
}

function succeed(scope: Scope, attempt: SyncAttempt, type: string, sentence: string): undefined {
  note(scope, attempt, type, sentence, { status: "SUCCEEDED" });
  const mode = driftModeOf(attempt.deployment!.tags);
  const id = attempt.resourceName;
  if (mode !== undefined) driftWatches.put(scope, { id, mode, lookAt: scope.clock.now() + DRIFT_EVERY_MS });
  else if (driftWatches.get(scope, id) !== undefined) driftWatches.remove(scope, id);
}

/** What went wrong keeps the stack where it is until somebody has looked. */
function fail(scope: Scope, attempt: SyncAttempt, type: string, sentence: string): undefined {
  note(scope, attempt, type, sentence, { status: "FAILED" });
  block(scope, attempt.resourceName, sentence, { Commit: attempt.commit, Event: type });
}
