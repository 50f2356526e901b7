import type { HttpSpec } from "../../compute/job.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { ScopeConfiguration } from "../../sdk/codebuild.js";
import { apiOf, type GitProvider, providerAt, providerFor, request } from "../codeconnections/api.ts";
import type { Source } from "./build.ts";
import type { Declaration } from "./project.ts";
import { certificateOf } from "./provision.ts";
import { authorization, connectionOf, type GitLogin, loginFor } from "./source-credential.ts";

/** The API of the server that a source is at, for whoever the project logs in there. */
export interface SourceServer {
  readonly provider: GitProvider;
  /** Such as owner/name. */
  readonly repository: string;
}

/** The kinds of source whose server has an API, as connections call the providers. */
const PROVIDERS: Readonly<Record<string, string>> = {
  GITHUB: "GitHub",
  GITHUB_ENTERPRISE: "GitHubEnterpriseServer",
  GITLAB: "GitLab",
  GITLAB_SELF_MANAGED: "GitLabSelfManaged",
};
const BITBUCKET = "https://api.bitbucket.org/2.0";

/** The server of a project's primary source; a sentence where nobody can speak to it. */
export function sourceServer(
  scope: Scope,
  declaration: Declaration,
  organization?: Pick<ScopeConfiguration, "domain">,
): SourceServer | string {
  const source = declaration.source as Source;
  const repository = repositoryOf(source);
  const connection = connectionOf(scope, source);
  const provider = connection === undefined ? byLogin(scope, declaration, source, organization) : providerFor(scope, connection);
  return typeof provider === "string" ? provider : { provider, repository };
}

/** The repository of a source: what its address says after the host. */
export const repositoryOf = ({ location = "" }: Pick<Source, "location">): string =>
  location.replace(/^[a-z+]+:\/\/[^/]+\//, "").replace(/\/$|\.git\/?$/g, "");

/** One request to it; what is answered says how it went. */
export const ask = ({ provider }: SourceServer, method: string, path: string, body?: object): HttpSpec =>
  request(provider, method, path.startsWith(provider.api) ? path.slice(provider.api.length) : path, body);

function byLogin(
  scope: Scope,
  declaration: Declaration,
  source: Source,
  organization: Pick<ScopeConfiguration, "domain"> | undefined,
): GitProvider | string {
  const login = loginFor(scope, source);
  if (login === undefined) return `Could not find access token for server type ${source.type!.toLowerCase()}`;
  if (typeof login === "string") return login;
  const digest = certificateOf(scope, { declaration });
  const certificate = digest === undefined ? undefined : scope.blobs.read(digest).toString("utf8");
  if (source.type === "BITBUCKET") return bitbucket(login);
  const address = URL.parse(organization?.domain ? `https://${organization.domain}` : (source.location ?? ""));
  const base = address?.origin ?? (source.type === "GITLAB" ? "https://gitlab.com" : "https://github.com");
  const api = apiOf({ type: "url", base }, PROVIDERS[source.type!]!)!;
  api.username = encodeURIComponent(login.isToken ? login.password : login.username);
  if (!login.isToken) api.password = encodeURIComponent(login.password);
  return providerAt(api, certificate);
}

/** A token of a repository is shown as such; passwords of apps have a user. */
function bitbucket({ username, password, isToken }: GitLogin): GitProvider {
  const basic = authorization({ username, password }).slice("Authorization: ".length);
  const headers = { "User-Agent": "slipway", Authorization: isToken ? `Bearer ${password}` : basic };
  return { dialect: "bitbucket", api: BITBUCKET, headers };
}
