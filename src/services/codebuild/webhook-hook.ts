import { type HookEvent, hooksOf } from "../codeconnections/api.ts";
import type { SourceServer } from "./source-server.ts";
import type { WebhookSettings } from "./webhook.ts";

/** Without filters, what CodeBuild builds for anyway. */
const BY_DEFAULT = ["PUSH", "PULL_REQUEST_CREATED"];

/** Of what the server has to tell, for these filters to match something. */
export function hookEvents({ filterGroups = [], pullRequestBuildPolicy: policy }: WebhookSettings): HookEvent[] {
  const named = filterGroups.flatMap((group) => group.filter(({ type }) => type === "EVENT").flatMap(({ pattern }) => pattern!.split(",")));
  const wanted = (named.length > 0 ? named : BY_DEFAULT).map((name) => name.trim());
  const asks = policy !== undefined && policy.requiresCommentApproval !== "DISABLED";
  return [
    ...(wanted.includes("PUSH") ? (["push"] as const) : []),
    ...(wanted.some((name) => name.startsWith("PULL_REQUEST")) ? (["pull-request"] as const) : []),
    ...(wanted.some((name) => name.endsWith("RELEASED")) ? (["release"] as const) : []),
    ...(asks ? (["comment"] as const) : []),
  ];
}

/** Where the server keeps its hooks: of the repository, or of all that the scope is. */
export function placeOf({ provider, repository }: SourceServer, { scopeConfiguration }: WebhookSettings): string {
  const { scope, name } = scopeConfiguration ?? {};
  const group = encodeURIComponent(name ?? "");
  if (scope === "GITLAB_GROUP") return `/groups/${group}/hooks`;
  if (scope === "GITHUB_ORGANIZATION") return `/orgs/${group}/hooks`;
  if (scope === "GITHUB_GLOBAL") return "/admin/hooks";
  return hooksOf(provider, repository);
}
