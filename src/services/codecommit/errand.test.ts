import { expect, test } from "vitest";
import { type Job, jobs } from "../../compute/job.ts";
import { type SimulatedOutcome, simulatedHands } from "../../compute/simulated.ts";
import { EVENTS, events } from "../../kernel/facts.ts";
import { World } from "../../testing/world.ts";
import { mirrorRefs } from "./api.ts";
import { openPullRequest, user } from "./codecommit.fixture.ts";
import { errands } from "./errand.ts";
import { codecommit } from "./index.ts";
import { pullRequests } from "./pull-request.ts";
import { deleteRepository } from "./removal.ts";
import { createRepository } from "./repository.ts";

const [ONE, TWO, MERGED] = ["1".repeat(40), "2".repeat(40), "3".repeat(40)];

/** Hands whose process dies with what is asked for before an instant. */
class Story {
  diesUntil = 0;
  readonly asked: string[] = [];
  readonly cloud = new World({ services: [codecommit], hands: simulatedHands((job) => this.#outcome(job)), start: 0 });

  #outcome({ id, spec, status, requestedAt }: Job): SimulatedOutcome {
    if (status === "PENDING") this.asked.push(id);
    if (requestedAt < this.diesUntil) return { afterMs: 5, status: "LOST", reason: "It was running when the cloud stopped." };
    const commands = spec.type === "git" ? spec.commands : [];
    // Of the branches: a squash has nothing of the source.
    const said = commands.map(({ args }) => (args[0] === "merge-base" ? `${ONE}\n` : `${MERGED}\n040000 tree ${ONE}\t\n`));
    return { afterMs: 5, status: "SUCCEEDED", result: { git: said.map((stdout) => ({ exitCode: 0, stdout, stderr: "" })) } };
  }
}

async function merging(story: Story): Promise<string> {
  const { cloud } = story;
  const { repositoryMetadata } = await cloud.call(createRepository, { repositoryName: "shop" });
  const repositoryId = repositoryMetadata!.repositoryId!;
  story.diesUntil = 10;
  cloud.change((scope) => {
    mirrorRefs(scope, repositoryId, new Map(Object.entries({ "refs/heads/main": ONE, "refs/heads/feature": TWO })));
    pullRequests.put(scope, { ...openPullRequest(ONE, TWO), repositoryId });
    // What MergePullRequestBySquash asks git for in the end.
    const merge = { sourceCommitId: TWO, destinationCommitId: ONE, mergeOption: "SQUASH_MERGE", pullRequestId: "1" } as const;
    const moves = { fullName: "refs/heads/main", from: ONE, to: { firstWordOf: 0 }, merge };
    const commands = [{ args: ["fast-import"] }];
    errands.put(scope, { id: "codecommit/merge", repositoryId, commands, moves, callerArn: user("bob") });
  });
  return repositoryId;
}

test("a squash merge whose process died after git had made it closes its pull request, and is its caller's", async () => {
  const story = new Story();
  const { cloud } = story;
  const repositoryId = await merging(story);
  // At boot the refs are compared.
  cloud.change((scope) =>
    mirrorRefs(scope, repositoryId, new Map(Object.entries({ "refs/heads/main": MERGED, "refs/heads/feature": TWO }))),
  );
  await cloud.advance("2m");
  expect(story.asked.filter((id) => id === "codecommit/merge").length).toBeGreaterThan(1);
  expect(pullRequests.get(cloud.scope(), "1")).toMatchObject({
    status: "CLOSED",
    merged: { by: user("bob"), option: "SQUASH_MERGE", commit: MERGED },
  });
  const moved = events
    .peek(cloud.scope(), EVENTS)
    .map(({ value }) => value.detail)
    .filter(({ event }) => event === "referenceUpdated");
  expect(moved).toMatchObject([{ commitId: MERGED, callerUserArn: user("bob"), mergeOption: "SQUASH_MERGE" }]);
});

test.each([
  ["of another branch", "refs/heads/other", user("bob")],
  ["of the same branch, that came first,", "refs/heads/main", user("carl")],
])("a push %s while git works is told as who did what", async (_, pushed, mover) => {
  const story = new Story();
  const { cloud } = story;
  const repositoryId = await merging(story);
  const refs = new Map(Object.entries({ "refs/heads/main": MERGED, "refs/heads/feature": TWO }));
  cloud.change((scope) => mirrorRefs(scope, repositoryId, refs, { callerArn: user("carl"), refs: [pushed] }));
  const moved = events.peek(cloud.scope(), EVENTS).map(({ value }) => value.detail);
  expect(moved.filter(({ event }) => event === "referenceUpdated")).toMatchObject([{ commitId: MERGED, callerUserArn: mover }]);
});

test("one whose process died before git had made it is made", async () => {
  const story = new Story();
  await merging(story);
  await story.cloud.advance("2m");
  expect(pullRequests.get(story.cloud.scope(), "1")).toMatchObject({ status: "CLOSED", merged: { commit: MERGED } });
});

test("a removal that was lost with the process is asked for again", async () => {
  const story = new Story();
  const { cloud } = story;
  const { repositoryMetadata } = await cloud.call(createRepository, { repositoryName: "shop" });
  story.diesUntil = 10;
  await cloud.call(deleteRepository, { repositoryName: "shop" });
  await cloud.advance("1m");
  expect(story.asked).toHaveLength(3);
  expect(story.asked[0]).toContain(repositoryMetadata!.repositoryId!);
  expect([errands.list(cloud.scope()), jobs.list(cloud.scope())]).toEqual([[], []]);
});
