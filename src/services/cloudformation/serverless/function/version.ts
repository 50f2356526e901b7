import type { Context } from "../context.ts";
import {
  asList,
  asSection,
  copyOf,
  isAbsent,
  isSection,
  isText,
  isTruthy,
  member,
  type Section,
  unlessEmpty,
  type Value,
} from "../draft.ts";
import { getAtt, logicalIdOf, ref } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import { shortHash } from "../logical-id.ts";
import { type Resource, resource, withoutAbsent } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";

export function aliasName(id: string, given: Value, context: Context): string {
  const resolved = context.resolve(given);
  if (isText(resolved)) return resolved;
  throw invalidResource(id, "'AutoPublishAlias' must be a string or a Ref to a template parameter");
}

/**
 * A version never changes, so its id has a hash of what makes a new one: the code, or all properties.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html
 */
export function version(declared: Declared, lambda: Resource, sha256: string | undefined, context: Context): Resource {
  const { id, properties, passedOn } = declared;
  const code = context.resolve(lambda.properties["Code"]);
  const hashed = isTruthy(properties["AutoPublishAliasAllProperties"]) ? allOf(lambda, context) : codeAnd(asSection(code), lambda);
  const hash = isTruthy(sha256) ? sha256.slice(0, 10) : shortHash(hashed);
  const isManaged = !isAbsent(properties["CapacityProviderConfig"]);
  const deletion = properties["VersionDeletionPolicy"] ?? (isManaged ? "Delete" : "Retain");
  const made = {
    Description: properties["VersionDescription"],
    FunctionName: ref(lambda.id),
    FunctionScalingConfig: isManaged ? properties["FunctionScalingConfig"] : undefined,
  };
  return resource("AWS::Lambda::Version", `${id}Version${hash}`, made, { DeletionPolicy: deletion, ...passedOn });
}

/** By default: the code, and what Lambda itself makes part of a version most visibly. */
function codeAnd(code: Section, { properties }: Resource): Section {
  const { Environment, MemorySize, SnapStart } = properties;
  const hashed = { ...code, ...(isTruthy(Environment) ? asSection(Environment) : {}) };
  if (isTruthy(MemorySize)) hashed["MemorySize"] = MemorySize;
  const snapshots = isTruthy(SnapStart) ? (asSection(SnapStart)["ApplyOn"] ?? "None") : "None";
  if (snapshots !== "None") hashed["SnapStart"] = SnapStart;
  return hashed;
}

/** All properties, and those of layers of the same template that ask for it. */
function allOf({ properties }: Resource, context: Context): Section {
  const hashed = withoutAbsent(properties);
  for (const layer of isTruthy(properties["Layers"]) ? asList(properties["Layers"]) : []) {
    const id = logicalIdOf(layer);
    const declared = id === undefined ? undefined : member(context.output["Resources"], id);
    const its = member(declared, "Properties");
    if (id !== undefined && isSection(its) && isTruthy(its["PublishLambdaVersion"])) hashed[id] = its;
  }
  return copyOf(hashed);
}

export function alias({ id, properties, passedOn }: Declared, name: string, published: Resource): Resource {
  if (name === "") throw invalidResource(id, "Alias name is required to create an alias");
  if (!/^(?!^[0-9]+$)([a-zA-Z0-9\-_]+)$/.test(name)) {
    throw invalidResource(
      id,
      `AutoPublishAlias name ('${name}') must contain only alphanumeric characters, hyphens, or underscores matching ` +
        "(?!^[0-9]+$)([a-zA-Z0-9-_]+) pattern.",
    );
  }
  const made = {
    Name: name,
    FunctionName: ref(id),
    FunctionVersion: getAtt(published.id, "Version"),
    ProvisionedConcurrencyConfig: unlessEmpty(properties["ProvisionedConcurrencyConfig"]),
  };
  return resource("AWS::Lambda::Alias", `${id}Alias${name.replaceAll("-", "D").replaceAll("_", "U")}`, made, passedOn);
}
