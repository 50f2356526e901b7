import { afterAll, beforeAll, expect, test } from "vitest";
import type { Job } from "../../compute/job.ts";
import { type SimulatedOutcome, simulatedHands } from "../../compute/simulated.ts";
import { EVENTS, events } from "../../kernel/facts.ts";
import type { Scope } from "../../kernel/scope.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { mirrorRefs } from "./api.ts";
import {
  evaluatePullRequestApprovalRules,
  getPullRequestApprovalStates,
  getPullRequestOverrideState,
  overridePullRequestApprovalRules,
  updatePullRequestApprovalState,
} from "./approval.ts";
import { associateApprovalRuleTemplateWithRepository, listRepositoriesForApprovalRuleTemplate } from "./approval-association.ts";
import { createApprovalRuleTemplate, deleteApprovalRuleTemplate } from "./approval-template.ts";
import { createBranch, deleteBranch } from "./branch.ts";
import { GitCloud, type GitRepository, openPullRequest, user } from "./codecommit.fixture.ts";
import { errands } from "./errand.ts";
import { codecommit } from "./index.ts";
import { createPullRequest, getPullRequest, listPullRequests, pullRequests, updatePullRequestStatus } from "./pull-request.ts";
import { describePullRequestEvents } from "./pull-request-event.ts";
import { mergePullRequestByFastForward, mergePullRequestBySquash, mergePullRequestByThreeWay } from "./pull-request-merge.ts";
import { createPullRequestApprovalRule, deletePullRequestApprovalRule } from "./pull-request-rule.ts";
import { createRepository } from "./repository.ts";

let git: GitCloud;

beforeAll(async () => {
  git = await GitCloud.start();
});

afterAll(() => git.cloud.close());

const rule = (needed: number, members?: string[], references?: string[]): string =>
  JSON.stringify({
    Version: "2018-11-08",
    ...(references && { DestinationReferences: references }),
    Statements: [{ Type: "Approvers", NumberOfApprovalsNeeded: needed, ...(members && { ApprovalPoolMembers: members }) }],
  });

async function branched(name: string, branchName: string): Promise<GitRepository> {
  const shop = await git.repository(name);
  const base = await shop.put("main", "a.txt", "one\n");
  await git.call(createBranch, { repositoryName: name, branchName, commitId: base });
  await shop.put(branchName, "b.txt", "two\n");
  return shop;
}

const open = async (repositoryName: string, sourceReference: string, input: object = {}) => {
  const targets = [{ repositoryName, sourceReference, destinationReference: "main" }];
  const { pullRequest } = await git.call(createPullRequest, { title: "Two", targets, ...input });
  return { pullRequestId: pullRequest!.pullRequestId!, revisionId: pullRequest!.revisionId! };
};

