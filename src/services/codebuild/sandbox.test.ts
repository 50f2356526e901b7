import { expect, test } from "vitest";
import type { CommandSpec, Job } from "../../compute/job.ts";
import { type SimulatedOutcome, simulatedHands } from "../../compute/simulated.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { iam } from "../iam/index.ts";
import { s3 } from "../s3/index.ts";
import { createShop } from "./codebuild.fixture.ts";
import { batchGetCommandExecutions, listCommandExecutionsForSandbox, startCommandExecution } from "./command-execution.ts";
import { codebuild } from "./index.ts";
import { batchGetSandboxes, listSandboxes, listSandboxesForProject, startSandbox, stopSandbox } from "./sandbox.ts";

/** A command takes ten seconds and says that it ran; what is called `bad` fails. */
function outcomeOf({ id, spec }: Job, read: (digest: string) => string): SimulatedOutcome {
  if (id.includes("/source/")) return { afterMs: 100, status: "SUCCEEDED", result: { outputs: {} } };
  const { inputs = [] } = spec as CommandSpec;
  const command = read(inputs.at(-1)!.digest);
  const exitCode = command === "bad" ? 3 : 0;
  const outputs = { out: { text: `ran ${command}\n` }, err: { text: "" } };
  return { afterMs: 10_000, status: exitCode === 0 ? "SUCCEEDED" : "FAILED", result: { exitCode, outputs } };
}

function build(): World {
  let read = (_: string): string => "";
  const hands = simulatedHands((job) => outcomeOf(job, (digest) => read(digest)));
  const cloud = new World({ services: [iam, s3, codebuild], hands, start: 0 });
  read = (digest) => cloud.blobs.read(digest).toString();
  return cloud;
}

const BUILDSPEC = "version: 0.2\nphases: { build: { commands: [make] } }\n";

async function started(cloud: World): Promise<string> {
  await createShop(cloud, BUILDSPEC, { timeoutInMinutes: 5 });
  const { sandbox } = await cloud.call(startSandbox, { projectName: "shop", idempotencyToken: "t" });
  await cloud.advance("1s");
  return sandbox!.id!;
}

const get = async (cloud: World, id: string) => (await cloud.call(batchGetSandboxes, { ids: [id] })).sandboxes![0]!;

async function run(cloud: World, sandboxId: string, command: string): Promise<string> {
  return (await cloud.call(startCommandExecution, { sandboxId, command })).commandExecution!.id!;
}

test("a sandbox runs its commands one after the other, until it is stopped", async () => {
  const cloud = build();
  const id = await started(cloud);
  expect(await get(cloud, id)).toMatchObject({ status: "RUN_SANDBOX", currentSession: { currentPhase: "RUN_SANDBOX" } });
  const again = await cloud.call(startSandbox, { projectName: "shop", idempotencyToken: "t" });
  expect(again.sandbox!.id).toBe(id);
  const commandExecutionIds = [await run(cloud, id, "good"), await run(cloud, id, "bad"), await run(cloud, id, "last")];
  await cloud.advance("15s");
  const executions = async () => (await cloud.call(batchGetCommandExecutions, { sandboxId: id, commandExecutionIds })).commandExecutions!;
  expect((await executions()).map(({ status }) => status)).toEqual(["SUCCEEDED", "RUNNING", "SUBMITTED"]);
  await cloud.advance("10s");
  expect(await executions()).toMatchObject([
    { status: "SUCCEEDED", exitCode: "0", standardOutputContent: "ran good\n" },
    { status: "FAILED", exitCode: "3" },
    { status: "RUNNING" },
  ]);
  expect((await cloud.call(stopSandbox, { id })).sandbox).toMatchObject({ status: "STOPPING" });
  expect(await get(cloud, id)).toMatchObject({ status: "STOPPED", currentSession: { currentPhase: "COMPLETED" } });
  expect((await executions())[2]).toMatchObject({ status: "STOPPED" });
  await expect(run(cloud, id, "late")).rejects.toThrow(`Sandbox ${id} is not running`);
  const listed = await cloud.call(listCommandExecutionsForSandbox, { sandboxId: id, maxResults: 1 });
  expect([listed.commandExecutions![0]!.command, listed.nextToken]).toEqual(["last", expect.any(String)]);
});

test("a sandbox that nobody stops ends at its deadline", async () => {
  const cloud = build();
  const id = await started(cloud);
  await cloud.advance("5m");
  const { status, currentSession } = await get(cloud, id);
  expect([status, currentSession!.phases!.at(-2)]).toMatchObject([
    "STOPPED",
    { phaseType: "RUN_SANDBOX", phaseStatus: "TIMED_OUT", contexts: [{ statusCode: "BUILD_TIMED_OUT", message: "Build has timed out. " }] },
  ]);
  expect((await cloud.call(listSandboxes, {})).ids).toEqual([id]);
  expect((await cloud.call(listSandboxesForProject, { projectName: "shop" })).ids).toEqual([id]);
  await expect(cloud.call(stopSandbox, { id: "shop:none" })).rejects.toThrow("Sandbox shop:none cannot be found");
});

test("a sandbox ends the same whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(build, async (cloud) => {
    const id = await started(cloud);
    await run(cloud, id, "good");
    await run(cloud, id, "bad");
    await cloud.advance("15s");
    await cloud.call(stopSandbox, { id });
    await cloud.advance("1m");
  });
});
