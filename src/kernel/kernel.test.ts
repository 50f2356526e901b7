import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../testing/power.ts";
import { World } from "../testing/world.ts";
import { EVENTS, events } from "./facts.ts";
import { fault } from "./fault.ts";
import type { Loop } from "./loop.ts";
import { lateOperation, type OperationSchema, operation, Waiting } from "./operation.ts";
import { type Service, service } from "./service.ts";
import { Stream } from "./stream.ts";
import { type Row, Table } from "./table.ts";

interface Parcel extends Row {
  readonly to: string;
  readonly steps: number;
  readonly status: "MOVING" | "ARRIVED";
}

const parcels = new Table<Parcel>("post/parcel", {
  indexes: { to: (parcel) => parcel.to },
  arn: (parcel, { account, region }) => `arn:aws:post:${region}:${account}:parcel/${parcel.id}`,
});
const letters = new Table<Row & { text: string; body?: string }>("post/letter", {
  stored: true,
  indexes: { word: ({ text }) => text.split(" ") },
});
const steps = new Stream<string>("post/step");

const schema = <I, O>(name: string): OperationSchema<I, O> => [9, "com.example.post", name, 0, () => [], () => []] as never;

const send = operation(schema<{ id: string; to: string }, { id: string }>("Send"), (scope, { id, to }) => {
  if (parcels.get(scope, id)) fault("ParcelExists", `There is a parcel ${id}`);
  parcels.put(scope, { id, to, steps: 0, status: "MOVING" });
  return { id };
});

const awaitArrival = lateOperation(schema<{ id: string }, { steps: number }>("AwaitArrival"), {
  begin: (_scope, { id }) => id,
  answer(scope, id) {
    const parcel = parcels.get(scope, id);
    return parcel?.status === "ARRIVED" ? { steps: parcel.steps } : new Waiting({ kind: "wait", because: `parcel ${id} is on its way` });
  },
});

const MINUTE = 60_000;

interface Leg extends Row {
  readonly until: number;
}
const legs = new Table<Leg>("post/leg");

const parcelLoop: Loop<Parcel> = {
  table: parcels,
  turn(scope, parcel) {
    if (parcel.status === "ARRIVED") return;
    if (parcel.steps === 3) {
      parcels.patch(scope, parcel.id, { status: "ARRIVED" });
      scope.emit({ source: "post", detailType: "Parcel Arrived", detail: { id: parcel.id } });
      return;
    }
    const id = `${parcel.id}/${parcel.steps}`;
    const leg = legs.get(scope, id) ?? legs.put(scope, { id, until: scope.clock.now() + 10 * MINUTE });
    if (scope.clock.now() < leg.until) return { wakeAt: leg.until, kind: "wait", because: `leg ${parcel.steps} takes ten minutes` };
    steps.append(scope, parcel.id, scope.clock.now(), `step ${parcel.steps}`);
    parcels.patch(scope, parcel.id, { steps: parcel.steps + 1 });
  },
};

const seen = new Table<Row & { count: number }>("post/seen");
const post: Service = service({
  name: "post",
  operations: [send, awaitArrival],
  tables: [parcels, letters, legs, seen],
  streams: [steps],
  loops: [parcelLoop],
  consumers: [
    {
      name: "post/seen",
      stream: events,
      consume(scope, { value }) {
        seen.put(scope, { id: value.detailType, count: (seen.get(scope, value.detailType)?.count ?? 0) + 1 });
      },
    },
  ],
});

const world = (): World => new World({ services: [post] });

