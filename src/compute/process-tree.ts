import { readdirSync, readFileSync } from "node:fs";

/** The variable by which a process, and all that it starts, is known as ours; see `markedWith`. */
export const MARK = "SLIPWAY_PROCESS";

/** A process that cannot be ended (it hangs in the system) is left to the system. */
const ROUNDS_MAX = 50;

/** What Linux says of a process. Elsewhere nothing is known, and only process groups can be ended. */
interface ProcessState {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks since the machine started: with the pid it names a process for good, where the pid alone is reused. */
  readonly startTime: string;
}

/** When a process started, or undefined where there is none of that pid. */
export const startTimeOf = (pid: number): string | undefined => stateOf(pid)?.startTime;

/** The processes that descend from one, itself not included. */
export function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const state of allStates()) children.set(state.parent, [...(children.get(state.parent) ?? []), state.pid]);
  const found: number[] = [];
  const visit = (parent: number): void => {
    for (const child of children.get(parent) ?? []) {
      found.push(child);
      visit(child);
    }
  };
  visit(pid);
  return found;
}

/** The processes that were started with the mark: also those that left their parents and their process group. */
export function markedWith(mark: string): number[] {
  const line = `${MARK}=${mark}`;
  return allPids().filter((pid) => read(`/proc/${pid}/environ`)?.split("\0").includes(line));
}

/** End processes for good. They may be starting others meanwhile: look again until there are none. */
export function endAll(find: () => readonly number[]): number {
  const ended = new Set<number>();
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const found = find();
    if (found.length === 0) break;
    for (const pid of found) {
      ended.add(pid);
      signal(pid, "SIGKILL");
    }
  }
  return ended.size;
}

/** The most memory that a process and its descendants have had, in bytes; without looking at any other process. */
export function peakMemoryOf(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? "")?.[1];
  return childrenOf(pid).reduce((sum, child) => sum + peakMemoryOf(child), Number(kilobytes ?? 0) * 1024);
}

/** The children of a process, by each of its threads. */
function childrenOf(pid: number): number[] {
  const threads = list(`/proc/${pid}/task`);
  return threads.flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`)?.split(" ").filter(Boolean).map(Number) ?? []);
}

/** Send a signal to a process, or with a negative number to a group; it may be gone already. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function stateOf(pid: number): ProcessState | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the name in parentheses, and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { pid, parent: Number(fields[1]), startTime: fields[19]! };
}

const allStates = (): ProcessState[] => allPids().flatMap((pid) => stateOf(pid) ?? []);

const allPids = (): number[] => list("/proc").map(Number).filter(Number.isInteger);

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}
