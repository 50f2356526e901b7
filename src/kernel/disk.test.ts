import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { FileBlobs } from "./blob.ts";
import { Disk, type EntryQuery } from "./disk.ts";
import { idsFrom, mix } from "./id.ts";
import { OrderedSet } from "./ordered.ts";
import { formatDuration, parseDuration } from "./time.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a disk", () => {
  test("is one process's at a time, and has what was flushed", () => {
    const path = join(folder, "one.db");
    const disk = new Disk(path);
    disk.putRow("t:a:r:1", "{}");
    disk.append("s", 5, 1, '"x"');
    disk.flush();
    disk.putRow("t:a:r:2", "{}");
    expect(() => new Disk(path)).toThrow(/locked/);
    disk.close();
    const again = new Disk(path);
    expect([...again.rows("t:")].map(({ path: row }) => row)).toEqual(["t:a:r:1", "t:a:r:2"]);
    expect(again.entries("s", {})).toEqual([{ at: 5, seq: 1, json: '"x"' }]);
    expect(again.lastSeq()).toBe(1);
    again.close();
  });

  test("gives the same entries whether they have been settled or not", () => {
    const few = new Disk(":memory:");
    const many = new Disk(":memory:");
    for (let seq = 1; seq <= 200; seq++) {
      for (const disk of [few, many]) disk.append("s", mix(1, seq) % 50, seq, String(seq));
    }
    for (let seq = 201; seq < 10_300; seq++) many.append("other", seq, seq, "0");
    const queries: EntryQuery[] = [
      {},
      { limit: 7 },
      { newestFirst: true, limit: 7 },
      { from: 10, to: 20 },
      { after: { at: 25, seq: 100 }, limit: 9 },
      { after: { at: 25, seq: 100 }, newestFirst: true, limit: 9 },
    ];
    for (const query of queries) expect(many.entries("s", query), JSON.stringify(query)).toEqual(few.entries("s", query));
    for (const disk of [few, many]) disk.trim("s", 25);
    expect(many.entries("s", {})).toEqual(few.entries("s", {}));
    expect(many.entries("s", {})[0]!.at).toBe(25);
    expect(many.series("")).toEqual(["other", "s"]);
  });
});

test("an ordered set is a sorted list", () => {
  const set = new OrderedSet();
  const reference = new Set<string>();
  for (let step = 0; step < 5000; step++) {
    const key = `k${mix(2, step) % 1500}`;
    if (mix(3, step) % 3 === 0) {
      set.delete(key);
      reference.delete(key);
    } else {
      set.add(key);
      reference.add(key);
    }
  }
  const sorted = [...reference].sort();
  expect([...set.from("")]).toEqual(sorted);
  expect([...set.from("k1")]).toEqual(sorted.filter((key) => key.startsWith("k1")));
  expect([...set.from("k", "k42")]).toEqual(sorted.filter((key) => key > "k42"));
  expect(set.size).toBe(sorted.length);
});

test("blobs are kept once, by digest, until nothing refers to them", () => {
  const blobs = new FileBlobs(join(folder, "blobs"));
  const one = blobs.write(Buffer.from("one"));
  const two = blobs.write(Buffer.from("two"));
  expect(blobs.write(Buffer.from("one"))).toEqual(one);
  expect(blobs.read(one.digest).toString()).toBe("one");
  expect(blobs.collect(new Set([two.digest]), 3_600_000)).toBe(0);
  expect(blobs.collect(new Set([two.digest]), -1)).toBe(1);
  expect([blobs.has(one.digest), blobs.has(two.digest)]).toEqual([false, true]);
});

test("ids of one text are always the same, and of another are others", () => {
  expect(idsFrom("a").uuid()).toBe(idsFrom("a").uuid());
  expect(idsFrom("a").uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const many = new Set(Array.from({ length: 20_000 }, (_, index) => idsFrom(`text ${index}`).hex(32)));
  expect(many.size).toBe(20_000);
});

test.each([
  ["90s", 90_000, "1m 30s"],
  ["1h30m", 5_400_000, "1h 30m"],
  ["250ms", 250, "250ms"],
  ["7d", 604_800_000, "7d"],
])("%s", (text, ms, shown) => {
  expect(parseDuration(text)).toBe(ms);
  expect(formatDuration(ms)).toBe(shown);
});

test("what is no duration is none", () => {
  for (const text of ["", "5", "5 m", "m5", "-1s"]) expect(parseDuration(text)).toBeUndefined();
});
