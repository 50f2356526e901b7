import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Cloud } from "../../cloud.ts";
import { gitEnvironment } from "../../compute/repository.ts";
import { rootCaller } from "../../kernel/caller.ts";
import { EVENTS, events } from "../../kernel/facts.ts";
import type { Operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { cloudOf } from "../../testing/cloud-of.ts";
import { iam } from "../iam/index.ts";
import { sts } from "../sts/index.ts";
import { getBranch } from "./branch.ts";
import { putFile } from "./change.ts";
import { codecommit } from "./index.ts";
import type { PullRequestRow } from "./pull-request.ts";
import { createRepository } from "./repository.ts";

const run = promisify(execFile);

const HERE = { account: "111122223333", region: "eu-west-1" };

/** A user of the account of these tests. */
export const user = (name: string): string => `arn:aws:iam::${HERE.account}:user/${name}`;

/** The row of an open pull request, of a branch that is one commit on from where it goes. */
export const openPullRequest = (destinationCommit: string, sourceCommit: string): Omit<PullRequestRow, "repositoryId"> => ({
  id: "1",
  title: "Two",
  status: "OPEN",
  authorArn: user("ann"),
  source: "feature",
  destination: "main",
  sourceCommit,
  destinationCommit,
  mergeBase: destinationCommit,
  revisionId: "0".repeat(64),
  clientRequestToken: "once",
  asked: "",
  createdAt: 0,
  activeAt: 0,
});

/** A cloud with real git behind it, called as this user or that. */
export class GitCloud {
  readonly cloud: Cloud;

  constructor(cloud: Cloud) {
    this.cloud = cloud;
  }

  static async start(): Promise<GitCloud> {
    return new GitCloud(await cloudOf([iam, sts, codecommit]));
  }

  async call<I, O>(operation: Operation<I, O>, input: I, as = "ann"): Promise<O> {
    const caller = { ...rootCaller(HERE.account, HERE.region), arn: user(as), type: "user" as const };
    return (await this.cloud.drive.call(operation, input, caller)) as O;
  }

  /** Resolves when the rows are as they should be. */
  until(holds: (scope: Scope) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds(this.cloud.kernel.scope(HERE))) return;
        stop();
        resolve();
      };
      const stop = this.cloud.kernel.watch(() => setImmediate(look));
      setImmediate(look);
    });
  }

  /** Work on a clone, as the user whose account the name is; answers what git printed. */
  async shell(repositoryName: string, script: string): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), "slipway-clone-"));
    const url = `${this.cloud.endpoint.replace("://", `://${HERE.account}:x@`)}/v1/repos/${repositoryName}`;
    const names = { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@b", GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@b" };
    try {
      const { stdout, stderr } = await run("sh", ["-ec", script], { cwd: folder, env: { ...gitEnvironment(), ...names, URL: url } });
      return stdout + stderr;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async repository(name: string): Promise<GitRepository> {
    const { repositoryMetadata } = await this.call(createRepository, { repositoryName: name });
    return new GitRepository(this, name, repositoryMetadata!.repositoryId!);
  }

  /** What EventBridge was told of a repository, from the first. */
  told(repositoryName: string): Record<string, any>[] {
    const about = (detail: Record<string, any>) => detail["repositoryName"] ?? detail["repositoryNames"]?.[0];
    const all = events.peek(this.cloud.kernel.scope(HERE), EVENTS).map(({ value }) => value.detail as Record<string, any>);
    return all.filter((detail) => about(detail) === repositoryName);
  }
}

/** A repository in it. */
export class GitRepository {
  readonly git: GitCloud;
  readonly repositoryName: string;
  readonly id: string;

  constructor(git: GitCloud, repositoryName: string, id: string) {
    this.git = git;
    this.repositoryName = repositoryName;
    this.id = id;
  }

  /** Put a file on a branch; answers the commit. */
  async put(branchName: string, filePath: string, content: string | Uint8Array, as?: string): Promise<string> {
    const { repositoryName } = this;
    const parentCommitId = await this.head(branchName).catch(() => undefined);
    const fileContent = typeof content === "string" ? Buffer.from(content) : content;
    const { commitId } = await this.git.call(putFile, { repositoryName, branchName, filePath, fileContent, parentCommitId }, as);
    return commitId!;
  }

  async head(branchName: string): Promise<string> {
    const { branch } = await this.git.call(getBranch, { repositoryName: this.repositoryName, branchName });
    return branch!.commitId!;
  }
}
