import type { BlobRef } from "../../../kernel/blob.ts";
import type { Scope } from "../../../kernel/scope.ts";
import { ensureBuild, type PipelineBuild, stopBuild } from "../../codebuild/api.ts";
import { type ActionProgress, type ActionProvider, absent, failed, refuseAction } from "../provider.ts";
import type { Run } from "../run.ts";

const TIMEOUT_MINUTES = 480;

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
  check({ BatchEnabled = "false", CombineArtifacts = "false", BuildspecOverride, EnvironmentVariables }, action) {
    if (BatchEnabled === "true") absent("A batch build (BatchEnabled)");
    if (CombineArtifacts === "true") absent("CombineArtifacts");
    if (BuildspecOverride !== undefined) absent("BuildspecOverride");
    if (EnvironmentVariables !== undefined && variablesIn(EnvironmentVariables) === undefined) {
      refuseAction(
        `Action configuration for action '${action}' has an invalid value for 'EnvironmentVariables': it has to be a JSON array`,
      );
    }
  },
  observe: (scope, run) => progressOf(scope, run, buildOf(scope, run)),
  stop(scope, run) {
    if (run.externalExecutionId !== undefined) stopBuild(scope, run.externalExecutionId);
  },
  entityUrl: ({ region, account }, { ProjectName }) =>
    `https://${region}.console.aws.amazon.com/codesuite/codebuild/${account}/projects/${ProjectName}/history?region=${region}`,
});

export const codeBuild = codeBuildAs("Build");
export const codeBuildTest = codeBuildAs("Test");

function buildOf(scope: Scope, run: Run): PipelineBuild {
  const { ProjectName, PrimarySource, EnvironmentVariables = "[]" } = run.configuration;
  const primary = run.inputs.find(({ name }) => name === PrimarySource) ?? run.inputs[0]!;
  const others = run.inputs.filter((input) => input !== primary).map(({ name, digest }) => [name, { digest }] as const);
  return ensureBuild(scope, run.actionExecutionId, {
    projectName: ProjectName!,
    source: { primary: { digest: primary.digest }, secondary: Object.fromEntries(others) },
    environmentVariables: variablesIn(EnvironmentVariables) ?? [],
    sourceVersion: `arn:aws:s3:::${primary.bucket}/${primary.key}`,
    ...(primary.revision !== undefined && { resolvedSourceVersion: primary.revision }),
    initiator: `codepipeline/${run.pipeline}`,
  });
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

const urlOf = ({ region, account }: Scope, { configuration }: Run, id: string): string =>
  `https://${region}.console.aws.amazon.com/codesuite/codebuild/${account}/projects/${configuration["ProjectName"]}/build/${encodeURIComponent(id)}/?region=${region}`;
