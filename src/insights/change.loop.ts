import { ensureReading, forgetJob, type GitSpec, isOver } from "../compute/job.ts";
import type { Loop } from "../kernel/loop.ts";
import { type Row, Table } from "../kernel/table.ts";
import { type Change, changes, commits } from "./change.ts";

/** A push of which git is yet to say what it brought. Its id is the commit that it moved the branch to. */
interface Unread extends Row {
  readonly repositoryId: string;
  readonly branch: string;
}

export const unread = new Table<Unread>("insights/unread");

/** A push that brings more is told of by its newest. */
const COMMITS_MAX = 1000;

/** Asks git which commits a push brought, and notes when each was first pushed. */
export const changeLoop: Loop<Unread> = {
  table: unread,
  turn(scope, { id, repositoryId, branch }) {
    const change = changes.get(scope, id)!;
    const job = ensureReading(scope, `insights/${id}`, { type: "git", repositoryId, commands: questions(change, branch) });
    if (!isOver(job)) return { kind: "wait", because: "git tells which commits a push brought" };
    const [branches, brought] =
      job.result?.git?.map(({ exitCode, stdout }) => (exitCode === 0 ? stdout.split("\n").filter(Boolean) : [])) ?? [];
    // What a repository had before it came here is no change.
    const isFirst = change.previous === undefined && branches?.length === 1;
    const found = isFirst || brought === undefined || brought.length === 0 ? [id] : brought;
    changes.patch(scope, id, { commits: found });
    for (const commit of found) {
      if (commits.get(scope, commit) === undefined) commits.put(scope, { id: commit, pushedAt: change.pushedAt, event: change.event });
    }
    unread.remove(scope, id);
    forgetJob(scope, job.id);
  },
};

/** The branches there are, and the commits: those that the branch did not have before, of a new branch those that no other has. */
function questions({ id, previous }: Change, branch: string): GitSpec["commands"] {
  const others = previous === undefined ? [`--exclude=${branch}`, "--branches"] : [previous];
  return [
    { args: ["for-each-ref", "--format=%(refname)", "refs/heads"], mayFail: true },
    { args: ["rev-list", "--reverse", `--max-count=${COMMITS_MAX}`, id, "--not", ...others], mayFail: true },
  ];
}
