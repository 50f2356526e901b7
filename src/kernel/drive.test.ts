import { afterEach, describe, expect, test } from "vitest";
import { MemoryBlobs } from "./blob.ts";
import { rootCaller } from "./caller.ts";
import { Clock, type ClockMode, type WaitKind } from "./clock.ts";
import { Disk } from "./disk.ts";
import { Drive } from "./drive.ts";
import { Kernel } from "./kernel.ts";
import type { Loop } from "./loop.ts";
import { lateOperation, type OperationSchema, operation, Waiting } from "./operation.ts";
import { type Row, Table } from "./table.ts";

interface Bell extends Row {
  readonly at: number;
  readonly kind: WaitKind;
  readonly rungAt?: number;
}

const bells = new Table<Bell>("test/bell");
const bellLoop: Loop<Bell> = {
  table: bells,
  turn(scope, { id, at, kind, rungAt }) {
    if (rungAt !== undefined) return;
    if (scope.clock.now() < at) return { wakeAt: at, kind, because: `bell ${id}` };
    bells.patch(scope, id, { rungAt: scope.clock.now() });
  },
};
const schema = (name: string): OperationSchema<any, any> => [9, "test", name] as never;
const hang = operation(schema("Hang"), (scope, { id, inMs, kind }: { id: string; inMs: number; kind: WaitKind }) => {
  bells.put(scope, { id, at: scope.clock.now() + inMs, kind });
  return {};
});
const listen = lateOperation(schema("Listen"), {
  begin: (scope, { id, forMs }: { id: string; forMs: number }) => ({ id, until: scope.clock.now() + forMs }),
  answer: (scope, { id, until }) => {
    if (bells.get(scope, id)?.rungAt !== undefined) return { heard: true };
    if (scope.clock.now() >= until) return { heard: false };
    return new Waiting({ wakeAt: until, kind: "deadline", because: "it is quiet" });
  },
  abandon: (scope, { id }) => void bells.put(scope, { id: `${id}-unheard`, at: 0, kind: "tick", rungAt: 1 }),
  expire: () => ({ heard: false }),
});
const caller = rootCaller("111122223333", "eu-west-1");
const HOUR = 3_600_000;
const drives: Drive[] = [];

function drive(mode: ClockMode): Drive {
  const settings = { endpoint: "http://127.0.0.1:4566", seed: 1, trust: "open" } as const;
  const services = [{ name: "test", operations: [hang, listen], tables: [bells], loops: [bellLoop] }];
  const kernel = new Kernel({ disk: new Disk(":memory:"), blobs: new MemoryBlobs(), clock: new Clock(mode), services, settings });
  const made = new Drive(kernel, (error) => {
    throw error;
  });
  drives.push(made);
  return made;
}

afterEach(() => {
  for (const made of drives.splice(0)) made.stop();
});

const bell = ({ kernel }: Drive, id: string): Bell | undefined =>
  bells.get(kernel.scope({ account: caller.accountId, region: caller.region }), id);
const rings = async (made: Drive, id: string): Promise<number> => {
  for (let tries = 0; tries < 500; tries++) {
    const rungAt = bell(made, id)?.rungAt;
    if (rungAt !== undefined) return rungAt;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`bell ${id} does not ring`);
};

describe("a real clock", () => {
  test("ends a long poll when its time is over, though nothing else happens", async () => {
    const made = drive("real");
    expect(await made.call(listen, { id: "silent", forMs: 30 }, caller)).toEqual({ heard: false });
  });
});

describe("an auto clock", () => {
  test("jumps to what somebody waits for, through every tick and deadline before it, in order", async () => {
    const made = drive("auto");
    const start = made.kernel.clock.now();
    await made.call(hang, { id: "tick", inMs: HOUR / 2, kind: "tick" }, caller);
    await made.call(hang, { id: "wait", inMs: HOUR, kind: "wait" }, caller);
    expect((await rings(made, "wait")) - start).toBeGreaterThanOrEqual(HOUR);
    expect(bell(made, "tick")!.rungAt! - start).toBeLessThan(HOUR / 2 + 1000);
  });

  test("does not jump for a deadline alone, nor while a task runs", async () => {
    const made = drive("auto");
    await made.call(hang, { id: "deadline", inMs: HOUR, kind: "deadline" }, caller);
    const hold = made.kernel.clock.hold("build");
    await made.call(hang, { id: "wait", inMs: HOUR, kind: "wait" }, caller);
    await expect(rings(made, "wait")).rejects.toThrow();
    hold.park();
    await rings(made, "wait");
    hold.release();
    await made.call(hang, { id: "later", inMs: 2 * HOUR, kind: "deadline" }, caller);
    await expect(rings(made, "later")).rejects.toThrow();
  });
});

