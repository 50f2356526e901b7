import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CloudFormationClient, UpdateStackCommand } from "@aws-sdk/client-cloudformation";
import { CodeBuildClient, StartBuildCommand } from "@aws-sdk/client-codebuild";
import { CodeCommitClient, GetBranchCommand } from "@aws-sdk/client-codecommit";
import { CodeDeployClient, ListDeploymentsCommand } from "@aws-sdk/client-codedeploy";
import { GetAliasCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wordsFrom } from "../../src/kernel/id.ts";
import { type RunningCloud, startCloud } from "../../src/testing/index.ts";
import { buildAtRest, Clone, git, setScene, stackAtRest } from "./scene.ts";
import "../../src/testing/matchers.ts";

// The process is killed, with a signal that it does not hear, while a build runs, a stack is updated, a canary bakes and git is
// pushed to. Who was answered is not disappointed; who was not asks again, as clients do; and all comes to the same end.

const folder = mkdtempSync(join(tmpdir(), "slipway-kill-"));
const chance = wordsFrom("kill -9");
/** Ten instants, one by chance in each tenth of the time that a release takes. */
const instants = Array.from({ length: 10 }, (_, tenth) => tenth * 130 + (chance(tenth) % 130));
let port: number;

beforeAll(async () => {
  await using cloud = await startCloud({ folder: join(folder, "data"), clock: "auto", isolated: true });
  port = Number(new URL(cloud.endpoint).port);
  await setScene(cloud, new Clone(cloud, join(folder, "clone")));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The work of a release, asked for all at once; answers the build, once all was answered. */
async function release(cloud: RunningCloud, clone: Clone): Promise<string> {
  // Not tried again by themselves: the test does, when the cloud is back.
  const client = { ...cloud.client, maxAttempts: 1 };
  const update = new UpdateStackCommand({
    StackName: "Shop",
    UsePreviousTemplate: true,
    Parameters: [{ ParameterKey: "Release", ParameterValue: "2" }],
    Capabilities: ["CAPABILITY_IAM"],
    ClientRequestToken: "release-2",
  });
  const build = new StartBuildCommand({ projectName: "shop", idempotencyToken: "release-2" });
  const [started] = await Promise.all([
    new CodeBuildClient(client).send(build),
    new CloudFormationClient(client).send(update),
    clone.push(),
  ]);
  return started.build!.id!;
}

describe("after kill -9", () => {
  test.each(instants)("%i ms into a release, it ends as it would have", async (afterMs) => {
    const own = join(folder, String(afterMs));
    for (const name of ["data", "clone"]) cpSync(join(folder, name), join(own, name), { recursive: true });
    const options = { folder: join(own, "data"), clock: "auto", isolated: true, port } as const;
    await using doomed = await startCloud(options);
    const clone = new Clone(doomed, join(own, "clone"));
    await clone.commit("2");
    const unanswered = release(doomed, clone).catch(() => undefined);
    await pause(afterMs);
    await doomed.kill();
    const answered = await unanswered;

    await using cloud = await startCloud(options);
    const build = await buildAtRest(cloud, answered ?? (await release(cloud, clone)));
    // What ran in a build is gone with the process, as when a host of AWS's dies.
    if (build.buildStatus === "FAULT") expect(build).toHaveFailed({ because: "Slipway stopped while the build ran" });
    else expect(build).toHaveSucceeded();
    // A function that was killed with its caller is tried again after a minute.
    await cloud.advance("10m");
    await expectReleased(cloud, clone);
    const repositories = join(options.folder, "repositories");
    for (const name of readdirSync(repositories))
      expect(await git(join(repositories, name), ["fsck", "--strict", "--full"])).not.toMatch(/error|missing|corrupt/);
  }, 60_000);
});

async function expectReleased(cloud: RunningCloud, clone: Clone): Promise<void> {
  const { client } = cloud;
  const stack = await stackAtRest(cloud);
  expect(stack).toHaveSucceeded();
  expect(stack).toBeInState("UPDATE_COMPLETE");
  expect(Object.fromEntries(stack.Outputs!.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]))).toEqual({
    Waited: "2",
    Version: "2",
  });
  const alias = await new LambdaClient(client).send(new GetAliasCommand({ FunctionName: "shop", Name: "live" }));
  expect([alias.FunctionVersion, alias.RoutingConfig]).toEqual(["2", undefined]);
  expect((await new CodeDeployClient(client).send(new ListDeploymentsCommand({}))).deployments).toHaveLength(1);
  const QueueUrl = `${cloud.endpoint}/${cloud.account}/orders`;
  const queue = await new SQSClient(client).send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["DelaySeconds"] }));
  expect(queue.Attributes).toEqual({ DelaySeconds: "2" });
  const { branch } = await new CodeCommitClient(client).send(new GetBranchCommand({ repositoryName: "shop", branchName: "main" }));
  expect(branch!.commitId).toBe(await clone.head());
  expect((await cloud.why()).filter(({ because }) => because.includes("its turn failed"))).toEqual([]);
}
