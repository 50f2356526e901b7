import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Blobs } from "../kernel/blob.ts";
import { unzip } from "./unzip.ts";

/** The code of functions, unpacked once for all environments of the same archives. */
export class UnpackedCode {
  readonly #blobs: Blobs;
  readonly #folder: string;
  readonly #unpacking = new Map<string, Promise<string>>();

  constructor(blobs: Blobs, dataFolder: string) {
    this.#blobs = blobs;
    this.#folder = join(dataFolder, "code");
    mkdirSync(this.#folder, { recursive: true });
  }

  /** The folder with the archives unpacked over one another, in order. */
  folderOf(digests: readonly string[]): Promise<string> {
    const name = createHash("sha256").update(digests.join()).digest("hex");
    let folder = this.#unpacking.get(name);
    if (folder === undefined) {
      folder = this.#unpack(name, digests);
      this.#unpacking.set(name, folder);
      folder.catch(() => this.#unpacking.delete(name));
    }
    return folder;
  }

  /** At boot: forget what an earlier life unpacked. */
  async sweep(): Promise<void> {
    const known = new Set(this.#unpacking.keys());
    const old = readdirSync(this.#folder).filter((name) => !known.has(name));
    await Promise.all(old.map((name) => rm(join(this.#folder, name), { recursive: true, force: true })));
  }

  async #unpack(name: string, digests: readonly string[]): Promise<string> {
    const folder = join(this.#folder, name);
    if (existsSync(folder)) return folder;
    const draft = `${folder}.draft`;
    await rm(draft, { recursive: true, force: true });
    for (const digest of digests) await unzip(this.#blobs, digest, draft);
    renameSync(draft, folder);
    return folder;
  }
}
