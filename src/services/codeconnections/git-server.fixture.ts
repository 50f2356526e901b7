import { createHash } from "node:crypto";
import type { HttpSpec, Job } from "../../compute/job.ts";
import { type SimulatedOutcome, simulatedHands } from "../../compute/simulated.ts";
import type { Loop } from "../../kernel/loop.ts";

/** A git server of a story: by address, where each branch stands, and the files of each commit. What is pushed there is there. */
export class StoryServer {
  readonly branches = new Map<string, Map<string, string>>();
  readonly #files = new Map<string, Readonly<Record<string, string>>>();
  fetches = 0;
  /** By what it was believed, fetch by fetch. */
  readonly certificates: (string | undefined)[] = [];
  /** The pull requests that are open: number, branch and its commit, and the branch that it is to be merged into. */
  readonly pullRequests = new Map<number, { readonly branch: string; readonly into: string }>();
  /** The path and the body of what was posted to its API, in order. */
  get posted(): readonly { readonly path: string; readonly body: any }[] {
    return [...this.#posted.values()];
  }
  readonly #posted = new Map<string, { path: string; body: any }>();
  /** What its API answers instead, before an instant. */
  unwell: { readonly status: number; readonly until: number } | undefined;
  /** By verb of git: what is asked for before the instant dies with the process. */
  losesUntil: Readonly<Record<string, number>> = {};
  lost = 0;

  /** Push files to a branch; answers the commit. */
  push(address: string, branch: string, files: Readonly<Record<string, string>>): string {
    const commit = createHash("sha1")
      .update(JSON.stringify([address, branch, files, this.branches.get(address)?.get(branch)]))
      .digest("hex");
    this.branches.set(address, new Map(this.branches.get(address)).set(branch, commit));
    this.#files.set(commit, files);
    return commit;
  }

  /** Hands that fetch from it, and read what was fetched. */
  hands(takesMs = 10): Loop<Job> {
    return simulatedHands((job) => ({ ...this.#outcomeOf(job), afterMs: takesMs }));
  }

  #outcomeOf(job: Job): Omit<SimulatedOutcome, "afterMs"> {
    const { spec, requestedAt } = job;
    if (spec.type === "http") return { status: "SUCCEEDED", result: { response: { headers: {}, ...this.#answer(job, spec) } } };
    if (spec.type !== "git") throw new Error(`a story of git has no ${spec.type}`);
    const [{ args }] = spec.commands as [{ args: readonly string[] }];
    if (requestedAt < (this.losesUntil[args[0]!] ?? 0)) {
      this.lost++;
      return { status: "LOST", reason: "It was running when the cloud stopped." };
    }
    const said = (stdout: string) => ({ exitCode: 0, stdout, stderr: "" });
    switch (args[0]) {
      case "fetch": {
        this.fetches++;
        if (job.status === "PENDING") this.certificates.push(spec.certificate);
        const address = args[args.indexOf("--") + 1]!;
        const branches = this.branches.get(address);
        if (branches === undefined)
          return { status: "FAILED", reason: `git fetch failed with 128: fatal: '${address}' does not appear to be a git repository` };
        const refs = [...branches].map(([branch, commit]) => `refs/heads/${branch} ${commit}\n`).join("");
        return { status: "SUCCEEDED", result: { git: [said(""), said(refs)] } };
      }
      case "cat-file": {
        const [commit, path] = args[2]!.split(":") as [string, string];
        const text = this.#files.get(commit)?.[path];
        if (text === undefined) return { status: "FAILED", reason: `git cat-file failed with 128: fatal: path '${path}' does not exist` };
        return { status: "SUCCEEDED", result: { git: [said(text)] } };
      }
      default:
        throw new Error(`a story has no git ${args[0]}`);
    }
  }

  /** GitHub's API, as far as it is asked. A job is asked what it comes to more than once, and posts once. */
  #answer({ id, requestedAt }: Job, { method, url, body }: HttpSpec): { status: number; body: string } {
    const { pathname, searchParams } = new URL(url);
    if (this.unwell !== undefined && requestedAt < this.unwell.until) return { status: this.unwell.status, body: "not now" };
    if (method === "POST") {
      this.#posted.set(id, { path: pathname, body: JSON.parse(body!) });
      return { status: 201, body: "{}" };
    }
    const [, , , , owner, name] = pathname.split("/");
    const branches = this.branches.get(`/srv/git/${owner}/${name}`)!;
    const repo = { full_name: `${owner}/${name}` };
    const found = [...this.pullRequests]
      .filter(([, { into }]) => into === searchParams.get("base"))
      .map(([number, { branch, into }]) => ({ number, head: { ref: branch, sha: branches.get(branch), repo }, base: { ref: into, repo } }));
    return { status: 200, body: JSON.stringify(found) };
  }
}
