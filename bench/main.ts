import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { delivery } from "./delivery.ts";
import { generate, once } from "./generator.ts";
import { bootMs, commitsPerSecond, thirtyDaysMs } from "./kernel.ts";
import { createStack, describeStack, lines } from "./requests.ts";
import { type Server, startMoto, startSlipway } from "./servers.ts";
import { type Note, planMs, stackOf, thousandStacks } from "./stacks.ts";

/** One figure: ours, the peer's, and the ratio (of rates ours/peer's, of times and sizes peer's/ours: more is better). */
interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly slipway: number;
  readonly moto?: number;
  readonly ratio?: number;
  readonly wanted?: string;
}

const { values } = parseArgs({
  options: { json: { type: "string" }, rounds: { type: "string" }, seconds: { type: "string" }, only: { type: "string" } },
});
const rounds = Number(values.rounds ?? 3);
const seconds = Number(values.seconds ?? 2);
const CLIENTS = 10;
const figures: Figure[] = [];

const median = (all: readonly number[]): number => [...all].sort((one, other) => one - other)[all.length >> 1]!;

function report(name: string, unit: string, ours: readonly number[], theirs: readonly number[] | undefined, wanted?: string): void {
  const slipway = median(ours);
  const moto = theirs && theirs.length > 0 ? median(theirs) : undefined;
  const ratio = moto === undefined ? undefined : unit.endsWith("/s") ? slipway / moto : moto / slipway;
  figures.push({ name, unit, slipway, ...(moto !== undefined && { moto, ratio: ratio! }), ...(wanted && { wanted }) });
  const shown = [slipway, moto].map((value) =>
    (value === undefined ? "-" : value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString("en")).padStart(10),
  );
  process.stdout.write(
    `${name.padEnd(58)} ${unit.padEnd(6)} ${shown.join(" ")} ${ratio === undefined ? "" : `${ratio.toFixed(1)}x`.padStart(8)}  ${wanted ?? ""}\n`,
  );
}

async function kernel(): Promise<void> {
  const repeat = async (work: () => Promise<number>): Promise<number[]> => {
    const all: number[] = [];
    for (let round = 0; round < rounds; round++) all.push(await work());
    return all;
  };
  for (const durability of ["relaxed", "full"] as const) {
    for (const callers of [1, 10, 100]) {
      const wanted =
        durability === "relaxed" && callers === 1 ? ">= 40,000" : durability === "full" && callers === 100 ? ">= 100,000" : undefined;
      report(
        `commits, ${durability}, ${callers} concurrent`,
        "/s",
        await repeat(() => commitsPerSecond(durability, callers)),
        undefined,
        wanted,
      );
    }
  }
  report("boot with 100,000 rows and an index", "ms", await repeat(() => bootMs(100_000)), undefined, "<= 1,500");
  report("30 virtual days, 100 alarms, no data", "ms", await repeat(() => thirtyDaysMs(false)), undefined, "<= 50");
  report("30 virtual days, 100 alarms, 864,000 data", "ms", [await thirtyDaysMs(true)], undefined, "<= 10,000");
}

interface Samples {
  readonly [figure: string]: number[];
}

async function measure(server: Server, into: Record<string, number[]>): Promise<void> {
  const note = (name: string, value: number): void => {
    into[name] = [...(into[name] ?? []), value];
  };
  note("ready", server.readyMs);
  note("idle memory", server.memory() / 1e6);
  for (const line of lines) {
    await line.prepare?.(server.port);
    for (const keepAlive of [true, false]) {
      const measured = await generate({ port: server.port, request: (nth) => line.request(nth), clients: CLIENTS, seconds, keepAlive });
      if (measured.failures > 0) throw new Error(`${server.name} failed ${measured.failures} times at ${line.name}`);
      const how = keepAlive ? "keep-alive" : "a connection each";
      note(`${line.name}, ${how}`, measured.requestsPerSecond);
      note(`${line.name}, ${how}, p50`, measured.p50);
      note(`${line.name}, ${how}, p99`, measured.p99);
    }
  }
  note("create a stack of 50 resources", await stackMs(server));
  note("memory after the bench", server.memory() / 1e6);
}

async function stackMs({ port }: Server): Promise<number> {
  const begun = performance.now();
  await once(port, createStack("fifty", 50));
  for (;;) {
    if (performance.now() - begun > 60_000) throw new Error("the stack of 50 resources was not created within a minute");
    const { body } = await once(port, describeStack("fifty"));
    if (body.includes("CREATE_COMPLETE")) return performance.now() - begun;
    if (/ROLLBACK|FAILED/.test(body)) throw new Error(body);
  }
}

async function servers(): Promise<void> {
  const ours: Record<string, number[]> = {};
  const theirs: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round++) {
    const slipway = await startSlipway();
    await measure(slipway, ours).finally(() => slipway.stop());
    const moto = await startMoto();
    if (moto === undefined) {
      if (round === 0) process.stdout.write("moto_server is not on this machine: no comparison\n");
      continue;
    }
    await measure(moto, theirs).finally(() => moto.stop());
  }
  const wanted: Readonly<Record<string, string>> = { ready: "<= 200", "idle memory": "<= 100", "memory after the bench": "<= 250" };
  for (const name of Object.keys(ours) as (keyof Samples)[]) {
    const text = String(name);
    const unit = text.includes("memory")
      ? "MB"
      : /, p(50|99)$/.test(text) || text === "ready" || text.startsWith("create")
        ? "ms"
        : "req/s";
    report(text, unit, ours[text]!, theirs[text], wanted[text] ?? (unit === "req/s" ? ">= 10x" : undefined));
  }
}

/** Stacks, each server fresh; once, for a thousand stacks take their time. */
async function stacks(): Promise<void> {
  const figuresOf = async (server: Server): Promise<Map<string, Parameters<Note>>> => {
    const found = new Map<string, Parameters<Note>>();
    const note: Note = (...figure) => void found.set(figure[0], figure);
    try {
      for (const resources of [50, 500]) await stackOf(server.port, resources, note);
      if (server.name === "slipway") note("change set of 500 resources", "ms", await planMs(server.port), "<= 200");
      await thousandStacks(server.port, server.memory, note);
    } catch (error) {
      if (server.name === "slipway") throw error;
      process.stdout.write(`${server.name} ends here: ${String((error as Error).message).slice(0, 200)}\n`);
    } finally {
      await server.stop();
    }
    return found;
  };
  const ours = await figuresOf(await startSlipway());
  const moto = await startMoto();
  const theirs = moto && (await figuresOf(moto));
  for (const [name, unit, value, wanted] of ours.values()) {
    const peer = theirs?.get(name);
    report(name, unit, [value], peer && [peer[2]], wanted);
  }
}

/** What a delivery waits for; what stands beside is what its name says. */
async function deliveries(): Promise<void> {
  const server = await startSlipway();
  await delivery(server, (name, value, beside, wanted) =>
    report(name, "ms", [value], beside === undefined ? undefined : [beside], wanted),
  ).finally(() => server.stop());
}

process.stdout.write(`${"".padEnd(58)} ${"unit".padEnd(6)} ${"slipway".padStart(10)} ${"beside".padStart(10)} ${"ratio".padStart(8)}\n`);
for (const [name, part] of Object.entries({ kernel, servers, stacks, deliveries })) if ((values.only ?? name) === name) await part();
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
