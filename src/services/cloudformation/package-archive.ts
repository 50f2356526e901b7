import { inflateRawSync } from "node:zlib";

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const END_SIZE = 22;
const COMMENT_MAX = 0xffff;
const STORED = 0;
const DEFLATED = 8;
/** bytes of one file; a guard against archives made to fill the memory. */
const FILE_MAX = 256 * 1024 * 1024;

/** The files of a zip that a predicate wants, by name; undefined where the bytes are no zip. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
export function filesIn(bytes: Buffer, isWanted: (name: string) => boolean): ReadonlyMap<string, Buffer> | undefined {
  const end = endOfDirectory(bytes);
  if (end === undefined) return undefined;
  const found = new Map<string, Buffer>();
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== CENTRAL) return undefined;
    const nameSize = bytes.readUInt16LE(at + 28);
    const name = bytes.toString("utf8", at + 46, at + 46 + nameSize);
    const file = isWanted(name) ? fileAt(bytes, at) : undefined;
    if (file !== undefined) found.set(name, file);
    at += 46 + nameSize + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return found;
}

/** The file that a record of the directory describes; undefined where its bytes are not there, or too many. */
function fileAt(bytes: Buffer, record: number): Buffer | undefined {
  const method = bytes.readUInt16LE(record + 10);
  const packed = bytes.readUInt32LE(record + 20);
  const local = bytes.readUInt32LE(record + 42);
  if (local + 30 > bytes.length || bytes.readUInt32LE(record + 24) > FILE_MAX) return undefined;
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const content = bytes.subarray(start, start + packed);
  if (content.length < packed) return undefined;
  if (method === STORED) return content;
  return method === DEFLATED ? inflated(content) : undefined;
}

function inflated(content: Buffer): Buffer | undefined {
  try {
    return inflateRawSync(content, { maxOutputLength: FILE_MAX });
  } catch {
    return undefined;
  }
}

function endOfDirectory(bytes: Buffer): number | undefined {
  const first = Math.max(0, bytes.length - END_SIZE - COMMENT_MAX);
  for (let at = bytes.length - END_SIZE; at >= first; at--) if (bytes.readUInt32LE(at) === END) return at;
  return undefined;
}