describe("a virtual clock", () => {
  test("stands still until it is advanced, and stops where a condition holds", async () => {
    const made = drive("virtual");
    const start = made.kernel.clock.now();
    await made.call(hang, { id: "one", inMs: HOUR, kind: "wait" }, caller);
    await made.call(hang, { id: "two", inMs: 2 * HOUR, kind: "deadline" }, caller);
    await expect(rings(made, "one")).rejects.toThrow();
    expect(await made.advance({ ms: 3 * HOUR, until: () => bell(made, "one")?.rungAt !== undefined })).toBe("reached");
    expect(made.kernel.clock.now()).toBe(start + HOUR);
    expect(await made.advance({ ms: 3 * HOUR })).toBe("passed");
    expect(bell(made, "two")!.rungAt).toBe(start + 2 * HOUR);
    expect(made.kernel.clock.now()).toBe(start + 4 * HOUR);
  });

  test("flows at real speed while a task runs", async () => {
    const made = drive("virtual");
    const hold = made.kernel.clock.hold("build");
    await made.call(hang, { id: "soon", inMs: 30, kind: "deadline" }, caller);
    setTimeout(() => hold.release(), 60);
    await made.advance({ ms: 10 });
    expect(bell(made, "soon")!.rungAt).toBeDefined();
  });

  test("a long poll ends after the same real time", async () => {
    const made = drive("virtual");
    expect(await made.call(listen, { id: "none", forMs: 20 }, caller)).toEqual({ heard: false });
  });
});

describe("a call that answers late", () => {
  test("is answered when what it waits for happens", async () => {
    const made = drive("virtual");
    const heard = made.call(listen, { id: "one", forMs: HOUR }, caller);
    await made.call(hang, { id: "one", inMs: 10, kind: "wait" }, caller);
    await made.advance({ ms: 10 });
    expect(await heard).toEqual({ heard: true });
  });

  test("is abandoned when the client hangs up", async () => {
    const made = drive("virtual");
    const client = new AbortController();
    const heard = made.call(listen, { id: "one", forMs: HOUR }, caller, client.signal) as Promise<unknown>;
    client.abort();
    await expect(heard).rejects.toThrow("the client hung up");
    expect(bell(made, "one-unheard")).toBeDefined();
  });
});

test("what was answered is on disk; what only reads is answered at once", async () => {
  const made = drive("real");
  const answer = made.call(hang, { id: "one", inMs: HOUR, kind: "wait" }, caller);
  expect(made.kernel.store.dirty).toBe(true);
  await answer;
  expect(made.kernel.store.dirty).toBe(false);
});

test("a clock that jumped is where it was after the next boot", async () => {
  const made = drive("auto");
  await made.call(hang, { id: "wait", inMs: HOUR, kind: "wait" }, caller);
  const rungAt = await rings(made, "wait");
  await made.durable();
  expect(Number(made.kernel.store.disk.meta("now"))).toBeGreaterThanOrEqual(rungAt);
});

test("a clock that jumped and runs at real speed since is where it was after the next boot", async () => {
  const made = drive("auto");
  await made.call(hang, { id: "wait", inMs: HOUR, kind: "wait" }, caller);
  await rings(made, "wait");
  made.kernel.clock.setMode("real");
  made.kernel.store.disk.putMeta("now", "0");
  const now = made.kernel.clock.now();
  await made.call(hang, { id: "deadline", inMs: HOUR, kind: "deadline" }, caller);
  await made.durable();
  expect(Number(made.kernel.store.disk.meta("now"))).toBeGreaterThanOrEqual(now);
});
