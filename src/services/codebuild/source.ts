import { type CommandInput, type CommandSpec, ensureJob, isOver, type Job, type JobIdentity } from "../../compute/job.ts";
import type { Scope } from "../../kernel/scope.ts";
import { headOf, repositoryOf, tagTargetOf } from "../codecommit/api.ts";
import { ensureSource, findConnection, forgetSource, refusalToUse, watchedRefs } from "../codeconnections/api.ts";
import { readObject, readObjects } from "../s3/api.ts";
import { type Build, type ResolvedSource, type Source, type SourceVersion, uuidOf, workspaceOf } from "./build.ts";
import { cloneEnvironment, cloneOf, cloneScript, GIT_ERROR_PATH, RESOLVED_PATH, versionAsked } from "./clone.ts";
import { certificateOf } from "./provision.ts";
import { asServiceRole, roleRefusal } from "./service-role.ts";
import { connectionOf } from "./source-credential.ts";

/** A source that cannot be had, in a sentence for the phase context. */
export class SourceProblem extends Error {}

const COMMIT_ID = /^[0-9a-f]{40}$/;
const DEFAULT_BUILDSPEC = "buildspec.yml";
const CERTIFICATE_PATH = ".slipway/certificate.pem";

/** The key of the primary source among the sources of a build. */
export const PRIMARY = "";

/** What the sources of a build have come to; busy as long as one of them is fetched. */
export type Resolution =
  | { readonly state: "done"; readonly sources: Readonly<Record<string, ResolvedSource>> }
  | { readonly state: "busy"; readonly because: string };

/** What each source of a build is at this moment; throws a `SourceProblem` where one is nowhere to be found. */
export function resolveSources(scope: Scope, build: Build): Resolution {
  const { source, secondarySources = [], secondarySourceVersions = [] } = build.declaration;
  const versions = new Map((secondarySourceVersions as SourceVersion[]).map((item) => [item.sourceIdentifier, item.sourceVersion]));
  const secondary = (secondarySources as Source[]).map((one) => [one.sourceIdentifier!, one, versions.get(one.sourceIdentifier)] as const);
  const all = [[PRIMARY, source as Source, build.sourceVersion] as const, ...secondary];
  const sources: Record<string, ResolvedSource> = {};
  for (const [identifier, one, version] of all) {
    const found = resolve(scope, build, one, identifier, version);
    if (found !== undefined && "because" in found) return { state: "busy", because: found.because };
    if (found !== undefined) sources[identifier] = found;
  }
  for (const [identifier, one] of all) if (connectionOf(scope, one) !== undefined) forgetSource(scope, requestIdOf(build, identifier));
  // CodePipeline names its further inputs itself.
  for (const [identifier, digest] of Object.entries(build.handedIn ?? {})) sources[identifier] ??= { digest };
  return { state: "done", sources };
}

/** The jobs that put the sources into the build's workspace, one after the other. The last one reads the buildspec. */
export function ensureSourceJobs(scope: Scope, build: Build): readonly Job[] {
  const sources = Object.entries(build.sources!);
  const checkouts = sources.flatMap(([identifier, source]) => ("commit" in source ? [{ ...source, path: pathOf(identifier) }] : []));
  const inputs = sources.flatMap(([identifier, source]) => inputsOf(source, pathOf(identifier)));
  const last = { inputs, ...(checkouts[0] && { checkout: checkouts[0] }), ...gitWork(scope, build, inputs) };
  const specs = [...checkouts.slice(1).map((checkout) => ({ checkout })), last];
  const asked: Job[] = [];
  for (const [index, spec] of specs.entries()) {
    const job = ensureJob(scope, sourceJobId(build, index), { ...commandSpec(scope, build), outputs: buildspecOutput(build), ...spec });
    asked.push(job);
    if (!isOver(job)) break;
  }
  return asked;
}

function inputsOf(source: ResolvedSource, place: string): CommandInput[] {
  if ("digest" in source) return [{ path: place, digest: source.digest, unpack: "zip" }];
  return "files" in source ? source.files.map(({ path, digest }) => ({ path: `${place}/${path}`, digest })) : [];
}

