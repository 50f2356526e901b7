import { parseArn } from "../kernel/arn.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Scope } from "../kernel/scope.ts";
import { type Partition, partitionOf } from "../kernel/table.ts";
import {
  complete,
  completeHostCalled,
  connectionCalled,
  connectionOverviews,
  mirrorTable,
  noticePush,
  serverOf,
} from "../services/codeconnections/api.ts";
import { noticePullRequest, type PullRequest } from "../services/codepipeline/api.ts";
import { type Endpoint, Refusal } from "./endpoint.ts";

const HOW =
  'give a "connection" by name or ARN, and "url": "http://…", "path": "/…" or "codecommit": true; "api": "http://…" besides; or a "host"';

/**
 * The handshake of a connection, which on AWS a person completes in the console: POST `{ connection, url | path | codecommit }`.
 * `{ host }` sets a host up. GET tells which connections there are.
 */
export const connectionsEndpoint: Endpoint = ({ kernel }, { method, body, partition }) => {
  if (method === "GET") return { connections: connectionOverviews(kernel.scope(partition)) };
  const name = body["connection"] ?? body["host"];
  if (typeof name !== "string") throw new Refusal(400, HOW);
  return kernel.commit(homeOf(name, partition), (scope) => {
    if (body["connection"] === undefined) {
      const status = completeHostCalled(scope, name);
      if (status === undefined) throw new Refusal(404, `there is no host ${name}`);
      return { host: name, status };
    }
    const connection = connectionCalled(scope, name);
    if (connection === undefined) throw new Refusal(404, `there is no connection ${name} in ${scope.account}, ${scope.region}`);
    const server = serverOf(body);
    const isGiven = ["url", "path", "codecommit"].some((key) => body[key] !== undefined);
    const completed = isGiven && server === undefined ? undefined : complete(scope, connection, server, body["api"]);
    if (completed === undefined) throw new Refusal(400, HOW);
    return completed;
  });
};

/**
 * A push, as git servers tell of it: POST the body of a webhook of GitHub, Gitea, GitLab or Bitbucket, or `{ repository: "owner/name" }`.
 * Where the query names no account, everybody who has such a repository is told.
 */
export const pushEndpoint: Endpoint = ({ kernel }, { body, query, partition }) => {
  const repository = repositoryIn(body);
  if (repository === undefined) throw new Refusal(400, 'give the webhook\'s body, or { "repository": "owner/name" }');
  const homes = query.has("account") ? [partition] : homesOfMirrors(kernel);
  const all = (notice: (scope: Scope) => number): number => homes.reduce((sum, home) => sum + kernel.commit(home, notice), 0);
  const noticed = all((scope) => noticePush(scope, repository));
  const pullRequest = pullRequestIn(body);
  if (pullRequest === undefined) return { repository, noticed };
  return { repository, noticed, pullRequests: all((scope) => noticePullRequest(scope, repository, pullRequest)) };
};

const EVENTS: Readonly<Record<string, PullRequest["event"]>> = {
  opened: "OPEN",
  reopened: "OPEN",
  synchronize: "UPDATED",
  synchronized: "UPDATED",
  closed: "CLOSED",
};

/** A pull request, as GitHub and Gitea tell of it. */
function pullRequestIn({ action, pull_request }: Readonly<Record<string, any>>): PullRequest | undefined {
  const event = EVENTS[action];
  if (event === undefined || typeof pull_request?.head?.ref !== "string") return undefined;
  const { number, title, head, base } = pull_request;
  return {
    event,
    id: String(number),
    title: String(title ?? ""),
    branch: head.ref,
    commit: String(head.sha),
    destination: String(base?.ref),
  };
}

/** GitHub, Gitea and Bitbucket say full_name; GitLab says path_with_namespace. */
function repositoryIn({ repository, project }: Readonly<Record<string, any>>): string | undefined {
  const name = typeof repository === "string" ? repository : (repository?.full_name ?? project?.path_with_namespace);
  return typeof name === "string" && name !== "" ? name : undefined;
}

/** The partition that an ARN names. */
const homeOf = (name: string, { account, region }: Partition): Partition => {
  const arn = parseArn(name);
  return { account: arn?.account || account, region: arn?.region || region };
};

function homesOfMirrors(kernel: Kernel): Partition[] {
  const homes = kernel.store.paths(mirrorTable, `${mirrorTable.name}:`).map(partitionOf);
  return [...new Map(homes.map((home) => [`${home.account} ${home.region}`, home])).values()];
}
