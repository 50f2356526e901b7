import type { Scope } from "../../kernel/scope.ts";
import { type Alias, aliases, noSuchAlias } from "./alias.ts";
import { type LambdaFunction, noSuchFunction, type Revision, requireFunction } from "./function.ts";
import { isAlias, LATEST } from "./name.ts";
import { versions } from "./version.ts";

/** What a FunctionName and a Qualifier name together. */
export interface Qualified {
  readonly scope: Scope;
  readonly fn: LambdaFunction;
  readonly qualifier?: string;
  /** Where the qualifier is one. */
  readonly alias?: Alias;
}

/** The function, with the version or alias that the qualifier names, all of which have to be there. */
export function requireQualified(scope: Scope, functionName: string, qualifier?: string): Qualified {
  const { fn, scope: home, qualifier: named } = requireFunction(scope, functionName, qualifier);
  if (named === undefined) return { fn, scope: home };
  if (!isAlias(named)) {
    requireRevision(home, fn, named);
    return { fn, scope: home, qualifier: named };
  }
  const alias = aliases.get(home, `${fn.id}:${named}`) ?? noSuchAlias(home, fn.id, named);
  return { fn, scope: home, qualifier: named, alias };
}

/** What a version (a number, or $LATEST) of a function is made of. */
export function requireRevision(scope: Scope, fn: LambdaFunction, version: string): Revision {
  if (version === LATEST) return fn;
  return versions.get(scope, `${fn.id}:${version}`) ?? noSuchFunction(scope, fn.id, version);
}
