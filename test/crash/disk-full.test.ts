import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetParametersCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, expect, test } from "vitest";
import { startCloud } from "../../src/testing/index.ts";

// A disk on which a file cannot grow beyond 4 MB (or 8, by the shell) is a full disk to the ledger.

const folder = mkdtempSync(join(tmpdir(), "slipway-full-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wrapper = ["sh", "-c", 'ulimit -f 8192 && exec "$0" "$@"'];
const nameOf = (number: number): string => `/full/${number}`;
const contentOf = (number: number): string => `${number}`.padEnd(4096, ".");

test("stops when the disk is full, and has kept what it answered", async () => {
  const full = await startCloud({ folder, isolated: true, wrapper });
  const filling = new SSMClient({ ...full.client, maxAttempts: 1 });
  const answered: number[] = [];
  let next = 0;
  const fill = async (): Promise<void> => {
    for (;;) {
      const number = next++;
      await filling.send(new PutParameterCommand({ Name: nameOf(number), Value: contentOf(number), Type: "String" }));
      answered.push(number);
    }
  };
  const writers = await Promise.allSettled(Array.from({ length: 8 }, fill));
  expect(writers.every(({ status }) => status === "rejected")).toBe(true);
  const { code, complaints } = await full.ended();
  expect({ code, complaints }).toEqual({
    code: 74,
    complaints: expect.stringMatching(/the disk refuses \(.*\); stopping, so that nothing/),
  });
  expect(answered.length).toBeGreaterThan(100);

  const roomy = await startCloud({ folder, isolated: true });
  const client = new SSMClient(roomy.client);
  const found = new Map<string, string>();
  for (let from = 0; from < answered.length; from += 10) {
    const Names = answered.slice(from, from + 10).map(nameOf);
    for (const { Name, Value } of (await client.send(new GetParametersCommand({ Names }))).Parameters!) found.set(Name!, Value!);
  }
  expect(answered.filter((number) => found.get(nameOf(number)) !== contentOf(number))).toEqual([]);
  await roomy.close();
});
