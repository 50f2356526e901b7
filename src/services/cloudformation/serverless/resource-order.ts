import type { Context } from "./context.ts";
import { asSection, isSection, type Section, type Value } from "./draft.ts";
import type { Invalid } from "./invalid.ts";
import { inOrderOfPython27, orderOfPython27 } from "./python.ts";
import { typeOf } from "./serverless-type.ts";

/** The names of the template's own resources: in that order they came into Python's dictionary. */
const newNames = (): string[] => [];

/** Templates with a REST API are gone through in the order of Python 2.7, which ids of deployments still depend on. */
export function noteOrder(context: Context): Invalid[] {
  const resources = asSection(context.declared["Resources"]);
  if (!Object.values(resources).some((each) => typeOf(each) === "AWS::Serverless::Api" || hasApiEvent(each))) return [];
  context.shared(newNames).push(...Object.keys(resources));
  for (const resource of Object.values(resources)) {
    const properties = asSection(asSection(resource)["Properties"]);
    if (isSection(properties["Events"])) properties["Events"] = inOrderOfPython27(properties["Events"]);
  }
  return [];
}

function hasApiEvent(resource: Value): boolean {
  if (!["AWS::Serverless::Function", "AWS::Serverless::StateMachine"].includes(typeOf(resource) ?? "")) return false;
  const events = asSection(asSection(asSection(resource)["Properties"])["Events"]);
  return Object.values(events).some((event) => typeOf(event) === "Api");
}

/** The resources in the order in which they are gone through. Implicit APIs leave their traces even when they are gone again. */
export function resourcesInOrder(context: Context): [string, Section][] {
  const resources = asSection(context.declared["Resources"]);
  const names = context.shared(newNames);
  const all = Object.keys(resources);
  const order = names.length === 0 ? all : orderOfPython27([...new Set([...names, "ServerlessRestApi", ...all])]);
  return order.filter((name) => Object.hasOwn(resources, name)).map((name) => [name, asSection(resources[name])]);
}

/** When the implicit APIs are there, all passes that follow take resources in that order. */
export function orderAsEver(context: Context): Invalid[] {
  context.declared["Resources"] = Object.fromEntries(resourcesInOrder(context));
  return [];
}
