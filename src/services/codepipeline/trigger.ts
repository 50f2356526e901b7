import { ensureReading, forgetJob, isOver } from "../../compute/job.ts";
import { sameJson } from "../../kernel/json.ts";
import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { GitConfiguration, GitPullRequestEventType, GitPushFilter } from "../../sdk/codepipeline.js";
import { ensureSource, forgetSource, type Source, unwatchSource, watchedRefs, watchSource } from "../codeconnections/api.ts";
import { sourceOf } from "./actions/connection.ts";
import { hasNoRoom, startExecution } from "./execution.ts";
import { passesPatterns, someFilePasses } from "./glob.ts";
import { declarationOf, type Pipeline, pipelines } from "./pipeline.ts";
import { watchId } from "./poll.ts";
import type { Pushed } from "./run.ts";

/** What is known of the repository of a source with a trigger, by pipeline/action. */
interface WatchedSource extends Row {
  /** By full name of a ref: its commit. */
  readonly refs: Readonly<Record<string, string>>;
  /** The pushes that are still to be looked at, oldest first. */
  readonly pushes: readonly Push[];
  /** How many there were. */
  readonly noted: number;
}

export interface Push {
  readonly ref: string;
  readonly from?: string;
  readonly to: string;
  /** Raised with each push: it names the job that reads its files. */
  readonly number: number;
  readonly pullRequest?: PullRequest;
}

/** What happened to a pull request of a repository behind a connection. */
export interface PullRequest {
  readonly event: GitPullRequestEventType;
  readonly id: string;
  readonly title: string;
  /** Where it comes from, and where it goes to. */
  readonly branch: string;
  readonly commit: string;
  readonly destination: string;
}

export const watchedSources = new Table<WatchedSource>("codepipeline/watched-source");

type Configuration = Readonly<Record<string, string>>;

/** Start executions for the pushes and pull requests that a trigger wants. https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-filter.html */
export function startForTriggers(scope: Scope, pipeline: Pipeline): Rest | undefined {
  const { stages, triggers = [] } = declarationOf(scope, pipeline.id);
  for (const { gitConfiguration } of triggers) {
    const { sourceActionName: action, push = [] } = gitConfiguration as GitConfiguration;
    const { configuration = {} } = stages![0]!.actions!.find(({ name }) => name === action)!;
    const id = `${pipeline.id}/${action}`;
    if (push.length > 0) notePushes(scope, id, watchId(pipeline, action!), sourceOf(configuration));
    const [next] = watchedSources.get(scope, id)?.pushes ?? [];
    if (next === undefined) continue;
    const wanted = wantedBy(scope, id, sourceOf(configuration), next, gitConfiguration as GitConfiguration);
    if (typeof wanted !== "boolean") return wanted;
    watchedSources.patch(scope, id, { pushes: watchedSources.get(scope, id)!.pushes.slice(1) });
    if (wanted) start(scope, pipelines.get(scope, pipeline.id)!, action!, configuration, next);
  }
  return undefined;
}

/** Somebody tells of a pull request. Answers how many triggers look at it. */
export function noticePullRequest(scope: Scope, fullRepositoryId: string, pullRequest: PullRequest): number {
  let noticed = 0;
  for (const pipeline of pipelines.list(scope)) {
    const { stages, triggers = [] } = declarationOf(scope, pipeline.id);
    for (const { gitConfiguration } of triggers) {
      const { sourceActionName, pullRequest: filters = [] } = gitConfiguration!;
      const { configuration = {} } = stages![0]!.actions!.find(({ name }) => name === sourceActionName)!;
      const isIts = configuration["FullRepositoryId"]?.toLowerCase() === fullRepositoryId.toLowerCase();
      if (filters.length === 0 || !isIts) continue;
      const id = `${pipeline.id}/${sourceActionName}`;
      const known = watchedSources.get(scope, id) ?? { id, refs: {}, pushes: [], noted: 0 };
      const number = known.noted + 1;
      const push: Push = { ref: `refs/heads/${pullRequest.branch}`, to: pullRequest.commit, number, pullRequest };
      watchedSources.put(scope, { ...known, pushes: [...known.pushes, push], noted: number });
      noticed++;
    }
  }
  return noticed;
}

/** Forget what was watched for a pipeline. */
export function forgetTriggers(scope: Scope, pipeline: Pick<Pipeline, "id">, actions: readonly string[]): void {
  for (const action of actions) unwatchSource(scope, watchId(pipeline, action));
  for (const { id } of watchedSources.list(scope, `${pipeline.id}/`)) watchedSources.remove(scope, id);
}

/** What is there at the first look is not pushed. */
function notePushes(scope: Scope, id: string, watcher: string, source: Source): void {
  watchSource(scope, watcher, source);
  const { refs } = watchedRefs(scope, source) ?? {};
  if (refs === undefined) return;
  const now = Object.fromEntries(refs);
  const known = watchedSources.get(scope, id);
  if (known === undefined) {
    if (refs.size > 0) watchedSources.put(scope, { id, refs: now, pushes: [], noted: 0 });
  } else if (!sameJson(now, known.refs)) watchedSources.put(scope, withNew(known, now));
}

