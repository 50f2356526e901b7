/** A command of the command line. `load` brings its code, so that --help does not have to. */
export interface Command {
  /** One line, for the overview. */
  readonly summary: string;
  readonly help: string;
  load(): Promise<{ run(args: readonly string[]): Promise<number> }>;
}

/** The command line is wrong; exit code 2. */
export class UsageError extends Error {
  readonly exitCode = 2;
}
