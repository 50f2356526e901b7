import { isFault } from "../../kernel/fault.ts";
import { sameJson } from "../../kernel/json.ts";
import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Table } from "../../kernel/table.ts";
import type { InputArtifact } from "../../sdk/codepipeline.js";
import { type Artifact, copiedTo, storeOf } from "./artifact.ts";
import type { Execution } from "./execution.ts";
import { declarationOf } from "./pipeline.ts";
import { type ActionProgress, type ActionProvider, failed } from "./provider.ts";
import type { Run } from "./run.ts";

const MINUTE_MS = 60_000;

export type Ending = Exclude<ActionProgress, { status: "InProgress" }>;

/** How a run stands. One whose time is over has failed. */
export function standingOf(scope: Scope, provider: Pick<ActionProvider, "observe" | "stop">, run: Run): ActionProgress {
  const here = scope.in({ region: run.region });
  if (scope.clock.now() >= run.timeoutAt) {
    provider.stop?.(here, run);
    return failed("Timeout", `The action has timed out after ${(run.timeoutAt - run.startedAt) / MINUTE_MS} minutes.`);
  }
  try {
    return provider.observe(here, run);
  } catch (error) {
    if (!isFault(error)) throw error;
    return failed("ConfigurationError", error.message);
  }
}

/** Write down what a run that is under way says, and what it waits for. */
export function noteProgress<R extends Run>(
  scope: Scope,
  table: Table<R>,
  run: R,
  { status: _, because, wakeAt, kind, ...told }: Extract<ActionProgress, { status: "InProgress" }>,
): Rest {
  const known = table.get(scope, run.id)!;
  if (!sameJson({ ...known, ...told }, known)) table.patch(scope, run.id, { ...told, updatedAt: scope.clock.now() } as Partial<R>);
  const sentence = `execution ${run.executionId}: ${run.stage}/${run.action}: ${because}`;
  if (wakeAt !== undefined && wakeAt < run.timeoutAt) return { wakeAt, kind: kind ?? "wait", because: sentence };
  return { wakeAt: run.timeoutAt, kind: "deadline", because: sentence };
}

/** The artifacts that a run takes, in the store of its region; or why it can not have them. */
export function inputsOf(
  scope: Scope,
  execution: Execution,
  declared: readonly InputArtifact[],
  region: string,
): { readonly artifacts: readonly Artifact[]; readonly problem?: string } {
  const missing = declared.find(({ name }) => execution.artifacts[name!] === undefined);
  const artifacts = declared.flatMap(({ name }) => execution.artifacts[name!] ?? []);
  if (missing !== undefined) return { artifacts, problem: `The input artifact ${missing.name} was not produced in this execution.` };
  const declaration = declarationOf(scope, execution.pipeline, execution.pipelineVersion);
  const store = storeOf(declaration, region);
  if (declaration.artifactStores === undefined || store === undefined) return { artifacts };
  try {
    return { artifacts: artifacts.map((artifact) => copiedTo(scope, store.location!, artifact)) };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { artifacts, problem: `The artifact store ${store.location} could not be written to: ${error.message}` };
  }
}