function withNew(known: WatchedSource, now: Readonly<Record<string, string>>): WatchedSource {
  const { refs, pushes } = known;
  const moved = Object.entries(now).filter(([ref, to]) => refs[ref] !== to);
  const found = moved.map(
    ([ref, to], index): Push => ({ ref, to, ...(refs[ref] !== undefined && { from: refs[ref] }), number: known.noted + 1 + index }),
  );
  return { ...known, refs: now, pushes: [...pushes, ...found], noted: known.noted + found.length };
}

/** Whether a filter wants the push; or what it waits for, where files have to be read. */
function wantedBy(scope: Scope, id: string, source: Source, push: Push, filters: GitConfiguration): boolean | Rest {
  const candidates = push.pullRequest === undefined ? pushFilters(push, filters) : pullRequestFilters(push.pullRequest, filters);
  if (candidates.some(({ filePaths }) => filePaths === undefined)) return true;
  if (candidates.length === 0) return false;
  const files = filesOf(scope, `codepipeline/${id}/files/${push.number}`, source, push);
  if (!Array.isArray(files)) return files;
  return candidates.some(({ filePaths }) => someFilePasses(filePaths!, files));
}

function pushFilters(push: Push, { push: filters = [] }: GitConfiguration): readonly Pick<GitPushFilter, "filePaths">[] {
  const { branch, tag } = namesOf(push);
  if (tag !== undefined) return filters.flatMap(({ tags }) => (tags !== undefined && passesPatterns(tags, tag) ? [{}] : []));
  const ofBranches = filters.filter(({ tags, branches, filePaths }) => tags === undefined || (branches ?? filePaths) !== undefined);
  return ofBranches.filter(({ branches }) => branches === undefined || passesPatterns(branches, branch!));
}

/** The branches are those that it goes to. */
function pullRequestFilters({ event, destination }: PullRequest, { pullRequest = [] }: GitConfiguration) {
  return pullRequest.filter(
    ({ events, branches }) => (events === undefined || events.includes(event)) && passesPatterns(branches!, destination),
  );
}

/** The files that a push has changed; or what they wait for. Those that can not be read are none. */
function filesOf(scope: Scope, id: string, source: Source, push: Push): string[] | Rest {
  const destination = push.pullRequest?.destination;
  const fetched = destination === undefined ? undefined : ensureSource(scope, id, { ...source, branch: destination });
  if (fetched?.state === "busy") return { kind: "wait", because: fetched.because };
  const { repositoryId } = watchedRefs(scope, source) ?? {};
  const base = fetched?.state === "done" ? fetched.commit : undefined;
  if (repositoryId === undefined) return [];
  const args = base === undefined ? changedFiles(push) : ["diff", "--name-only", `${base}...${push.to}`];
  const job = ensureReading(scope, id, { type: "git", repositoryId, commands: [{ args }] });
  if (!isOver(job)) return { kind: "wait", because: `the files of commit ${push.to} are read` };
  forgetJob(scope, job.id);
  if (fetched !== undefined) forgetSource(scope, id);
  return (job.result?.git?.[0]?.stdout ?? "").split("\n").filter(Boolean);
}

/** Of a branch that is new, the files of its commit. */
const changedFiles = ({ from, to }: Push): string[] =>
  from === undefined ? ["diff-tree", "--root", "--no-commit-id", "--name-only", "-r", to] : ["diff-tree", "--name-only", "-r", from, to];

function start(scope: Scope, pipeline: Pipeline, action: string, { ConnectionArn, FullRepositoryId }: Configuration, push: Push): void {
  if (hasNoRoom(scope, pipeline)) return;
  const { branch, tag } = namesOf(push);
  const { pullRequest } = push;
  const pushed: Pushed = {
    action,
    ...(branch !== undefined && { branch }),
    ...(tag !== undefined && { tag }),
    ...(pullRequest && { pullRequest: variablesOf(pullRequest) }),
  };
  const detail = {
    connectionArn: ConnectionArn,
    fullRepositoryId: FullRepositoryId,
    ...(branch ? { branch } : { tag }),
    commitId: push.to,
  };
  startExecution(scope, pipeline, {
    id: scope.id.uuid(),
    trigger: { triggerType: "WebhookV2", triggerDetail: JSON.stringify(detail) },
    overrides: [{ actionName: action, revisionType: "COMMIT_ID", revisionValue: push.to }],
    pushed,
  });
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html */
const variablesOf = ({ id, title, branch, destination }: PullRequest): Record<string, string> => ({
  PullRequestId: id,
  PullRequestTitle: title,
  SourceBranchName: branch,
  DestinationBranchName: destination,
});

function namesOf({ ref }: Push): { readonly branch?: string; readonly tag?: string } {
  const [, kind, name] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? [];
  return kind === "tags" ? { tag: name! } : { branch: name! };
}
