import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { fileInZip, zipOf } from "./zip.ts";

test("what was packed can be read", () => {
  const archive = zipOf("outputs.json", Buffer.from("{}"));
  expect(fileInZip(archive, "outputs.json")!.toString()).toBe("{}");
  expect(fileInZip(archive, "other.json")).toBeUndefined();
});

test("compressed files are read, and what is no archive has none", () => {
  const packed = deflateRawSync(Buffer.from("hello"));
  const archive = zipOf("a.txt", packed);
  const central = archive.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  archive.writeUInt16LE(8, central + 10);
  expect(fileInZip(archive, "a.txt")!.toString()).toBe("hello");
  expect(fileInZip(Buffer.from("no archive at all, only text"), "a.txt")).toBeUndefined();
});
