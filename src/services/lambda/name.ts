import type { Scope } from "../../kernel/scope.ts";
import { invalid, notFound } from "./refusal.ts";

/** What a member FunctionName says: a function, perhaps a version or alias of it, and the partition that it lies in. */
export interface FunctionReference {
  readonly name: string;
  readonly qualifier?: string;
  readonly scope: Scope;
}

export const LATEST = "$LATEST";

const REFERENCE = /^(?:arn:aws[\w-]*:lambda:([\w-]+):)?(?:(\d{12}):)?(?:function:)?([\w-]+)(?::(\$LATEST|[\w-]+))?$/;

/**
 * From a name, a partial ARN or an ARN, each with or without a qualifier.
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html#API_GetFunction_RequestParameters
 */
export function referenceOf(scope: Scope, text: string, qualifier?: string): FunctionReference {
  const [, region, account, name, suffix] = REFERENCE.exec(text) ?? invalid(`${text} is not a valid function name or ARN`);
  if (region !== undefined && region !== scope.region)
    notFound(`Functions from '${region}' are not reachable in this region ('${scope.region}')`);
  if (suffix !== undefined && qualifier !== undefined && suffix !== qualifier)
    invalid("The derived qualifier from the function name does not match the specified qualifier.");
  const named = qualifier ?? suffix;
  return { name: name!, ...(named !== undefined && { qualifier: named }), scope: scope.in({ ...(account && { account }) }) };
}

export const functionArn = (scope: Scope, name: string, qualifier?: string): string =>
  scope.arn("lambda", qualifier === undefined ? `function:${name}` : `function:${name}:${qualifier}`);

export const isVersion = (qualifier: string): boolean => /^(\$LATEST|[0-9]+)$/.test(qualifier);

export const isAlias = (qualifier: string | undefined): qualifier is string => qualifier !== undefined && !isVersion(qualifier);
