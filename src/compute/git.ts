import { isUtf8 } from "node:buffer";
import { type Driver, type JobOutcome, stopped, type Task } from "./driver.ts";
import type { GitSpec } from "./job.ts";
import { type GitAnswer, type Repositories, runGit } from "./repository.ts";

/** Runs git plumbing in a repository of ours, which comes to be when it is first asked for. */
export class GitDriver implements Driver<GitSpec> {
  readonly parallel = 16;
  readonly #repositories: Repositories;

  constructor(repositories: Repositories) {
    this.#repositories = repositories;
  }

  async run({ spec, signal }: Task<GitSpec>): Promise<JobOutcome> {
    const cwd = await this.#repositories.ensure(spec.repositoryId);
    const answers: GitAnswer[] = [];
    for (const { args, stdin, env } of spec.commands) {
      if (signal.aborted) return stopped({ git: answers.map(rowOf) });
      const answer = await runGit({ args, cwd, ...(stdin !== undefined && { stdin }), ...(env && { env }) });
      answers.push(answer);
      if (answer.exitCode === 0) continue;
      const reason = `git ${args[0]} failed with ${answer.exitCode}: ${answer.stderr.trim()}`;
      return { status: "FAILED", result: { git: answers.map(rowOf) }, reason };
    }
    return { status: "SUCCEEDED", result: { git: answers.map(rowOf) } };
  }

  async close(): Promise<void> {}
}

function rowOf({ exitCode, stdout, stderr }: GitAnswer) {
  if (isUtf8(stdout)) return { exitCode, stdout: stdout.toString("utf8"), stderr };
  return { exitCode, stdout: stdout.toString("base64"), base64: true as const, stderr };
}
