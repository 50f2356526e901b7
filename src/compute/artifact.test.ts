import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import yazl from "yazl";
import { MemoryBlobs } from "../kernel/blob.ts";
import { keepFiles, matchingFiles, packArtifact } from "./artifact.ts";
import { unzip } from "./unzip.ts";

const blobs = new MemoryBlobs();
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "slipway-artifact-"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path);
  }
}

const matching = (files: string[], exclude: string[] = []): Promise<string[]> => matchingFiles(root, { files, exclude });

test("patterns match as a buildspec's do", async () => {
  write("a.txt", ".hidden", "dist/app.js", "dist/lib/x.js", "dist/lib/deep/y.js", "file (1).txt");
  expect(await matching(["**/*"])).toEqual([".hidden", "a.txt", "dist/app.js", "dist/lib/deep/y.js", "dist/lib/x.js", "file (1).txt"]);
  expect(await matching(["*"])).toEqual([".hidden", "a.txt", "file (1).txt"]);
  expect(await matching(["dist/*"])).toEqual(["dist/app.js"]);
  expect(await matching(["dist/**/*.js"])).toEqual(["dist/app.js", "dist/lib/deep/y.js", "dist/lib/x.js"]);
  expect(await matching(["./a.txt", join(root, "dist/app.js")])).toEqual(["a.txt", "dist/app.js"]);
  expect(await matching(["file (1).txt", "?.txt"])).toEqual(["a.txt", "file (1).txt"]);
  expect(await matching(["**/*"], ["dist/**/*", ".*"])).toEqual(["a.txt", "file (1).txt"]);
});

test("the same files are the same archive, with modes and links, and come out as they went in", async () => {
  write("out/run.sh", "out/lib/a.txt");
  writeFileSync(join(root, "out/run.sh"), "#!/bin/sh\n", { mode: 0o755 });
  symlinkSync("lib/a.txt", join(root, "out/link"));
  const pack = () => packArtifact(blobs, root, { base: "out", files: ["**/*"] });
  const first = await pack();
  utimesSync(join(root, "out/run.sh"), 1, 1);
  expect(await pack()).toEqual(first);
  await unzip(blobs, first!.digest, join(root, "unpacked"));
  expect(readFileSync(join(root, "unpacked/lib/a.txt"), "utf8")).toBe("out/lib/a.txt");
  expect(statSync(join(root, "unpacked/run.sh")).mode & 0o111).toBe(statSync(join(root, "out/run.sh")).mode & 0o111);
  expect(readlinkSync(join(root, "unpacked/link"))).toBe("lib/a.txt");
});

test("a base may be several directories", async () => {
  write("my-build-1/a.txt", "my-build-2/sub/b.txt", "other/c.txt");
  const pack = { base: "./my-build*", files: ["**/*"], discardPaths: true };
  const packed = await packArtifact(blobs, root, pack);
  await unzip(blobs, packed!.digest, join(root, "unpacked"));
  expect(await matchingFiles(join(root, "unpacked"), { files: ["**/*"] })).toEqual(["a.txt", "b.txt"]);
  expect(await packArtifact(blobs, root, { ...pack, base: "none*" })).toBeUndefined();
});

test("links are followed where that is asked for, as far as they lead to files within", async () => {
  write("out/a.txt", "out/lib/b.txt");
  symlinkSync("a.txt", join(root, "out/to-file"));
  symlinkSync("lib", join(root, "out/to-folder"));
  symlinkSync("/etc/passwd", join(root, "out/away"));
  const packed = await packArtifact(blobs, root, { base: "out", files: ["**/*"], followLinks: true });
  await unzip(blobs, packed!.digest, join(root, "unpacked"));
  expect(lstatSync(join(root, "unpacked/to-file")).isFile()).toBe(true);
  expect(readFileSync(join(root, "unpacked/to-file"), "utf8")).toBe("out/a.txt");
  expect([readlinkSync(join(root, "unpacked/to-folder")), readlinkSync(join(root, "unpacked/away"))]).toEqual(["lib", "/etc/passwd"]);
  const kept = await keepFiles(blobs, root, { base: "out", files: ["**/*"] });
  expect(kept!.map(({ path }) => path)).toEqual(["a.txt", "lib/b.txt", "to-file"]);
  expect(blobs.read(kept![1]!.digest).toString()).toBe("out/lib/b.txt");
  expect(await keepFiles(blobs, root, { base: "out", files: ["*.none"] })).toBeUndefined();
});

test("discarded paths, and nothing to pack", async () => {
  write("dist/lib/a.txt");
  const flat = await packArtifact(blobs, root, { base: ".", files: ["dist/**/*"], discardPaths: true });
  await unzip(blobs, flat!.digest, join(root, "flat"));
  expect(await matchingFiles(join(root, "flat"), { files: ["**/*"] })).toEqual(["a.txt"]);
  expect(await packArtifact(blobs, root, { base: ".", files: ["none/*"] })).toBeUndefined();
  expect(await packArtifact(blobs, root, { base: "none", files: ["**/*"] })).toBeUndefined();
});

/** A zip of entries as someone malicious makes it: yazl refuses such names, so another of the same length is replaced. */
async function forged(...entries: { name: string; content: string; mode: number }[]): Promise<string> {
  const archive = new yazl.ZipFile();
  for (const [index, { name, content, mode }] of entries.entries()) {
    archive.addBuffer(Buffer.from(content), String(index).repeat(name.length), { mode, compress: false });
  }
  archive.end();
  let bytes = (await buffer(archive.outputStream)).toString("latin1");
  for (const [index, { name }] of entries.entries()) bytes = bytes.replaceAll(String(index).repeat(name.length), name);
  return blobs.write(Buffer.from(bytes, "latin1")).digest;
}

test("an archive does not write outside its folder, by its names or through its links", async () => {
  const target = join(root, "inside");
  const byName = await forged({ name: "../evil.txt", content: "x", mode: 0o100644 });
  await expect(unzip(blobs, byName, target)).rejects.toThrow("invalid relative path: ../evil.txt");
  const link = { name: "linked", content: root, mode: 0o120777 };
  const throughLink = await forged(link, { name: "linked/evil.txt", content: "x", mode: 0o100644 });
  await expect(unzip(blobs, throughLink, target)).rejects.toThrow("leads out of its folder through a symbolic link");
  expect(await matching(["**/evil.txt"])).toEqual([]);
});
