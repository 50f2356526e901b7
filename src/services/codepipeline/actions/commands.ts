import { type CommandSpec, ensureJob, forgetJob, isOver, type Job } from "../../../compute/job.ts";
import type { Scope } from "../../../kernel/scope.ts";
import { abandonJob, shellJob } from "../abandoned-job.ts";
import { declarationOf } from "../pipeline.ts";
import { type ActionProgress, type ActionProvider, failed } from "../provider.ts";
import type { Run } from "../run.ts";

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const TIMEOUT_MINUTES = 55;

/** Shell commands in a sandbox of their own. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Commands.html */
export const commands: ActionProvider = {
  type: { category: "Compute", owner: "AWS", provider: "Commands", version: "1" },
  inputs: [1, 10],
  outputs: [0, 1],
  properties: [],
  timeoutMinutes: TIMEOUT_MINUTES,
  needs: ({ account }, run) => [
    {
      action: "logs:PutLogEvents",
      resource: `arn:aws:logs:${run.region}:${account}:log-group:${groupOf(run)}:log-stream:${run.actionExecutionId}`,
    },
  ],
  observe(scope, run) {
    const env = environmentOf(scope, run);
    if (typeof env === "string") return failed("ConfigurationError", env);
    const job = ensureJob(scope, jobId(run), specOf(scope, run, env));
    const logStreamArn = `${scope.arn("logs", `log-group:${groupOf(run)}`)}:log-stream:${run.actionExecutionId}`;
    const external = { externalExecutionId: run.actionExecutionId, logStreamArn };
    if (!isOver(job)) return { status: "InProgress", because: "its commands run", ...external };
    forgetJob(scope, job.id);
    if (job.status === "SUCCEEDED") return { ...given(run, job), ...external };
    const reason = `The commands ended with ${job.status}: ${job.reason ?? ""}`;
    return failed("JobFailed", reason, { ...external, summary: reason });
  },
  stop: (scope, run) => abandonJob(scope, jobId(run)),
};

function specOf(scope: Scope, run: Run, env: Readonly<Record<string, string>>): CommandSpec {
  const { commands: lines, exported, files } = run.shell!;
  const { accountId, region } = { accountId: scope.account, region: scope.region };
  const roleArn = run.roleArn ?? declarationOf(scope.in({ region: scope.region }), run.pipeline, run.pipelineVersion).roleArn!;
  return {
    type: "command",
    identity: { accountId, region, roleArn, sessionName: run.actionExecutionId },
    workspace: jobId(run),
    inputs: run.inputs.map(({ digest }, index) => ({ path: folderOf(index), digest, unpack: "zip" })),
    script: scriptOf(run, lines, exported),
    shell: "bash",
    env,
    timeoutMs: Math.max(1, run.timeoutAt - run.startedAt),
    log: { group: groupOf(run), stream: run.actionExecutionId },
    outputs: [
      ...Object.entries(files).map(([name, patterns]) => ({
        name: `artifact/${name}`,
        type: "zip" as const,
        base: "src",
        files: patterns,
      })),
      ...exported.map((name) => ({ name: `variable/${name}`, type: "file" as const, path: `.slipway/${name}` })),
    ],
  };
}

/** The first command that fails ends it; the variables are those at its end. */
function scriptOf({ inputs }: Run, lines: readonly string[], exported: readonly string[]): string {
  const others = inputs
    .slice(1)
    .map(({ name }, index) => `export CODEBUILD_SRC_DIR_${name.replaceAll(/\W/g, "_")}="$SLIPWAY_WORKSPACE/${folderOf(index + 1)}"`);
  return [
    'export CODEBUILD_SRC_DIR="$SLIPWAY_WORKSPACE/src"',
    ...others,
    'mkdir -p "$CODEBUILD_SRC_DIR" "$SLIPWAY_WORKSPACE/.slipway"',
    'cd "$CODEBUILD_SRC_DIR"',
    "set -e",
    ...lines,
    ...exported.map((name) => `printf %s "\${${name}-}" > "$SLIPWAY_WORKSPACE/.slipway/${name}"`),
    "",
  ].join("\n");
}

function given({ shell }: Run, { result }: Job): Extract<ActionProgress, { status: "Succeeded" }> {
  const outputs = result?.outputs ?? {};
  const variables = shell!.exported.map((name) => [name, outputs[`variable/${name}`]?.text ?? ""]);
  const artifacts = Object.keys(shell!.files).flatMap((name) => {
    const { digest, size } = outputs[`artifact/${name}`] ?? {};
    return digest === undefined ? [] : [[name, { digest, size: size! }] as const];
  });
  return { status: "Succeeded", variables: Object.fromEntries(variables), artifacts: Object.fromEntries(artifacts) };
}

/** The variables of the commands; or a sentence, where one can not be had. */
function environmentOf(scope: Scope, { shell, ...run }: Run): Record<string, string> | string {
  const env: Record<string, string> = { CODEPIPELINE_EXECUTION_ID: run.executionId, CODEPIPELINE_PIPELINE_NAME: run.pipeline };
  for (const { name, value, type = "PLAINTEXT" } of shell!.variables) {
    if (type === "PLAINTEXT") {
      env[name!] = value!;
      continue;
    }
    const found = scope.registry.reference("secretsmanager")?.resolve(scope, secretReference(value!));
    if (found?.state !== "value") return `The secret ${value} of the environment variable ${name} can not be read.`;
    env[name!] = found.value;
  }
  return env;
}

/** Here id:key:stage:version, in CloudFormation's references id:SecretString:key:stage:version. */
function secretReference(reference: string): string {
  const parts = reference.split(":");
  const count = reference.startsWith("arn:") ? 7 : 1;
  const [id, rest] = [parts.slice(0, count).join(":"), parts.slice(count)];
  return rest.length === 0 ? id : [id, "SecretString", ...rest].join(":");
}

const jobId = ({ actionExecutionId }: Run): string => shellJob(actionExecutionId);
const groupOf = ({ pipeline }: Run): string => `/aws/codepipeline/${pipeline}`;
const folderOf = (index: number): string => (index === 0 ? "src" : `secondary/${index}`);
