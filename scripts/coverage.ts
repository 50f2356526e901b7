// Writes docs/coverage.md: what is there of each service's API, from the lists of the services themselves.
import { writeFileSync } from "node:fs";
import { coverage } from "../src/control/coverage.ts";
import type { Controlled, Question } from "../src/control/endpoint.ts";
import { services } from "../src/services/index.ts";

interface ServiceCoverage {
  readonly implemented: number;
  readonly of: number;
  /** By name of the operation: real, partial with what is missing, or not implemented. */
  readonly operations: Readonly<Record<string, string>>;
}

export const COVERAGE_PAGE = new URL("../docs/coverage.md", import.meta.url);

const PARTIAL = "partial: ";

/** The page as it is to be. */
export async function coveragePage(): Promise<string> {
  const cloud = { kernel: { registry: { services } } } as unknown as Controlled;
  const all = (await coverage(cloud, {} as Question)) as Readonly<Record<string, ServiceCoverage>>;
  const names = Object.keys(all).sort();
  const totals = names.map((name) => summaryOf(name, all[name]!));
  return `# Coverage

Every operation of the API of every service that is in Slipway: *real*, *partial* (and what is missing), or *not implemented*, which answers
501 \`NotImplemented\` by name. Written by \`npm run coverage\`; a running cloud tells the same at \`GET /_slipway/coverage\`. What is simplified
inside a service is said in its own page, \`src/services/NAME/NAME.md\`.

| service | real | partial | not implemented |
|---|---:|---:|---:|
${totals.join("\n")}

${names.map((name) => sectionOf(name, all[name]!)).join("\n\n")}
`;
}

function kindsOf({ operations }: ServiceCoverage) {
  const entries = Object.entries(operations).sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    real: entries.filter(([, state]) => state === "real").map(([name]) => name),
    partial: entries.filter(([, state]) => state.startsWith(PARTIAL)),
    absent: entries.filter(([, state]) => state === "not implemented").map(([name]) => name),
  };
}

function summaryOf(name: string, service: ServiceCoverage): string {
  const { real, partial, absent } = kindsOf(service);
  return `| [${name}](#${name}) | ${real.length} | ${partial.length} | ${absent.length} |`;
}

function sectionOf(name: string, service: ServiceCoverage): string {
  const { real, partial, absent } = kindsOf(service);
  const lines = [`## ${name}`];
  if (real.length > 0) lines.push(`Real: ${real.join(", ")}.`);
  if (partial.length > 0)
    lines.push(partial.map(([operation, state]) => `* ${operation}, partial: ${state.slice(PARTIAL.length)}`).join("\n"));
  if (absent.length > 0) lines.push(`Not implemented: ${absent.join(", ")}.`);
  return lines.join("\n\n");
}

if (import.meta.main) writeFileSync(COVERAGE_PAGE, await coveragePage());
