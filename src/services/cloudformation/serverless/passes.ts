import { checkApplicationsReady, resolveApplications } from "./application.ts";
import type { Context } from "./context.ts";
import { defaultDefinitions } from "./default-definition.ts";
import { addDeploymentGroups } from "./deployment-preference.ts";
import { asSection, copyOf, hasMember, isSection, isText, isTruthy, type Section } from "./draft.ts";
import { embeddedConnectors } from "./embedded-connector.ts";
import { attributeOwner, expectMap } from "./expect.ts";
import { mergeGlobals } from "./globals.ts";
import { implicitHttpApi, implicitRestApi } from "./implicit-api.ts";
import { duplicateLogicalId, Invalid, invalidTemplate, refuse } from "./invalid.ts";
import { mayHaveId } from "./logical-id.ts";
import { useOpenApiVersion } from "./openapi/openapi-3.ts";
import { followDependsOn, followIds, followProperties, type Moved } from "./reference.ts";
import { asDeclared } from "./resource.ts";
import { noteOrder, orderAsEver } from "./resource-order.ts";
import { readDeclared, typeOf } from "./serverless-type.ts";
import { isPlain, rankOf, types } from "./types.ts";

/** One step over the whole template. It answers what it found wrong, or refuses at once. */
export type Pass = (context: Context) => Invalid[];

/** The passes, in order. Each says at its function why it stands where it stands. */
export const passes: readonly Pass[] = [
  checkShape,
  noteOrder,
  resolveApplications,
  defaultDefinitions,
  implicitRestApi,
  implicitHttpApi,
  orderAsEver,
  mergeGlobals,
  useOpenApiVersion,
  embeddedConnectors,
  transformResources,
  addDeploymentGroups,
  checkApplicationsReady,
  followReferences,
];

/** That there are resources to look at at all: all further passes rely on it. */
function checkShape({ declared }: Context): Invalid[] {
  const resources = declared["Resources"];
  if (!isSection(resources) || Object.keys(resources).length === 0) return refuse(invalidTemplate("'Resources' section is required"));
  if (!Object.values(resources).every(isSection)) {
    refuse(invalidTemplate("All 'Resources' must be Objects. If you're using YAML, this may be an indentation issue."));
  }
  for (const [id, resource] of Object.entries(resources)) {
    const { Condition, Properties } = asSection(resource);
    if (isTruthy(Condition) && !isText(Condition)) refuse(invalidTemplate("Every Condition member must be a string."));
    if (!isPlain(typeOf(resource)) || Properties === undefined) continue;
    try {
      expectMap(Properties, attributeOwner(id), "Properties");
    } catch (error) {
      if (error instanceof Invalid) refuse(error);
      throw error;
    }
  }
  if (hasMember(declared, "Mappings") && !isSection(declared["Mappings"])) {
    refuse(invalidTemplate("'Mappings' or 'Parameters' is either null or not a valid dictionary."));
  }
  return [];
}

/** SAM's resources give way to what they stand for, in the copy that comes out. What is wrong with one is noted, and the next is tried. */
function transformResources(context: Context): Invalid[] {
  context.output = copyOf(context.declared);
  const causes: Invalid[] = [];
  for (const [id, section] of inTransformOrder(asSection(context.declared["Resources"]))) {
    try {
      causes.push(...transformResource(id, section, context));
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      causes.push(error);
    }
  }
  delete context.output["Transform"];
  return causes;
}

function inTransformOrder(resources: Section): [string, Section][] {
  const known = Object.entries(resources).filter(([, each]) => types.has(typeOf(each) ?? "")) as [string, Section][];
  return known.toSorted(([, one], [, other]) => rankOf(typeOf(one)!) - rankOf(typeOf(other)!));
}

function transformResource(id: string, section: Section, context: Context): Invalid[] {
  const type = types.get(typeOf(section)!)!;
  const declared = readDeclared(type, id, section, context);
  const made = type.transform(declared, context);
  const moves = context.shared(newMoves);
  if (declared.id !== id) moves.ids.set(id, declared.id);
  for (const [property, wanted] of Object.entries(type.referable ?? {})) {
    const its = made.findLast((resource) => resource.type === wanted);
    if (its !== undefined) moves.properties.set(`${declared.id}.${property}`, its.id);
  }
  const resources = asSection(context.output["Resources"]);
  delete resources[id];
  const causes: Invalid[] = [];
  for (const resource of made) {
    if (!mayHaveId(resource.id, resource.type, asSection(context.declared["Resources"]))) {
      causes.push(duplicateLogicalId(id, resource.id, resource.type));
      continue;
    }
    const passesMetadata = context.surroundings.passesMetadata === true && !isTruthy(resources[resource.id]);
    if (passesMetadata && isTruthy(section["Metadata"])) resource.attributes["Metadata"] = section["Metadata"];
    resources[resource.id] = asDeclared(resource);
  }
  return causes;
}

const newMoves = (): { ids: Map<string, string>; properties: Map<string, string> } => ({ ids: new Map(), properties: new Map() });

/** Last, when all new ids are known: what named a resource of SAM names what has become of it. */
function followReferences(context: Context): Invalid[] {
  const { ids, properties } = context.shared(newMoves);
  const moved: Moved = { id: (id) => ids.get(id), property: (id, name) => properties.get(`${id}.${name}`) };
  if (ids.size > 0) {
    followDependsOn(context.output, moved);
    followIds(context.output, moved);
  }
  if (properties.size > 0) followProperties(context.output, moved);
  return [];
}
