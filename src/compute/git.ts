import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Blobs } from "../kernel/blob.ts";
import { type Driver, type JobOutcome, stopped, type Task } from "./driver.ts";
import type { GitCommand, GitSpec } from "./job.ts";
import { type GitAnswer, type Repositories, runGit } from "./repository.ts";

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

  async run({ spec, signal }: Task<GitSpec>): Promise<JobOutcome> {
    if (spec.remove) {
      await this.#repositories.remove(spec.repositoryId);
      return { status: "SUCCEEDED", result: { git: [] } };
    }
    const cwd = await this.#repositories.ensure(spec.repositoryId);
    const answers: GitAnswer[] = [];
    const trust = spec.certificate === undefined ? {} : { "http.sslCAInfo": fileOf(cwd, spec.certificate) };
    for (const { args, stdin: input, env = {}, config, mayFail } of spec.commands) {
      if (signal.aborted) return stopped({ git: answers.map(rowOf) });
      const stdin = this.#inputOf(input);
      const answer = await runGit({ args, cwd, ...(stdin !== undefined && { stdin }), env, config: { ...config, ...trust } });
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
  writeFileSync(path, certificate);
  return path;
}

function rowOf({ exitCode, stdout, stderr }: GitAnswer) {
  if (isUtf8(stdout)) return { exitCode, stdout: stdout.toString("utf8"), stderr };
  return { exitCode, stdout: stdout.toString("base64"), base64: true as const, stderr };
}
