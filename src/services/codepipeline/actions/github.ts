import type { Scope } from "../../../kernel/scope.ts";
import { connectionOverviews, type Source, watchSource } from "../../codeconnections/api.ts";
import { toWrite } from "../permission.ts";
import { type ActionProvider, NOTHING } from "../provider.ts";
import type { Run } from "../run.ts";
import { fetchedCommit, forgetFetch, watchedCommit } from "./connection.ts";
import { type CommitFound, instant, takeCommit } from "./git-source.ts";

type Configuration = Readonly<Record<string, string>>;

/** A branch at GitHub, by a token (version 1). https://docs.aws.amazon.com/codepipeline/latest/userguide/appendix-github-oauth.html */
export const gitHub: ActionProvider = {
  type: { category: "Source", owner: "ThirdParty", provider: "GitHub", version: "1" },
  inputs: [0, 0],
  outputs: [1, 1],
  properties: [
    { name: "Owner", required: true },
    { name: "Repo", required: true },
    { name: "Branch", required: true },
    { name: "OAuthToken", required: true, secret: true },
    { name: "PollForSourceChanges" },
  ],
  timeoutMinutes: 60,
  needs: toWrite,
  observe(scope, run) {
    const { Owner, Repo = "", Branch = "" } = run.configuration;
    const progress = takeCommit(scope, run, commitOf(scope, run), (commit, { authoredAt, committedAt }, message) => {
      const url = `https://github.com/${Owner}/${Repo}/commit/${commit}`;
      return {
        summary: message,
        url,
        variables: {
          AuthorDate: instant(authoredAt),
          BranchName: Branch,
          CommitId: commit,
          CommitMessage: message,
          CommitterDate: instant(committedAt),
          CommitUrl: url,
          RepositoryName: Repo,
        },
      };
    });
    if (progress.status !== "InProgress") forgetFetch(scope, run);
    return progress;
  },
  stop: forgetFetch,
  watch(scope, id, configuration) {
    const source = configuration["PollForSourceChanges"] === "false" ? undefined : sourceOf(scope, configuration);
    if (source !== undefined) watchSource(scope, id, source);
  },
  polled(scope, configuration) {
    if (configuration["PollForSourceChanges"] === "false") return undefined;
    const source = sourceOf(scope, configuration);
    return source === undefined ? NOTHING : watchedCommit(scope, source);
  },
  entityUrl: (_, { Owner, Repo, Branch }) => `https://github.com/${Owner}/${Repo}/tree/${Branch}`,
};

function commitOf(scope: Scope, run: Run): CommitFound {
  const { Owner, Repo, Branch } = run.configuration;
  const source = sourceOf(scope, run.configuration);
  const found = source && fetchedCommit(scope, run, source);
  if (found !== undefined && found.state !== "failed") return found;
  return { state: "failed", reason: `The GitHub repository "${Owner}/${Repo}" or branch "${Branch}" does not exist.` };
}

/** Where GitHub is, the account's first connection to it says; undefined where none is available. */
export function sourceOf(scope: Scope, { Owner, Repo, Branch = "" }: Configuration): Source | undefined {
  const hub = connectionOverviews(scope).find(({ providerType, status }) => providerType === "GitHub" && status === "AVAILABLE");
  return hub && { connectionArn: hub.arn, fullRepositoryId: `${Owner}/${Repo}`, branch: Branch };
}
