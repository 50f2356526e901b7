import { parseArgs } from "node:util";
import { simulatePipelines } from "./simulation/pipelines.ts";
import { type SimulationReport, simulate } from "./simulation/simulation.ts";

const HELP = `npm run simulate -- [--pipelines] [--seed N] [--runs N] [--days D] [--no-power-cuts]

A cloud in memory, on which somebody does random work for D virtual days (1), with simulated hands that succeed, fail and
get lost at random, and with the power cut at random; then what must be true of any cloud. The same seed is the same run.
With --pipelines it is twenty pipelines for thirty days, in all modes, with conditions, retries and rollbacks.
Without a seed it begins with 1; --runs takes as many seeds from there. Ends with 1, the seed and what was broken.
`;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    runs: { type: "string", default: "1" },
    days: { type: "string" },
    pipelines: { type: "boolean", default: false },
    "power-cuts": { type: "boolean", default: true },
    help: { type: "boolean", short: "h" },
  },
  allowNegative: true,
});

if (values.help) process.stdout.write(HELP);
else process.exitCode = await (values.pipelines ? runPipelines : run)(Number(values.seed), Number(values.runs));

async function run(first: number, runs: number): Promise<number> {
  const days = Number(values.days ?? 1);
  for (let seed = first; seed < first + runs; seed++) {
    const begun = performance.now();
    const report = await simulate({ seed, days, powerCuts: values["power-cuts"] });
    process.stdout.write(`${summary(report)} (${Math.round(performance.now() - begun)} ms)\n`);
    if (report.broken === undefined) continue;
    const { invariant, after, details } = report.broken;
    process.stdout.write(`\nseed ${seed} broke: ${invariant}\nafter ${after}:\n${details.map((line) => `  ${line}`).join("\n")}\n`);
    return 1;
  }
  return 0;
}

async function runPipelines(first: number, runs: number): Promise<number> {
  for (let seed = first; seed < first + runs; seed++) {
    const begun = performance.now();
    const settings = { seed, powerCuts: values["power-cuts"], ...(values.days !== undefined && { days: Number(values.days) }) };
    const { executions, refused, powerCuts, broken } = await simulatePipelines(settings);
    const took = Math.round(performance.now() - begun);
    process.stdout.write(`seed ${seed}: ${executions} executions, ${refused} acts refused, ${powerCuts} power cuts (${took} ms)\n`);
    if (broken.length === 0) continue;
    process.stdout.write(`\nseed ${seed} broke:\n${broken.map((line) => `  ${line}`).join("\n")}\n`);
    return 1;
  }
  return 0;
}

function summary({ seed, acts, refused, powerCuts, image }: SimulationReport): string {
  const total = Object.values(acts).reduce((sum, count) => sum + count, 0);
  return `seed ${seed}: ${total} acts, ${refused} refused, ${powerCuts} power cuts, ${image.length} rows, entries and blobs in the end`;
}
