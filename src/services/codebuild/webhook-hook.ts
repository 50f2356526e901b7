import type { HttpSpec } from "../../compute/job.ts";
import { ask, type SourceServer } from "./source-server.ts";
import type { WebhookSettings } from "./webhook.ts";

/** A webhook as the server has it. */
export interface Hook {
  readonly payloadUrl: string;
  readonly secret: string;
  readonly settings: WebhookSettings;
}

/** Without filters, what CodeBuild builds for anyway. */
const BY_DEFAULT = ["PUSH", "PULL_REQUEST_CREATED", "PULL_REQUEST_UPDATED", "PULL_REQUEST_REOPENED"];

/**
 * Have the server tell us. Gitea wants to know the kind of a hook.
 * https://docs.github.com/en/rest/repos/webhooks, https://docs.gitlab.com/api/project_webhooks/,
 * https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/
 */
export const createHook = (server: SourceServer, hook: Hook): HttpSpec =>
  ask(server, "POST", placeOf(server, hook.settings), bodyOf(server, hook));

export const updateHook = (server: SourceServer, hook: Hook, url: string): HttpSpec =>
  ask(server, server.provider.dialect === "github" ? "PATCH" : "PUT", url, bodyOf(server, hook));

export const deleteHook = (server: SourceServer, url: string): HttpSpec => ask(server, "DELETE", url);

/** Where the hook is that the server has made. */
export function hookUrl(server: SourceServer, { settings }: Pick<Hook, "settings">, answered: string): string {
  const { url, id, uuid, links } = JSON.parse(answered);
  const own = server.provider.dialect === "github" ? url : links?.self?.href;
  return own ?? `${server.provider.api}${placeOf(server, settings)}/${id ?? uuid}`;
}

/** Whether the server has to be told, because it is to tell us of other things. */
export const hookEvents = ({ filterGroups = [], pullRequestBuildPolicy: policy }: WebhookSettings): string[] => {
  const named = filterGroups.flatMap((group) => group.filter(({ type }) => type === "EVENT").flatMap(({ pattern }) => pattern!.split(",")));
  const wanted = named.length > 0 ? named.map((name) => name.trim()) : BY_DEFAULT;
  const asks = policy !== undefined && policy.requiresCommentApproval !== "DISABLED";
  return [...new Set([...wanted, ...(asks ? ["COMMENT"] : [])])].sort();
};

function placeOf({ provider, repository }: SourceServer, { scopeConfiguration }: WebhookSettings): string {
  const { scope, name } = scopeConfiguration ?? {};
  const group = encodeURIComponent(name ?? "");
  if (scope === "GITLAB_GROUP") return `/groups/${group}/hooks`;
  if (scope === "GITHUB_ORGANIZATION") return `/orgs/${group}/hooks`;
  if (scope === "GITHUB_GLOBAL") return "/admin/hooks";
  if (provider.dialect === "gitlab") return `/projects/${encodeURIComponent(repository)}/hooks`;
  return `/${provider.dialect === "bitbucket" ? "repositories" : "repos"}/${repository}/hooks`;
}

function bodyOf({ provider: { dialect, api } }: SourceServer, { payloadUrl: url, secret, settings }: Hook): object {
  const events = hookEvents(settings);
  const pushes = events.includes("PUSH");
  const requests = events.some((event) => event.startsWith("PULL_REQUEST"));
  const releases = events.some((event) => event.endsWith("RELEASED"));
  const comments = events.includes("COMMENT");
  const named = (names: Readonly<Record<string, boolean>>): string[] => Object.keys(names).filter((name) => names[name]);
  switch (dialect) {
    case "github":
      return {
        ...(api.endsWith("/api/v1") ? { type: "gitea" } : { name: "web" }),
        active: true,
        events: named({ push: pushes, pull_request: requests, release: releases, issue_comment: comments }),
        config: { url, content_type: "json", secret, insecure_ssl: "0" },
      };
    case "gitlab":
      return {
        url,
        token: secret,
        push_events: pushes,
        tag_push_events: pushes,
        merge_requests_events: requests,
        releases_events: releases,
        note_events: comments,
      };
    case "bitbucket":
      return {
        description: "AWS CodeBuild",
        url,
        active: true,
        secret,
        events: named({
          "repo:push": pushes,
          "pullrequest:created": requests,
          "pullrequest:updated": requests,
          "pullrequest:fulfilled": requests,
          "pullrequest:rejected": requests,
          "pullrequest:comment_created": comments,
        }),
      };
  }
}
