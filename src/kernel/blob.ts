import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { realNow } from "./clock.ts";

/** Bytes, by the digest `sha256:<64 hex>`; a row that holds the digest anywhere keeps the bytes alive. */
export interface BlobRef {
  readonly digest: string;
  /** bytes */
  readonly size: number;
}

/** A part of a blob, for bodies of answers: the bytes from `start` up to but not including `end`. */
export interface BlobSlice extends BlobRef {
  readonly start?: number;
  readonly end?: number;
}

export const DIGEST = /sha256:[0-9a-f]{64}/g;

/** Where bytes are kept. Writing the same bytes twice is writing them once; nothing here is part of a commit. */
export interface Blobs {
  write(bytes: Uint8Array): BlobRef;
  /** The bytes; throws if there are none of that digest. */
  read(digest: string): Buffer;
  has(digest: string): boolean;
  /** A file that holds the bytes, for hands that want a path; undefined where blobs are in memory. */
  path(digest: string): string | undefined;
  /** Take a finished file over as a blob (it is moved). */
  adopt(file: string, ref: BlobRef): BlobRef;
  /** A fresh file path, on the same disk, to write a blob to before adopting it. */
  draft(): string;
  /** Remove what is not among `alive` and was not touched in the last `graceMs`; answers how many went. */
  collect(alive: ReadonlySet<string>, graceMs: number): number;
}

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** Have the disk keep a file, or the names in a folder. */
function sync(path: string): void {
  const descriptor = openSync(path, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** Blobs as files, two levels deep. */
export class FileBlobs implements Blobs {
  readonly #folder: string;
  readonly #synced: boolean;

  /** `synced`: what was written survives the end of the machine, as a ledger of full durability does. */
  constructor(folder: string, synced = false) {
    this.#folder = folder;
    this.#synced = synced;
    mkdirSync(join(folder, "draft"), { recursive: true });
  }

  write(bytes: Uint8Array): BlobRef {
    const ref = { digest: digestOf(bytes), size: bytes.byteLength };
    if (this.has(ref.digest)) {
      const now = realNow() / 1000;
      utimesSync(this.path(ref.digest), now, now);
      return ref;
    }
    const draft = this.draft();
    writeFileSync(draft, bytes);
    return this.adopt(draft, ref);
  }

  read(digest: string): Buffer {
    return readFileSync(this.path(digest));
  }

  has(digest: string): boolean {
    return statSync(this.path(digest), { throwIfNoEntry: false }) !== undefined;
  }

  path(digest: string): string {
    const hex = digest.slice("sha256:".length);
    return join(this.#folder, hex.slice(0, 2), hex);
  }

  adopt(file: string, ref: BlobRef): BlobRef {
    const path = this.path(ref.digest);
    mkdirSync(dirname(path), { recursive: true });
    if (this.#synced) sync(file);
    renameSync(file, path);
    if (this.#synced) sync(dirname(path));
    return ref;
  }

  draft(): string {
    return join(this.#folder, "draft", randomBytes(8).toString("hex"));
  }

  collect(alive: ReadonlySet<string>, graceMs: number): number {
    let removed = 0;
    for (const bucket of readdirSync(this.#folder)) {
      for (const name of readdirSync(join(this.#folder, bucket))) {
        const path = join(this.#folder, bucket, name);
        if (alive.has(`sha256:${name}`) || realNow() - statSync(path).mtimeMs < graceMs) continue;
        rmSync(path);
        removed++;
      }
    }
    return removed;
  }
}

/** Blobs in memory, for a World. */
export class MemoryBlobs implements Blobs {
  readonly #bytes = new Map<string, Buffer>();

  write(bytes: Uint8Array): BlobRef {
    const digest = digestOf(bytes);
    if (!this.#bytes.has(digest)) this.#bytes.set(digest, Buffer.from(bytes));
    return { digest, size: bytes.byteLength };
  }

  read(digest: string): Buffer {
    const bytes = this.#bytes.get(digest);
    if (bytes === undefined) throw new Error(`no blob ${digest}`);
    return bytes;
  }

  has(digest: string): boolean {
    return this.#bytes.has(digest);
  }

  path(): undefined {}

  adopt(file: string, ref: BlobRef): BlobRef {
    this.write(readFileSync(file));
    rmSync(file);
    return ref;
  }

  draft(): string {
    return join(tmpdir(), `slipway-${randomBytes(8).toString("hex")}`);
  }

  collect(alive: ReadonlySet<string>): number {
    const before = this.#bytes.size;
    for (const digest of this.#bytes.keys()) if (!alive.has(digest)) this.#bytes.delete(digest);
    return before - this.#bytes.size;
  }

  digests(): string[] {
    return [...this.#bytes.keys()].sort();
  }
}
