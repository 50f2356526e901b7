import type { Context } from "../context.ts";
import { newPreferences, readPreference, updatePolicy } from "../deployment-preference.ts";
import { asSection, hasMember, isTruthy, type Value } from "../draft.ts";
import { isIntrinsic } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import type { Resource } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";

/** Note how the function wants to be deployed, and let its alias say so. */
export function shiftTraffic({ id, properties, passedOn }: Declared, alias: Resource | undefined, context: Context): void {
  const given = properties["DeploymentPreference"];
  if (!isTruthy(given)) return;
  const section = asSection(given);
  for (const name of ["Enabled", "Type"]) if (hasMember(section, name)) section[name] = context.resolveAll(section[name]);
  const passes = section["PassthroughCondition"];
  section["PassthroughCondition"] = hasMember(section, "PassthroughCondition") ? asBoolean(id, passes, context) : false;
  const tags = isTruthy(properties["PropagateTags"]) && isTruthy(properties["Tags"]) ? properties["Tags"] : undefined;
  const preference = readPreference(id, section, passedOn["Condition"], tags);
  context.shared(newPreferences).push(preference);
  if (!preference.isEnabled) return;
  if (alias === undefined) throw invalidResource(id, "'DeploymentPreference' requires AutoPublishAlias property to be specified.");
  alias.attributes["UpdatePolicy"] = updatePolicy(preference);
}

function asBoolean(id: string, value: Value, context: Context): boolean {
  const resolved = context.resolveAll(value);
  if (resolved === true || resolved === "true" || resolved === "True") return true;
  if (resolved === false || resolved === "false" || resolved === "False") return false;
  if (!isIntrinsic(resolved)) throw invalidResource(id, "Invalid value for property PassthroughCondition.");
  throw invalidResource(
    id,
    "Unsupported intrinsic: the only intrinsic functions supported for property PassthroughCondition are FindInMap and parameter Refs.",
  );
}
