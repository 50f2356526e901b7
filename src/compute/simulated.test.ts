import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeBackend, identity, partition } from "./fake-backend.fixture.ts";
import type { CommandSpec } from "./job.ts";
import { simulatedHands } from "./simulated.ts";

const spec: CommandSpec = { type: "command", identity, workspace: "w", script: "true", env: {}, timeoutMs: 1000 };
const loop = simulatedHands(() => ({ afterMs: 5_000, status: "FAILED", reason: "as simulated", result: { exitCode: 1 } }));

let now: number;
let backend: FakeBackend;

beforeEach(() => {
  now = 1_000;
  backend = new FakeBackend(() => now);
  backend.ask("job", spec);
});

afterEach(() => backend.remove());

const turn = () => backend.commit(partition, (scope) => loop.turn(scope, backend.get("job")!));

test("a job runs for as long as was said, and ends as was said", () => {
  const rest = { wakeAt: 6_000, kind: "wait", because: "simulated command job job will be FAILED" };
  expect(turn()).toEqual(rest);
  expect(backend.get("job")).toMatchObject({ status: "RUNNING", startedAt: 1_000 });
  now = 5_999;
  expect(turn()).toEqual(rest);
  now = 6_000;
  expect(turn()).toBeUndefined();
  expect(backend.get("job")).toMatchObject({ status: "FAILED", endedAt: 6_000, reason: "as simulated", result: { exitCode: 1 } });
  expect(turn()).toBeUndefined();
});

test("a job that is not wanted any more is stopped", () => {
  turn();
  now = 2_000;
  backend.stop("job");
  expect(turn()).toBeUndefined();
  expect(backend.get("job")).toMatchObject({ status: "STOPPED", endedAt: 2_000 });
});
