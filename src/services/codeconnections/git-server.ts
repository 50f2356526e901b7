/**
 * Where the repositories of a connection are: any git server or folder stands in for GitHub, GitLab or Bitbucket, and the
 * account's own CodeCommit repositories can. A base that names {name} says itself how a repository's address is made.
 */
export type GitServer =
  | { readonly type: "url"; readonly base: string }
  | { readonly type: "folder"; readonly base: string }
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

/** A server as somebody gives it: the address of one, or the path of a folder; undefined where it is neither. */
export function serverOf(given: { readonly url?: unknown; readonly path?: unknown; readonly codecommit?: unknown }): GitServer | undefined {
  if (given.codecommit === true) return { type: "codecommit" };
  if (typeof given.path === "string")
    return given.path.startsWith("/") ? { type: "folder", base: given.path.replace(/\/+$/, "") } : undefined;
  const protocol = typeof given.url === "string" ? URL.parse(given.url)?.protocol : undefined;
  return protocol === "http:" || protocol === "https:" ? { type: "url", base: String(given.url).replace(/\/+$/, "") } : undefined;
}

/** What git fetches a repository from. */
export function addressOf(server: Exclude<GitServer, { type: "codecommit" }>, { owner, name }: RepositoryName): string {
  if (server.base.includes("{name}")) return server.base.replaceAll("{owner}", owner).replaceAll("{name}", name);
  return server.type === "folder" ? `${server.base}/${owner}/${name}` : `${server.base}/${owner}/${name}.git`;
}

/** An address as it may be shown: without a password. */
export const withoutPassword = (text: string): string => text.replace(/\/\/[^@/\s]*@/g, "//");
