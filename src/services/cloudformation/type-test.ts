import { fault } from "../../kernel/fault.ts";
import { sameJson } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Progress } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { TestType$ } from "../../sdk/cloudformation.js";
import type { HandlerProgress } from "./handler-call.ts";
import { type Action, askHandler, hasHandler } from "./private-resource.ts";
import { withoutPaths } from "./registry-schema.ts";
import { registeredSchema } from "./type-knowledge.ts";
import { namedVersion, type TypeVersion, typeVersions, versionArn } from "./type-version.ts";
import { isObject, type Json, type JsonObject } from "./value.ts";

/** A test of a version of a type that is under way; its id is that of the version. */
export interface TypeTest extends Row {
  /** Of this run: its handlers are asked anew. */
  readonly token: string;
}

export const typeTests = new Table<TypeTest>("cloudformation/type-test");

/**
 * Try a type's handlers with what its package brings, and keep whether they did what the contract says.
 * https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/contract-tests.html
 */
export const testType = operation(
  TestType$,
  (scope, input) => {
    const version = namedVersion(scope, input);
    if (version.kind !== "RESOURCE") fault("NotImplemented", "Slipway does not implement TestType of hooks", 501);
    if (input.LogDeliveryBucket !== undefined)
      fault("NotImplemented", "Slipway does not implement LogDeliveryBucket of TestType: DescribeType tells what failed", 501);
    typeTests.put(scope, { id: version.id, token: scope.id.uuid() });
    setTests(scope, version, "IN_PROGRESS", "The contract tests are running.");
    return { TypeVersionArn: versionArn(scope, version) };
  },
  {
    partial:
      "the main rules of the contract for create, read, update, list and delete, with the package's own inputs; no logs are delivered",
  },
);

export function setTests(scope: Scope, { id }: TypeVersion, tests: TypeVersion["tests"], testsReason: string): void {
  typeVersions.patch(scope, id, { tests, testsReason });
}

const CREATE_INPUT = "inputs_1_create.json";
const UPDATE_INPUT = "inputs_1_update.json";

export type TestOutcome =
  | Extract<Progress, { state: "busy" }>
  | { readonly state: "passed" }
  | { readonly state: "failed"; readonly reason: string };

/** Thrown to leave the contract where a handler has not answered yet; so the contract reads as the list of its rules. */
class Waits extends Error {
  readonly progress: Extract<HandlerProgress, { state: "busy" }>;
  constructor(progress: Extract<HandlerProgress, { state: "busy" }>) {
    super(progress.because);
    this.progress = progress;
  }
}

/** A rule of the contract that a handler broke. */
class Breach extends Error {}

/**
 * Go through the contract from its start: what a handler has answered already it answers again, so that this comes as far as it
 * can each time.
 */
export function tryContract(scope: Scope, version: TypeVersion, { token }: TypeTest): TestOutcome {
  try {
    contract(scope, version, token);
    return { state: "passed" };
  } catch (error) {
    if (error instanceof Waits) {
      const { because, wakeAt } = error.progress;
      return { state: "busy", because, ...(wakeAt !== undefined && { wakeAt }) };
    }
    if (error instanceof Breach) return { state: "failed", reason: error.message };
    throw error;
  }
}

function contract(scope: Scope, version: TypeVersion, token: string): void {
  const input = version.inputs?.[CREATE_INPUT] ?? breach(`The package brings no inputs/${CREATE_INPUT} to test with.`);
  const ask = (name: string, action: Action, properties: JsonObject, previous?: JsonObject) => {
    const progress = askHandler(scope, version, { action, key: `${token} ${name}`, properties, ...(previous && { previous }) });
    if (progress.state === "busy") throw new Waits(progress);
    return progress;
  };
  const must = (name: string, action: Action, properties: JsonObject, previous?: JsonObject) => {
    const outcome = ask(name, action, properties, previous);
    if (outcome.status === "FAILED") breach(`${name}: ${outcome.message ?? ""} (HandlerErrorCode: ${outcome.code})`);
    return outcome;
  };
  const mustNotFind = (name: string, action: Action, properties: JsonObject): void => {
    const outcome = ask(name, action, properties);
    if (outcome.status !== "FAILED" || outcome.code !== "NotFound") breach(`${name}: the handler must fail with NotFound`);
  };
  const model = must("contract_create_create", "CREATE", input).model ?? breach("contract_create_create: no resourceModel");
  const identity = identityOf(version, model) ?? breach("contract_create_create: the model lacks the primary identifier");
  const looksLike = (name: string, wanted: JsonObject): void => {
    const shown = must(name, "READ", identity).model ?? {};
    const hidden = new Set(registeredSchema(version.schema).writeOnly);
    if (!contains(shown, withoutPaths(wanted, hidden))) breach(`${name}: the model differs from what was asked for`);
  };
  looksLike("contract_create_read", input);
  if (hasHandler(version, "list")) {
    const { models = [] } = must("contract_create_list", "LIST", {});
    if (!models.some((one) => sameJson(identityOf(version, one), identity))) breach("contract_create_list: the resource is not listed");
  }
  const updated = version.inputs?.[UPDATE_INPUT];
  if (hasHandler(version, "update") && updated !== undefined) {
    const wanted = { ...updated, ...identity };
    must("contract_update_create", "UPDATE", wanted, model);
    looksLike("contract_update_read", updated);
  }
  must("contract_delete_create", "DELETE", identity);
  mustNotFind("contract_delete_read", "READ", identity);
  mustNotFind("contract_delete_delete", "DELETE", identity);
}

function breach(reason: string): never {
  throw new Breach(reason);
}

function identityOf({ schema }: TypeVersion, model: JsonObject): JsonObject | undefined {
  const names = registeredSchema(schema).primaryIdentifier;
  if (names.some((name) => model[name] === undefined)) return undefined;
  return Object.fromEntries(names.map((name) => [name, model[name]!]));
}

/** Whether a value has everything that is wanted of it; it may have more. */
const contains = (value: Json | undefined, wanted: Json): boolean =>
  isObject(wanted) && isObject(value) ? Object.entries(wanted).every(([name, one]) => contains(value[name], one)) : sameJson(value, wanted);
