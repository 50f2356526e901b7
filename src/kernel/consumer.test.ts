import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../testing/power.ts";
import { World } from "../testing/world.ts";
import { cursors } from "./consumer.ts";
import { defects } from "./defect.ts";
import { service } from "./service.ts";
import { Stream } from "./stream.ts";
import { type Row, Table } from "./table.ts";

const letters = new Stream<string>("post/letter");
const delivered = new Table<Row & { readonly texts: readonly string[] }>("post/delivered");
const moods = new Table<Row & { readonly good: boolean }>("post/mood");

/** Answers a question by a letter of its own. Throws at a bomb always, and at a riddle until the mood is good; in both cases after it has written. */
const post = service({
  name: "post",
  operations: [],
  tables: [delivered, moods],
  streams: [letters],
  consumers: [
    {
      name: "post/carrier",
      stream: letters,
      consume(scope, { series, value }) {
        delivered.put(scope, { id: series, texts: [...(delivered.get(scope, series)?.texts ?? []), value] });
        if (value.endsWith("?")) letters.append(scope, series, scope.clock.now(), value.slice(0, -1));
        if (value === "bomb") throw new Error("boom");
        if (value === "riddle" && !moods.get(scope, "today")?.good) throw new Error("what is it?");
      },
    },
  ],
});

const world = (strict = false): World => new World({ services: [post], strict });
const write = (cloud: World, series: string, ...texts: string[]): void =>
  cloud.change((scope) => {
    for (const text of texts) letters.append(scope, series, scope.clock.now(), text);
  });
const got = (cloud: World, series: string) => delivered.get(cloud.scope(), series)?.texts;
const recorded = (cloud: World) => defects.list(cloud.scope());

test("a defect that an earlier version wrote is kept for two weeks, too", () => {
  const old = { id: "post/letter:1::a", error: "Error: boom", failures: 1, firstAt: 1, retryAt: 2001 };
  expect(defects.options.upgrade!(old)).toEqual({ id: "post/letter:1::a", error: "Error: boom", failures: 1, firstAt: 1, lastAt: 2001 });
});

describe("a consumer", () => {
  test("is shown each entry once, what it appends itself too, and is not remembered beyond", () => {
    const cloud = world();
    write(cloud, "street", "a??", "b");
    write(cloud, "street", ...Array.from({ length: 250 }, (_, nth) => `c${nth}`));
    write(cloud, "street", "d?");
    const many = Array.from({ length: 250 }, (_, nth) => `c${nth}`);
    expect(got(cloud, "street")).toEqual(["a??", "b", "a?", "a", ...many, "d?", "d"]);
    expect(cursors.list(cloud.scope())).toEqual([]);
  });

  test("is not shown what is late: appended with an earlier instant than the last", async () => {
    const cloud = world();
    await cloud.advance("1h");
    write(cloud, "street", "a");
    cloud.change((scope) => letters.append(scope, "street", scope.clock.now() - 60_000, "late"));
    write(cloud, "street", "b");
    expect(got(cloud, "street")).toEqual(["a", "b"]);
  });
});

describe("a consumer that throws on an entry", () => {
  test("is shown it a few times more, then goes on behind it, in order; nothing of it has happened", async () => {
    const cloud = world();
    const at = cloud.clock.now();
    write(cloud, "street", "a", "bomb", "b", "c");
    write(cloud, "alley", "d");
    expect([got(cloud, "street"), got(cloud, "alley")]).toEqual([["a"], ["d"]]);
    await cloud.advance("2s");
    write(cloud, "street", "e");
    expect(cloud.waits()).toEqual([
      expect.stringMatching(/post\/carrier\|street: post\/carrier failed 2 times at one entry: Error: boom$/),
    ]);
    await cloud.advance("1m");
    expect(got(cloud, "street")).toEqual(["a", "b", "c", "e"]);
    expect(recorded(cloud)).toEqual([
      expect.objectContaining({
        failures: 4,
        firstAt: at,
        lastAt: at + 14_000,
        error: expect.stringMatching(/^Error: boom\n/),
        skipped: { consumer: "post/carrier", series: "street", at, seq: 2 },
      }),
    ]);
  });

  test("loses nothing where it succeeds later", async () => {
    const cloud = world();
    write(cloud, "street", "riddle", "a");
    expect(got(cloud, "street")).toBeUndefined();
    await cloud.advance("3s");
    cloud.change((scope) => moods.put(scope, { id: "today", good: true }));
    await cloud.advance("1m");
    expect(got(cloud, "street")).toEqual(["riddle", "a"]);
    expect(recorded(cloud)).toEqual([]);
  });

  test("tells of it for two weeks", async () => {
    const cloud = world();
    write(cloud, "street", "bomb");
    await cloud.advance("13d");
    expect(cloud.waits()).toContainEqual(expect.stringMatching(/^kernel\/defect:.*post\/carrier skipped an entry of street: Error: boom$/));
    await cloud.advance("2d");
    expect([recorded(cloud), cloud.waits(), cloud.clock.next()]).toEqual([[], [], undefined]);
  });

  test("is not remembered for more than a hundred entries", async () => {
    const cloud = world();
    write(cloud, "street", ...Array.from({ length: 103 }, () => "bomb"), "a");
    await cloud.advance("1h");
    expect(got(cloud, "street")).toEqual(["a"]);
    const kept = recorded(cloud).map(({ skipped }) => skipped!.seq);
    expect([kept.length, Math.min(...kept), Math.max(...kept)]).toEqual([100, 4, 103]);
  });

  test("ends a test at once", () => {
    const cloud = world(true);
    expect(() => write(cloud, "street", "a", "bomb")).toThrow("boom");
  });

  test("ends the same whenever the power is cut", async () => {
    const commits = await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      write(cloud, "street", "a", "bomb", "b", "bomb", "c");
      await cloud.advance("20s");
      write(cloud, "street", "d");
      await cloud.advance("1h");
      expect(got(cloud, "street")).toEqual(["a", "b", "c", "d"]);
    });
    expect(commits).toBeGreaterThan(8);
  });
});
