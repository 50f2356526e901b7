import type { Scope } from "../../kernel/scope.ts";
import type { StatusType } from "../../sdk/codebuild.js";
import { type CommitStatus, publishStatus } from "../codeconnections/api.ts";
import type { Source } from "./build.ts";
import type { Declaration } from "./project.ts";
import { repositoryOf, sourceServer } from "./source-server.ts";

/** A build or a batch, as far as the server of its source is told of it. */
export interface Reported {
  readonly id: string;
  readonly project: string;
  readonly declaration: Declaration;
  readonly status: StatusType;
  readonly sourceVersion?: string;
  readonly resolvedSourceVersion?: string;
  readonly webhook?: Readonly<Record<string, string>>;
  readonly batch?: { readonly identifier: string; readonly downloads?: true };
}

const COMMIT_ID = /^[0-9a-f]{40}$/;
const SOURCES = ["GITHUB", "GITHUB_ENTERPRISE", "GITLAB", "GITLAB_SELF_MANAGED", "BITBUCKET"];
const STATES: Readonly<Record<string, CommitStatus["state"]>> = { IN_PROGRESS: "pending", SUCCEEDED: "success", FAILED: "failure" };
const SENTENCES: Readonly<Record<CommitStatus["state"], string>> = {
  pending: "Build started for project",
  success: "Build succeeded for project",
  failure: "Build failed for project",
  error: "Build did not complete for project",
};

/** Kinds of source that are told how a build stands. */
export const isTold = (type: string | undefined): boolean => SOURCES.includes(type ?? "");

/**
 * Have the server of the source told how a build stands, where the project wants that or the server has asked for the build. A batch
 * tells of itself, or its builds do.
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectSource.html#CodeBuild-Type-ProjectSource-reportBuildStatus
 */
export function reportStatus(scope: Scope, reported: Reported): void {
  const { id, project, declaration, status, webhook, batch } = reported;
  const source = declaration.source as Source;
  if (!isTold(source.type) || !(source.reportBuildStatus || webhook !== undefined)) return;
  const isBatch = "groups" in reported;
  const single = declaration.buildBatchConfig?.batchReportMode === "REPORT_INDIVIDUAL_BUILDS";
  if (batch?.downloads || (batch !== undefined && !single) || (isBatch && single)) return;
  const commit = [reported.resolvedSourceVersion, reported.sourceVersion].find((version) => COMMIT_ID.test(version ?? ""));
  const server = commit === undefined ? "" : sourceServer(scope, declaration);
  if (typeof server === "string") return;
  const state = STATES[status] ?? "error";
  const { targetUrl } = source.buildStatusConfig ?? {};
  publishStatus(
    scope,
    `codebuild/${isBatch ? "batch/" : ""}${id}`,
    { provider: server.provider, fullRepositoryId: repositoryOf(source) },
    {
      commit: commit!,
      context: statusContext(scope, declaration, batch === undefined ? project : `${project}:${batch.identifier}`, isBatch),
      state,
      description: `${SENTENCES[state]} ${project}`,
      targetUrl: targetUrl ?? consoleUrl(scope, reported, isBatch),
    },
  );
}

/** What tells the status of one project from that of another. */
export const statusContext = (scope: Scope, { source }: Declaration, name: string, isBatch = false): string =>
  source?.buildStatusConfig?.context ?? `AWS CodeBuild ${isBatch ? "BuildBatch " : ""}${scope.region} (${name})`;

const consoleUrl = ({ region }: Scope, { id }: Reported, isBatch: boolean): string =>
  `https://${region}.console.aws.amazon.com/codebuild/home?region=${region}#/${isBatch ? "build-batches" : "builds"}/${id}/view/new`;
