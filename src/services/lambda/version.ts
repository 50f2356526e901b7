import { sameJson } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type FunctionConfiguration, ListVersionsByFunction$, PublishVersion$ } from "../../sdk/lambda.js";
import { sha256Of } from "./code.ts";
import { functions, type LambdaFunction, type Revision, requireFunction, shownRevision } from "./function.ts";
import { LATEST } from "./name.ts";
import { checkRevision, invalid, invalidMarker, notImplemented } from "./refusal.ts";

/** A version of a function, by the function's name and its own number: `shop:3`. */
export interface Version extends Row, Revision {
  readonly functionName: string;
  readonly number: number;
  /** Instead of the configuration's. */
  readonly description?: string;
}

export const versions = new Table<Version>("lambda/version", {
  arn: ({ id }, { account, region }) => `arn:aws:lambda:${region}:${account}:function:${id}`,
});

export const publishVersion = operation(PublishVersion$, (scope, { FunctionName, CodeSha256, Description, RevisionId, PublishTo }) => {
  if (PublishTo !== undefined) notImplemented("PublishTo");
  const { fn, scope: home } = requireFunction(scope, FunctionName!);
  checkRevision(RevisionId, fn.revisionId, "GetFunction/GetAlias");
  checkSha256(fn, CodeSha256);
  return shownVersion(home, publish(home, fn, Description));
});

export const listVersionsByFunction = operation(ListVersionsByFunction$, (scope, { FunctionName, Marker, MaxItems = 50 }) => {
  const { fn, scope: home } = requireFunction(scope, FunctionName!);
  const all: (Version | undefined)[] = [undefined, ...versionsOf(home, fn.id)];
  const { items, nextToken } = page(all, (version) => String(version?.number ?? 0).padStart(9, "0"), MaxItems, Marker, invalidMarker);
  const Versions = items.map((version) =>
    version === undefined ? shownRevision(home, fn.id, fn, LATEST, LATEST) : shownVersion(home, version),
  );
  return { Versions, ...(nextToken && { NextMarker: nextToken }) };
});

/** Freeze what $LATEST is now; where that is what the last version is, it is the answer. */
export function publish(scope: Scope, fn: LambdaFunction, description?: string): Version {
  const unchanged = unchangedVersion(scope, fn);
  if (unchanged !== undefined) return unchanged;
  const number = fn.lastVersion + 1;
  functions.patch(scope, fn.id, { lastVersion: number });
  return versions.put(scope, {
    id: `${fn.id}:${number}`,
    functionName: fn.id,
    number,
    configuration: fn.configuration,
    code: fn.code,
    revisionId: scope.id.uuid(),
    modifiedAt: scope.clock.now(),
    ...(description !== undefined && { description }),
  });
}

/** The last version, if nothing has changed since. */
export function unchangedVersion(scope: Scope, fn: LambdaFunction): Version | undefined {
  const last = versions.get(scope, `${fn.id}:${fn.lastVersion}`);
  return last?.code.digest === fn.code.digest && sameJson(last.configuration, fn.configuration) ? last : undefined;
}

/** Refuse to publish another code than the caller means. */
export function checkSha256(fn: LambdaFunction, expected: string | undefined): void {
  const actual = sha256Of(fn.code);
  if (expected === undefined || expected === actual) return;
  invalid(
    `CodeSHA256 (${expected}) is different from current CodeSHA256 in $LATEST (${actual}). Please try again with the CodeSHA256 in $LATEST.`,
  );
}

/** In the order of their numbers. */
export const versionsOf = (scope: Scope, functionName: string): Version[] =>
  versions.list(scope, `${functionName}:`).sort((one, other) => one.number - other.number);

export function shownVersion(scope: Scope, version: Version, qualifier = String(version.number)): FunctionConfiguration {
  const shown = shownRevision(scope, version.functionName, version, String(version.number), qualifier);
  return version.description === undefined ? shown : { ...shown, Description: version.description };
}
