import type { Scope } from "../../kernel/scope.ts";
import { sessionOf } from "../iam/api.ts";
import { type Artifact, artifactKey, storeOf } from "./artifact.ts";
import { declarationOf } from "./pipeline.ts";
import type { Run } from "./run.ts";

/** What an action does in the name of its role, or of the pipeline's. */
export interface Permission {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
  /** What its failure says instead of IAM's sentence. */
  readonly message?: string;
}

/** Why the role may not do what the action needs; undefined where it may, or trust is not enforced. Asked in the pipeline's region. */
export function refusalOfRole(scope: Scope, run: Run, needed: readonly Permission[]): string | undefined {
  if (scope.settings.trust !== "enforced") return undefined;
  const caller = sessionOf(scope, roleOf(scope, run), run.executionId);
  for (const { action, resource: what, context, message } of needed) {
    const refusal = scope.registry.authorize(scope, caller, action, what, context);
    if (refusal !== undefined) return message ?? refusal;
  }
  return undefined;
}

/** The role that an action works as. */
export const roleOf = (
  scope: Scope,
  { roleArn, pipeline, pipelineVersion }: Pick<Run, "roleArn" | "pipeline" | "pipelineVersion">,
): string => roleArn ?? declarationOf(scope, pipeline, pipelineVersion).roleArn!;

/** To read the artifacts that it takes. */
export const toRead = (scope: Scope, run: Run): Permission[] =>
  run.inputs.map(({ bucket, key }) => ({
    action: "s3:GetObject",
    resource: objectArn(bucket, key),
    message: noAccess(scope, run, bucket),
  }));

/** To put the artifacts that it gives into the store. */
export function toWrite(scope: Scope, run: Run): Permission[] {
  const bucket = storeOf(declarationOf(scope, run.pipeline, run.pipelineVersion), run.region)?.location ?? "";
  const { pipeline, actionExecutionId, type } = run;
  const keyOf = (name: string): string => artifactKey({ name, pipeline, actionExecutionId, isSource: type.category === "Source" });
  return run.outputs.map((name) => ({
    action: "s3:PutObject",
    resource: objectArn(bucket, keyOf(name)),
    message: noAccess(scope, run, bucket),
  }));
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/troubleshooting.html#troubleshooting-S3-access-denied-list */
const noAccess = (scope: Scope, run: Run, bucket: Artifact["bucket"]): string =>
  `CodePipeline service role "${roleOf(scope, run)}" is getting S3 access denied for the S3 bucket "${bucket}"`;

const objectArn = (bucket: string, key: string): string => `arn:aws:s3:::${bucket}/${key}`;
