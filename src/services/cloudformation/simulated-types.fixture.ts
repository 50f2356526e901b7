import type { Progress, ResourceRequest, ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Service, service } from "../../kernel/service.ts";
import { type Row, Table } from "../../kernel/table.ts";

/** For tests: things that are made at once or slowly, and that fail where a property says so. */
export interface Thing extends Row {
  readonly properties: Readonly<Record<string, any>>;
  readonly token: string;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
}

export const things = new Table<Thing>("test/thing");
/** Since when something is under way, by token. */
const begun = new Table<Row & { readonly at: number }>("test/begun");
/** What the outside does to things: makes their next update or removal fail. */
export const spells = new Table<Row>("test/spell");

/** Since when it is under way; undefined where it is slow enough already. */
function slow(scope: Scope, token: string, seconds: unknown, id?: string): Progress | undefined {
  if (seconds === undefined) return undefined;
  const { at } = begun.get(scope, token) ?? begun.put(scope, { id: token, at: scope.clock.now() });
  const wakeAt = at + Number(seconds) * 1000;
  if (scope.clock.now() < wakeAt) return { state: "busy", because: "it is slow", wakeAt, ...(id !== undefined && { id }) };
  begun.remove(scope, token);
  return undefined;
}

function ensure(scope: Scope, declared: Thing["properties"], id: string | undefined, request: ResourceRequest): Progress {
  const name = id ?? declared["Name"] ?? request.generatedName;
  const failing = id === undefined ? declared["FailOnCreate"] : (declared["FailOnUpdate"] ?? spells.get(scope, `update ${name}`));
  const waiting = slow(scope, `${request.token}`, id === undefined ? declared["CreateSeconds"] : declared["UpdateSeconds"], id);
  if (waiting !== undefined) return waiting;
  if (failing) return { state: "failed", reason: `${name} does not want to` };
  const known = things.get(scope, name);
  if (id === undefined && known !== undefined && known.token !== request.token)
    return { state: "failed", reason: `${name} already exists` };
  if (id !== undefined && known === undefined) return { state: "failed", reason: `${name} does not exist` };
  things.put(scope, { id: name, properties: declared, token: known?.token ?? request.token, tags: request.tags });
  return { state: "done", id: name };
}

export const thingType: ResourceType = {
  type: "Test::Thing::Thing",
  replaceOn: ["Name", "Replace"],
  ensure,
  read: (scope, id) => things.get(scope, id)?.properties,
  remove(scope, id, request) {
    const thing = things.get(scope, id);
    if (thing === undefined) return { state: "done", id };
    const waiting = slow(scope, request.token, thing.properties["RemoveSeconds"]);
    if (waiting !== undefined) return waiting;
    if (spells.get(scope, `remove ${id}`) !== undefined || thing.properties["FailOnRemove"])
      return { state: "failed", reason: `${id} does not want to go` };
    things.remove(scope, id);
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ Arn: scope.arn("test", id), ...things.get(scope, id)?.properties }),
  list: (scope) => things.list(scope).map(({ id }) => id),
};

/** Alarms, objects and parameters that tests set. */
export const facts = new Table<Row & { readonly value: string }>("test/fact");

const reference = (kind: string) => ({
  kind,
  resolve: (scope: Scope, name: string) => {
    const fact = facts.get(scope, `${kind} ${name}`);
    return fact === undefined ? { state: "absent" as const, reason: `no ${name}` } : { state: "value" as const, value: fact.value };
  },
});

/** What was delivered, by id. */
export const received = new Table<Row & { readonly payload: string; readonly arn: string }>("test/received");

export const simulated: Service = service({
  name: "test",
  operations: [],
  tables: [things, begun, spells, facts, received],
  resources: [thingType],
  references: [reference("alarm"), reference("s3-url"), reference("ssm")],
  targets: [
    {
      service: "lambda",
      deliver(scope, { id, payload, arn }) {
        received.put(scope, { id, payload, arn });
        return { state: "done" };
      },
    },
    {
      service: "sns",
      deliver(scope, { id, payload, arn }) {
        received.put(scope, { id, payload, arn });
        return { state: "done" };
      },
    },
  ],
  updatePolicies: [
    {
      name: "TestSlowUpdate",
      ensure(scope, { token, id, declared, settings }) {
        const waiting = slow(scope, token, settings["Seconds"]);
        if (waiting !== undefined) return waiting;
        if (settings["Fail"]) return { state: "failed", reason: "The deployment failed" };
        const known = things.get(scope, id)!;
        things.put(scope, { ...known, properties: declared });
        return { state: "done", id };
      },
    },
  ],
});
