import type { REPORT_FORMATS } from "./buildspec.ts";
import { type Element, readXml } from "./xml.ts";

/** How much of one source file the tests have run. */
export interface FileCoverage {
  readonly filePath: string;
  readonly linesCovered: number;
  readonly linesMissed: number;
  readonly branchesCovered: number;
  readonly branchesMissed: number;
}

/** The files in a report of coverage. Throws where it is not written so. */
export function readCoverage(format: (typeof REPORT_FORMATS.CODE_COVERAGE)[number], text: string): FileCoverage[] {
  switch (format) {
    case "JACOCOXML":
      return jacoco(readXml(text).at("report"));
    case "CLOVERXML":
      return clover(readXml(text).at("coverage", "project"));
    case "COBERTURAXML":
      return cobertura(readXml(text).at("coverage"));
    case "SIMPLECOV":
      return simplecov(JSON.parse(text));
  }
}

function jacoco(report: Element): FileCoverage[] {
  const groups = report.all("group").flatMap(jacoco);
  const files = report.all("package").flatMap((type) =>
    type.all("sourcefile").map((file): FileCoverage => {
      const counter = (kind: string): Element | undefined => file.all("counter").find((one) => one.attribute("type") === kind);
      return {
        filePath: [type.attribute("name"), file.attribute("name")].filter(Boolean).join("/"),
        linesCovered: counter("LINE")?.number("covered") ?? 0,
        linesMissed: counter("LINE")?.number("missed") ?? 0,
        branchesCovered: counter("BRANCH")?.number("covered") ?? 0,
        branchesMissed: counter("BRANCH")?.number("missed") ?? 0,
      };
    }),
  );
  return [...groups, ...files];
}

/** Files stand in packages, or in the project itself. */
function clover(project: Element): FileCoverage[] {
  return [project, ...project.all("package")]
    .flatMap((place) => place.all("file"))
    .map((file) => {
      const metrics = file.at("metrics");
      const covered = metrics.number("coveredstatements");
      const branches = metrics.number("coveredconditionals");
      return {
        filePath: file.attribute("path") || file.attribute("name"),
        linesCovered: covered,
        linesMissed: metrics.number("statements") - covered,
        branchesCovered: branches,
        branchesMissed: metrics.number("conditionals") - branches,
      };
    });
}

/** Several classes may stand in one file, and their lines in several of them. */
function cobertura(coverage: Element): FileCoverage[] {
  const byFile = new Map<string, Map<string, Element>>();
  for (const type of coverage
    .at("packages")
    .all("package")
    .flatMap((one) => one.at("classes").all("class"))) {
    const path = type.attribute("filename");
    const lines = byFile.get(path) ?? new Map<string, Element>();
    for (const line of type.at("lines").all("line")) lines.set(line.attribute("number"), line);
    byFile.set(path, lines);
  }
  return [...byFile].map(([filePath, lines]) => {
    const all = [...lines.values()];
    const branches = all.map((line) => /\((\d+)\/(\d+)\)/.exec(line.attribute("condition-coverage"))).filter((match) => match !== null);
    const covered = all.filter((line) => line.number("hits") > 0).length;
    const branchesCovered = branches.reduce((total, [, some]) => total + Number(some), 0);
    return {
      filePath,
      linesCovered: covered,
      linesMissed: all.length - covered,
      branchesCovered,
      branchesMissed: branches.reduce((total, [, , every]) => total + Number(every), 0) - branchesCovered,
    };
  });
}

type SimpleCovFile =
  | readonly (number | null)[]
  | { lines?: readonly (number | string | null)[]; branches?: Record<string, Record<string, number>> };

/** .resultset.json: by the name of a test command, then by file, hits by line; null where a line is no code. */
function simplecov(results: Readonly<Record<string, { coverage?: Readonly<Record<string, SimpleCovFile>> }>>): FileCoverage[] {
  return Object.values(results).flatMap(({ coverage = {} }) =>
    Object.entries(coverage).map(([filePath, file]) => {
      const { lines = [], branches = {} } = Array.isArray(file) ? { lines: file } : (file as Exclude<SimpleCovFile, readonly unknown[]>);
      const hits = lines.filter((one): one is number => typeof one === "number");
      const ways = Object.values(branches).flatMap((one) => Object.values(one));
      const taken = (counts: readonly number[]): number => counts.filter((count) => count > 0).length;
      return {
        filePath,
        linesCovered: taken(hits),
        linesMissed: hits.length - taken(hits),
        branchesCovered: taken(ways),
        branchesMissed: ways.length - taken(ways),
      };
    }),
  );
}