test("a pull request is approved by those whom its template names, and then merged", async () => {
  const repositoryName = "flow";
  const shop = await branched(repositoryName, "feature");
  const approvalRuleTemplateName = "two of us";
  const members = ["CodeCommitApprovers:111122223333:b*", "arn:aws:sts::111122223333:assumed-role/Review/*"];
  const approvalRuleTemplateContent = rule(1, members, ["refs/heads/main"]);
  await git.call(createApprovalRuleTemplate, { approvalRuleTemplateName, approvalRuleTemplateContent });
  await git.call(associateApprovalRuleTemplateWithRepository, { approvalRuleTemplateName, repositoryName });
  expect((await git.call(listRepositoriesForApprovalRuleTemplate, { approvalRuleTemplateName })).repositoryNames).toEqual([repositoryName]);
  await expect(git.call(deleteApprovalRuleTemplate, { approvalRuleTemplateName })).rejects.toMatchObject({
    name: "ApprovalRuleTemplateInUseException",
  });
  const first = await open(repositoryName, "feature", { clientRequestToken: "once" });
  expect(await open(repositoryName, "refs/heads/feature", { clientRequestToken: "other" })).not.toEqual(first);
  expect(await open(repositoryName, "feature", { clientRequestToken: "once" })).toEqual(first);
  await expect(open(repositoryName, "feature", { clientRequestToken: "once", title: "Three" })).rejects.toMatchObject({
    name: "IdempotencyParameterMismatchException",
  });
  const { pullRequestId } = first;
  const merge = { pullRequestId, repositoryName };
  await expect(git.call(mergePullRequestByThreeWay, merge)).rejects.toMatchObject({
    name: "PullRequestApprovalRulesNotSatisfiedException",
  });
  await expect(
    git.call(deletePullRequestApprovalRule, { pullRequestId, approvalRuleName: approvalRuleTemplateName }),
  ).rejects.toMatchObject({
    name: "CannotDeleteApprovalRuleFromTemplateException",
  });
  const approve = (as: string, revisionId = first.revisionId) =>
    git.call(updatePullRequestApprovalState, { pullRequestId, revisionId, approvalState: "APPROVE" }, as);
  await expect(approve("ann")).rejects.toMatchObject({ name: "PullRequestCannotBeApprovedByAuthorException" });
  const evaluation = async (revisionId = first.revisionId) =>
    (await git.call(evaluatePullRequestApprovalRules, { pullRequestId, revisionId })).evaluation;
  await approve("carl");
  expect(await evaluation()).toMatchObject({ approved: false, approvalRulesNotSatisfied: [approvalRuleTemplateName] });
  await approve("bob");
  expect(await evaluation()).toMatchObject({ approved: true, approvalRulesSatisfied: [approvalRuleTemplateName] });
  // Another commit is another revision: what was said of the last one does not count.
  const tip = await shop.put("feature", "c.txt", "three\n", "dora");
  await git.until((scope) => pullRequests.get(scope, pullRequestId)!.sourceCommit === tip);
  const { pullRequest } = await git.call(getPullRequest, { pullRequestId });
  expect(pullRequest!.pullRequestTargets![0]).toMatchObject({ sourceCommit: tip });
  const second = pullRequest!.revisionId!;
  await expect(approve("bob")).rejects.toMatchObject({ name: "RevisionNotCurrentException" });
  expect(await evaluation(second)).toMatchObject({ approved: false });
  await approve("bob", second);
  expect((await git.call(getPullRequestApprovalStates, { pullRequestId, revisionId: second })).approvals).toEqual([
    { userArn: user("bob"), approvalState: "APPROVE" },
  ]);
  await expect(git.call(mergePullRequestByThreeWay, { ...merge, sourceCommitId: "1".repeat(40) })).rejects.toMatchObject({
    name: "TipOfSourceReferenceIsDifferentException",
  });
  const merged = (await git.call(mergePullRequestByThreeWay, merge)).pullRequest!;
  expect(merged).toMatchObject({ pullRequestStatus: "CLOSED" });
  expect(merged.pullRequestTargets![0]!.mergeMetadata).toEqual({
    isMerged: true,
    mergedBy: user("ann"),
    mergeCommitId: await shop.head("main"),
    mergeOption: "THREE_WAY_MERGE",
  });
  await expect(git.call(mergePullRequestByThreeWay, merge)).rejects.toMatchObject({ name: "PullRequestAlreadyClosedException" });
  const { pullRequestEvents } = await git.call(describePullRequestEvents, { pullRequestId });
  expect(pullRequestEvents!.map(({ pullRequestEventType: type, actorArn }) => `${type} ${actorArn!.split("/")[1]}`)).toEqual([
    "PULL_REQUEST_CREATED ann",
    "PULL_REQUEST_APPROVAL_STATE_CHANGED carl",
    "PULL_REQUEST_APPROVAL_STATE_CHANGED bob",
    "PULL_REQUEST_SOURCE_REFERENCE_UPDATED dora",
    "PULL_REQUEST_APPROVAL_STATE_CHANGED bob",
    "PULL_REQUEST_MERGE_STATE_CHANGED ann",
    "PULL_REQUEST_STATUS_CHANGED ann",
  ]);
  const told = git.told(repositoryName).filter((detail) => detail["pullRequestId"] === pullRequestId);
  expect(told.at(-1)).toMatchObject({
    event: "pullRequestMergeStatusUpdated",
    isMerged: "True",
    pullRequestStatus: "Closed",
    mergeOption: "THREE_WAY_MERGE",
    repositoryNames: [repositoryName],
    sourceReference: "refs/heads/feature",
  });
  expect((await git.call(listPullRequests, { repositoryName, pullRequestStatus: "CLOSED" })).pullRequestIds).toContain(pullRequestId);
});

test("rules may be set aside, and a squash leaves one commit", async () => {
  const repositoryName = "trunk";
  const shop = await branched(repositoryName, "short");
  const { pullRequestId, revisionId } = await open(repositoryName, "short");
  await expect(
    git.call(createPullRequestApprovalRule, { pullRequestId, approvalRuleName: "x", approvalRuleContent: "{}" }),
  ).rejects.toMatchObject({ name: "InvalidApprovalRuleContentException" });
  await git.call(createPullRequestApprovalRule, { pullRequestId, approvalRuleName: "two", approvalRuleContent: rule(2) });
  const merge = { pullRequestId, repositoryName };
  await expect(git.call(mergePullRequestBySquash, merge)).rejects.toMatchObject({ name: "PullRequestApprovalRulesNotSatisfiedException" });
  const override = { pullRequestId, revisionId, overrideStatus: "OVERRIDE" } as const;
  await git.call(overridePullRequestApprovalRules, override, "chief");
  await expect(git.call(overridePullRequestApprovalRules, override)).rejects.toMatchObject({ name: "OverrideAlreadySetException" });
  expect(await git.call(getPullRequestOverrideState, { pullRequestId, revisionId })).toEqual({
    overridden: true,
    overrider: user("chief"),
  });
  const before = await shop.head("main");
  await git.call(mergePullRequestBySquash, { ...merge, commitMessage: "Two, squashed" });
  const detail = git.told(repositoryName).find(({ event, mergeOption }) => event === "referenceUpdated" && mergeOption === "SQUASH_MERGE");
  expect(detail).toMatchObject({ referenceName: "main", oldCommitId: before, destinationCommitId: before });
});

