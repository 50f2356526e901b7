import { createHash } from "node:crypto";
import { type CommandInput, type CommandOutput, ensureJob, type Job, type KeptOutput } from "../../compute/job.ts";
import { isFault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { InvalidateProjectCache$ } from "../../sdk/codebuild.js";
import { readObject } from "../s3/api.ts";
import { type Build, say } from "./build.ts";
import type { Buildspec, CacheSpec } from "./buildspec.ts";
import { requireProject } from "./project.ts";
import { expandable } from "./script.ts";
import { commandSpec } from "./source.ts";
import { toolInputs } from "./tools.ts";
import { uploadFor } from "./upload.ts";

/** What a build has left for the next: archives of what lies in the source directory, and in the home directory. */
interface Cache extends Row {
  readonly project: string;
  readonly savedAt: number;
  readonly parts: Readonly<Partial<Record<Part, CachedPart>>>;
}

interface CachedPart {
  readonly digest: string;
  readonly size: number;
  /** Where it lies in S3; a part that somebody deleted there is not restored. */
  readonly object?: { readonly bucket: string; readonly key: string };
}

type Part = "src" | "home";

/** By where it is kept, its version and its key: S3:bucket/prefix/version/key, LOCAL:project/version/key. */
export const caches = new Table<Cache>("codebuild/cache", { indexes: { project: ({ project }) => project } });

const NO_KEY = "cache";
const KEY_PATH = ".slipway/cache-key";
/** Where CodeBuild's images have the home directory. */
const IN_HOME = /^(?:\/root|~|\$HOME|\$\{HOME\})\//;
const IN_SOURCE = /^(?:\$CODEBUILD_SRC_DIR|\$\{CODEBUILD_SRC_DIR\})\//;

export const invalidateProjectCache = operation(InvalidateProjectCache$, (scope, { projectName }) => {
  const { id } = requireProject(scope, projectName!);
  for (const cache of caches.by(scope, "project", id)) caches.remove(scope, cache.id);
  return {};
});

export const keyJobId = ({ id }: Build): string => `codebuild/${id}/cache`;

/** What the buildspec wants to be kept, where the project keeps anything. */
export function wantedCache({ declaration }: Build, { cache }: Buildspec): CacheSpec | undefined {
  const { type, modes = [] } = declaration.cache ?? {};
  const keeps = type === "S3" || (type === "LOCAL" && modes.includes("LOCAL_CUSTOM_CACHE"));
  return keeps && cache !== undefined && cache.paths.length > 0 ? cache : undefined;
}

/** The job that expands the key of the cache in the build's shell; undefined where there is nothing to expand. */
export function ensureKeyJob(scope: Scope, build: Build, cache: CacheSpec): Job | undefined {
  const texts = cache.key === undefined ? [] : [cache.key, ...cache.fallbackKeys];
  if (!texts.some((text) => /[$`]/.test(text))) return undefined;
  return ensureJob(scope, keyJobId(build), {
    ...commandSpec(scope, build),
    inputs: toolInputs(scope),
    shell: build.buildspec!.shell,
    env: build.variables ?? {},
    script: [
      'cd "$SLIPWAY_WORKSPACE/src" 2> /dev/null || { mkdir -p "$SLIPWAY_WORKSPACE/src" && cd "$SLIPWAY_WORKSPACE/src"; }',
      'export PATH="$SLIPWAY_WORKSPACE/.slipway/bin:$PATH" CODEBUILD_SRC_DIR="$PWD"',
      ...texts.map((text) => `printf '%s\\n' ${expandable(text)} >> "$SLIPWAY_WORKSPACE"/${KEY_PATH}`),
    ].join("\n"),
    outputs: [{ name: "keys", type: "file", path: KEY_PATH }],
  });
}

/** The key, and after it how other keys may begin, as the job has expanded them. */
export function keysOf({ key, fallbackKeys }: CacheSpec, job: Job | undefined): string[] {
  const text = job?.result?.outputs?.["keys"]?.text;
  if (text !== undefined) return text.replace(/\n$/, "").split("\n");
  return key === undefined ? [NO_KEY] : [key, ...fallbackKeys];
}

/** What of the cache is put into the workspace before the commands run. */
export function restoredCache(scope: Scope, build: Build, { action }: CacheSpec, keys: readonly string[]): CommandInput[] {
  if (action === "save") return [];
  const found = findCache(scope, build, keys);
  if (found === undefined) return [];
  say(scope, build, `Restored the cache ${found.id}`);
  return Object.entries(found.parts).flatMap(([part, { digest, object }]): CommandInput[] => {
    const current = object === undefined ? digest : readObject(scope, object.bucket, object.key)?.digest;
    if (current === undefined) return [];
    return [
      part === "home" ? { path: ".", digest: current, unpack: "zip", inHome: true } : { path: "src", digest: current, unpack: "zip" },
    ];
  });
}

/** The archives that are asked for when the commands are over. */
export function cacheOutputs({ paths, action }: CacheSpec): CommandOutput[] {
  if (action === "restore") return [];
  const home = paths.filter((path) => IN_HOME.test(path)).map((path) => path.replace(IN_HOME, ""));
  const source = paths.map((path) => path.replace(IN_SOURCE, "")).filter((path) => !IN_HOME.test(path) && !path.startsWith("/"));
  return [
    ...(source.length > 0 ? [{ name: "cache/src", type: "zip" as const, base: "src", files: source.flatMap(withContents) }] : []),
    ...(home.length > 0 ? [{ name: "cache/home", type: "zip" as const, base: ".", files: home.flatMap(withContents), inHome: true }] : []),
  ];
}

/** Keep what was packed. What is there by that key already stays: a key stands for its contents. */
export function saveCache(scope: Scope, build: Build, outputs: Readonly<Record<string, KeptOutput>>): void {
  const { key: declared } = build.buildspec!.cache!;
  const id = `${placeOf(build)}/${build.cacheKey}`;
  if (declared !== undefined && caches.get(scope, id) !== undefined) return;
  const parts = (["src", "home"] as const).flatMap((part) => {
    const { digest, size } = outputs[`cache/${part}`] ?? {};
    return digest === undefined ? [] : [[part, { digest, size: size!, ...inS3(scope, build, part, { digest, size: size! }) }] as const];
  });
  if (parts.length === 0) return;
  caches.put(scope, { id, project: build.project, savedAt: scope.clock.now(), parts: Object.fromEntries(parts) });
  say(scope, build, `Saved the cache ${id}`);
}

function inS3(scope: Scope, build: Build, part: Part, ref: { digest: string; size: number }): Pick<CachedPart, "object"> {
  if (build.declaration.cache?.type !== "S3") return {};
  const [bucket, ...prefix] = locationOf(build).split("/");
  const key = [...prefix.filter(Boolean), namespaceOf(build), versionOf(build), build.cacheKey!, `${part}.zip`].join("/");
  try {
    uploadFor(scope, build, { bucket: bucket!, key }, ref, { contentType: "application/zip" });
    return { object: { bucket: bucket!, key } };
  } catch (error) {
    if (!isFault(error)) throw error;
    say(scope, build, `Unable to upload the cache: ${error.name}: ${error.message}`);
    return {};
  }
}

/** By its whole key, else the newest whose key begins as a fallback says. */
function findCache(scope: Scope, build: Build, [key, ...fallbacks]: readonly string[]): Cache | undefined {
  const place = placeOf(build);
  const exact = caches.get(scope, `${place}/${key}`);
  if (exact !== undefined) return exact;
  for (const prefix of fallbacks) {
    const newest = caches.list(scope, `${place}/${prefix}`).sort((one, other) => other.savedAt - one.savedAt)[0];
    if (newest !== undefined) return newest;
  }
  return undefined;
}

/** A path may be a directory as a whole. */
const withContents = (path: string): string[] => (/[*?]/.test(path) ? [path] : [path, `${path.replace(/\/$/, "")}/**/*`]);

function placeOf(build: Build): string {
  const { type } = build.declaration.cache!;
  return type === "S3" ? `S3:${locationOf(build)}/${namespaceOf(build)}/${versionOf(build)}` : `LOCAL:${build.project}/${versionOf(build)}`;
}

/** Caches of other paths are other caches. https://docs.aws.amazon.com/codebuild/latest/userguide/caching-s3.html */
const versionOf = ({ buildspec }: Build): string =>
  createHash("sha256").update(JSON.stringify(buildspec!.cache!.paths)).digest("hex").slice(0, 16);

const locationOf = ({ declaration }: Build): string =>
  (declaration.cache?.location ?? "").replace(/^arn:[^:]*:s3:::/, "").replace(/\/$/, "");

/** Projects share what has a key in one namespace. */
const namespaceOf = ({ declaration, project, buildspec }: Build): string =>
  (buildspec!.cache!.key === undefined ? undefined : declaration.cache?.cacheNamespace) ?? project;
