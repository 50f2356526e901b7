import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Blobs } from "../kernel/blob.ts";
import { confinedPath } from "./confined.ts";
import type { CommandInput } from "./job.ts";
import { unzip } from "./unzip.ts";

/** The directories of one workspace: what a build works on, and a home and a /tmp that last as long. */
export interface Workspace {
  readonly files: string;
  readonly home: string;
  readonly tmp: string;
}

/** The directories kept between jobs of one build. */
export class Workspaces {
  readonly #folder: string;

  constructor(dataFolder: string) {
    this.#folder = join(dataFolder, "workspaces");
    mkdirSync(this.#folder, { recursive: true });
  }

  ensure(name: string): Workspace {
    const root = this.#path(name);
    const workspace = { files: join(root, "files"), home: join(root, "home"), tmp: join(root, "tmp") };
    for (const path of Object.values(workspace)) mkdirSync(path, { recursive: true });
    return workspace;
  }

  async release(name: string): Promise<void> {
    await rm(this.#path(name), { recursive: true, force: true, maxRetries: 3 });
  }

  /** Release all but those that are named. */
  async sweep(kept: ReadonlySet<string>): Promise<void> {
    const keptFolders = new Set([...kept].map(folderOf));
    for (const name of readdirSync(this.#folder)) {
      if (!keptFolders.has(name)) await rm(join(this.#folder, name), { recursive: true, force: true, maxRetries: 3 });
    }
  }

  #path(name: string): string {
    return join(this.#folder, folderOf(name));
  }
}

/** Names hold slashes and colons, as job ids do, which not every tool bears in a path. */
function folderOf(name: string): string {
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.replaceAll(/[^\w-]+/g, "_").slice(-40)}-${digest}`;
}

/** Put one input where it belongs. */
export async function placeInput(blobs: Blobs, files: string, input: CommandInput): Promise<void> {
  const target = confinedPath(files, input.path);
  if (input.unpack === "zip") {
    await unzip(blobs, input.digest, target);
    return;
  }
  mkdirSync(dirname(target), { recursive: true });
  if (existsSync(target)) rmSync(target, { recursive: true });
  const source = blobs.path(input.digest);
  if (source === undefined) writeFileSync(target, blobs.read(input.digest));
  else copyFileSync(source, target);
  chmodSync(target, input.mode ?? 0o644);
}
