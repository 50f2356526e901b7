import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { readLines } from "./lines.ts";

async function linesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  const read = readLines(stream, (more) => lines.push(...more));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await read;
  return lines;
}

test("lines are put together from pieces, also within a character", async () => {
  const euro = Buffer.from("€\n");
  expect(await linesOf("a", "b\nc\r\n\n", euro.subarray(0, 1), euro.subarray(1), "end")).toEqual(["ab", "c", "", "€", "end"]);
});

test("a line longer than a log event becomes several", async () => {
  const lines = await linesOf("é".repeat(200_000), "\n");
  expect(lines.join("")).toBe("é".repeat(200_000));
  for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(256 * 1024 - 26);
});

test("an unfinished line is told after a second", async () => {
  const stream = new PassThrough();
  const told = new Promise<string[]>((resolve) => void readLines(stream, resolve));
  stream.write("Password: ");
  expect(await told).toEqual(["Password: "]);
  stream.end();
});