/** What git still has to do besides: clone from servers that are not ours, fetch submodules. */
function gitWork(scope: Scope, build: Build, inputs: readonly CommandInput[]): Partial<CommandSpec> {
  const { source, secondarySources = [] } = build.declaration;
  const sources = Object.entries(build.sources!);
  const clones = sources.flatMap(([identifier, one]) =>
    "url" in one ? [cloneScript(one, pathOf(identifier), identifier === PRIMARY)] : [],
  );
  const submodules = ([source, ...secondarySources] as Source[])
    .filter(({ type, gitSubmodulesConfig }) => type === "CODECOMMIT" && gitSubmodulesConfig?.fetchSubmodules)
    .map(({ sourceIdentifier = PRIMARY }) => `git -C ${pathOf(sourceIdentifier)} submodule -q update --init --recursive || exit 1`);
  if (clones.length === 0 && submodules.length === 0) return {};
  const env = cloneEnvironment(scope, build);
  if (typeof env === "string") throw new SourceProblem(env);
  const kept = [
    { name: "git-error", type: "file", path: GIT_ERROR_PATH },
    { name: "resolved", type: "file", path: RESOLVED_PATH },
  ] as const;
  const certificate = certificateOf(scope, build);
  const trust = certificate === undefined ? [] : [`export GIT_SSL_CAINFO="$SLIPWAY_WORKSPACE/${CERTIFICATE_PATH}"`];
  return {
    env,
    script: [...trust, ...clones, ...submodules].join("\n"),
    outputs: [...buildspecOutput(build), ...kept],
    ...(certificate !== undefined && { inputs: [...inputs, { path: CERTIFICATE_PATH, digest: certificate }] }),
  };
}

