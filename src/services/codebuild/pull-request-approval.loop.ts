import type { HttpSpec } from "../../compute/job.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { ask as askServer, publishStatus, unask } from "../codeconnections/api.ts";
import { projects } from "./project.ts";
import { approvals, type PullRequestApproval } from "./pull-request-approval.ts";
import { ask, repositoryOf, type SourceServer } from "./source-server.ts";
import { statusContext } from "./status-report.ts";
import { type Webhook, webhookOf } from "./webhook.ts";
import { startFor } from "./webhook-start.ts";

const WRITERS = [
  "GITHUB_WRITE",
  "GITHUB_MAINTAIN",
  "GITHUB_ADMIN",
  "GITLAB_DEVELOPER",
  "GITLAB_MAINTAINER",
  "GITLAB_OWNER",
  "BITBUCKET_WRITE",
  "BITBUCKET_ADMIN",
];
/** https://docs.gitlab.com/api/access_requests/ */
const LEVELS: Readonly<Record<number, string>> = {
  10: "GUEST",
  15: "PLANNER",
  20: "REPORTER",
  30: "DEVELOPER",
  40: "MAINTAINER",
  50: "OWNER",
};

/** Asks the server for the roles of those who could approve of a pull request, and builds it when one of them may. */
export const approvalLoop: Loop<PullRequestApproval> = {
  table: approvals,
  turn(scope, approval): Rest | undefined {
    const { id, project, asked, known, asking, isForgotten } = approval;
    const webhook = webhookOf(scope, project);
    if (isForgotten || webhook === undefined || projects.get(scope, project) === undefined) {
      if (!unask(scope, `codebuild/${id}/${known}`, asking)) return { kind: "wait", because: "the server has not answered yet" };
      approvals.remove(scope, id);
      return undefined;
    }
    const who = asked[known];
    // Whoever approves next has his turn when he does.
    if (who === undefined) return undefined;
    const server = serverFor(webhook, approval);
    if (server === undefined) return refuse(scope, approval, server);
    const answer = askServer(scope, `codebuild/${id}/${known}`, asking, roleRequest(server, who));
    switch (answer.state) {
      case "busy":
        return answer.rest;
      case "again":
        approvals.patch(scope, id, { asking: answer.asking });
        return undefined;
      case "failed":
        return refuse(scope, approval, server);
      case "done":
        return roles(webhook).includes(roleIn(server, answer.body)) ? build(scope, approval, webhook) : refuse(scope, approval, server);
    }
  },
};

const roles = ({ settings }: Webhook): readonly string[] => settings.pullRequestBuildPolicy?.approverRoles ?? WRITERS;

/** The server and the repository of the pull request, which may be one of many of an organization. */
const serverFor = ({ server }: Webhook, { event: { repositoryUrl } }: PullRequestApproval): SourceServer | undefined =>
  server && { ...server, ...(repositoryUrl !== undefined && { repository: repositoryOf({ location: repositoryUrl }) }) };

function build(scope: Scope, { id, project, event, trigger }: PullRequestApproval, webhook: Webhook): undefined {
  approvals.remove(scope, id);
  startFor(scope, projects.get(scope, project)!, webhook, event, trigger);
}

/** Nobody who may has approved of it yet; the server shows that. */
function refuse(scope: Scope, { id, project, event, asked, known }: PullRequestApproval, server: SourceServer | undefined): undefined {
  approvals.patch(scope, id, { known: known + 1, asking: { attempt: 0 } });
  if (server === undefined || known + 1 < asked.length) return;
  const { provider, repository: fullRepositoryId } = server;
  publishStatus(
    scope,
    `codebuild/approval/${id}`,
    { provider, fullRepositoryId },
    {
      commit: event.pullRequest!.commit,
      context: statusContext(scope, projects.get(scope, project)!.declaration, project),
      state: "failure",
      description: "Pull request approval required for starting a build",
    },
  );
}

/**
 * https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user, https://docs.gitlab.com/api/members/,
 * https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/
 */
function roleRequest(server: SourceServer, who: string): HttpSpec {
  const { provider, repository } = server;
  const user = encodeURIComponent(who);
  switch (provider.dialect) {
    case "github":
      return ask(server, "GET", `/repos/${repository}/collaborators/${user}/permission`);
    case "gitlab":
      return ask(server, "GET", `/projects/${encodeURIComponent(repository)}/members/all/${user}`);
    case "bitbucket":
      return ask(server, "GET", `/repositories/${repository}/permissions-config/users/${user}`);
  }
}

function roleIn({ provider }: SourceServer, body: string): string {
  const { role_name: role, permission = "none", access_level: level } = JSON.parse(body);
  if (provider.dialect === "gitlab") return `GITLAB_${LEVELS[level] ?? "NONE"}`;
  const named = String(role ?? permission).replace("owner", "admin");
  return `${provider.dialect.toUpperCase()}_${named.toUpperCase()}`;
}