describe("the ledger", () => {
  test("a call that faults leaves nothing behind", async () => {
    const cloud = world();
    await cloud.call(send, { id: "a", to: "x" });
    const before = cloud.image();
    await expect(cloud.call(send, { id: "a", to: "y" })).rejects.toThrow("There is a parcel a");
    expect(cloud.image()).toEqual(before);
  });

  test("rows are found by prefix and by index, in order, in their own partition", async () => {
    const cloud = world();
    for (const id of ["b/2", "a/1", "b/1", "c"]) await cloud.call(send, { id, to: id[0]! });
    expect(parcels.list(cloud.scope(), "b/").map(({ id }) => id)).toEqual(["b/1", "b/2"]);
    expect(parcels.list(cloud.scope(), "", { after: "b/1", limit: 1 }).map(({ id }) => id)).toEqual(["b/2"]);
    expect(parcels.by(cloud.scope(), "to", "b").map(({ id }) => id)).toEqual(["b/1", "b/2"]);
    expect(parcels.list(cloud.scope({ region: "us-east-1" }))).toEqual([]);
  });

  test("stored rows behave as resident ones do, and a failed commit takes them back", () => {
    const cloud = world();
    cloud.change((scope) => {
      letters.put(scope, { id: "1", text: "dear all" });
      letters.put(scope, { id: "2", text: "dear you" });
      letters.patch(scope, "2", { text: "hello you" });
    });
    expect(letters.by(cloud.scope(), "word", "dear").map(({ id }) => id)).toEqual(["1"]);
    expect(() =>
      cloud.change((scope) => {
        letters.remove(scope, "1");
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(letters.list(cloud.scope()).map(({ id }) => id)).toEqual(["1", "2"]);
    expect(letters.by(cloud.scope(), "word", "dear").map(({ id }) => id)).toEqual(["1"]);
  });

  test("a stored row is what it was last, whether it is still in memory or not", () => {
    const cloud = world();
    const body = "x".repeat(100_000);
    const write = (id: string, mood: string) => cloud.change((scope) => letters.put(scope, { id, text: mood, body }));
    const moods = () => ["0", "1", "49"].map((id) => letters.get(cloud.scope(), id)?.text);
    for (let nth = 0; nth < 50; nth++) write(String(nth), "sad");
    write("1", "glad");
    cloud.change((scope) => {
      expect(() =>
        scope.attempt(() => {
          letters.remove(scope, "0");
          letters.patch(scope, "49", { text: "angry" });
          throw new Error("no");
        }),
      ).toThrow("no");
    });
    expect(moods()).toEqual(["sad", "glad", "sad"]);
    cloud.change((scope) => letters.remove(scope, "0"));
    expect(moods()).toEqual([undefined, "glad", "sad"]);
    expect(() => ((letters.get(cloud.scope(), "1") as { text: string }).text = "mine")).toThrow();
  });

  test("what is read cannot be changed, and what is not JSON cannot be written", () => {
    const cloud = world();
    cloud.change((scope) => parcels.put(scope, { id: "a", to: "x", steps: 0, status: "ARRIVED" }));
    expect(() => ((parcels.get(cloud.scope(), "a") as { to: string }).to = "y")).toThrow();
    expect(() => cloud.change((scope) => parcels.put(scope, { id: "b", to: new Date(0) as never, steps: 0, status: "ARRIVED" }))).toThrow(
      "not JSON: to is a Date",
    );
  });

  test("rows of an earlier version are upgraded at boot", () => {
    const cloud = world();
    cloud.change((scope) => letters.put(scope, { id: "1", text: "dear all" }));
    const upgraded = new Table<Row & { body: string }>("post/letter", { version: 2, upgrade: ({ id, text }) => ({ id, body: text }) });
    const { disk, kernel } = cloud;
    const later = new (kernel.constructor as any)({
      ...kernel,
      disk,
      services: [service({ name: "post", operations: [], tables: [upgraded] })],
    });
    expect(upgraded.list(later.scope({ account: cloud.account, region: cloud.region }))).toEqual([{ id: "1", body: "dear all" }]);
  });
});

describe("the loops", () => {
  test("take their steps at the instants that they ask for, and say what they wait for", async () => {
    const cloud = world();
    await cloud.call(send, { id: "a", to: "x" });
    expect(cloud.waits()).toEqual(["post/parcel:111122223333:eu-west-1:a: leg 0 takes ten minutes"]);
    await cloud.advance("25m");
    expect(parcels.get(cloud.scope(), "a")).toMatchObject({ steps: 2, status: "MOVING" });
    await cloud.advance("5m");
    expect(parcels.get(cloud.scope(), "a")).toMatchObject({ steps: 3, status: "ARRIVED" });
    expect(cloud.waits()).toEqual([expect.stringMatching(/^kernel\/retention:/)]);
  });

  test("a late answer comes when what it read has changed", async () => {
    const cloud = world();
    await cloud.call(send, { id: "a", to: "x" });
    const start = cloud.clock.now();
    expect(await cloud.call(awaitArrival, { id: "a" })).toEqual({ steps: 3 });
    expect(cloud.clock.now() - start).toBe(30 * MINUTE);
  });

  test("a consumer is shown every fact once", async () => {
    const cloud = world();
    for (const id of ["a", "b", "c"]) await cloud.call(send, { id, to: "x" });
    await cloud.advance("1h");
    expect(seen.list(cloud.scope())).toEqual([{ id: "Parcel Arrived", count: 3 }]);
    expect(events.read(cloud.scope(), EVENTS).map(({ value }) => value.detail["id"])).toEqual(["a", "b", "c"]);
  });

  test("end the same whenever the power is cut", async () => {
    const commits = await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await cloud.call(send, { id: "a", to: "x" });
      await cloud.advance("7m");
      await cloud.call(send, { id: "b", to: "x" });
      await cloud.advance("1h");
    });
    expect(commits).toBeGreaterThan(10);
  });
});

test("a part of a commit that fails leaves nothing behind, and the rest happens", () => {
  const cloud = world();
  cloud.change((scope) => {
    letters.put(scope, { id: "1", text: "kept" });
    parcels.put(scope, { id: "a", to: "x", steps: 0, status: "ARRIVED" });
    expect(() =>
      scope.attempt(() => {
        letters.patch(scope, "1", { text: "changed" });
        letters.put(scope, { id: "2", text: "new" });
        parcels.patch(scope, "a", { to: "y" });
        steps.append(scope, "a", 1, "step");
        throw new Error("no");
      }),
    ).toThrow("no");
    scope.attempt(() => letters.put(scope, { id: "3", text: "also kept" }));
  });
  expect(letters.list(cloud.scope()).map(({ text }) => text)).toEqual(["kept", "also kept"]);
  expect(letters.by(cloud.scope(), "word", "changed")).toEqual([]);
  expect(parcels.by(cloud.scope(), "to", "x")).toHaveLength(1);
  expect(steps.read(cloud.scope(), "a")).toEqual([]);
});
