import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { searchPath } from "./environment.ts";

/** What one git command said. */
export interface GitAnswer {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface GitRequest {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly stdin?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Settings of git, besides those that it has anyway. */
  readonly config?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** bytes of output that are kept; a command that says more is ended. */
const OUTPUT_MAX = 64 * 1024 * 1024;

/** What a repository of ours allows: pushes (who may is decided before git is asked), any commit by its id, partial clones. */
const SETTINGS = [
  "http.receivepack=true",
  "uploadpack.allowAnySHA1InWant=true",
  "uploadpack.allowFilter=true",
  "receive.advertisePushOptions=false",
];

/** Settings of git that whoever runs it has from us. */
const CONFIG: Readonly<Record<string, string>> = {
  "safe.directory": "*",
  "core.hooksPath": "/dev/null",
  // What no branch names any more may be a pull request's, a merge's or a pipeline's.
  "gc.pruneExpire": "never",
  // Where a commit is made before the branch that it is for moves.
  "transfer.hideRefs": "refs/slipway",
  // In fewer words than where nobody has said so.
  "receive.denyDeleteCurrent": "refuse",
};

/** Git as we run it ourselves: no setting of the user's, and whoever owns the data directory may be trusted. */
export const gitEnvironment = (more: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const config = Object.entries({ ...CONFIG, ...more });
  return {
    PATH: searchPath(),
    LANG: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(
      config.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
};

/** The bare repositories of the cloud, one folder each. Git refs are the one truth outside the ledger. */
export class Repositories {
  readonly folder: string;

  constructor(dataFolder: string) {
    this.folder = join(dataFolder, "repositories");
  }

  /** Where the repository lies, whether or not it is there yet. */
  path(repositoryId: string): string {
    if (!/^[\w-][\w.-]*$/.test(repositoryId)) throw new Error(`${repositoryId} is no repository id`);
    return join(this.folder, `${repositoryId}.git`);
  }

  /** Make sure that the repository is there; answers where. */
  async ensure(repositoryId: string): Promise<string> {
    const path = this.path(repositoryId);
    if (existsSync(path)) return path;
    mkdirSync(this.folder, { recursive: true });
    // Made under another name, so that a repository is there whole or not at all.
    const draft = join(this.folder, `.${repositoryId}.${process.hrtime.bigint()}`);
    await requireGit({ args: ["init", "--quiet", "--bare", "--initial-branch=main", draft], cwd: this.folder });
    for (const setting of SETTINGS) await requireGit({ args: ["config", ...setting.split("=")], cwd: draft });
    if (existsSync(path)) rmSync(draft, { recursive: true });
    else renameSync(draft, path);
    return path;
  }

  /** Have clones begin with a branch, and git refuse to delete it: the default branch, which a row says. */
  async pointHead(repositoryId: string, branch: string): Promise<void> {
    const path = this.path(repositoryId);
    const isThere = readFileSync(join(path, "HEAD"), "utf8").trim() === `ref: refs/heads/${branch}`;
    if (!isThere) await requireGit({ args: ["symbolic-ref", "HEAD", `refs/heads/${branch}`], cwd: path });
  }

  /** Remove a repository; one that is gone stays so. */
  async remove(repositoryId: string): Promise<void> {
    const path = this.path(repositoryId);
    // Under another name first, so that it is there whole or not at all.
    if (existsSync(path)) renameSync(path, join(this.folder, `.${repositoryId}.${process.hrtime.bigint()}`));
    // Among them what an earlier removal, or the making of a repository, has left when the process died.
    const left = existsSync(this.folder) ? readdirSync(this.folder).filter((name) => name.startsWith(`.${repositoryId}.`)) : [];
    for (const name of left) await rm(join(this.folder, name), { recursive: true, force: true });
  }

  /** Every ref and the object it stands at. Empty where the repository was never written to. */
  async readRefs(repositoryId: string): Promise<Map<string, string>> {
    const path = this.path(repositoryId);
    if (!existsSync(path)) return new Map();
    const { stdout } = await requireGit({ args: ["for-each-ref", "--format=%(refname) %(objectname)"], cwd: path });
    const lines = stdout.toString("utf8").split("\n").filter(Boolean);
    return new Map(lines.map((line) => line.split(" ") as [string, string]));
  }

  /** Put the files of a commit into a folder, as a clone: with all of the history, or only that commit. */
  async checkout(repositoryId: string, commit: string, folder: string, full: boolean): Promise<void> {
    mkdirSync(folder, { recursive: true });
    // A .git that a build left may have settings that run commands.
    rmSync(join(folder, ".git"), { recursive: true, force: true });
    const source = this.path(repositoryId);
    const refs = full ? ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"] : ["--depth=1", commit];
    await requireGit({ args: ["init", "--quiet"], cwd: folder });
    await requireGit({ args: ["fetch", "--quiet", "--no-tags", `file://${source}`, ...arrange(refs)], cwd: folder });
    await requireGit({ args: ["-c", "advice.detachedHead=false", "checkout", "--quiet", "--force", commit], cwd: folder });
  }
}

/** Git takes options only before what to fetch. */
const arrange = (refs: readonly string[]): string[] => [...refs].sort((a, b) => Number(b.startsWith("--")) - Number(a.startsWith("--")));

/** Run git; throws with what it said where it fails. */
export async function requireGit(request: GitRequest): Promise<GitAnswer> {
  const answer = await runGit(request);
  if (answer.exitCode !== 0) throw new Error(`git ${request.args[0]} failed: ${answer.stderr.trim()}`);
  return answer;
}

/** Run git, without a shell. */
export function runGit({ args, cwd, stdin, env, config, signal }: GitRequest): Promise<GitAnswer> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", [...args], {
      cwd,
      env: { ...gitEnvironment(config), ...env },
      ...(signal && { signal }),
      killSignal: "SIGKILL",
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let size = 0;
    const keep = (chunks: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      if (size <= OUTPUT_MAX) chunks.push(chunk);
      else child.kill("SIGKILL");
    };
    child.stdout.on("data", keep(stdout));
    child.stderr.on("data", keep(stderr));
    child.stdin.on("error", () => {});
    child.stdin.end(stdin);
    child.once("error", reject);
    child.once("close", (code) => {
      const said = size > OUTPUT_MAX ? `more than ${OUTPUT_MAX} bytes of output` : Buffer.concat(stderr).toString("utf8");
      resolve({ exitCode: code ?? 137, stdout: Buffer.concat(stdout), stderr: said });
    });
  });
}
