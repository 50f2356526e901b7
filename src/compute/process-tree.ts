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

/** A process and its descendants, each before its own; without looking at any other process. */
export const treeOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(treeOf)];

/** The most memory that processes have had, in bytes: what was resident of each, together. */
export const peakMemoryOf = (pids: readonly number[]): number => sum(pids, (pid) => bytesIn("status", "VmHWM", pid) ?? 0);

/**
 * Whether processes have more memory now, in bytes: what is resident, pages that they share counted once, as a control group
 * counts them. That takes the system long to say, so it is asked only of those that look large.
 */
export function exceedMemory(pids: readonly number[], bytes: number): boolean {
  const resident = (pid: number): number => bytesIn("status", "VmRSS", pid) ?? 0;
  if (sum(pids, resident) <= bytes) return false;
  return sum(pids, (pid) => bytesIn("smaps_rollup", "Pss", pid) ?? resident(pid)) > bytes;
}

const sum = (pids: readonly number[], of: (pid: number) => number): number => pids.reduce((total, pid) => total + of(pid), 0);

/** A number of kilobytes in a file of Linux about a process; undefined where that does not say. */
function bytesIn(file: string, name: string, pid: number): number | undefined {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(read(`/proc/${pid}/${file}`) ?? "")?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
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
