import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import yazl from "yazl";
import type { BlobRef, Blobs } from "../kernel/blob.ts";
import { confinedExisting } from "./confined.ts";
import type { KeptOutput, MatchingFiles } from "./job.ts";

/** The same files are the same archive, whenever they were written. */
const MTIME = new Date(Date.UTC(1990, 0, 1));

/** Files that are kept one by one: the row of a job names each. */
const FILES_MAX = 10_000;

/** Pack the files that match into a blob, as a zip; undefined where none do. */
export async function packArtifact(blobs: Blobs, root: string, artifact: MatchingFiles): Promise<BlobRef | undefined> {
  const found = await filesOf(root, artifact);
  if (found.length === 0) return undefined;
  const archive = new yazl.ZipFile();
  const stored = store(blobs, archive.outputStream);
  for (const { file, path } of found) await addFile(archive, file, path);
  archive.end();
  return stored;
}

/** Keep the files that match, each as a blob; undefined where none do. */
export async function keepFiles(blobs: Blobs, root: string, artifact: MatchingFiles): Promise<KeptOutput["files"] | undefined> {
  const found = await filesOf(root, { ...artifact, followLinks: true });
  if (found.length > FILES_MAX)
    throw new Error(`There are ${found.length} files in ${artifact.base}; at most ${FILES_MAX} are kept one by one.`);
  const kept: { path: string; digest: string; size: number }[] = [];
  for (const { file, path } of found) {
    // What is left is a link to a directory, or to nowhere.
    if ((await lstat(file)).isFile()) kept.push({ path, ...(await store(blobs, createReadStream(file))) });
  }
  return kept.length === 0 ? undefined : kept;
}

/** What matches, and what it is called. */
async function filesOf(root: string, artifact: MatchingFiles): Promise<{ file: string; path: string }[]> {
  const found: { file: string; path: string }[] = [];
  for (const base of await basesOf(root, artifact.base)) {
    for (const path of await matchingFiles(base, artifact)) {
      const linked = artifact.followLinks ? await linkedFile(root, join(base, path)) : undefined;
      found.push({ file: linked ?? join(base, path), path: artifact.discardPaths ? basename(path) : path });
    }
  }
  return found;
}

/** The directory of that path; several where its last part has stars. */
async function basesOf(root: string, path: string): Promise<string[]> {
  const parent = path.includes("*") ? confinedExisting(root, dirname(path)) : undefined;
  if (parent === undefined) return [confinedExisting(root, path)].filter((base) => base !== undefined);
  const expression = expressionOf(parent, basename(path));
  const entries = await readdir(parent, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory() && expression.test(entry.name)).map(({ name }) => name);
  return names.sort().map((name) => join(parent, name));
}

/** The file that a path leads to without leaving the root. */
async function linkedFile(root: string, path: string): Promise<string | undefined> {
  const real = confinedExisting(root, path);
  return real !== undefined && (await lstat(real)).isFile() ? real : undefined;
}

/**
 * The paths that a buildspec's patterns match, in order: `*` stays within a directory, `**` does not, and neither makes
 * an exception of names that begin with a dot.
 */
export async function matchingFiles(base: string, { files, exclude = [] }: Pick<MatchingFiles, "files" | "exclude">): Promise<string[]> {
  const wanted = files.map((pattern) => expressionOf(base, pattern));
  const unwanted = exclude.map((pattern) => expressionOf(base, pattern));
  const entries = await readdir(base, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(base, join(entry.parentPath, entry.name)))
    .filter((path) => wanted.some((expression) => expression.test(path)) && !unwanted.some((expression) => expression.test(path)))
    .sort();
}

function expressionOf(base: string, pattern: string): RegExp {
  const local = pattern.startsWith("/") ? relative(base, pattern) : pattern.replace(/^(\.\/)+/, "");
  const source = local.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (token) => {
    switch (token) {
      case "**/":
        return "(?:.*/)?";
      case "**":
        return ".*";
      case "*":
        return "[^/]*";
      case "?":
        return "[^/]";
      default:
        return `\\${token}`;
    }
  });
  return new RegExp(`^${source}$`, "s");
}

async function addFile(archive: yazl.ZipFile, file: string, name: string): Promise<void> {
  const { mode, isLink } = await lstat(file).then((stats) => ({ mode: stats.mode, isLink: stats.isSymbolicLink() }));
  if (isLink) archive.addBuffer(Buffer.from(await readlink(file)), name, { mode, mtime: MTIME, compress: false });
  else archive.addFile(file, name, { mode, mtime: MTIME });
}

async function store(blobs: Blobs, content: NodeJS.ReadableStream): Promise<BlobRef> {
  const hash = createHash("sha256");
  let size = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  const draft = blobs.draft();
  await pipeline(content, measure, createWriteStream(draft));
  return blobs.adopt(draft, { digest: `sha256:${hash.digest("hex")}`, size });
}
