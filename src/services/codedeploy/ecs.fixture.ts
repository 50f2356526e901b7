import { service } from "../../kernel/service.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { EcsControl } from "./ecs.ts";

/** A task set of the one service that there is, cluster:web. */
export interface TaskSet extends Row {
  readonly targetGroup: string;
  readonly taskDefinition: string;
  readonly readyAt: number;
  readonly isPrimary: boolean;
}

interface Route extends Row {
  readonly weights: Readonly<Record<string, number>>;
}

export const taskSets = new Table<TaskSet>("codedeploy/simulated-task-set");
export const routes = new Table<Route>("codedeploy/simulated-route");
export const simulatedEcs = service({ name: "ecs", operations: [], tables: [taskSets, routes] });

/** Tasks come up after a minute; those of a definition that is called broken never do. */
const COMES_UP_MS = 60_000;

/** What ECS will be to CodeDeploy, simulated on two tables. */
export const ecsControl: EcsControl = {
  primaryOf(scope, { service: name }) {
    const found = taskSets.list(scope).find(({ isPrimary }) => isPrimary);
    return name === "web" && found !== undefined ? { taskSetId: found.id, targetGroup: found.targetGroup } : undefined;
  },
  ensureTaskSet(scope, _service, { id, spec, targetGroup }) {
    const { taskDefinition } = spec;
    const now = scope.clock.now();
    const known =
      taskSets.get(scope, id) ?? taskSets.put(scope, { id, targetGroup, taskDefinition, readyAt: now + COMES_UP_MS, isPrimary: false });
    if (taskDefinition === "broken") return { state: "failed", reason: "The tasks of the replacement do not start." };
    return now >= known.readyAt ? { state: "steady" } : { state: "busy", wakeAt: known.readyAt };
  },
  setPrimary(scope, _service, taskSetId) {
    for (const { id, isPrimary } of taskSets.list(scope))
      if (isPrimary !== (id === taskSetId)) taskSets.patch(scope, id, { isPrimary: id === taskSetId });
  },
  removeTaskSet: (scope, _service, taskSetId) => taskSets.remove(scope, taskSetId),
  route: (scope, listenerArn, weights) => void routes.put(scope, { id: listenerArn, weights }),
};
