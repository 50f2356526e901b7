import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  type FunctionConfiguration,
  GetAccountSettings$,
  GetFunction$,
  GetFunctionCodeSigningConfig$,
  GetFunctionConfiguration$,
  ListFunctions$,
} from "../../sdk/lambda.js";
import { aliases } from "./alias.ts";
import { locationOf } from "./code.ts";
import { ACCOUNT_CONCURRENCY, unreservedConcurrency } from "./concurrency.ts";
import { functions, noSuchFunction, requireFunction, shownRevision } from "./function.ts";
import { isAlias, LATEST } from "./name.ts";
import { invalidMarker } from "./refusal.ts";
import { shownVersion, versions, versionsOf } from "./version.ts";

export const getFunction = operation(GetFunction$, (scope, { FunctionName, Qualifier }) => {
  const { shown, code, home, fn } = look(scope, FunctionName!, Qualifier);
  return {
    Configuration: shown,
    Code: { RepositoryType: "S3", Location: locationOf(home, code) },
    ...(Object.keys(fn.tags).length > 0 && { Tags: { ...fn.tags } }),
    ...(fn.reservedConcurrency !== undefined && { Concurrency: { ReservedConcurrentExecutions: fn.reservedConcurrency } }),
  };
});

export const getFunctionConfiguration = operation(
  GetFunctionConfiguration$,
  (scope, { FunctionName, Qualifier }) => look(scope, FunctionName!, Qualifier).shown,
);

export const listFunctions = operation(ListFunctions$, (scope, { FunctionVersion, Marker, MaxItems = 50 }) => {
  const { items, nextToken } = page(functions.list(scope), ({ id }) => id, MaxItems, Marker, invalidMarker);
  const Functions = items.flatMap((fn) => [
    shownRevision(scope, fn.id, fn, LATEST, FunctionVersion === "ALL" ? LATEST : undefined),
    ...(FunctionVersion === "ALL" ? versionsOf(scope, fn.id).map((version) => shownVersion(scope, version)) : []),
  ]);
  return { Functions, ...(nextToken && { NextMarker: nextToken }) };
});

/** No function has one: CodeSigningConfigArn is refused. */
export const getFunctionCodeSigningConfig = operation(GetFunctionCodeSigningConfig$, (scope, { FunctionName }) => ({
  FunctionName: requireFunction(scope, FunctionName!).fn.id,
  CodeSigningConfigArn: undefined,
}));

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const getAccountSettings = operation(GetAccountSettings$, (scope) => {
  const all = functions.list(scope);
  const sizes = [...all, ...versions.list(scope)].map(({ code }) => code.size);
  return {
    AccountLimit: {
      TotalCodeSize: 80_530_636_800,
      CodeSizeUnzipped: 262_144_000,
      CodeSizeZipped: 52_428_800,
      ConcurrentExecutions: ACCOUNT_CONCURRENCY,
      UnreservedConcurrentExecutions: unreservedConcurrency(scope),
    },
    AccountUsage: { TotalCodeSize: sizes.reduce((total, size) => total + size, 0), FunctionCount: all.length },
  };
});

/** What a read of a function shows; an alias shows the version that it names. */
function look(scope: Scope, text: string, asked?: string) {
  const { fn, scope: home, qualifier } = requireFunction(scope, text, asked);
  const number = isAlias(qualifier)
    ? (aliases.get(home, `${fn.id}:${qualifier}`)?.version ?? noSuchFunction(home, fn.id, qualifier))
    : qualifier;
  if (number === undefined || number === LATEST) {
    const shown: FunctionConfiguration = shownRevision(home, fn.id, fn, LATEST, qualifier);
    return { shown, code: fn.code, home, fn };
  }
  const version = versions.get(home, `${fn.id}:${number}`) ?? noSuchFunction(home, fn.id, qualifier);
  return { shown: shownVersion(home, version, qualifier), code: version.code, home, fn };
}
