import type { HttpSpec } from "../../compute/job.ts";
import { type GitProvider, request } from "./git-provider.ts";

/** What a git server is to tell, and where. */
export interface ProviderHook {
  /** Where the server keeps such hooks, below its API: a repository's, a group's or all. */
  readonly place: string;
  /** Where it is to send what happens. No two hooks have the same. */
  readonly url: string;
  /** What it signs with. */
  readonly secret?: string;
  readonly events: readonly HookEvent[];
}

export type HookEvent = "push" | "pull-request" | "release" | "comment";

/** Where the hooks of a repository are. */
export const hooksOf = ({ dialect }: Pick<GitProvider, "dialect">, repository: string): string => {
  if (dialect === "gitlab") return `/projects/${encodeURIComponent(repository)}/hooks`;
  return `/${dialect === "bitbucket" ? "repositories" : "repos"}/${repository}/hooks`;
};

/**
 * https://docs.github.com/en/rest/repos/webhooks, https://docs.gitlab.com/api/project_webhooks/,
 * https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/
 */
export const createHook = (provider: GitProvider, hook: ProviderHook): HttpSpec =>
  request(provider, "POST", hook.place, bodyOf(provider, hook));

export const updateHook = (provider: GitProvider, hook: ProviderHook, at: string): HttpSpec =>
  request(provider, provider.dialect === "github" ? "PATCH" : "PUT", below(provider, at), bodyOf(provider, hook));

export const deleteHook = (provider: GitProvider, at: string): HttpSpec => request(provider, "DELETE", below(provider, at));

/** Ask which hooks there are: the first hundred. */
export const hooksRequest = (provider: GitProvider, { place }: ProviderHook): HttpSpec =>
  request(provider, "GET", `${place}?${provider.dialect === "bitbucket" ? "pagelen=100" : "per_page=100&limit=50"}`);

/** Where the hook is among those that were answered; undefined where it is not. */
export function hookAmong(provider: GitProvider, hook: ProviderHook, answered: string): string | undefined {
  const said = JSON.parse(answered);
  const all: readonly Answered[] = Array.isArray(said) ? said : Array.isArray(said.values) ? said.values : [];
  const found = all.find(({ url, config }) => hook.url === (config?.url ?? url));
  return found && addressOf(provider, hook, found);
}

/** Where the hook is that the server says it has made; undefined where it does not say. */
export const hookMade = (provider: GitProvider, hook: ProviderHook, answered: string): string | undefined =>
  answered === "" ? undefined : addressOf(provider, hook, JSON.parse(answered));

interface Answered {
  readonly id?: number | string;
  readonly uuid?: string;
  /** GitHub's is the hook's own, which Gitea's lacks; the others' is where it sends. */
  readonly url?: string;
  readonly config?: { readonly url?: string };
  readonly links?: { readonly self?: { readonly href?: string } };
}

function addressOf(provider: GitProvider, { place }: ProviderHook, { id, uuid, url, links }: Answered): string | undefined {
  const own = provider.dialect === "github" ? url : links?.self?.href;
  const name = id ?? uuid;
  return own?.startsWith(`${provider.api}/`) ? own : name === undefined ? undefined : `${provider.api}${place}/${name}`;
}

const below = ({ api }: GitProvider, at: string): string => at.slice(api.length);

/** Gitea wants to know the kind of a hook; GitHub calls all of them web. */
function bodyOf({ dialect, api }: GitProvider, { url, secret, events }: ProviderHook): object {
  const has = (event: HookEvent): boolean => events.includes(event);
  const named = (names: Readonly<Record<string, boolean>>): string[] => Object.keys(names).filter((name) => names[name]);
  switch (dialect) {
    case "github":
      return {
        ...(api.endsWith("/api/v1") ? { type: "gitea" } : { name: "web" }),
        active: true,
        events: named({ push: has("push"), pull_request: has("pull-request"), release: has("release"), issue_comment: has("comment") }),
        config: { url, content_type: "json", ...(secret !== undefined && { secret }), insecure_ssl: "0" },
      };
    case "gitlab":
      return {
        url,
        ...(secret !== undefined && { token: secret }),
        push_events: has("push"),
        tag_push_events: has("push"),
        merge_requests_events: has("pull-request"),
        releases_events: has("release"),
        note_events: has("comment"),
      };
    case "bitbucket":
      return {
        description: "AWS CodeBuild",
        url,
        active: true,
        ...(secret !== undefined && { secret }),
        events: named({
          "repo:push": has("push"),
          "pullrequest:created": has("pull-request"),
          "pullrequest:updated": has("pull-request"),
          "pullrequest:fulfilled": has("pull-request"),
          "pullrequest:rejected": has("pull-request"),
          "pullrequest:comment_created": has("comment"),
        }),
      };
  }
}
