import type { Context } from "./context.ts";
import { asSection, isSection, isTruthy, type Section, type Value } from "./draft.ts";
import type { Invalid } from "./invalid.ts";
import { entriesOf, isMarked, markAll } from "./python-marks.ts";
import { type KeyChange, orderAfter } from "./python-order.ts";
import { typeOf } from "./serverless-type.ts";

/** How resources came into Python's dictionary. Implicit APIs leave their traces even when they are gone again. */
const newChanges = (): KeyChange[] => [];

/** Templates with a REST API are gone through in the order of Python 2.7, which ids of deployments still depend on. */
export function noteOrder(context: Context): Invalid[] {
  const resources = asSection(context.declared["Resources"]);
  const globals = asSection(context.declared["Globals"]);
  if (!Object.values(resources).some((each) => isRestApi(each) || hasEvent(each, "Api")) && !hasDefaultAuthorizer(resources, globals)) {
    return [];
  }
  context.shared(newChanges).push(...Object.keys(resources).map((key) => ({ key, isRemoved: false })));
  markAll(globals["Api"]);
  for (const resource of Object.values(resources)) {
    const properties = asSection(asSection(resource)["Properties"]);
    if (isRestApi(resource) || isHttpApi(resource)) markAll(properties);
    if (!OWNERS.includes(typeOf(resource) ?? "")) continue;
    markAll(properties["Events"]);
    markAll(properties["FunctionName"]);
  }
  return [];
}

const OWNERS = ["AWS::Serverless::Function", "AWS::Serverless::StateMachine"];
const isRestApi = (resource: Value): boolean => typeOf(resource) === "AWS::Serverless::Api";
const isHttpApi = (resource: Value): boolean => typeOf(resource) === "AWS::Serverless::HttpApi";

function hasEvent(resource: Value, type: string, owners = OWNERS): boolean {
  const events = asSection(asSection(asSection(resource)["Properties"])["Events"]);
  return owners.includes(typeOf(resource) ?? "") && Object.values(events).some((event) => typeOf(event) === type);
}

/** HTTP APIs with a default authorizer have come into this, too. */
function hasDefaultAuthorizer(resources: Section, globals: Section): boolean {
  const has = (properties: Value): boolean => isTruthy(asSection(asSection(properties)["Auth"])["DefaultAuthorizer"]);
  const isGlobal = has(globals["HttpApi"]);
  return Object.values(resources).some(
    (each) =>
      (isHttpApi(each) && (isGlobal || has(asSection(each)["Properties"]))) ||
      (isGlobal && hasEvent(each, "HttpApi", ["AWS::Serverless::Function"])),
  );
}

/** Note that an implicit API came or went. */
export function noteImplicitApi(context: Context, change: KeyChange): void {
  const changes = context.shared(newChanges);
  if (changes.length > 0) changes.push(change);
}

/** The resources in the order in which they are gone through. */
export function resourcesInOrder(context: Context): [string, Section][] {
  const resources = asSection(context.declared["Resources"]);
  const changes = context.shared(newChanges);
  const order = changes.length === 0 ? Object.keys(resources) : orderAfter(changes);
  return order.map((name) => [name, asSection(resources[name])]);
}

/** When the implicit APIs are there, all passes that follow take resources in that order. */
export function orderAsEver(context: Context): Invalid[] {
  for (const resource of Object.values(asSection(context.declared["Resources"]))) {
    const properties = asSection(asSection(resource)["Properties"]);
    const events = properties["Events"];
    if (!OWNERS.includes(typeOf(resource) ?? "") || !isSection(events) || !isMarked(events)) continue;
    properties["Events"] = Object.fromEntries(entriesOf(events));
    markAll(properties["Events"]);
  }
  context.declared["Resources"] = Object.fromEntries(resourcesInOrder(context));
  return [];
}
