import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { COVERAGE_PAGE, coveragePage } from "../scripts/coverage.ts";

it("docs/coverage.md says what there is; if not, npm run coverage", async () => {
  expect(readFileSync(COVERAGE_PAGE, "utf8").split("\n")).toEqual((await coveragePage()).split("\n"));
});
