import { sameJson } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
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
  const changed: string[] = [];
  for (const { name, actionTypeId, configuration = {} } of declarationOf(scope, pipeline.id).stages![0]!.actions!) {
    const revision = providerOf(scope, actionTypeId!)?.polled?.(scope, configuration);
    if (revision === undefined || seen[name!] === revision) continue;
    if (seen[name!] !== undefined && revision !== NOTHING) changed.push(name!);
    seen[name!] = revision;
  }
  if (sameJson(seen, pipeline.seen)) return;
  const noted = pipelines.patch(scope, pipeline.id, { seen });
  const [action] = changed;
  if (action === undefined || hasNoRoom(scope, pipeline)) return;
  startExecution(scope, noted, { id: scope.id.uuid(), trigger: { triggerType: "PollForSourceChanges", triggerDetail: action } });
}
