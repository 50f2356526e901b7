/**
 * Where the repositories of a connection are: any git server or folder stands in for GitHub, GitLab or Bitbucket, and the
 * account's own CodeCommit repositories can. A base that names {name} says itself how a repository's address is made. `api` is
 * where the server speaks GitHub's, Gitea's or GitLab's API, where that is not where such a server has it anyway.
 */
export type GitServer =
  | { readonly type: "url"; readonly base: string; readonly api?: string }
  | { readonly type: "folder"; readonly base: string; readonly api?: string }
  | { readonly type: "codecommit" };

/** A repository as a connection names it: owner/name, where owner may be several groups of GitLab's. */
export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

export function parseRepository(fullRepositoryId: string): RepositoryName {
  const at = fullRepositoryId.lastIndexOf("/");
  return { owner: fullRepositoryId.slice(0, Math.max(at, 0)), name: fullRepositoryId.slice(at + 1) };
}

export interface GivenServer {
  readonly url?: unknown;
  readonly path?: unknown;
  readonly codecommit?: unknown;
  readonly api?: unknown;
}

/** A server as somebody gives it: the address of one, or the path of a folder; undefined where it is neither. */
export function serverOf({ url, path, codecommit, api }: GivenServer): GitServer | undefined {
  if (codecommit === true) return { type: "codecommit" };
  if (api !== undefined && !isHttp(api)) return undefined;
  const also = api === undefined ? {} : { api: String(api) };
  if (typeof path === "string") return path.startsWith("/") ? { type: "folder", base: path.replace(/\/+$/, ""), ...also } : undefined;
  return isHttp(url) ? { type: "url", base: String(url).replace(/\/+$/, ""), ...also } : undefined;
}

function isHttp(address: unknown): boolean {
  const protocol = typeof address === "string" ? URL.parse(address)?.protocol : undefined;
  return protocol === "http:" || protocol === "https:";
}

/**
 * Where the API of a server is, with the user and password of its address; undefined where it has none that we know of. GitHub's own
 * is on a host of its own; the others have it below the address, by version. Whatever else stands in for GitHub is taken for Gitea.
 */
export function apiOf(server: GitServer, providerType: string): URL | undefined {
  if (server.type === "codecommit" || (server.type === "folder" && server.api === undefined)) return undefined;
  const base = server.type === "url" ? URL.parse(server.base) : null;
  const api = server.api !== undefined ? new URL(server.api) : defaultApi(base!, providerType);
  if (base !== null && api.username === "") {
    api.username = base.username;
    api.password = base.password;
  }
  return api;
}

const PATHS: Readonly<Record<string, string>> = {
  GitHubEnterpriseServer: "/api/v3",
  GitLab: "/api/v4",
  GitLabSelfManaged: "/api/v4",
};

function defaultApi({ origin, host }: URL, providerType: string): URL {
  if (host === "github.com") return new URL("https://api.github.com");
  return new URL(`${origin}${PATHS[providerType] ?? "/api/v1"}`);
}

/** What git fetches a repository from. */
export function addressOf(server: Exclude<GitServer, { type: "codecommit" }>, { owner, name }: RepositoryName): string {
  if (server.base.includes("{name}")) return server.base.replaceAll("{owner}", owner).replaceAll("{name}", name);
  return server.type === "folder" ? `${server.base}/${owner}/${name}` : `${server.base}/${owner}/${name}.git`;
}

/** An address as it may be shown: without a password. */
export const withoutPassword = (text: string): string => text.replace(/\/\/[^@/\s]*@/g, "//");
