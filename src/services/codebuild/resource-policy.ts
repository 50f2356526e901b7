import { parseArn } from "../../kernel/arn.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
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
import { isAllowedBy } from "../iam/api.ts";
import { byAge, type Listing, listed } from "./listing.ts";
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

/** https://docs.aws.amazon.com/codebuild/latest/userguide/project-sharing.html: others may look at what is shared, not change or run it. */
export const putResourcePolicy = operation(PutResourcePolicy$, (scope, { resourceArn, policy }) => {
  requireShareable(scope, resourceArn!);
  const sharedWith = accountsIn(policy!);
  resourcePolicies.put(scope, { id: resourceArn!, policy: policy!, modifiedAt: scope.clock.now(), sharedWith });
  return { resourceArn: resourceArn! };
});

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
  const { items, next } = shared(scope, "project", input);
  return { projects: items, ...next };
});

export const listSharedReportGroups = operation(ListSharedReportGroups$, (scope, input) => {
  const { items, next } = shared(scope, "report-group", input);
  return { reportGroups: items, ...next };
});

/**
 * Where the thing is that a caller looks at: here, or in an account whose policy lets him. What belongs to a project or to a report
 * group is shared with it.
 */
export function sharedHome(scope: Scope, named: string, action: string): Scope {
  const arn = parseArn(named);
  if (arn === undefined || arn.account === scope.account) return scope;
  const [kind, name = ""] = arn.resource.split(/[/:]/);
  const holder = `${named.slice(0, named.length - arn.resource.length)}${kind === "report" ? "report-group" : kind === "build" ? "project" : kind}/${name}`;
  const policy = resourcePolicies.get(scope, holder)?.policy;
  if (policy !== undefined && isAllowedBy(policy, scope, action, holder)) return scope.at(named);
  const why = `because no resource-based policy allows the ${action} action`;
  return fault("AccessDeniedException", `User: ${scope.caller.arn} is not authorized to perform: ${action} on resource: ${holder} ${why}`);
}

export const removePolicy = (scope: Scope, arn: string): void => resourcePolicies.remove(scope, arn);

function shared(scope: Scope, kind: string, { sortBy = "ARN", ...listing }: Listing & { readonly sortBy?: string | undefined }) {
  const mine = resourcePolicies.by(scope, "account", scope.account).filter(({ id }) => {
    const arn = parseArn(id);
    return arn?.region === scope.region && arn.account !== scope.account && arn.resource.startsWith(`${kind}/`);
  });
  const { items, next } = listed(mine, ({ id, modifiedAt }) => (sortBy === "ARN" ? id : byAge(modifiedAt, id)), listing);
  return { items: items.map(({ id }) => id), next };
}

/** Only the owner shares: what is shared with somebody he cannot share on. */
function requireShareable(scope: Scope, arn: string): void {
  const resource = parseArn(arn)?.resource ?? "";
  const [kind, name] = [resource.slice(0, resource.indexOf("/")), resource.slice(resource.indexOf("/") + 1)];
  const isOwn = parseArn(arn)?.account === scope.account;
  const isThere =
    (kind === "project" && projects.get(scope.at(arn), name) !== undefined) ||
    (kind === "report-group" && reportGroups.get(scope.at(arn), name) !== undefined);
  if (!isOwn || !isThere) fault(ResourceNotFoundException, `Resource cannot be found: ${arn}`);
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
