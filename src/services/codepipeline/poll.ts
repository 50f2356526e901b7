import { sameJson } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { ExecutionTrigger } from "../../sdk/codepipeline.js";
import { providerOf } from "./actions/index.ts";
import { hasNoRoom, startExecution } from "./execution.ts";
import { declarationOf, type Pipeline, pipelines } from "./pipeline.ts";
import { NOTHING } from "./provider.ts";

/**
 * Start an execution where a source that looks for changes itself has one. What is there at the first look is not a
 * change: creating a pipeline starts an execution anyway.
 */
export function startForChanges(scope: Scope, pipeline: Pipeline): void {
  const seen: Record<string, string> = { ...pipeline.seen };
  const changed: ExecutionTrigger[] = [];
  const { stages, triggers = [] } = declarationOf(scope, pipeline.id);
  for (const { name, actionTypeId, configuration = {} } of stages![0]!.actions!) {
    const provider = providerOf(scope, actionTypeId!);
    const isTriggered = triggers.some(({ gitConfiguration }) => gitConfiguration!.sourceActionName === name);
    if (provider?.polled === undefined || isTriggered) continue;
    if (configuration["DetectChanges"] !== "false") provider.watch?.(scope, watchId(pipeline, name!), configuration);
    const revision = provider.polled(scope, configuration);
    if (revision === undefined || seen[name!] === revision) continue;
    if (seen[name!] !== undefined && revision !== NOTHING) {
      changed.push(provider.pollTrigger?.(configuration) ?? { triggerType: "PollForSourceChanges", triggerDetail: name! });
    }
    seen[name!] = revision;
  }
  if (sameJson(seen, pipeline.seen)) return;
  const noted = pipelines.patch(scope, pipeline.id, { seen });
  const [trigger] = changed;
  if (trigger === undefined || hasNoRoom(scope, pipeline)) return;
  startExecution(scope, noted, { id: scope.id.uuid(), trigger });
}

/** For whom a repository is looked at. */
export const watchId = ({ id }: Pick<Pipeline, "id">, action: string): string => `codepipeline/${id}/${action}`;
