import { fault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import { InvalidInputException } from "../../sdk/codebuild.js";
import { type BatchGroup, type BuildBatch, buildBatches, DOWNLOAD_SOURCE } from "./batch.ts";
import type { BatchPlace, Build, Variable } from "./build.ts";
import { fleetArn, fleetByArn, fleets } from "./fleet.ts";
import { mergedVariables } from "./override.ts";
import { type Declaration, type Project, projects } from "./project.ts";
import { type BuildRequest, refuseUnbuildable, submitBuild } from "./start.ts";

const MINUTE = 60_000;
/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectBuildBatchConfig.html */
const TIMEOUT_MINUTES = 480;

/** How long a batch may take in one attempt. */
export const timeoutMsOf = ({ buildBatchConfig }: Declaration): number => (buildBatchConfig?.timeoutInMins ?? TIMEOUT_MINUTES) * MINUTE;

/** Submit a batch; its loop does the rest. */
export function submitBatch(scope: Scope, project: Project, request: Omit<BuildRequest, "batch" | "autoRetry">): BuildBatch {
  const { uuid, declaration, initiator, sourceVersion, resolvedSourceVersion, handedIn, webhook, idempotencyToken, asked, isDebugged } =
    request;
  refuseUnbuildable(declaration);
  const config = declaration.buildBatchConfig;
  if (config?.serviceRole === undefined) fault(InvalidInputException, "Build batch service role is required");
  const now = scope.clock.now();
  const number = (project.batchNumber ?? 0) + 1;
  projects.patch(scope, project.id, { batchNumber: number });
  return buildBatches.put(scope, {
    id: `${project.id}:${uuid}`,
    project: project.id,
    number,
    initiator,
    startedAt: now,
    status: "IN_PROGRESS",
    stage: "SUBMITTED",
    phases: [{ phaseType: "SUBMITTED", startTime: now }],
    declaration,
    fastFail: false,
    groups: [],
    attempt: 0,
    deadlineAt: now + timeoutMsOf(declaration),
    ...(sourceVersion !== undefined && { sourceVersion }),
    ...(resolvedSourceVersion !== undefined && { resolvedSourceVersion }),
    ...(handedIn && { handedIn }),
    ...(webhook && { webhook }),
    ...(idempotencyToken !== undefined && { idempotencyToken }),
    ...(asked !== undefined && { asked }),
    ...(isDebugged && { isDebugged: true as const }),
  });
}

/** Start the build that fetches the buildspec of the batch. */
export const startDownload = (scope: Scope, batch: BuildBatch): Build =>
  startBuildOf(scope, batch, batch.declaration, { id: batch.id, identifier: DOWNLOAD_SOURCE, downloads: true });

/** Start the build of a group. */
export function startGroup(scope: Scope, batch: BuildBatch, group: BatchGroup): Build {
  const place = { id: batch.id, identifier: group.identifier, ...(group.shard && { shard: group.shard }) };
  return startBuildOf(scope, batch, declarationOf(scope, batch, group), place);
}

function startBuildOf(scope: Scope, batch: BuildBatch, declaration: Declaration, place: BatchPlace): Build {
  const { id, project, attempt, initiator, sourceVersion, resolvedSourceVersion, handedIn, webhook, isDebugged } = batch;
  return submitBuild(scope, projects.get(scope, project)!, {
    uuid: idsFrom(`codebuild batch ${id} ${place.identifier} ${attempt}`).uuid(),
    declaration,
    sourceVersion: place.downloads ? sourceVersion : (resolvedSourceVersion ?? sourceVersion),
    resolvedSourceVersion,
    initiator,
    batch: place,
    isDebugged,
    ...(handedIn && { handedIn }),
    ...(webhook && { webhook }),
  });
}

/** The project's declaration as one build of the batch differs from it. */
function declarationOf(scope: Scope, { declaration }: BuildBatch, group: BatchGroup): Declaration {
  const { buildspec, computeType, image, type, privilegedMode, variables, fleet } = group;
  const { source, environment } = declaration;
  const known = (environment?.environmentVariables ?? []) as Variable[];
  const own = Object.entries(variables).map(([name, value]): Variable => ({ name, value, type: "PLAINTEXT" }));
  return {
    ...declaration,
    source: { ...source!, ...(buildspec !== undefined && { buildspec }) },
    environment: {
      ...environment!,
      ...(computeType !== undefined && { computeType: computeType as "BUILD_GENERAL1_SMALL" }),
      ...(image !== undefined && { image }),
      ...(type !== undefined && { type: type as "LINUX_CONTAINER" }),
      ...(privilegedMode !== undefined && { privilegedMode }),
      ...(fleet !== undefined && { fleet: { fleetArn: arnOfFleet(scope, fleet) } }),
      environmentVariables: mergedVariables(known, own),
    },
  };
}

/** A buildspec names a fleet by its name or by its ARN. */
function arnOfFleet(scope: Scope, named: string): string {
  const fleet = fleetByArn(scope, named) ?? fleets.get(scope, named);
  return fleet === undefined ? named : fleetArn(scope, fleet);
}
