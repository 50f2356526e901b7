import { type Job, jobs } from "../compute/job.ts";
import type { RealHands } from "../compute/real.ts";
import type { Kernel } from "../kernel/kernel.ts";

const GRACE_MS = 1000;
/** Marks the names of instances among those of workspaces. */
const INSTANCE = "instance ";

/** Releases a workspace, or the files of an instance, when no job row names it any more. Answers how to stop that. */
export function releaseWorkspaces(kernel: Kernel, hands: RealHands): () => void {
  const head = `${jobs.name}:`;
  const workspaceOf = new Map<string, string>();
  const timers = new Set<NodeJS.Timeout>();
  const note = (path: string, job: Job | undefined): void => {
    if (job?.spec.type === "command") workspaceOf.set(path, job.spec.workspace);
    if (job?.spec.type === "instance") workspaceOf.set(path, INSTANCE + job.spec.instanceId);
  };
  for (const path of kernel.store.paths(jobs, head)) note(path, kernel.store.get(jobs, path));
  const isNamed = (workspace: string): boolean => [...workspaceOf.values()].includes(workspace);
  const release = (name: string): Promise<void> =>
    name.startsWith(INSTANCE) ? hands.releaseInstance(name.slice(INSTANCE.length)) : hands.releaseWorkspace(name);
  const releaseLater = (workspace: string): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!isNamed(workspace)) release(workspace).catch((error) => process.emitWarning(error as Error));
    }, GRACE_MS);
    timers.add(timer.unref());
  };
  const unwatch = kernel.watch((changed) => {
    for (const path of changed) {
      if (!path.startsWith(head)) continue;
      const job = kernel.store.get(jobs, path);
      const workspace = workspaceOf.get(path);
      if (job !== undefined) note(path, job);
      else if (workspace !== undefined && workspaceOf.delete(path) && !isNamed(workspace)) releaseLater(workspace);
    }
  });
  return () => {
    unwatch();
    for (const timer of timers) clearTimeout(timer);
  };
}
