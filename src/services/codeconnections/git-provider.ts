import type { HttpSpec } from "../../compute/job.ts";

/**
 * The API of a git server: GitHub's, of which Gitea and Forgejo speak what is needed here, GitLab's or, as far as statuses go,
 * Bitbucket's. https://docs.github.com/en/rest/commits/statuses, https://docs.gitlab.com/api/commits/
 */
export interface GitProvider {
  readonly dialect: "github" | "gitlab" | "bitbucket";
  /** Such as https://api.github.com, http://127.0.0.1:3000/api/v1 or https://gitlab.example.com/api/v4. */
  readonly api: string;
  /** What every request says of whoever makes it. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the server proves itself by, where no well-known authority does: PEM. */
  readonly certificate?: string;
}

/** How something stands that was made of a commit. A status of the same context takes the place of the one before. */
export interface CommitStatus {
  readonly commit: string;
  readonly context: string;
  readonly state: "pending" | "success" | "failure" | "error";
  readonly description: string;
  readonly targetUrl?: string;
}

/** A pull request that is open, of a branch of the repository itself. */
export interface OpenPullRequest {
  readonly number: number;
  readonly commit: string;
}

const TIMEOUT_MS = 15_000;
/** GitHub refuses longer descriptions. */
const DESCRIPTION_MAX = 140;
const AT_BITBUCKET = { pending: "INPROGRESS", success: "SUCCESSFUL", failure: "FAILED", error: "FAILED" } as const;
const AT_GITLAB = { pending: "running", success: "success", failure: "failed", error: "failed" } as const;

/** The provider whose API is at an address, for whoever the address names; GitLab's is known by its version. */
export function providerAt(address: URL, certificate?: string): GitProvider {
  const { origin, pathname, username: user, password } = address;
  const api = `${origin}${pathname}`.replace(/\/+$/, "");
  const dialect = api.endsWith("/api/v4") ? "gitlab" : "github";
  return {
    dialect,
    api,
    headers: { "User-Agent": "slipway", ...authorization(dialect, decodeURIComponent(user), decodeURIComponent(password)) },
    ...(certificate !== undefined && { certificate }),
  };
}

/** Tell how something stands. */
export function statusRequest(provider: GitProvider, repository: string, status: CommitStatus): HttpSpec {
  const { commit, context, state, targetUrl } = status;
  const description = status.description.slice(0, DESCRIPTION_MAX);
  const link = targetUrl === undefined ? {} : { target_url: targetUrl };
  // https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/
  if (provider.dialect === "bitbucket")
    return request(provider, "POST", `/repositories/${repository}/commit/${commit}/statuses/build`, {
      key: context,
      name: context,
      state: AT_BITBUCKET[state],
      description,
      url: targetUrl,
    });
  return provider.dialect === "github"
    ? request(provider, "POST", `/repos/${repository}/statuses/${commit}`, { state, context, description, ...link })
    : request(provider, "POST", `/projects/${encodeURIComponent(repository)}/statuses/${commit}`, {
        state: AT_GITLAB[state],
        name: context,
        description,
        ...link,
      });
}

/** Write below a pull request. */
export const commentRequest = (provider: GitProvider, repository: string, number: number, body: string): HttpSpec =>
  provider.dialect === "github"
    ? request(provider, "POST", `/repos/${repository}/issues/${number}/comments`, { body })
    : request(provider, "POST", `/projects/${encodeURIComponent(repository)}/merge_requests/${number}/notes`, { body });

/** Ask which pull requests are open that are to be merged into a branch: the newest fifty. */
export const pullRequestsRequest = (provider: GitProvider, repository: string, branch: string): HttpSpec =>
  provider.dialect === "github"
    ? request(provider, "GET", `/repos/${repository}/pulls?state=open&base=${encodeURIComponent(branch)}&per_page=50&limit=50`)
    : request(
        provider,
        "GET",
        `/projects/${encodeURIComponent(repository)}/merge_requests?state=opened&target_branch=${encodeURIComponent(branch)}&per_page=50`,
      );

/** What was answered to that. Gitea knows no `base`, so the branch is compared here; a fork's branch is not in the repository. */
export function pullRequestsIn({ dialect }: GitProvider, body: string, branch: string): OpenPullRequest[] {
  const said: unknown = JSON.parse(body);
  const found: readonly Readonly<Record<string, any>>[] = Array.isArray(said) ? said : [];
  if (dialect === "gitlab")
    return found
      .filter((one) => one["target_branch"] === branch && one["source_project_id"] === one["target_project_id"])
      .map(({ iid, sha }) => ({ number: iid, commit: sha }));
  return found
    .filter(({ head, base }) => base.ref === branch && head.repo?.full_name === base.repo?.full_name)
    .map(({ number, head }) => ({ number, commit: head.sha }));
}

/** One request of that API. */
export function request(provider: GitProvider, method: string, path: string, body?: object): HttpSpec {
  const { api, headers, certificate } = provider;
  return {
    type: "http",
    method,
    url: `${api}${path}`,
    headers: { ...headers, Accept: "application/json", ...(body && { "Content-Type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
    ...(certificate !== undefined && { certificate }),
    timeoutMs: TIMEOUT_MS,
  };
}

/** A token alone is its own user. GitHub and Gitea take both as a password. */
function authorization(dialect: GitProvider["dialect"], user: string, password: string): Record<string, string> {
  const token = password || user;
  if (token === "") return {};
  if (dialect === "gitlab") return { "PRIVATE-TOKEN": token };
  return password === ""
    ? { Authorization: `token ${token}` }
    : { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
}
