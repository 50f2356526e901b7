import type { Build } from "./build.ts";

type OldPhase = Readonly<Record<string, unknown>> & { readonly onFailure?: unknown };

/** A build of version 1, in which nothing was queued, and a buildspec knew of no reports and no tries. */
export function upgradedBuild(row: any): Build {
  const { buildspec } = row;
  return {
    ...row,
    queueDeadlineAt: row.deadlineAt,
    ...(buildspec && {
      buildspec: {
        ...buildspec,
        isolated: false,
        gitCredentialHelper: false,
        reports: {},
        phases: Object.fromEntries(
          Object.entries(buildspec.phases as Record<string, OldPhase>).map(([name, { onFailure, ...phase }]) => [
            name,
            { ...phase, ...(onFailure !== undefined && { onFailure: { action: onFailure } }) },
          ]),
        ),
      },
    }),
  };
}
