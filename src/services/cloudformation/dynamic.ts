import type { Resolved } from "../../kernel/reference.ts";
import { isList, isObject, type Json } from "./value.ts";

/** Finds what a dynamic reference names: its kind, and all that stands behind the kind. */
export type FindReference = (kind: string, name: string) => Resolved;

export type ResolvedDynamic<T = Json> =
  | { readonly state: "value"; readonly value: T }
  | { readonly state: "busy"; readonly because: string }
  | { readonly state: "error"; readonly message: string };

const DYNAMIC = /\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]+)\}\}/g;

/**
 * The properties that take secure strings of Parameter Store.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html
 */
const SECURE = [
  "AWS::DirectoryService::MicrosoftAD/Properties/Password",
  "AWS::DirectoryService::SimpleAD/Properties/Password",
  "AWS::ElastiCache::ReplicationGroup/Properties/AuthToken",
  "AWS::IAM::User/Properties/LoginProfile/Password",
  "AWS::KinesisFirehose::DeliveryStream/Properties/RedshiftDestinationConfiguration/Password",
  "AWS::OpsWorks::App/Properties/AppSource/Password",
  "AWS::OpsWorks::Stack/Properties/CustomCookbooksSource/Password",
  "AWS::OpsWorks::Stack/Properties/RdsDbInstances/DbPassword",
  "AWS::RDS::DBCluster/Properties/MasterUserPassword",
  "AWS::RDS::DBInstance/Properties/MasterUserPassword",
  "AWS::Redshift::Cluster/Properties/MasterUserPassword",
];

/** The places of a resource's properties with a secure string that do not take one, as type/Properties/Name. */
export function strangeSecureStrings(type: string, properties: Json | undefined): string[] {
  const places = (value: Json, path: string): string[] => {
    if (typeof value === "string") return value.includes("{{resolve:ssm-secure:") && !SECURE.includes(path) ? [path] : [];
    if (isList(value)) return value.flatMap((item) => places(item, path));
    if (!isObject(value)) return [];
    // What a function makes of its arguments is where the function is.
    return Object.entries(value).flatMap(([name, member]) => places(member, name.startsWith("Fn::") ? path : `${path}/${name}`));
  };
  return properties === undefined ? [] : [...new Set(places(properties, `${type}/Properties`))];
}

/** Whether anything in a value is a dynamic reference, so that what it becomes must not be stored or shown. */
export const hasDynamicReference = (value: Json): boolean => JSON.stringify(value).search(DYNAMIC) !== -1;

/**
 * Put in what the dynamic references of evaluated properties name. Do it last, for the resource's own eyes only: stacks keep
 * and compare the references as written, as CloudFormation does.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
 */
export function resolveDynamicReferences<T extends Json>(value: T, find: FindReference): ResolvedDynamic<T> {
  const troubles: Exclude<Resolved, { state: "value" }>[] = [];
  const resolveText = (text: string): string =>
    text.replace(DYNAMIC, (whole, kind: string, name: string) => {
      const resolved = find(kind, name);
      if (resolved.state === "value") return resolved.value;
      troubles.push(resolved);
      return whole;
    });
  const resolve = (json: Json): Json => {
    if (typeof json === "string") return resolveText(json);
    if (isList(json)) return json.map(resolve);
    if (isObject(json)) return Object.fromEntries(Object.entries(json).map(([name, member]) => [name, resolve(member)]));
    return json;
  };
  const resolved = resolve(value) as T;
  const missing = troubles.find(({ state }) => state === "absent");
  if (missing?.state === "absent") return { state: "error", message: missing.reason };
  const [busy] = troubles;
  return busy?.state === "busy" ? busy : { state: "value", value: resolved };
}
