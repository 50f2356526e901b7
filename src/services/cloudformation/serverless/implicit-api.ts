import type { Context } from "./context.ts";
import { asSection, copyOf, hasMember, isAbsent, isTruthy, type Section, type Value } from "./draft.ts";
import { apiIdOf } from "./event-source/rest-api.ts";
import { eventOwner, expectGiven, expectMap, expectText, resourceOwner } from "./expect.ts";
import { addConditions, addPolicies, type Gathered, newGathered } from "./implicit-api/gathered.ts";
import { type ApiKind, httpKind, restKind } from "./implicit-api/kind.ts";
import { either } from "./intrinsic.ts";
import { Invalid, InvalidServerlessTemplate, invalidEvent, invalidResource, refuse } from "./invalid.ts";
import { ANY_METHOD, addPath, DEFAULT_PATH } from "./openapi/path.ts";
import { membersOf, noteChange } from "./python-marks.ts";
import { orderOfPython27 } from "./python-order.ts";
import { noteImplicitApi, resourcesInOrder } from "./resource-order.ts";
import { typeOf } from "./serverless-type.ts";

/**
 * Events that name no API are of an API that is made for them. All events write their paths into the definitions of APIs
 * that brought none. https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-api.html
 */
export const implicitRestApi = (context: Context): Invalid[] => implicitApi(restKind, context);
export const implicitHttpApi = (context: Context): Invalid[] => implicitApi(httpKind, context);

function implicitApi(kind: ApiKind, context: Context): Invalid[] {
  const resources = asSection(context.declared["Resources"]);
  // A resource of the same name comes back, unless an event is in need of the implicit API.
  const existing = copyOf(resources[kind.id]);
  const api = { Type: kind.type, Properties: { ...kind.properties(), DefinitionBody: kind.empty(), __MANAGE_SWAGGER: true } };
  resources[kind.id] = api;
  noteImplicitApi(context, { key: kind.id, isRemoved: false });
  const gathered = newGathered();
  const causes: Invalid[] = [];
  for (const [id, resource] of resourcesInOrder(context)) {
    try {
      const events = eventsOf(resource, kind);
      for (const [name, event] of events) takePath(kind, name, event, resource, gathered, context);
      // SAM writes the events back, all at once.
      const all = asSection(resource["Properties"])["Events"];
      if (events.length > 0) noteChange(asSection(all), { expected: events.length });
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      if (error.kind !== "event") refuse(error);
      causes.push(invalidResource(id, error.message));
    }
  }
  addConditions(kind, gathered, context);
  addPolicies(kind, gathered, context);
  if (Object.keys(asSection(asSection(asSection(resources[kind.id])["Properties"])["DefinitionBody"])["paths"] ?? {}).length === 0) {
    if (isAbsent(existing)) {
      delete resources[kind.id];
      noteImplicitApi(context, { key: kind.id, isRemoved: true });
    } else resources[kind.id] = existing;
  }
  if (causes.length > 0) throw new InvalidServerlessTemplate(causes);
  return [];
}

const OWNERS = ["AWS::Serverless::Function", "AWS::Serverless::StateMachine"];

function eventsOf(resource: Section, kind: ApiKind): [string, Section][] {
  const events = asSection(asSection(resource["Properties"])["Events"]);
  if (!OWNERS.includes(typeOf(resource) ?? "")) return [];
  const names = membersOf(events).flatMap(([name, each]) => (typeOf(each) === kind.eventType ? [name] : []));
  return orderOfPython27(names).map((name) => [name, events[name] as Section]);
}

function takePath(kind: ApiKind, name: string, event: Section, owner: Section, gathered: Gathered, context: Context): void {
  const given = hasMember(event, "Properties") ? event["Properties"] : {};
  if (kind === restKind && !isTruthy(given)) return;
  const properties = expectMap(given, eventOwner(name), "", "Properties should be a map.");
  event["Properties"] = properties;
  propagateTags(kind, properties, owner, context);
  if (!Object.hasOwn(properties, kind.idProperty)) properties[kind.idProperty] = { Ref: kind.id };
  if (kind === httpKind && !isTruthy(properties["Path"] ?? "") && !isTruthy(properties["Method"] ?? "")) {
    properties["Path"] = DEFAULT_PATH;
    properties["Method"] = ANY_METHOD;
  }
  const its = eventOwner(name);
  expectGiven(properties["Path"], its, "Path");
  expectGiven(properties["Method"], its, "Method");
  const id = expectText(apiIdOf(properties[kind.idProperty]), its, kind.idProperty);
  const path = expectText(properties["Path"], its, "Path");
  const method = expectText(properties["Method"], its, "Method");
  gathered.note(id, path, method, owner);
  writePath(kind, name, id, path, method, context);
  if (kind === httpKind && Object.hasOwn(properties, "RouteSettings")) {
    addRouteSettings(name, id, method === ANY_METHOD ? path : `${method.toUpperCase()} ${path}`, properties, owner, context);
  }
}

/** Tags go to the implicit API where its owner wants all that it makes to have them. */
function propagateTags(kind: ApiKind, event: Section, owner: Section, { declared }: Context): void {
  const globals = asSection(asSection(declared["Globals"])[typeOf(owner)!.replace("AWS::Serverless::", "")]);
  const properties = asSection(owner["Properties"]);
  const of = (name: string): Value => (isTruthy(properties[name]) ? properties[name] : globals[name]);
  if (Object.hasOwn(event, kind.idProperty) || !isTruthy(of("Tags")) || !isTruthy(of("PropagateTags"))) return;
  const api = asSection(asSection(asSection(declared["Resources"])[kind.id])["Properties"]);
  api["Tags"] = { ...asSection(api["Tags"]), ...asSection(of("Tags")) };
  api["PropagateTags"] = true;
}

/** Only a definition that SAM made is written to. */
function writePath(kind: ApiKind, event: string, id: string, path: string, method: string, { declared }: Context): void {
  const api = asSection(declared["Resources"])[id];
  const isWrongType = typeOf(api) === httpKind.type && kind !== httpKind;
  if (isAbsent(api) || isWrongType) {
    throw invalidEvent(event, `${kind.idProperty} must be a valid reference to an '${kind.type}' resource in same template.`);
  }
  const properties = asSection(asSection(api)["Properties"]);
  if (!kind.isDefinition(properties["DefinitionBody"]) || !isTruthy(properties["__MANAGE_SWAGGER"])) return;
  properties["DefinitionBody"] = kind.edit(properties["DefinitionBody"], (paths) => addPath(paths, path, method));
}

function addRouteSettings(event: string, apiId: string, route: string, properties: Section, owner: Section, { declared }: Context): void {
  const api = asSection(asSection(asSection(declared["Resources"])[apiId])["Properties"]);
  const settings = expectMap(hasMember(api, "RouteSettings") ? api["RouteSettings"] : {}, resourceOwner(apiId), "RouteSettings");
  const given = properties["RouteSettings"];
  const condition = owner["Condition"];
  const its = expectMap(isTruthy(condition) ? either(condition, given) : given, eventOwner(event), "RouteSettings");
  settings[route] = { ...asSection(settings[route]), ...its };
  api["RouteSettings"] = settings;
}
