import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { inflateRawSync } from "node:zlib";

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const SYMLINK = 0o120000;
const TYPE_MASK = 0o170000;

/** Unpack a zip archive into a folder, with modes and links. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
export function unzip(bytes: Buffer, folder: string): void {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || bytes.readUInt32LE(end) !== END) throw new Error("The bundle is not a zip archive");
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    if (bytes.readUInt32LE(at) !== ENTRY) throw new Error("The zip archive is damaged");
    const [method, size] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20)];
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset)) as [number, number, number];
    const mode = bytes.readUInt32LE(at + 38) >>> 16;
    const head = bytes.readUInt32LE(at + 42);
    const name = bytes.toString("utf8", at + 46, at + 46 + nameSize);
    at += 46 + nameSize + extraSize + commentSize;
    const from = head + 30 + bytes.readUInt16LE(head + 26) + bytes.readUInt16LE(head + 28);
    const packed = bytes.subarray(from, from + size);
    if (method !== 0 && method !== 8) throw new Error(`The zip archive has ${name} in a form that is not supported (${method})`);
    unpack(folder, name, mode, method === 0 ? packed : inflateRawSync(packed));
  }
}

function unpack(folder: string, name: string, mode: number, content: Buffer): void {
  const path = join(folder, name);
  // Whatever it is called, it stays in the folder.
  if (!normalize(path).startsWith(normalize(folder))) throw new Error(`The zip archive leads out of its folder: ${name}`);
  if (name.endsWith("/")) return void mkdirSync(path, { recursive: true });
  mkdirSync(dirname(path), { recursive: true });
  if ((mode & TYPE_MASK) === SYMLINK) return symlinkSync(content.toString(), path);
  writeFileSync(path, content);
  if ((mode & 0o777) !== 0) chmodSync(path, mode & 0o777);
}
