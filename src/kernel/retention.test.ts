import { expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../testing/power.ts";
import { World } from "../testing/world.ts";
import { service } from "./service.ts";
import { Stream } from "./stream.ts";

const DAY = 86_400_000;
const steps = new Stream<string>("post/step", { keepMs: 10 * DAY });
const marks = new Stream<string>("post/mark");
const post = service({ name: "post", operations: [], tables: [], streams: [steps, marks] });

const world = (): World => new World({ services: [post] });
const take = (cloud: World, series: string, text: string, at = cloud.clock.now()) =>
  cloud.change((scope) => steps.append(scope, series, at, text));
const taken = (cloud: World, series: string) => steps.read(cloud.scope(), series).map(({ value }) => value);

test("a stream forgets what it has kept for so long, and the series that have nothing else", async () => {
  const cloud = world();
  take(cloud, "one", "a");
  take(cloud, "two", "b");
  await cloud.advance("5d");
  take(cloud, "two", "c");
  await cloud.advance("143h");
  expect([taken(cloud, "one"), taken(cloud, "two")]).toEqual([["a"], ["b", "c"]]);
  await cloud.advance("1h");
  expect([steps.series(cloud.scope()), taken(cloud, "two")]).toEqual([["two"], ["c"]]);
  await cloud.advance("5d");
  expect([steps.series(cloud.scope()), cloud.waits(), cloud.clock.next()]).toEqual([[], [], undefined]);
  take(cloud, "one", "d");
  expect(cloud.waits()).toEqual(["kernel/retention:111122223333:eu-west-1:post/step: entries of post/step go after 10d"]);
});

test("a stream without a limit keeps everything, and asks for no instant", () => {
  const cloud = world();
  cloud.change((scope) => marks.append(scope, "one", 0, "a"));
  expect([cloud.image(), cloud.clock.next()]).toEqual([[expect.stringContaining("post/mark")], undefined]);
});

test("a stream that no service lists could not forget, and is refused", () => {
  const stray = new Stream<string>("post/stray", { keepMs: DAY });
  expect(() => world().change((scope) => stray.append(scope, "one", 0, "a"))).toThrow("no service lists the stream post/stray");
});

test("forgetting never pulls an auto clock", async () => {
  const cloud = world();
  take(cloud, "one", "a");
  expect([cloud.clock.next(), cloud.clock.next("wait")]).toEqual([cloud.clock.now() + 11 * DAY, undefined]);
});

test("forgetting ends the same whenever the power is cut, late entries and all", async () => {
  await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
    take(cloud, "one", "a");
    await cloud.advance("2d");
    take(cloud, "two", "late", cloud.clock.now() - 5 * DAY);
    take(cloud, "one", "b");
    await cloud.advance("10d");
    expect([taken(cloud, "one"), taken(cloud, "two")]).toEqual([["b"], []]);
  });
});
