import type { Progress, ResourceRequest, ResourceType } from "../../kernel/resource.ts";
import { type Service, service } from "../../kernel/service.ts";
import { type Row, Table } from "../../kernel/table.ts";

/** How a thing is declared: how long each change of it takes, and which of them it resists. */
export interface ThingProperties {
  readonly Text: string;
  readonly Seconds: number;
  readonly Resists: "nothing" | "create" | "update";
}

interface Thing extends Row {
  readonly properties: ThingProperties;
  readonly stackId: string;
}

/** A resource that takes its time, and fails where it was told to: what stacks of the simulation are made of besides real ones. */
export const things = new Table<Thing>("testing/thing");

const begun = new Table<Row & { readonly at: number }>("testing/thing-begun");

const thingType: ResourceType<ThingProperties> = {
  type: "Testing::Slow::Thing",
  ensure(scope, declared, id, request): Progress {
    const name = id ?? request.generatedName;
    const { at } = begun.get(scope, request.token) ?? begun.put(scope, { id: request.token, at: scope.clock.now() });
    const wakeAt = at + declared.Seconds * 1000;
    if (scope.clock.now() < wakeAt) return { state: "busy", because: "it is slow", wakeAt, ...(id !== undefined && { id }) };
    begun.remove(scope, request.token);
    if (declared.Resists === (id === undefined ? "create" : "update")) return { state: "failed", reason: `${name} resists` };
    things.put(scope, { id: name, properties: declared, stackId: request.stackId });
    return { state: "done", id: name };
  },
  read: (scope, id) => things.get(scope, id)?.properties,
  remove(scope, id, request: ResourceRequest): Progress {
    begun.remove(scope, request.token);
    things.remove(scope, id);
    return { state: "done", id };
  },
};

export const thingService: Service = service({ name: "testing-thing", operations: [], tables: [things, begun], resources: [thingType] });
