import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { RESOURCE_TYPES_PAGE, resourceTypesPage } from "../scripts/resource-types.ts";

it("docs/resource-types.md says what there is; if not, npm run coverage", () => {
  expect(readFileSync(RESOURCE_TYPES_PAGE, "utf8").split("\n")).toEqual(resourceTypesPage().split("\n"));
});
