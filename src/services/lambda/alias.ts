import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type AliasConfiguration, CreateAlias$, DeleteAlias$, GetAlias$, ListAliases$, UpdateAlias$ } from "../../sdk/lambda.js";
import { noSuchFunction, requireFunction } from "./function.ts";
import { functionArn, LATEST } from "./name.ts";
import { checkRevision, conflict, invalid, invalidMarker, notFound, violation } from "./refusal.ts";
import { versions } from "./version.ts";

/** A name for a version of a function, by both names: `shop:live`. */
export interface Alias extends Row {
  readonly functionName: string;
  readonly name: string;
  /** A number, or $LATEST. */
  readonly version: string;
  /** The share of invocations, from 0 to 1, that go to another version. */
  readonly weights: Readonly<Record<string, number>>;
  readonly description: string;
  readonly revisionId: string;
}

export const aliases = new Table<Alias>("lambda/alias", {
  arn: ({ id }, { account, region }) => `arn:aws:lambda:${region}:${account}:function:${id}`,
});

export const createAlias = operation(CreateAlias$, (scope, { FunctionName, Name, FunctionVersion, Description = "", RoutingConfig }) => {
  const { fn, scope: home } = requireFunction(scope, FunctionName!);
  const id = `${fn.id}:${Name}`;
  if (aliases.get(home, id)) conflict(`Alias already exists: ${functionArn(home, fn.id, Name)}`);
  const alias = { id, functionName: fn.id, name: Name!, version: FunctionVersion!, weights: RoutingConfig?.AdditionalVersionWeights ?? {} };
  return shown(home, putAlias(home, { ...alias, description: Description }));
});

export const updateAlias = operation(UpdateAlias$, (scope, input) => {
  const { alias, scope: home } = requireAlias(scope, input.FunctionName!, input.Name!);
  checkRevision(input.RevisionId, alias.revisionId, "GetFunction/GetAlias");
  const changed = putAlias(home, {
    ...alias,
    version: input.FunctionVersion ?? alias.version,
    weights: input.RoutingConfig === undefined ? alias.weights : (input.RoutingConfig.AdditionalVersionWeights ?? {}),
    description: input.Description ?? alias.description,
  });
  return shown(home, changed);
});

export const getAlias = operation(GetAlias$, (scope, { FunctionName, Name }) => {
  const { alias, scope: home } = requireAlias(scope, FunctionName!, Name!);
  return shown(home, alias);
});

export const deleteAlias = operation(DeleteAlias$, (scope, { FunctionName, Name }) => {
  const { fn, scope: home } = requireFunction(scope, FunctionName!);
  aliases.remove(home, `${fn.id}:${Name}`);
  return {};
});

export const listAliases = operation(ListAliases$, (scope, { FunctionName, FunctionVersion, Marker, MaxItems = 50 }) => {
  const { fn, scope: home } = requireFunction(scope, FunctionName!);
  const found = aliasesOf(home, fn.id).filter(({ version }) => FunctionVersion === undefined || version === FunctionVersion);
  const { items, nextToken } = page(found, ({ id }) => id, MaxItems, Marker, invalidMarker);
  return { Aliases: items.map((alias) => shown(home, alias)), ...(nextToken && { NextMarker: nextToken }) };
});

/** Make the alias be as said. */
export function putAlias(scope: Scope, alias: Omit<Alias, "revisionId">): Alias {
  checkVersion(scope, alias.functionName, alias.version);
  checkWeights(scope, alias);
  return aliases.put(scope, { ...alias, revisionId: scope.id.uuid() });
}

export function requireAlias(scope: Scope, functionName: string, name: string): { alias: Alias; scope: Scope } {
  const { fn, scope: home } = requireFunction(scope, functionName);
  return { alias: aliases.get(home, `${fn.id}:${name}`) ?? noSuchAlias(home, fn.id, name), scope: home };
}

export const noSuchAlias = (scope: Scope, functionName: string, name: string): never =>
  notFound(`Cannot find alias arn: ${functionArn(scope, functionName, name)}`);

export const aliasesOf = (scope: Scope, functionName: string): Alias[] => aliases.list(scope, `${functionName}:`);

/** The version that the next invocation of the alias goes to: chance decides, by the weights. */
export function versionByChance(scope: Scope, { version, weights }: Alias): string {
  const [other] = Object.entries(weights);
  return other !== undefined && scope.id.chance() < other[1] ? other[0] : version;
}

function checkVersion(scope: Scope, functionName: string, version: string): void {
  if (version !== LATEST && versions.get(scope, `${functionName}:${version}`) === undefined) noSuchFunction(scope, functionName, version);
}

function checkWeights(scope: Scope, { functionName, version, weights }: Omit<Alias, "revisionId">): void {
  const entries = Object.entries(weights);
  if (entries.length > 1) invalid("Number of items in AdditionalVersionWeights cannot be greater than 1");
  for (const [other, weight] of entries) {
    const member = "routingConfig.additionalVersionWeights";
    if (!(weight >= 0 && weight <= 1)) {
      const rules = "Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0";
      violation(`{${other}=${weight}}`, member, `Map value must satisfy constraint: [${rules}, Member must not be null]`);
    }
    if (other === version)
      invalid(`Invalid function version ${other}. Function version ${other} is already included in routing configuration.`);
    if (version === LATEST) invalid("$LATEST is not supported for an alias pointing to more than 1 version");
    if (!/^[0-9]+$/.test(other)) {
      const rules =
        "Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+";
      violation(`{${other}=${weight}}`, member, `Map keys must satisfy constraint: [${rules}, Member must not be null]`);
    }
    checkVersion(scope, functionName, other);
  }
}

const shown = (scope: Scope, { functionName, name, version, weights, description, revisionId }: Alias): AliasConfiguration => ({
  AliasArn: functionArn(scope, functionName, name),
  Name: name,
  FunctionVersion: version,
  Description: description,
  RevisionId: revisionId,
  ...(Object.keys(weights).length > 0 && { RoutingConfig: { AdditionalVersionWeights: { ...weights } } }),
});
