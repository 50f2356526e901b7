import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Tags } from "../../kernel/tag.ts";
import {
  CreateFunction$,
  DeleteFunction$,
  type FunctionConfiguration,
  ResourceConflictException,
  UpdateFunctionCode$,
  UpdateFunctionConfiguration$,
} from "../../sdk/lambda.js";
import { aliases, aliasesOf } from "./alias.ts";
import { type Code, takeCode } from "./code.ts";
import { type Configuration, checkConfiguration, configured, refuseUnsupported } from "./configuration.ts";
import { eventInvokeConfigs } from "./event-invoke-config.ts";
import { changeFunction, functions, type LambdaFunction, noSuchFunction, requireFunction, shownRevision } from "./function.ts";
import { functionArn, isAlias, LATEST, referenceOf } from "./name.ts";
import { policies, policyId } from "./permission.ts";
import { checkRevision, conflict, invalid, notImplemented } from "./refusal.ts";
import { removeUrl, urls } from "./url.ts";
import { publish, shownVersion, versions } from "./version.ts";

export const createFunction = operation(
  CreateFunction$,
  (scope, input) => {
    const { name, scope: home } = referenceOf(scope, input.FunctionName!);
    if (input.PublishTo !== undefined) notImplemented("PublishTo");
    refuseUnsupported(input);
    const configuration = configured(home, {}, input);
    checkConfiguration(home, configuration);
    if (functions.get(home, name)) conflict(`Function already exist: ${name}`);
    const code = takeCode(home, input.Code ?? {}, "CreateFunction");
    return shown(home, addFunction(home, name, { configuration, code, tags: input.Tags ?? {} }), input.Publish);
  },
  {
    partial:
      "Images, VPC and file system configurations, SnapStart, code signing and durable functions are refused by name; tracing, keys, architectures and the size of /tmp are kept, and have no effect.",
  },
);

export const updateFunctionCode = operation(UpdateFunctionCode$, (scope, input) => {
  const { fn, scope: home } = requireFunction(scope, input.FunctionName!);
  if (input.PublishTo !== undefined) notImplemented("PublishTo");
  checkRevision(input.RevisionId, fn.revisionId, "GetFunction/GetAlias");
  const code = takeCode(home, input, "UpdateFunctionCode");
  const configuration = { ...fn.configuration, Architectures: input.Architectures ?? fn.configuration.Architectures };
  if (input.DryRun) return shownRevision(home, fn.id, { ...fn, code, configuration });
  return shown(home, changeFunction(home, fn, { code, configuration }), input.Publish);
});

export const updateFunctionConfiguration = operation(UpdateFunctionConfiguration$, (scope, input) => {
  const { fn, scope: home } = requireFunction(scope, input.FunctionName!);
  checkRevision(input.RevisionId, fn.revisionId, "GetFunction/GetAlias");
  refuseUnsupported(input);
  const configuration = configured(home, fn.configuration, input);
  checkConfiguration(home, configuration);
  return shown(home, changeFunction(home, fn, { configuration }));
});

export const deleteFunction = operation(DeleteFunction$, (scope, { FunctionName, Qualifier }) => {
  const { fn, scope: home, qualifier } = requireFunction(scope, FunctionName!, Qualifier);
  if (qualifier === undefined) removeFunction(home, fn.id);
  else removeVersion(home, fn.id, qualifier);
  return { $status: 204 };
});

export function addFunction(scope: Scope, name: string, said: { configuration: Configuration; code: Code; tags: Tags }): LambdaFunction {
  return functions.put(scope, { id: name, ...said, revisionId: scope.id.uuid(), modifiedAt: scope.clock.now(), lastVersion: 0 });
}

/** Make the function and all that belongs to it not be. What runs runs on; events that wait are dropped. */
export function removeFunction(scope: Scope, name: string): void {
  for (const url of urls.list(scope, `${name}:`)) removeUrl(scope, url);
  for (const table of [versions, aliases, policies, eventInvokeConfigs])
    for (const { id } of table.list(scope, `${name}:`)) table.remove(scope, id);
  functions.remove(scope, name);
}

/** Make a version not be; one that an alias leads to stays. */
export function removeVersion(scope: Scope, name: string, version: string): void {
  if (version === LATEST) invalid("$LATEST version cannot be deleted without deleting the function.");
  if (isAlias(version)) invalid("Deletion of aliases is not currently supported.");
  const users = aliasesOf(scope, name).filter((alias) => alias.version === version || alias.weights[version] !== undefined);
  if (users.length > 0) {
    const names = users.map((alias) => alias.name).join(", ");
    fault(ResourceConflictException, `Version ${functionArn(scope, name, version)} is in use by the aliases [${names}]`, { Type: "User" });
  }
  if (versions.get(scope, `${name}:${version}`) === undefined) noSuchFunction(scope, name, version);
  versions.remove(scope, `${name}:${version}`);
  policies.remove(scope, policyId(name, version));
  eventInvokeConfigs.remove(scope, `${name}:${version}`);
}

function shown(scope: Scope, fn: LambdaFunction, publishes = false): FunctionConfiguration {
  return publishes ? shownVersion(scope, publish(scope, fn)) : shownRevision(scope, fn.id, fn);
}
