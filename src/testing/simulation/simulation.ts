import type { BlobRef } from "../../kernel/blob.ts";
import { isFault } from "../../kernel/fault.ts";
import { services } from "../../services/index.ts";
import { type BuildOutcome, handsThat, type InvokeOutcome } from "../hands.ts";
import { ConnectionLost, World } from "../world.ts";
import { type Act, acts, type Deeds } from "./acts.ts";
import { Chance } from "./chance.ts";
import { always, type Invariant, inTheEnd } from "./invariants.ts";
import { thingService } from "./thing.ts";
import { archivesOf, buildTown } from "./town.ts";

export interface SimulationOptions {
  readonly seed: number;
  /** How many virtual days somebody does something, at random; by default one. */
  readonly days?: number;
  /** Whether the power is cut, at random; by default it is. */
  readonly powerCuts?: boolean;
}

/** What a simulation came to. */
export interface SimulationReport {
  readonly seed: number;
  /** How often each act was done. */
  readonly acts: Readonly<Record<string, number>>;
  /** How many of them AWS would have refused. */
  readonly refused: number;
  readonly powerCuts: number;
  /** The first invariant that was broken, where one was. */
  readonly broken?: { readonly invariant: string; readonly after: string; readonly details: readonly string[] };
  /** Everything that there is in the end, as text. */
  readonly image: readonly string[];
}

const MINUTE = 60_000;
/** No answer takes longer. */
const ANSWER_MAX_MS = 3000;
const DAY = 1440 * MINUTE;

/** Random work, with random outcomes, under random power cuts; then what must be true whatever happened. */
export async function simulate({ seed, days = 1, powerCuts = true }: SimulationOptions): Promise<SimulationReport> {
  const cloud = worldOf(seed);
  const chance = new Chance(`simulation ${seed}`);
  const cuts = new Chance(`power ${seed}`);
  const deeds: Deeds = { sent: new Set(), deleted: new Set(), acts: 0 };
  const counts: Record<string, number> = {};
  let refused = 0;
  const report = (broken?: SimulationReport["broken"]): SimulationReport => ({
    seed,
    acts: counts,
    refused,
    powerCuts: cloud.powerCuts,
    ...(broken && { broken }),
    image: cloud.image(),
  });
  let after = "the town was built";
  try {
    await buildTown(cloud);
    const end = cloud.clock.now() + days * DAY;
    while (cloud.clock.now() < end) {
      if (powerCuts && cuts.happens(0.2)) cloud.cutPowerAfterCommit(cuts.between(1, 30));
      const next = cloud.clock.now() + ANSWER_MAX_MS + Math.round(-Math.log(1 - chance.next()) * 8 * MINUTE);
      const act = chance.weighed(acts);
      after = `act ${deeds.acts}, to ${act.name}`;
      counts[act.name] = (counts[act.name] ?? 0) + 1;
      if (!(await done(act, cloud, new Chance(`${seed} ${deeds.acts}`), deeds))) refused++;
      const broken = firstBroken(always, cloud, deeds);
      if (broken !== undefined) return report({ ...broken, after });
      // To an instant that does not depend on how long an answer took, or whether the power went before it came.
      await cloud.advance(Math.max(0, next - cloud.clock.now()));
      deeds.acts++;
    }
    after = "a day in which nobody did anything";
    // A wait is at most an hour and a deadline eight hours away, but for approvals, which have a week.
    await cloud.advance(2 * DAY);
    const broken = firstBroken([...always, ...inTheEnd], cloud, deeds);
    return report(broken && { ...broken, after });
  } catch (error) {
    return report({ invariant: "nothing throws", after, details: [(error as Error).stack ?? String(error)] });
  }
}

/** Whether somebody got what he wanted; a refusal and a lost connection are answers, anything else is a defect of ours. */
async function done(act: Act, cloud: World, chance: Chance, deeds: Deeds): Promise<boolean> {
  try {
    await act.do(cloud, chance, deeds);
    return true;
  } catch (error) {
    if (isFault(error) || error instanceof ConnectionLost) return false;
    throw error;
  }
}

function firstBroken(invariants: readonly Invariant[], cloud: World, deeds: Deeds) {
  for (const { name, broken } of invariants) {
    const details = broken(cloud, deeds);
    if (details.length > 0) return { invariant: name, details };
  }
  return undefined;
}

function worldOf(seed: number): World {
  let files: (commit: string) => BlobRef;
  const hands = handsThat({
    files: (commit) => files(commit),
    build: (_spec, id) => buildOutcome(new Chance(`${seed} ${id}`)),
    invoke: (_spec, id) => invokeOutcome(new Chance(`${seed} ${id}`)),
  });
  const cloud = new World({ services: [...services, thingService], hands, seed });
  files = archivesOf(cloud);
  return cloud;
}

function buildOutcome(chance: Chance): BuildOutcome {
  const takesMs = chance.between(10_000, 600_000);
  if (chance.happens(0.05)) return { takesMs, ends: chance.happens(0.5) ? "LOST" : "TIMED_OUT" };
  return { takesMs, exitCode: chance.happens(0.2) ? 1 : 0 };
}

function invokeOutcome(chance: Chance): InvokeOutcome {
  const takesMs = chance.between(5, 3000);
  if (chance.happens(0.02)) return { takesMs, ends: chance.happens(0.5) ? "LOST" : "TIMED_OUT" };
  return chance.happens(0.15) ? { takesMs, throws: "no such price" } : { takesMs, returns: { statusCode: 200, body: "1" } };
}
