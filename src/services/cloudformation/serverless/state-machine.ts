import { readS3Uri } from "./code-location.ts";
import type { Context } from "./context.ts";
import { asList, asSection, copyOf, isSection, isText, isTruthy, member, type Section, unlessEmpty, type Value } from "./draft.ts";
import { tracingPolicy } from "./function.ts";
import { getAtt, isIntrinsic, join, ref } from "./intrinsic.ts";
import { invalidResource } from "./invalid.ts";
import { useTemplates } from "./policy-template.ts";
import { boolean, listOf, map, mapOf, may, mayBeLiteral, oneOf, passed, text } from "./property.ts";
import { display, indentedJson } from "./python.ts";
import { type Resource, resource } from "./resource.ts";
import { roleFor, trustOf } from "./role.ts";
import type { Declared, ServerlessType } from "./serverless-type.ts";
import { linkEvents, startingEvents } from "./state-machine/events.ts";
import { markedTags, propagateTags } from "./tag.ts";

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-statemachine.html */
export const stateMachine: ServerlessType = {
  type: "AWS::Serverless::StateMachine",
  properties: {
    Definition: may(map),
    DefinitionUri: may(oneOf(text, map)),
    Logging: may(map),
    Role: may(text),
    RolePath: passed,
    DefinitionSubstitutions: may(map),
    Events: may(mapOf(map)),
    Name: may(text),
    Type: may(text),
    Tags: may(map),
    PropagateTags: may(boolean),
    Policies: may(oneOf(text, listOf(oneOf(text, map)))),
    Tracing: may(map),
    PermissionsBoundary: may(text),
    AutoPublishAlias: passed,
    DeploymentPreference: passed,
    UseAliasAsEventTarget: mayBeLiteral(boolean),
  },
  prepare: (id, properties) => useTemplates(id, properties),
  transform,
};

function transform(declared: Declared, context: Context): Resource[] {
  const { id, properties, attributes, dependsOn } = declared;
  linkEvents(declared, context);
  const tags = markedTags(id, properties["Tags"], {}, "stateMachine:createdBy");
  const made: Section = {
    LoggingConfiguration: properties["Logging"],
    StateMachineName: properties["Name"],
    StateMachineType: properties["Type"],
    Tags: tags,
    TracingConfiguration: properties["Tracing"],
    ...definition(declared),
  };
  const { Policies, Role } = properties;
  if (isTruthy(Role) && isTruthy(Policies)) {
    throw invalidResource(id, "Specify either 'Role' or 'Policies' (but not both at the same time) or neither of them");
  }
  const roles = isTruthy(Role) ? [] : [executionRole(declared, tags, context)];
  made["RoleArn"] = isTruthy(Role) ? Role : getAtt(roles[0]!.id, "Arn");
  const machine = resource("AWS::StepFunctions::StateMachine", id, made, attributes, dependsOn);
  const published = publish(declared);
  const target = isTruthy(properties["UseAliasAsEventTarget"]) ? (published[1] ?? machine) : machine;
  const resources = [machine, ...roles, ...published, ...startingEvents(declared, target, context)];
  propagateTags(resources, properties["Tags"], properties["PropagateTags"]);
  return resources;
}

/** The definition: a text with what is only known later as substitutions, or its place in S3. */
function definition({ id, properties }: Declared): Section {
  const { Definition, DefinitionSubstitutions, DefinitionUri } = properties;
  const given = isTruthy(DefinitionSubstitutions) ? asSection(DefinitionSubstitutions) : {};
  if (isTruthy(Definition) && isTruthy(DefinitionUri)) {
    throw invalidResource(id, "Specify either 'Definition' or 'DefinitionUri' property and not both.");
  }
  if (isTruthy(DefinitionUri)) return { ...substitutions(given), DefinitionS3Location: locationOf(id, DefinitionUri) };
  if (!isTruthy(Definition)) throw invalidResource(id, "Either 'Definition' or 'DefinitionUri' property must be specified.");
  const text = copyOf(Definition);
  const found: Section = {};
  substitute(text, found);
  return { ...substitutions({ ...given, ...found }), DefinitionString: join("\n", indentedJson(text).split("\n")) };
}

const substitutions = (all: Section): Section => (isTruthy(all) ? { DefinitionSubstitutions: all } : {});

const DYNAMIC_REFERENCE = /^\{\{resolve:([a-z-]+):(.+)\}\}$/;

/** Put variables where functions and dynamic references stand, in order of their names; `found` gets what they stand for. */
function substitute(value: Value, found: Section): void {
  const entries = isSection(value) ? Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)) : Object.entries(asList(value));
  for (const [key, each] of entries) {
    if (isIntrinsic(each) || (isText(each) && DYNAMIC_REFERENCE.test(each))) {
      const name = `definition_substitution_${Object.keys(found).length + 1}`;
      found[name] = each;
      (value as Section)[key] = `\${${name}}`;
    } else if (typeof each === "object" && each !== null) substitute(each, found);
  }
}

function locationOf(id: string, location: Value): Section {
  if (isSection(location)) {
    const { Bucket, Key } = location;
    if (!isTruthy(Bucket) || !isTruthy(Key)) {
      throw invalidResource(id, "'DefinitionUri' requires Bucket and Key properties to be specified.");
    }
    return { Bucket, Key, ...(Object.hasOwn(location, "Version") ? { Version: location["Version"] } : {}) };
  }
  const read = readS3Uri(location);
  if (read !== undefined) {
    return { Bucket: read.bucket, Key: read.key, ...(read.version === undefined ? {} : { Version: read.version }) };
  }
  throw invalidResource(id, "'DefinitionUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter.");
}

function executionRole({ id, properties, passedOn }: Declared, tags: Value, context: Context): Resource {
  const policies = [...asList(unlessEmpty(properties["Policies"]))];
  if (member(properties["Tracing"], "Enabled") === true) policies.push(tracingPolicy(context));
  return roleFor(
    {
      id,
      attributes: passedOn,
      trust: trustOf("states.amazonaws.com"),
      policies,
      path: properties["RolePath"],
      permissionsBoundary: properties["PermissionsBoundary"],
      tags,
    },
    context,
  );
}

/** A version of each revision, and the alias that is moved to it. */
function publish({ id, properties, passedOn }: Declared): Resource[] {
  const { AutoPublishAlias, DeploymentPreference, UseAliasAsEventTarget } = properties;
  if (!isTruthy(AutoPublishAlias)) {
    const needs = isTruthy(UseAliasAsEventTarget)
      ? "UseAliasAsEventTarget"
      : isTruthy(DeploymentPreference)
        ? "DeploymentPreference"
        : undefined;
    if (needs === undefined) return [];
    throw invalidResource(id, `'${needs}' requires 'AutoPublishAlias' property to be specified.`);
  }
  const kept = { DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain", ...passedOn };
  const revision = { StateMachineArn: ref(id), StateMachineRevisionId: getAtt(id, "StateMachineRevisionId") };
  const version = resource("AWS::StepFunctions::StateMachineVersion", `${id}Version`, revision, kept);
  const preference = isTruthy(DeploymentPreference) ? asSection(DeploymentPreference) : { Type: "ALL_AT_ONCE" };
  const alias = { Name: AutoPublishAlias, DeploymentPreference: { ...preference, StateMachineVersionArn: ref(version.id) } };
  return [version, resource("AWS::StepFunctions::StateMachineAlias", `${id}Alias${display(AutoPublishAlias)}`, alias, passedOn)];
}
