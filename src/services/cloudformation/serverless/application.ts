import type { Context } from "./context.ts";
import { asSection, copyOf, hasMember, isAbsent, isSection, isTruthy, type Section, unlessEmpty, type Value } from "./draft.ts";
import { expectGiven, expectText, resourceOwner } from "./expect.ts";
import { Invalid, invalidResource } from "./invalid.ts";
import { integer, listOf, map, may, must, oneOf, text } from "./property.ts";
import { literal } from "./python.ts";
import { resource } from "./resource.ts";
import { type ServerlessType, typeOf } from "./serverless-type.ts";
import { markedTags } from "./tag.ts";

/**
 * An application of the Serverless Application Repository, or a template by its URL: a nested stack.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-application.html
 */
export const application: ServerlessType = {
  type: "AWS::Serverless::Application",
  properties: {
    Location: must(oneOf(text, map)),
    TemplateUrl: may(text),
    Parameters: may(map),
    NotificationARNs: may(listOf(oneOf(text, map))),
    Tags: may(map),
    TimeoutInMinutes: may(integer),
  },
  prepare: findTemplate,
  transform({ id, properties, dependsOn, passedOn }) {
    const { Location, NotificationARNs, Parameters, Tags, TemplateUrl, TimeoutInMinutes } = properties;
    const repository: Section = {};
    for (const [name, tag] of Object.entries(LOCATION_TAGS)) {
      const value = asSection(Location)[name];
      if (!isAbsent(value)) repository[tag] = value;
    }
    const made = {
      TemplateURL: unlessEmpty(TemplateUrl) ?? "",
      Parameters,
      NotificationARNs,
      Tags: markedTags(id, Tags, repository),
      TimeoutInMinutes,
    };
    return [resource("AWS::CloudFormation::Stack", id, made, passedOn, dependsOn)];
  },
};

const LOCATION_TAGS = { ApplicationId: "serverlessrepo:applicationId", SemanticVersion: "serverlessrepo:semanticVersion" };

interface Found {
  readonly application: string;
  readonly templateUrl: string;
  readonly isReady: boolean;
}

/** What came of asking the repository for each application, by id and version: the same is asked for once. */
const newApplications = (): Map<string, Found | Invalid> => new Map();
const keyOf = (id: Value, version: Value): string => `${literal(id)} ${literal(version)}`;

/** Resolve the places of applications and find their templates. First of all, because the repository takes its time. */
export function resolveApplications(context: Context): Invalid[] {
  const found = context.shared(newApplications);
  for (const [id, declared] of Object.entries(asSection(context.declared["Resources"]))) {
    if (typeOf(declared) !== application.type) continue;
    const location = asSection(asSection(declared)["Properties"])["Location"];
    if (!isSection(location) || isAbsent(location["ApplicationId"]) || isAbsent(location["SemanticVersion"])) continue;
    for (const name of Object.keys(LOCATION_TAGS)) location[name] = context.resolveAll(copyOf(location[name]));
    const { ApplicationId, SemanticVersion } = location;
    const key = keyOf(ApplicationId, SemanticVersion);
    if (isSection(ApplicationId) || isSection(SemanticVersion) || found.has(key)) continue;
    found.set(key, lookUp(id, ApplicationId, SemanticVersion, context));
  }
  return [];
}

function lookUp(id: string, application: Value, version: Value, context: Context): Found | Invalid {
  try {
    const name = expectText(application, resourceOwner(id), "Location.ApplicationId");
    const its = expectText(version, resourceOwner(id), "Location.SemanticVersion");
    if (/\{\{resolve:ssm:[a-zA-Z0-9_.\-/]+(:\d+)?\}\}/.test(name)) {
      return invalidResource(id, "Serverless Application Repostiory does not support dynamic reference in 'ApplicationId' property.");
    }
    const answer = context.surroundings.application?.(name, its) ?? {
      error: "Serverless Application Repository is not available in this region.",
    };
    if ("error" in answer) return invalidResource(id, answer.error);
    return { application: name, templateUrl: answer.templateUrl, isReady: answer.isReady !== false };
  } catch (error) {
    if (error instanceof Invalid) return error;
    throw error;
  }
}

function findTemplate(id: string, properties: Section, context: Context): void {
  requireMembers(id, properties, ["Location"]);
  const location = properties["Location"];
  if (!isSection(location)) {
    properties["TemplateUrl"] = location;
    return;
  }
  requireMembers(id, location, Object.keys(LOCATION_TAGS));
  const unresolved = (name: string): string =>
    `Property '${name}' cannot be resolved. Only FindInMap and Ref intrinsic functions are supported.`;
  const { ApplicationId, SemanticVersion } = location;
  expectGiven(ApplicationId, resourceOwner(id), "ApplicationId");
  if (isSection(ApplicationId)) throw invalidResource(id, unresolved("ApplicationId"));
  if (!isTruthy(SemanticVersion)) throw invalidResource(id, "Property 'SemanticVersion' cannot be blank.");
  if (isSection(SemanticVersion)) throw invalidResource(id, unresolved("SemanticVersion"));
  const found = context.shared(newApplications).get(keyOf(ApplicationId, SemanticVersion));
  if (found instanceof Invalid) throw found;
  properties["TemplateUrl"] = found?.templateUrl;
}

/** That the templates of all applications are there; after all else, because the repository makes them meanwhile. */
export function checkApplicationsReady(context: Context): Invalid[] {
  const late = [...context.shared(newApplications).values()].filter((one): one is Found => !(one instanceof Invalid) && !one.isReady);
  if (late.length === 0) return [];
  const ids = literal(late.map(({ application }) => application));
  return [invalidResource(ids, "Timed out waiting for nested stack templates to reach ACTIVE status.")];
}

function requireMembers(id: string, section: Section, names: readonly string[]): void {
  for (const name of names) {
    if (!hasMember(section, name)) throw invalidResource(id, `Resource is missing the required [${name}] property.`);
  }
}
