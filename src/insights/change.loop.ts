import { ensureReading, forgetJob, isOver } from "../compute/job.ts";
import type { Loop } from "../kernel/loop.ts";
import { type Row, Table } from "../kernel/table.ts";
import { changes, commits } from "./change.ts";

/** A push of which git is yet to say what it brought. Its id is the commit that it moved the branch to. */
interface Unread extends Row {
  readonly repositoryId: string;
  /** What was there before: where the branch stood; the other branches, where it is new. */
  readonly before: readonly string[];
}

export const unread = new Table<Unread>("insights/unread");

/** A push that brings more is told of by its newest. */
const COMMITS_MAX = 1000;

/** Asks git which commits a push brought, and notes when each was first pushed. */
export const changeLoop: Loop<Unread> = {
  table: unread,
  turn(scope, { id, repositoryId, before }) {
    const command = { args: ["rev-list", "--reverse", `--max-count=${COMMITS_MAX}`, id, "--not", ...before], mayFail: true as const };
    const job = ensureReading(scope, `insights/${id}`, { type: "git", repositoryId, commands: [command], mustExist: true });
    if (!isOver(job)) return { kind: "wait", because: "git tells which commits a push brought" };
    const brought = job.result?.git?.[0]?.stdout.split("\n").filter(Boolean) ?? [];
    const { pushedAt, event } = changes.patch(scope, id, { commits: brought.length === 0 ? [id] : brought });
    for (const commit of brought) if (commits.get(scope, commit) === undefined) commits.put(scope, { id: commit, pushedAt, event });
    unread.remove(scope, id);
    forgetJob(scope, job.id);
  },
};
