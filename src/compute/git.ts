import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Blobs } from "../kernel/blob.ts";
import { type Driver, type JobOutcome, stopped, type Task } from "./driver.ts";
import type { GitCommand, GitSpec } from "./job.ts";
import { type GitAnswer, type Repositories, runGit } from "./repository.ts";
import { unzip } from "./unzip.ts";

/** What a command that was ended by us has for an exit code. */
const KILLED = 137;

/** Runs git plumbing in a repository of ours, which comes to be when it is first asked for. */
export class GitDriver implements Driver<GitSpec> {
  readonly parallel = 16;
  readonly #repositories: Repositories;
  readonly #blobs: Blobs;

  constructor(repositories: Repositories, blobs: Blobs) {
    this.#repositories = repositories;
    this.#blobs = blobs;
  }

  async run(task: Task<GitSpec>): Promise<JobOutcome> {
    const { spec } = task;
    if (spec.remove) {
      await this.#repositories.remove(spec.repositoryId);
      return { status: "SUCCEEDED", result: { git: [] } };
    }
    if (spec.mustExist && !existsSync(this.#repositories.path(spec.repositoryId)))
      return { status: "FAILED", reason: `There is no repository ${spec.repositoryId}.` };
    const repository = await this.#repositories.ensure(spec.repositoryId);
    if (spec.workTree === undefined) return this.#runIn(repository, {}, task);
    const folder = mkdtempSync(join(tmpdir(), "slipway-tree-"));
    try {
      const files = join(folder, "files");
      await unzip(this.#blobs, spec.workTree, files);
      return await this.#runIn(files, { GIT_DIR: repository, GIT_WORK_TREE: files, GIT_INDEX_FILE: join(folder, "index") }, task);
    } catch (error) {
      return { status: "FAILED", reason: (error as Error).message };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async #runIn(cwd: string, place: Readonly<Record<string, string>>, { spec, signal }: Task<GitSpec>): Promise<JobOutcome> {
    const answers: GitAnswer[] = [];
    const trust = spec.certificate === undefined ? {} : { "http.sslCAInfo": fileOf(place["GIT_DIR"] ?? cwd, spec.certificate) };
    for (const { args, stdin: input, env = {}, config, mayFail } of spec.commands) {
      if (signal.aborted) return stopped({ git: answers.map(rowOf) });
      const stdin = this.#inputOf(input);
      const answer = await runGit({
        args,
        cwd,
        ...(stdin !== undefined && { stdin }),
        env: { ...env, ...place },
        config: { ...config, ...trust },
      });
      answers.push(answer);
      if (answer.exitCode === 0 || (mayFail && answer.exitCode !== KILLED)) continue;
      const reason = `git ${args[0]} failed with ${answer.exitCode}: ${answer.stderr.trim()}`;
      return { status: "FAILED", result: { git: answers.map(rowOf) }, reason };
    }
    return { status: "SUCCEEDED", result: { git: answers.map(rowOf) } };
  }

  async close(): Promise<void> {}

  #inputOf(input: GitCommand["stdin"]): string | Buffer | undefined {
    if (input === undefined || typeof input === "string") return input;
    return Buffer.concat(input.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : this.#blobs.read(piece.digest))));
  }
}

/** Git reads certificates from a file: it goes with the repository. */
function fileOf(repository: string, certificate: string): string {
  const path = join(repository, `certificate-${createHash("sha256").update(certificate).digest("hex")}.pem`);
  if (existsSync(path)) return path;
  // Whole or not at all: another command may read it.
  writeFileSync(`${path}.new`, certificate);
  renameSync(`${path}.new`, path);
  return path;
}

function rowOf({ exitCode, stdout, stderr }: GitAnswer) {
  if (isUtf8(stdout)) return { exitCode, stdout: stdout.toString("utf8"), stderr };
  return { exitCode, stdout: stdout.toString("base64"), base64: true as const, stderr };
}
