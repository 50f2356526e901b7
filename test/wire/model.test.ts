import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { NormalizedSchema } from "@smithy/core/schema";
import { afterAll, describe, expect, it } from "vitest";
import { sdkOf } from "../../scripts/model.mjs";
import { modelOf, type ServiceFacts, type ServiceModel } from "../../src/wire/model.ts";

// What is made of botocore's model of a service must be what its SDK package says, where there are both.

const require = createRequire(import.meta.url);
const facts = require("../../src/sdk/services.json") as Record<string, ServiceFacts>;
const script = fileURLToPath(new URL("../../scripts/models.py", import.meta.url));
const hasBotocore = spawnSync("python3", ["-c", "import botocore"]).status === 0;
const folder = mkdtempSync(join(tmpdir(), "slipway-models-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a schema comes to on the wire; the statuses of errors, and whose they are, botocore knows of few. */
function shown(schema: NormalizedSchema, seen: readonly string[] = []): unknown {
  const { httpError: _, error: __, ...traits } = schema.getMergedTraits() as Record<string, unknown>;
  const name = schema.getName() ?? "";
  if (schema.isUnitSchema()) return "unit";
  if (schema.isStructSchema()) {
    if (seen.includes(name)) return name;
    const members = [...schema.structIterator()].map(([member, inner]) => [member, shown(inner, [...seen, name])]);
    const required = (schema.getSchema() as unknown as unknown[])[6] ?? 0;
    return { name: name.split("#")[1], traits, required, members: Object.fromEntries(members) };
  }
  if (schema.isListSchema()) return { traits, each: shown(schema.getValueSchema(), seen) };
  if (schema.isMapSchema()) return { traits, key: shown(schema.getKeySchema(), seen), value: shown(schema.getValueSchema(), seen) };
  return { traits, schema: schema.getSchema() };
}

const operationsOf = ({ operations }: ServiceModel) =>
  Object.fromEntries(
    [...operations.values()].map(({ name, input, output, http }) => [name, { http, in: shown(input), out: shown(output) }]),
  );

async function both(name: string): Promise<{ made: ServiceModel; packaged: ServiceModel; madeFacts: ServiceFacts }> {
  const { status, stderr } = spawnSync("python3", [script, folder, name], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  const sdk = sdkOf(name, JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")));
  writeFileSync(join(folder, `${name}.mjs`), sdk.schemas);
  const made = modelOf(name, sdk.facts, await import(pathToFileURL(join(folder, `${name}.mjs`)).href), {});
  const packaged = modelOf(name, facts[name]!, await import(`../../src/sdk/schemas/${name}.js`), {});
  return { made, packaged, madeFacts: sdk.facts };
}

describe.skipIf(!hasBotocore)("a model of botocore (skipped where python3 cannot import it)", () => {
  it.each(["codestar-connections", "codepipeline"])("of %s says what the SDK package says", async (name) => {
    const { made, packaged, madeFacts } = await both(name);
    // Which namespace XML would have, where there is none.
    expect({ ...madeFacts, xmlNamespace: "" }).toEqual({ ...facts[name], xmlNamespace: "" });
    expect(operationsOf(made)).toEqual(operationsOf(packaged));
    // The SDK has an exception for all of a service, too.
    const errors = [...made.errors].filter(([error]) => packaged.errors.has(error));
    expect(errors.length).toBeGreaterThan(10);
    if (name === "codestar-connections")
      for (const [error, schema] of errors) expect(shown(schema)).toEqual(shown(packaged.errors.get(error)!));
  });

  it("is refused by name where it has what is not converted", () => {
    spawnSync("python3", [script, folder, "lambda"]);
    expect(() => sdkOf("lambda", JSON.parse(readFileSync(join(folder, "lambda.json"), "utf8")))).toThrow(/^the model of lambda has/);
  });
});
