import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const node = async (...args: string[]): Promise<string> => (await promisify(execFile)(process.execPath, args, { cwd: root })).stdout;

/** As a user of the package writes it: the name of the package, and what its `exports` lead to. */
const SCRIPT = `
  import { startCloud } from "slipway/testing";
  for (const isolated of [false, true]) {
    await using cloud = await startCloud({ isolated, startAt: "2026-01-01T00:00:00Z" });
    await cloud.advance("30m");
    console.log((await cloud.control("clock")).now);
  }
  console.log(import.meta.resolve("slipway/testing/matchers").endsWith("/dist/matchers.js"));
`;

test("the bundled package exports the test library", async () => {
  await node("scripts/bundle.mjs");
  const said = await node("--input-type=module", "--eval", SCRIPT);
  expect(said.trim().split("\n")).toEqual(["2026-01-01T00:30:00.000Z", "2026-01-01T00:30:00.000Z", "true"]);
});
