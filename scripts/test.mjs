// npm test: types, lint, tests. Works in a bare clone; the last line counts. Arguments go to vitest, and then only the tests run.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureInstalled, node, root, run } from "./install.mjs";

const filters = process.argv.slice(2);
const checks = {
  "types (tsc)": ["typescript/bin/tsc"],
  "format and lint (biome)": ["@biomejs/biome/bin/biome", "check", "--diagnostic-level=error"],
};
const begun = performance.now();
const total = { passed: 0, failed: 0, skipped: 0 };

ensureInstalled();
if (filters.length === 0) {
  const codes = await Promise.all(Object.values(checks).map(tool));
  for (const [index, name] of Object.keys(checks).entries()) count(name, codes[index] === 0);
}
const folder = mkdtempSync(join(tmpdir(), "slipway-test-"));
try {
  await runTests(join(folder, "report.json"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`\ntook ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** A program of node_modules. */
function tool([file, ...args]) {
  return run(node, [join(root, "node_modules", file), ...args]);
}

function count(name, passed) {
  total[passed ? "passed" : "failed"] += 1;
  process.stdout.write(`${passed ? "ok    " : "FAILED"} ${name}\n`);
}

async function runTests(file) {
  const code = await tool(["vitest/vitest.mjs", "run", ...filters, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`]);
  const files = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).testResults : [];
  const tests = files.flatMap(({ name, assertionResults }) => assertionResults.map((test) => ({ ...test, file: name })));
  const skipped = tests.filter(({ status }) => status !== "passed" && status !== "failed");
  total.passed += tests.filter(({ status }) => status === "passed").length;
  total.skipped += skipped.length;
  // A file that cannot be loaded, or whose hooks fail, has no failed test to show for it.
  const broken = files.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.every((test) => test.status !== "failed"),
  );
  const failed = tests.filter(({ status }) => status === "failed").length + broken.length;
  total.failed += code === 0 ? failed : Math.max(failed, 1);
  tellSkipped(skipped);
}

/** What was skipped, by file and group: whoever wonders why reads it there. */
function tellSkipped(skipped) {
  if (skipped.length === 0) return;
  process.stdout.write("\nskipped:\n");
  const counts = new Map();
  for (const { file, ancestorTitles, title } of skipped) {
    const name = `${file.slice(root.length)}: ${ancestorTitles[0] ?? title}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const [name, tests] of counts) process.stdout.write(`  ${String(tests).padStart(4)}  ${name}\n`);
}
