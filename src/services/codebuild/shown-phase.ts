import type { Stored } from "../../kernel/json.ts";

interface Timed {
  readonly startTime?: Date | undefined;
  readonly endTime?: Date | undefined;
}

/** The phases of a build, a batch or a sandbox as the API shows them: with instants. */
export const shownPhases = <T extends Timed>(phases: readonly Stored<T>[]): T[] =>
  (phases as readonly Stored<Timed>[]).map(({ startTime, endTime, ...phase }) => ({
    ...phase,
    ...(startTime !== undefined && { startTime: new Date(startTime) }),
    ...(endTime !== undefined && { endTime: new Date(endTime) }),
  })) as T[];