test("a merge that git did closes it, and so does the end of a branch", async () => {
  const repositoryName = "outside";
  const shop = await branched(repositoryName, "pushed");
  const merged = await open(repositoryName, "pushed");
  const base = await shop.head("main");
  await git.call(createBranch, { repositoryName, branchName: "dropped", commitId: base });
  await shop.put("dropped", "d.txt", "x\n");
  const dropped = await open(repositoryName, "dropped");
  await git.shell(repositoryName, 'git clone -q "$URL" c; cd c; git merge -q origin/pushed; git push -q origin HEAD:main');
  await git.call(deleteBranch, { repositoryName, branchName: "dropped" });
  const isOver =
    (scope: Scope) =>
    ({ pullRequestId }: { pullRequestId: string }) =>
      pullRequests.get(scope, pullRequestId)!.status === "CLOSED";
  await git.until((scope) => [merged, dropped].every(isOver(scope)));
  const ends = await Promise.all([merged, dropped].map(({ pullRequestId }) => git.call(getPullRequest, { pullRequestId })));
  expect(ends.map(({ pullRequest }) => pullRequest!.pullRequestStatus)).toEqual(["CLOSED", "CLOSED"]);
  expect(ends.map(({ pullRequest }) => pullRequest!.pullRequestTargets![0]!.mergeMetadata)).toEqual([
    { isMerged: true, mergedBy: "arn:aws:iam::111122223333:root", mergeOption: "FAST_FORWARD_MERGE" },
    { isMerged: false },
  ]);
  await expect(git.call(updatePullRequestStatus, { ...dropped, pullRequestStatus: "OPEN" })).rejects.toMatchObject({
    name: "InvalidPullRequestStatusUpdateException",
  });
});

test("a merge is refused whose approval goes while git looks at it", async () => {
  const repositoryName = "between";
  await branched(repositoryName, "feature");
  const { pullRequestId } = await open(repositoryName, "feature");
  for (const merge of [mergePullRequestByFastForward, mergePullRequestBySquash]) {
    const merging = git.call(merge, { pullRequestId, repositoryName }).then(
      () => "merged",
      ({ name }) => name,
    );
    const approvalRuleName = merge.name;
    await git.call(createPullRequestApprovalRule, { pullRequestId, approvalRuleName, approvalRuleContent: rule(1) });
    expect(await merging).toBe("PullRequestApprovalRulesNotSatisfiedException");
    await git.call(deletePullRequestApprovalRule, { pullRequestId, approvalRuleName });
  }
  await git.call(mergePullRequestByFastForward, { pullRequestId, repositoryName });
  expect((await git.call(getPullRequest, { pullRequestId })).pullRequest!.pullRequestStatus).toBe("CLOSED");
});

const ONE = "1".repeat(40);
const TWO = "2".repeat(40);
const THREE = "3".repeat(40);

/** Git as it would answer where `feature` is one commit on from `main`. */
function answers({ spec }: Job): SimulatedOutcome {
  const said = spec.type !== "git" ? [] : spec.commands.map(() => ({ exitCode: 0, stdout: `${ONE}\n`, stderr: "" }));
  return { afterMs: 10, status: "SUCCEEDED", result: { git: said } };
}

test("a merge closes its pull request once, and a push is told of once, whenever the power is cut", async () => {
  const build = (): World => new World({ services: [codecommit], hands: simulatedHands(answers), start: 0 });
  await endsTheSameWheneverThePowerIsCut(build, async (cloud) => {
    const { repositoryMetadata } = await cloud.call(createRepository, { repositoryName: "shop" });
    const repositoryId = repositoryMetadata!.repositoryId!;
    const push = (source: string): void => {
      const refs = new Map([
        ["refs/heads/main", ONE],
        ["refs/heads/feature", source],
      ]);
      cloud.change((scope) => mirrorRefs(scope, repositoryId, refs, { callerArn: user("ann"), refs: [...refs.keys()] }));
    };
    push(TWO);
    cloud.change((scope) => pullRequests.put(scope, { ...openPullRequest(ONE, TWO), repositoryId }));
    push(THREE);
    await cloud.advance("1m");
    // What MergePullRequestByFastForward asks git for in the end; its caller goes with the power, the errand does not.
    const merge = { sourceCommitId: THREE, destinationCommitId: ONE, mergeOption: "FAST_FORWARD_MERGE", pullRequestId: "1" } as const;
    const moves = { fullName: "refs/heads/main", from: ONE, to: { commit: THREE }, merge };
    cloud.change((scope) => errands.put(scope, { id: "codecommit/merge", repositoryId, commands: [], moves, callerArn: user("bob") }));
    await cloud.advance("5m");
    const told = events.peek(cloud.scope(), EVENTS).map(({ value }) => value.detail["event"]);
    expect(told.filter((event) => event === "pullRequestSourceBranchUpdated")).toHaveLength(1);
    expect(told.filter((event) => event === "pullRequestMergeStatusUpdated")).toHaveLength(1);
    expect(pullRequests.get(cloud.scope(), "1")).toMatchObject({ status: "CLOSED", merged: { by: user("bob") } });
  });
});
