import { parseArn } from "../../kernel/arn.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  DeleteResourcePolicy$,
  GetResourcePolicy$,
  InvalidInputException,
  ListSharedProjects$,
  ListSharedReportGroups$,
  PutResourcePolicy$,
  ResourceNotFoundException,
} from "../../sdk/codebuild.js";
import { projects } from "./project.ts";
import { reportGroups } from "./report-group.ts";

/** With whom a project or a report group is shared, by its ARN. Other accounts look for what is shared with them. */
interface ResourcePolicy extends Row {
  readonly policy: string;
  readonly modifiedAt: number;
  /** Accounts that its statements name. */
  readonly sharedWith: readonly string[];
}

export const resourcePolicies = new Table<ResourcePolicy>("codebuild/resource-policy", {
  reach: "global",
  indexes: { account: ({ sharedWith }) => sharedWith },
});

const PAGE_SIZE = 100;

export const putResourcePolicy = operation(
  PutResourcePolicy$,
  (scope, { resourceArn, policy }) => {
    requireShareable(scope, resourceArn!);
    const sharedWith = accountsIn(policy!);
    resourcePolicies.put(scope, { id: resourceArn!, policy: policy!, modifiedAt: scope.clock.now(), sharedWith });
    return { resourceArn: resourceArn! };
  },
  { partial: "what is shared is listed for other accounts; their calls are not judged by the policy" },
);

export const getResourcePolicy = operation(GetResourcePolicy$, (scope, { resourceArn }) => {
  requireShareable(scope, resourceArn!);
  const known = resourcePolicies.get(scope, resourceArn!);
  if (known === undefined) return fault(ResourceNotFoundException, `Resource policy cannot be found: ${resourceArn}`);
  return { policy: known.policy };
});

export const deleteResourcePolicy = operation(DeleteResourcePolicy$, (scope, { resourceArn }) => {
  requireShareable(scope, resourceArn!);
  removePolicy(scope, resourceArn!);
  return {};
});

export const listSharedProjects = operation(ListSharedProjects$, (scope, input) => {
  const { items, nextToken } = shared(scope, "project", input);
  return { projects: items, ...(nextToken && { nextToken }) };
});

export const listSharedReportGroups = operation(ListSharedReportGroups$, (scope, input) => {
  const { items, nextToken } = shared(scope, "report-group", input);
  return { reportGroups: items, ...(nextToken && { nextToken }) };
});

export const removePolicy = (scope: Scope, arn: string): void => resourcePolicies.remove(scope, arn);

interface Listing {
  readonly sortBy?: string | undefined;
  readonly sortOrder?: string | undefined;
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

function shared(
  scope: Scope,
  kind: string,
  { sortBy = "ARN", sortOrder = "ASCENDING", maxResults = PAGE_SIZE, nextToken: token }: Listing,
) {
  const mine = resourcePolicies.by(scope, "account", scope.account).filter(({ id }) => {
    const arn = parseArn(id);
    return arn?.region === scope.region && arn.account !== scope.account && arn.resource.startsWith(`${kind}/`);
  });
  const keyOf = ({ id, modifiedAt }: ResourcePolicy): string => (sortBy === "ARN" ? id : `${String(modifiedAt).padStart(16, "0")} ${id}`);
  const sorted = mine.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  if (sortOrder === "DESCENDING") sorted.reverse();
  const placed = sorted.map(({ id }, index) => ({ id, place: String(index).padStart(9, "0") }));
  const invalid = (): never => fault(InvalidInputException, "Invalid next token");
  const { items, nextToken } = page(placed, ({ place }) => place, maxResults, token, invalid);
  return { items: items.map(({ id }) => id), nextToken };
}

function requireShareable(scope: Scope, arn: string): void {
  const resource = parseArn(arn)?.resource ?? "";
  const [kind, name] = [resource.slice(0, resource.indexOf("/")), resource.slice(resource.indexOf("/") + 1)];
  const isThere =
    (kind === "project" && projects.get(scope.at(arn), name) !== undefined) ||
    (kind === "report-group" && reportGroups.get(scope.at(arn), name) !== undefined);
  if (!isThere) fault(ResourceNotFoundException, `Resource cannot be found: ${arn}`);
}

function accountsIn(policy: string): string[] {
  let statements: unknown;
  try {
    statements = JSON.parse(policy).Statement;
  } catch {
    return fault(InvalidInputException, "Invalid resource policy: it has to be a JSON document");
  }
  const principals = (Array.isArray(statements) ? statements : [statements]).flatMap((one) => {
    const aws = one?.Principal?.AWS ?? [];
    return (Array.isArray(aws) ? aws : [aws]).map(String);
  });
  return [...new Set(principals.flatMap((principal) => /\b(\d{12})\b/.exec(principal)?.[1] ?? []))];
}
