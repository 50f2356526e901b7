import type { BlobRef } from "../../../kernel/blob.ts";
import type { Scope } from "../../../kernel/scope.ts";
import {
  ensureBuild,
  ensureBuildBatch,
  type PipelineBatch,
  type PipelineBatchRequest,
  type PipelineBuild,
  type PipelineBuildRequest,
  stopBuild,
  stopBuildBatch,
} from "../../codebuild/api.ts";
import { type ActionProgress, type ActionProvider, failed, refuseAction } from "../provider.ts";
import type { Run } from "../run.ts";

const TIMEOUT_MINUTES = 480;
const BOOLEANS = ["true", "false"];
const VARIABLE_TYPES = ["PLAINTEXT", "PARAMETER_STORE", "SECRETS_MANAGER"];

/** A build of a project. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeBuild.html */
const codeBuildAs = (category: "Build" | "Test"): ActionProvider => ({
  type: { category, owner: "AWS", provider: "CodeBuild", version: "1" },
  inputs: [1, 5],
  outputs: [0, 5],
  properties: [
    { name: "ProjectName", required: true },
    { name: "PrimarySource" },
    { name: "EnvironmentVariables" },
    { name: "BatchEnabled" },
    { name: "BuildspecOverride" },
    { name: "CombineArtifacts" },
  ],
  timeoutMinutes: TIMEOUT_MINUTES,
  check({ BatchEnabled = "false", CombineArtifacts = "false", EnvironmentVariables }, action) {
    const invalid = (name: string, value: string): never =>
      refuseAction(`Action configuration for action '${action}' has an invalid value '${value}' for '${name}'`);
    for (const [name, value] of Object.entries({ BatchEnabled, CombineArtifacts })) if (!BOOLEANS.includes(value)) invalid(name, value);
    if (CombineArtifacts === "true" && BatchEnabled !== "true") invalid("CombineArtifacts", CombineArtifacts);
    if (EnvironmentVariables === undefined) return;
    const variables = variablesIn(EnvironmentVariables);
    if (variables === undefined) {
      refuseAction(
        `Action configuration for action '${action}' has an invalid value for 'EnvironmentVariables': it has to be a JSON array`,
      );
    }
    const wrong = variables?.find(({ type }) => !VARIABLE_TYPES.includes(type));
    if (wrong !== undefined) invalid("EnvironmentVariables", wrong.type);
  },
  needs: ({ account }, run) => [
    {
      action: isBatch(run) ? "codebuild:StartBuildBatch" : "codebuild:StartBuild",
      resource: `arn:aws:codebuild:${run.region}:${account}:project/${run.configuration["ProjectName"]}`,
    },
  ],
  observe: (scope, run) =>
    isBatch(run)
      ? progressOfBatch(scope, run, ensureBuildBatch(scope, run.actionExecutionId, batchOf(run)))
      : progressOf(scope, run, buildOf(scope, run)),
  stop(scope, run) {
    if (run.externalExecutionId === undefined) return;
    if (isBatch(run)) stopBuildBatch(scope, run.externalExecutionId);
    else stopBuild(scope, run.externalExecutionId);
  },
  entityUrl: ({ region, account }, { ProjectName }) =>
    `https://${region}.console.aws.amazon.com/codesuite/codebuild/${account}/projects/${ProjectName}/history?region=${region}`,
});

export const codeBuild = codeBuildAs("Build");
export const codeBuildTest = codeBuildAs("Test");

const isBatch = ({ configuration }: Run): boolean => configuration["BatchEnabled"] === "true";

const buildOf = (scope: Scope, run: Run): PipelineBuild => ensureBuild(scope, run.actionExecutionId, requestOf(run));

const batchOf = (run: Run): PipelineBatchRequest => ({
  ...requestOf(run),
  combineArtifacts: run.configuration["CombineArtifacts"] === "true",
});

function requestOf(run: Run): PipelineBuildRequest {
  const { ProjectName, PrimarySource, EnvironmentVariables = "[]", BuildspecOverride } = run.configuration;
  const primary = run.inputs.find(({ name }) => name === PrimarySource) ?? run.inputs[0]!;
  const others = run.inputs.filter((input) => input !== primary).map(({ name, digest }) => [name, { digest }] as const);
  return {
    projectName: ProjectName!,
    source: { primary: { digest: primary.digest }, secondary: Object.fromEntries(others) },
    environmentVariables: variablesIn(EnvironmentVariables) ?? [],
    sourceVersion: `arn:aws:s3:::${primary.bucket}/${primary.key}`,
    ...(primary.revision !== undefined && { resolvedSourceVersion: primary.revision }),
    initiator: `codepipeline/${run.pipeline}`,
    ...(BuildspecOverride && { buildspecOverride: BuildspecOverride }),
  };
}

/** Artifacts are those of the builds, by the name of the build in the batch; or the one archive of all. */
function progressOfBatch(scope: Scope, run: Run, batch: PipelineBatch): ActionProgress {
  const { id, status, reason = `Build batch terminated with state: ${status}`, combined, artifacts } = batch;
  const external = id === undefined ? {} : { externalExecutionId: id, externalExecutionUrl: urlOf(scope, run, id, "batch") };
  if (status === "IN_PROGRESS") return { status: "InProgress", because: `batch ${id} is running`, ...external };
  if (status !== "SUCCEEDED") return failed("JobFailed", reason, { ...external, summary: reason });
  const [only] = run.outputs;
  const given = combined !== undefined && only !== undefined ? { [only]: combined } : artifacts;
  const missing = run.outputs.find((name) => given[name] === undefined);
  if (missing !== undefined) return failed("JobFailed", `The batch did not give the output artifact ${missing}.`, external);
  return { status: "Succeeded", ...external, variables: {}, artifacts: given };
}

function progressOf(scope: Scope, run: Run, build: PipelineBuild): ActionProgress {
  const { id, status, reason = `Build terminated with state: ${status}` } = build;
  const external = id === undefined ? {} : { externalExecutionId: id, externalExecutionUrl: urlOf(scope, run, id) };
  if (status === "IN_PROGRESS") return { status: "InProgress", because: `build ${id} is running`, ...external };
  if (status !== "SUCCEEDED") return failed("JobFailed", reason, { ...external, summary: reason });
  const artifacts = outputsOf(run, build);
  const missing = run.outputs.find((name) => artifacts[name] === undefined);
  if (missing !== undefined) return failed("JobFailed", `The build did not give the output artifact ${missing}.`, external);
  const variables = Object.fromEntries(build.exportedVariables.map(({ name, value }) => [name, value]));
  return { status: "Succeeded", ...external, variables, artifacts };
}

/** One output artifact is the build's primary one; several are the secondary ones of their names. */
function outputsOf({ outputs }: Run, { artifacts: { primary, secondary } }: PipelineBuild): Readonly<Record<string, BlobRef>> {
  const [only, ...more] = outputs;
  const fallback = more.length === 0 && only !== undefined && primary !== undefined ? { [only]: primary } : {};
  return { ...fallback, ...secondary };
}

function variablesIn(text: string) {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.map(({ name, value, type = "PLAINTEXT" }) => ({ name, value: String(value), type })) : undefined;
  } catch {
    return undefined;
  }
}

const urlOf = ({ region, account }: Scope, { configuration }: Run, id: string, kind = "build"): string =>
  `https://${region}.console.aws.amazon.com/codesuite/codebuild/${account}/projects/${configuration["ProjectName"]}/${kind}/${encodeURIComponent(id)}/?region=${region}`;
