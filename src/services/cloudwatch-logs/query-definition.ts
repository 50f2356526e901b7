import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  DeleteQueryDefinition$,
  DescribeQueryDefinitions$,
  InvalidParameterException,
  PutQueryDefinition$,
  ResourceNotFoundException,
} from "../../sdk/cloudwatch-logs.js";
import { notImplemented } from "./metric-filter.ts";

/** A query that somebody keeps, by its id. */
export interface QueryDefinition extends Row {
  readonly name: string;
  readonly query: string;
  readonly language: "CWLI" | "SQL" | "PPL";
  readonly groups: readonly string[];
  readonly modifiedAt: number;
}

export const queryDefinitions = new Table<QueryDefinition>("cloudwatch-logs/query-definition");

export const putQueryDefinition = operation(
  PutQueryDefinition$,
  (scope, { queryDefinitionId, name, queryString, queryLanguage = "CWLI", logGroupNames = [], parameters }) => {
    if (parameters?.length) notImplemented("parameters of queries");
    if (queryDefinitionId !== undefined && queryDefinitions.get(scope, queryDefinitionId) === undefined) noSuchDefinition();
    const said = { name: name!, query: queryString!, language: queryLanguage, groups: logGroupNames };
    return { queryDefinitionId: saveQueryDefinition(scope, queryDefinitionId, said).id };
  },
  { partial: "definitions are kept; parameters are not implemented" },
);

export const describeQueryDefinitions = operation(
  DescribeQueryDefinitions$,
  (scope, { queryDefinitionNamePrefix = "", queryLanguage, maxResults = 1000, nextToken }) => {
    const found = queryDefinitions
      .list(scope)
      .filter(({ name, language }) => name.startsWith(queryDefinitionNamePrefix) && (queryLanguage ?? language) === language);
    const invalid = (): never => fault(InvalidParameterException, "The specified nextToken is invalid.");
    const paged = page(found, ({ id }) => id, maxResults, nextToken, invalid);
    return {
      queryDefinitions: paged.items.map(({ id, name, query, language, groups, modifiedAt }) => ({
        queryDefinitionId: id,
        name,
        queryString: query,
        queryLanguage: language,
        logGroupNames: [...groups],
        lastModified: modifiedAt,
      })),
      ...(paged.nextToken && { nextToken: paged.nextToken }),
    };
  },
);

export const deleteQueryDefinition = operation(DeleteQueryDefinition$, (scope, { queryDefinitionId }) => {
  if (queryDefinitions.get(scope, queryDefinitionId!) === undefined) noSuchDefinition();
  queryDefinitions.remove(scope, queryDefinitionId!);
  return { success: true };
});

export function saveQueryDefinition(
  scope: Scope,
  id: string | undefined,
  said: Omit<QueryDefinition, "id" | "modifiedAt">,
): QueryDefinition {
  return queryDefinitions.put(scope, { id: id ?? scope.id.uuid(), ...said, modifiedAt: scope.clock.now() });
}

const noSuchDefinition = (): never => fault(ResourceNotFoundException, "The specified query definition does not exist.");
