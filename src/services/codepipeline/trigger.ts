import { ensureJob, forgetJob, isOver } from "../../compute/job.ts";
import { sameJson } from "../../kernel/json.ts";
import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { GitConfiguration, GitPushFilter } from "../../sdk/codepipeline.js";
import { unwatchSource, watchedRefs, watchSource } from "../codeconnections/api.ts";
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
}

export interface Push {
  readonly ref: string;
  readonly from?: string;
  readonly to: string;
  /** Raised with each push: it names the job that reads its files. */
  readonly number: number;
}

export const watchedSources = new Table<WatchedSource>("codepipeline/watched-source");

type Configuration = Readonly<Record<string, string>>;

/** Start executions for the pushes that a trigger wants. https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-filter.html */
export function startForTriggers(scope: Scope, pipeline: Pipeline): Rest | undefined {
  const { stages, triggers = [] } = declarationOf(scope, pipeline.id);
  for (const { gitConfiguration } of triggers) {
    const { sourceActionName: action, push = [] } = gitConfiguration as GitConfiguration;
    if (push.length === 0) continue;
    const { configuration = {} } = stages![0]!.actions!.find(({ name }) => name === action)!;
    const source = sourceOf(configuration);
    watchSource(scope, watchId(pipeline, action!), source);
    const watched = watchedRefs(scope, source);
    if (watched === undefined) continue;
    const rest = lookAt(scope, pipeline, action!, configuration, push, watched);
    if (rest !== undefined) return rest;
  }
  return undefined;
}

/** Forget what was watched for a pipeline. */
export function forgetTriggers(scope: Scope, pipeline: Pick<Pipeline, "id">, actions: readonly string[]): void {
  for (const action of actions) unwatchSource(scope, watchId(pipeline, action));
  for (const { id } of watchedSources.list(scope, `${pipeline.id}/`)) watchedSources.remove(scope, id);
}

function lookAt(
  scope: Scope,
  pipeline: Pipeline,
  action: string,
  configuration: Configuration,
  filters: readonly GitPushFilter[],
  { repositoryId, refs }: { readonly repositoryId: string; readonly refs: ReadonlyMap<string, string> },
): Rest | undefined {
  const id = `${pipeline.id}/${action}`;
  const now = Object.fromEntries(refs);
  const known = watchedSources.get(scope, id);
  // What is there at the first look is not pushed.
  if (known === undefined) {
    if (refs.size > 0) watchedSources.put(scope, { id, refs: now, pushes: [] });
    return undefined;
  }
  const pushed = sameJson(now, known.refs) ? known : watchedSources.put(scope, { ...known, refs: now, pushes: withNew(known, now) });
  const [push] = pushed.pushes;
  if (push === undefined) return undefined;
  const wanted = wantedBy(scope, id, repositoryId, push, filters);
  if (typeof wanted !== "boolean") return wanted;
  watchedSources.patch(scope, id, { pushes: pushed.pushes.slice(1) });
  if (wanted) start(scope, pipelines.get(scope, pipeline.id)!, action, configuration, push);
  return undefined;
}

function withNew({ refs, pushes }: WatchedSource, now: Readonly<Record<string, string>>): Push[] {
  let number = pushes.at(-1)?.number ?? 0;
  const moved = Object.entries(now).filter(([ref, to]) => refs[ref] !== to);
  const found = moved.map(([ref, to]): Push => ({ ref, to, ...(refs[ref] !== undefined && { from: refs[ref] }), number: ++number }));
  return [...pushes, ...found];
}

/** Whether a filter wants the push; or what it waits for, where files have to be read. */
function wantedBy(scope: Scope, id: string, repositoryId: string, push: Push, filters: readonly GitPushFilter[]): boolean | Rest {
  const { branch, tag } = namesOf(push);
  const candidates = filters.filter(({ tags, branches }) => {
    if (tag !== undefined) return tags !== undefined && passesPatterns(tags, tag);
    return tags === undefined && (branches === undefined || passesPatterns(branches, branch!));
  });
  if (candidates.some(({ filePaths }) => filePaths === undefined)) return true;
  if (candidates.length === 0) return false;
  const job = ensureJob(scope, `codepipeline/${id}/files/${push.to}/${push.number}`, {
    type: "git",
    repositoryId,
    commands: [{ args: changedFiles(push) }],
  });
  if (!isOver(job)) return { kind: "wait", because: `the files of commit ${push.to} are read` };
  forgetJob(scope, job.id);
  const files = (job.result?.git?.[0]?.stdout ?? "").split("\n").filter(Boolean);
  return candidates.some(({ filePaths }) => someFilePasses(filePaths!, files));
}

/** Of a branch that is new, the files of its commit. */
const changedFiles = ({ from, to }: Push): string[] =>
  from === undefined ? ["diff-tree", "--root", "--no-commit-id", "--name-only", "-r", to] : ["diff-tree", "--name-only", "-r", from, to];

function start(scope: Scope, pipeline: Pipeline, action: string, { ConnectionArn, FullRepositoryId }: Configuration, push: Push): void {
  if (hasNoRoom(scope, pipeline)) return;
  const { branch, tag } = namesOf(push);
  const pushed: Pushed = { action, ...(branch !== undefined && { branch }), ...(tag !== undefined && { tag }) };
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

function namesOf({ ref }: Push): { readonly branch?: string; readonly tag?: string } {
  const [, kind, name] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? [];
  return kind === "tags" ? { tag: name! } : { branch: name! };
}
