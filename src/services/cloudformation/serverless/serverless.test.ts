import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readTemplate } from "../syntax.ts";
import type { Json, JsonObject } from "../value.ts";
import { InvalidServerlessTemplate, type Surroundings, transformServerless } from "./index.ts";

/** SAM's own pairs of templates and what they become; where they are on a developer's machine. Set SAM_CASES to choose some by name. */
const CASES = join(process.cwd(), "../shared/data/sam");
const chosen = new RegExp(process.env["SAM_CASES"] ?? "");
const names = existsSync(CASES) ? readdirSync(join(CASES, "input")).map((file) => file.replace(/\.yaml$/, "")) : [];

const surroundings: Surroundings = {
  parameters: { param1: "value1", param2: "value2" },
  region: "ap-southeast-1",
  now: 0,
  application: (id) =>
    ["no-access", "non-existent", "invalid-semver"].includes(id)
      ? { error: `Cannot access application: ${id}.` }
      : {
          templateUrl: "https://awsserverlessrepo-changesets-xxx.s3.amazonaws.com/signed-url",
          isReady: id !== "preparing-never-ready",
        },
};

describe.skipIf(names.length === 0)("SAM's own cases", () => {
  test.each(names.filter((name) => chosen.test(name)))("%s", (name) => {
    const expected = JSON.parse(readFileSync(join(CASES, "output", `${name}.json`), "utf8"));
    const passesMetadata = name.startsWith("translate_");
    const body = readTemplate(readFileSync(join(CASES, "input", `${name}.yaml`), "utf8"));
    const outcome = outcomeOf(body, { ...surroundings, passesMetadata });
    expect(inAnyOrder(outcome)).toEqual("errorMessage" in expected ? { errorMessage: expected.errorMessage } : inAnyOrder(expected));
  });
});

function outcomeOf(body: JsonObject, surroundings: Surroundings): JsonObject {
  try {
    return transformServerless(body, surroundings);
  } catch (error) {
    if (error instanceof InvalidServerlessTemplate) return { errorMessage: error.message };
    throw error;
  }
}

/** Lists are compared as SAM's own test compares them: sorted. */
function inAnyOrder(value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => inAnyOrder(item)).sort(byText);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, each]) => [name, inAnyOrder(each)]),
  );
}

const byText = (one: Json, other: Json): number => {
  const [a, b] = [JSON.stringify(one), JSON.stringify(other)];
  return a < b ? -1 : a > b ? 1 : 0;
};
