import type { Scope } from "../../kernel/scope.ts";
import { type Alias, aliases, putAlias } from "./alias.ts";
import { takeCode } from "./code.ts";
import { changeFunction, functions, requireFunction } from "./function.ts";
import { queueEvent } from "./invocation.ts";
import { requireQualified } from "./qualifier.ts";
import { type FunctionUrl, urls } from "./url.ts";
import { publish, versions } from "./version.ts";

export { invokeFunctionUrl, type UrlAnswer, type UrlRequest } from "./url-invocation.ts";

/** Where an alias leads. */
export type AliasRoute = Pick<Alias, "version" | "weights">;

/** Where the alias leads now; undefined where there is no such alias. */
export function aliasOf(scope: Scope, functionName: string, alias: string): AliasRoute | undefined {
  const found = aliases.get(scope, `${functionName}:${alias}`);
  return found && { version: found.version, weights: found.weights };
}

/** Lead the alias elsewhere: to a version, or to two by weight. An alias that leads there already is left as it is. */
export function shiftAlias(scope: Scope, functionName: string, alias: string, { version, weights }: AliasRoute): void {
  const known = aliases.get(scope, `${functionName}:${alias}`);
  if (known === undefined) throw new Error(`no alias ${functionName}:${alias}`);
  if (known.version === version && JSON.stringify(known.weights) === JSON.stringify(weights)) return;
  putAlias(scope, { ...known, version, weights });
}

export const versionExists = (scope: Scope, functionName: string, version: string): boolean =>
  versions.get(scope, `${functionName}:${version}`) !== undefined;

/**
 * Give a function the code of an archive in a bucket, and publish it; answers the version, which is the last one where nothing has
 * changed since. Throws Lambda's own fault where that cannot be.
 */
export function publishCode(scope: Scope, functionName: string, { bucket, key }: { bucket: string; key: string }): string {
  const { fn, scope: home } = requireFunction(scope, functionName);
  const code = takeCode(home, { S3Bucket: bucket, S3Key: key }, "UpdateFunctionCode");
  return String(publish(home, changeFunction(home, fn, { code })).number);
}

/** Invoke asynchronously, as a service that was told to; answers the request id. Throws Lambda's own fault where that cannot be. */
export const invokeEvent = (scope: Scope, functionName: string, payload: string): string =>
  queueEvent(requireQualified(scope, functionName), payload);

/** How the data plane is to answer at a listener's port: who may call, and from which pages. */
export function urlAt(scope: Scope, listenerId: string): Pick<FunctionUrl, "authType" | "cors" | "functionName" | "qualifier"> | undefined {
  const [url] = urls.by(scope, "listener", listenerId);
  return url;
}

/** By its name, or by an ARN of it or of one of its versions. */
export function functionExists(scope: Scope, name: string): boolean {
  const [, said = name] = name.split(":function:");
  return functions.get(name.startsWith("arn:") ? scope.at(name) : scope, said.split(":")[0]!) !== undefined;
}
