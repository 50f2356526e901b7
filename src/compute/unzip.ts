import { chmodSync, createWriteStream, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import yauzl from "yauzl";
import type { Blobs } from "../kernel/blob.ts";
import { confinedPath } from "./confined.ts";

/** bytes, unpacked; a guard against archives made to fill the disk. */
const UNPACKED_MAX = 8 * 1024 ** 3;

const TYPE_MASK = 0o170000;
const SYMBOLIC_LINK = 0o120000;

/** Unpack a zip into a folder: modes and symbolic links as they were packed, nothing outside the folder. */
export async function unzip(blobs: Blobs, digest: string, folder: string): Promise<void> {
  const path = blobs.path(digest);
  const options = { lazyEntries: true, autoClose: false };
  const archive = path === undefined ? await yauzl.fromBufferPromise(blobs.read(digest), options) : await yauzl.openPromise(path, options);
  mkdirSync(folder, { recursive: true });
  try {
    let unpacked = 0;
    for await (const entry of archive.eachEntry()) {
      unpacked += entry.uncompressedSize;
      if (unpacked > UNPACKED_MAX) throw new Error(`it unpacks to more than ${UNPACKED_MAX} bytes`);
      await unpackEntry(archive, entry, folder);
    }
  } catch (error) {
    throw new Error(`The archive ${digest} cannot be unpacked: ${(error as Error).message}.`);
  } finally {
    archive.close();
  }
}

async function unpackEntry(archive: yauzl.ZipFile, entry: yauzl.Entry, folder: string): Promise<void> {
  const target = confinedPath(folder, entry.fileName);
  if (entry.fileName.endsWith("/")) {
    mkdirSync(target, { recursive: true });
    return;
  }
  mkdirSync(dirname(target), { recursive: true });
  // What is there goes first: writing to it might follow a link that an earlier job left.
  rmSync(target, { force: true, recursive: true });
  const mode = entry.externalFileAttributes >>> 16;
  const content = await archive.openReadStreamPromise(entry);
  if ((mode & TYPE_MASK) === SYMBOLIC_LINK) {
    symlinkSync(await text(content), target);
    return;
  }
  await pipeline(content, createWriteStream(target));
  // Archives made on Windows, and by a few libraries, carry no mode.
  chmodSync(target, mode & 0o777 || 0o644);
}