/** What was wrong with a source that git could not get, in CodeBuild's words where it has some: else what git calls fatal, or its last line. */
export function gitProblem({ result }: Job): string | undefined {
  const text = (result?.outputs?.["git-error"]?.text ?? "").trim();
  if (/Authentication failed|could not read (Username|Password)/.test(text)) return "authentication required";
  if (/repository .* not found|does not appear to be a git repository/.test(text)) return "repository not found";
  if (/couldn't find remote ref|unadvertised object|not our ref/.test(text)) return "reference not found";
  const lines = text.split("\n");
  return lines.find((line) => line.startsWith("fatal: "))?.slice("fatal: ".length) ?? (lines.at(-1) || undefined);
}

/** The commit that a clone came to. */
export const resolvedCommit = ({ result }: Job): string | undefined => result?.outputs?.["resolved"]?.text?.trim() || undefined;

/** How many jobs the sources of a build take. */
export const sourceJobCount = ({ sources = {} }: Build): number =>
  Math.max(1, Object.values(sources).filter((source) => "commit" in source).length);

export const sourceJobId = ({ id }: Build, index: number): string => `codebuild/${id}/source/${index}`;

/** The text of a buildspec that the project itself holds. */
export function inlineBuildspec({ declaration }: Build): string | undefined {
  const text = declaration.source?.buildspec;
  return text !== undefined && (text.includes("\n") || text.trimStart().startsWith("{")) ? text : undefined;
}

/** The text of a buildspec that the project names by the ARN of an object in S3. */
export function storedBuildspec(scope: Scope, { declaration }: Pick<Build, "declaration">): string | undefined {
  const [, bucket, key] = /^arn:[^:]*:s3:::([^/]+)\/(.+)$/.exec(declaration.source?.buildspec ?? "") ?? [];
  const object = key === undefined ? undefined : readObject(scope, bucket!, key);
  return object && scope.blobs.read(object.digest).toString("utf8");
}

/** Where the buildspec lies in the primary source. */
export const buildspecPath = ({ declaration }: Build): string => declaration.source?.buildspec || DEFAULT_BUILDSPEC;

/** What every command job of a build has. */
export function commandSpec(scope: Scope, build: Build): CommandSpec {
  const { serviceRole } = build.declaration;
  const identity: JobIdentity = {
    accountId: scope.account,
    region: scope.region,
    ...(serviceRole !== undefined && { roleArn: serviceRole }),
    sessionName: `AWSCodeBuild-${uuidOf(build)}`,
  };
  const timeoutMs = Math.max(1, build.deadlineAt - scope.clock.now());
  return { type: "command", identity, workspace: workspaceOf(build), script: "exit 0", env: {}, timeoutMs };
}

function resolve(
  scope: Scope,
  build: Build,
  source: Source,
  identifier: string,
  version: string | undefined,
): ResolvedSource | { readonly because: string } | undefined {
  switch (source.type) {
    case "NO_SOURCE":
      return undefined;
    case "CODEPIPELINE": {
      const digest = build.handedIn?.[identifier];
      if (digest === undefined) throw new SourceProblem("there is no source artifact");
      if (version?.startsWith("arn:")) refuseObject(scope, build, version);
      return { digest };
    }
    case "S3":
      refuseObject(scope, build, `arn:aws:s3:::${source.location!.replace(/^arn:[^:]*:s3:::/, "")}`);
      return objectOf(scope, source.location!, version);
    case "CODECOMMIT":
      refuseUnless(roleRefusal(scope, build, "codecommit:GitPull", scope.arn("codecommit", repositoryNameOf(source))));
      return commitOf(scope, source, version);
    default: {
      const connectionArn = connectionOf(scope, source);
      const asked = versionAsked(source, version, build.webhook?.["CODEBUILD_WEBHOOK_HEAD_REF"], connectionArn !== undefined);
      if (connectionArn === undefined) return cloneOf(source, asked);
      const connection = findConnection(scope, connectionArn);
      refuseUnless(connection && refusalToUse(asServiceRole(scope, build), connection));
      return connected(scope, requestIdOf(build, identifier), { connectionArn, source, version: asked });
    }
  }
}

/** What the service role may not read. https://docs.aws.amazon.com/codebuild/latest/userguide/troubleshooting.html */
function refuseObject(scope: Scope, build: Build, arn: string): void {
  const refusal = roleRefusal(scope, build, "s3:GetObject", arn);
  if (refusal !== undefined) throw new SourceProblem(`AccessDenied: ${refusal} status code: 403`);
}

function refuseUnless(refusal: string | undefined): void {
  if (refusal !== undefined) throw new SourceProblem("authorization failed");
}

const repositoryNameOf = ({ location = "" }: Source): string => location.replace(/\/$/, "").split("/").at(-1)!;

const requestIdOf = ({ id }: Build, identifier: string): string => `codebuild/${id}/${identifier}`;

/** A version is a branch, a tag or a commit; nothing is the default branch. */
function connected(
  scope: Scope,
  requestId: string,
  { connectionArn, source, version }: { connectionArn: string; source: Source; version: string },
): ResolvedSource | { readonly because: string } {
  const { location = "", gitCloneDepth = 0 } = source;
  const fullRepositoryId = location.replace(/^[a-z+]+:\/\/[^/]+\/|\.git$|\/$/g, "");
  const wanted = version.replace(/^refs\/(heads|tags)\/|\^\{.*\}$/g, "");
  const head = ensureSource(scope, requestId, { connectionArn, fullRepositoryId, branch: wanted || "main" });
  if (head.state === "busy") return head;
  const { repositoryId, refs } = watchedRefs(scope, { connectionArn, fullRepositoryId }) ?? {};
  const named = wanted === "" ? ["refs/heads/main", "refs/heads/master"] : [`refs/heads/${wanted}`, `refs/tags/${wanted}`];
  const commit = COMMIT_ID.test(wanted) ? wanted : named.flatMap((name) => refs?.get(name) ?? [])[0];
  if (repositoryId === undefined || commit === undefined || refs!.size === 0) {
    throw new SourceProblem(head.state === "failed" ? head.reason : `reference not found for ${wanted}`);
  }
  return { repositoryId, commit, full: gitCloneDepth < 1 };
}

function objectOf(scope: Scope, location: string, version: string | undefined): ResolvedSource {
  const [bucket, ...key] = location.replace(/^arn:[^:]*:s3:::/, "").split("/");
  if (key.at(-1) === "") return folderOf(scope, bucket!, key.join("/"));
  const object = readObject(scope, bucket!, key.join("/"), version);
  if (object === undefined) throw new SourceProblem(`NoSuchKey: The specified key does not exist: ${location}`);
  return { digest: object.digest };
}

/** A location that ends with a slash is a folder. */
function folderOf(scope: Scope, bucket: string, prefix: string): ResolvedSource {
  const found = readObjects(scope, bucket, prefix).filter(({ key }) => !key.endsWith("/"));
  if (found.length === 0) throw new SourceProblem(`NoSuchKey: The specified key does not exist: ${bucket}/${prefix}`);
  return { files: found.map(({ key, digest }) => ({ path: key.slice(prefix.length), digest })) };
}

function commitOf(scope: Scope, source: Source, version: string | undefined): ResolvedSource {
  const { location = "", gitCloneDepth = 0 } = source;
  const repository = repositoryOf(scope, repositoryNameOf(source));
  if (repository === undefined) throw new SourceProblem(`repository not found for ${location}`);
  const { repositoryId, defaultBranch } = repository;
  const wanted = (version || defaultBranch || "main").replace(/^refs\/(heads|tags)\/|\^\{.*\}$/g, "");
  const commit =
    headOf(scope, repositoryId, wanted) ?? tagTargetOf(scope, repositoryId, wanted) ?? (COMMIT_ID.test(wanted) ? wanted : undefined);
  if (commit === undefined) throw new SourceProblem(`reference not found for ${wanted}`);
  return { repositoryId, commit, full: gitCloneDepth < 1 };
}

const pathOf = (identifier: string): string => (identifier === PRIMARY ? "src" : `secondary/${identifier}`);

const buildspecOutput = (build: Build): NonNullable<CommandSpec["outputs"]> =>
  inlineBuildspec(build) === undefined ? [{ name: "buildspec", type: "file", path: `src/${buildspecPath(build)}` }] : [];
