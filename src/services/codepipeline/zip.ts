import { crc32, inflateRawSync } from "node:zlib";

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_SIZE = 22;
const COMMENT_MAX = 0xffff;
const STORED = 0;
const DEFLATED = 8;

/** The bytes of one file of an archive; undefined where it is not in it, or the bytes are no archive. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
export function fileInZip(archive: Buffer, path: string): Buffer | undefined {
  for (const entry of entriesOf(archive)) if (entry.path === path) return contentOf(archive, entry);
  return undefined;
}

/** Every file of an archive; undefined where the bytes are none. */
export function filesInZip(archive: Buffer): { readonly path: string; readonly bytes: Buffer }[] | undefined {
  if (endOf(archive) === undefined) return undefined;
  const files = [...entriesOf(archive)].filter(({ path }) => !path.endsWith("/"));
  return files.flatMap((entry) => {
    const bytes = contentOf(archive, entry);
    return bytes === undefined ? [] : [{ path: entry.path, bytes }];
  });
}

interface Entry {
  readonly path: string;
  readonly method: number;
  readonly compressedSize: number;
  /** Where its local header begins. */
  readonly offset: number;
}

/** The central directory at the archive's end; a local header need not know the sizes. */
function* entriesOf(archive: Buffer): Generator<Entry> {
  const end = endOf(archive);
  if (end === undefined) return;
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== CENTRAL) return;
    const nameLength = archive.readUInt16LE(at + 28);
    yield {
      path: archive.toString("utf8", at + 46, at + 46 + nameLength),
      method: archive.readUInt16LE(at + 10),
      compressedSize: archive.readUInt32LE(at + 20),
      offset: archive.readUInt32LE(at + 42),
    };
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
}

function contentOf(archive: Buffer, { method, compressedSize, offset }: Entry): Buffer | undefined {
  const start = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
  const bytes = archive.subarray(start, start + compressedSize);
  if (method === STORED) return bytes;
  return method === DEFLATED ? inflateRawSync(bytes) : undefined;
}

function endOf(archive: Buffer): number | undefined {
  const first = Math.max(0, archive.length - END_SIZE - COMMENT_MAX);
  for (let at = archive.length - END_SIZE; at >= first; at--) if (archive.readUInt32LE(at) === END) return at;
  return undefined;
}

/** An archive of one file, stored as it is. The same file gives the same bytes. */
export function zipOf(path: string, bytes: Buffer): Buffer {
  const name = Buffer.from(path);
  const common = commonHeader(name, bytes);
  const local = Buffer.concat([signature(LOCAL), common, name, bytes]);
  const central = Buffer.concat([signature(CENTRAL), Buffer.from([20, 0]), common, Buffer.alloc(14), name]);
  const end = Buffer.alloc(END_SIZE);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

/** 1 January 1980. */
const DOS_DATE = 0x21;

/** What both headers of a file have, from "version needed" to the lengths of the name and of the extra field. */
function commonHeader(name: Buffer, bytes: Buffer): Buffer {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  header.writeUInt16LE(0x0800, 2);
  header.writeUInt16LE(DOS_DATE, 8);
  header.writeUInt32LE(crc32(bytes), 10);
  header.writeUInt32LE(bytes.length, 14);
  header.writeUInt32LE(bytes.length, 18);
  header.writeUInt16LE(name.length, 22);
  return header;
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
