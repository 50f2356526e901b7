import { afterEach, beforeEach, expect, test } from "vitest";
import type { Driver, Drivers, JobOutcome, Task } from "./driver.ts";
import { FakeBackend, leaveRunning, partition } from "./fake-backend.fixture.ts";
import { Hands } from "./hands.ts";
import { forgetJob, type GitSpec, type HttpSpec, type JobSpec } from "./job.ts";

const get: HttpSpec = { type: "http", method: "GET", url: "http://127.0.0.1/", headers: {}, timeoutMs: 1000 };
const git: GitSpec = { type: "git", repositoryId: "r", commands: [] };

/** A driver whose jobs end when the test says so. */
class HandDriven implements Driver<any> {
  readonly parallel = 2;
  readonly tasks = new Map<string, { task: Task; end: (outcome: JobOutcome) => void }>();

  run(task: Task): Promise<JobOutcome> {
    return new Promise((end) => {
      this.tasks.set(task.job.id, { task, end });
      task.signal.addEventListener("abort", () => end({ status: "STOPPED" }));
    });
  }

  async close(): Promise<void> {}
}

let backend: FakeBackend;
let driver: HandDriven;
let hands: Hands;

beforeEach(() => {
  backend = new FakeBackend();
  driver = new HandDriven();
  const failing = { ...driver, run: () => Promise.reject(new Error("no such hand")), close: () => driver.close() };
  hands = new Hands(backend, {
    http: driver,
    git: failing,
    command: driver,
    invoke: driver,
    tcp: driver,
    instance: driver,
    "instance-command": driver,
  } as Drivers);
});

afterEach(async () => {
  await hands.close();
  backend.remove();
});

const ask = async (id: string, spec: JobSpec = get): Promise<void> => {
  backend.ask(id, spec);
  await settled();
};

/** Until everything that waits for nothing outside has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a job runs once its row says so, holds the clock while it does, and ends as its driver says", async () => {
  hands.start();
  backend.ask("one", get);
  expect([backend.get("one")?.status, [...backend.holds]]).toEqual(["PENDING", ["one"]]);
  await settled();
  expect(backend.get("one")).toMatchObject({ status: "RUNNING", startedAt: expect.any(Number) });
  driver.tasks.get("one")!.end({ status: "FAILED", reason: "so it went", result: { exitCode: 3 } });
  await settled();
  expect(backend.get("one")).toMatchObject({
    status: "FAILED",
    reason: "so it went",
    result: { exitCode: 3 },
    endedAt: expect.any(Number),
  });
  expect([...backend.holds]).toEqual([]);
});

test("a driver does so many jobs at a time; the others wait in order", async () => {
  hands.start();
  for (const id of ["one", "two", "three", "four"]) await ask(id);
  expect([...driver.tasks.keys()]).toEqual(["one", "two"]);
  driver.tasks.get("two")!.end({ status: "SUCCEEDED" });
  await settled();
  expect([...driver.tasks.keys()]).toEqual(["one", "two", "three"]);
});

test("a job that is not wanted any more is stopped, whether it runs or waits", async () => {
  hands.start();
  for (const id of ["one", "two", "three"]) await ask(id);
  backend.stop("one");
  backend.stop("three");
  await settled();
  expect(["one", "two", "three"].map((id) => backend.get(id)?.status)).toEqual(["STOPPED", "RUNNING", "STOPPED"]);
  expect([...driver.tasks.keys()]).toEqual(["one", "two"]);
});

test("a job asked for anew under the name of one that was stopped is another job", async () => {
  hands.start();
  for (const id of ["one", "two", "three"]) await ask(id);
  backend.stop("three");
  backend.commit(partition, (scope) => forgetJob(scope, "three"));
  await ask("three");
  driver.tasks.get("one")!.end({ status: "SUCCEEDED" });
  await settled();
  expect(backend.get("three")?.status).toBe("RUNNING");
});

test("what was running when an earlier life ended is LOST; what was asked for then is done now", async () => {
  leaveRunning(backend, "old", get);
  backend.ask("new", get);
  hands.start();
  await settled();
  expect(backend.get("old")).toMatchObject({ status: "LOST", reason: "It was running when the cloud stopped." });
  expect(backend.get("new")?.status).toBe("RUNNING");
});

test("a driver that throws fails its job, with its words", async () => {
  hands.start();
  await ask("one", git);
  expect(backend.get("one")).toMatchObject({ status: "FAILED", reason: "no such hand" });
});

test("closing ends what runs and leaves its row as it is, for the next life to see", async () => {
  hands.start();
  await ask("one");
  await hands.close();
  expect(driver.tasks.get("one")!.task.signal.aborted).toBe(true);
  expect(backend.get("one")?.status).toBe("RUNNING");
  expect([...backend.holds]).toEqual([]);
});
