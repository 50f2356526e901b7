import type { Scope } from "../../kernel/scope.ts";
import { secretArnOf } from "../secrets-manager/api.ts";
import { type Build, buildArn, logOf, type Variable } from "./build.ts";
import type { Buildspec } from "./buildspec.ts";
import { projectArn, projects } from "./project.ts";
import { publicBuildUrl } from "./public-build.ts";
import { roleRefusal } from "./service-role.ts";
import { credentialVariables } from "./source-credential.ts";

/** The variables of a build and which of their values are secret, or why they cannot be had. */
export type Environment =
  | { readonly state: "done"; readonly variables: Readonly<Record<string, string>>; readonly secrets: readonly string[] }
  | { readonly state: "failed"; readonly statusCode: string; readonly message: string };

/**
 * What the commands of a build find in their environment: CodeBuild's own variables, then those of the build, before
 * those of the project, before those of the buildspec.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html
 */
export function environmentOf(scope: Scope, build: Build, buildspec: Buildspec): Environment {
  const declared = (build.declaration.environment?.environmentVariables ?? []) as Variable[];
  const plain = declared.filter(({ type = "PLAINTEXT" }) => type === "PLAINTEXT");
  const typed = (wanted: string) => declared.filter(({ type }) => type === wanted).map(({ name, value }) => [name!, value!] as const);
  const parameters = { ...buildspec.parameterStore, ...Object.fromEntries(typed("PARAMETER_STORE")) };
  const secrets = { ...buildspec.secretsManager, ...Object.fromEntries(typed("SECRETS_MANAGER")) };
  const found: Record<string, string> = {};
  for (const [name, reference] of Object.entries(parameters)) {
    const arn = reference.startsWith("arn:") ? reference : scope.arn("ssm", `parameter/${reference.replace(/^\//, "")}`);
    const refusal = roleRefusal(scope, build, "ssm:GetParameters", arn);
    if (refusal !== undefined) return { state: "failed", statusCode: "Decrypted Variables Error", message: denied(refusal) };
    const value = resolved(scope, "ssm-secure", reference);
    if (value === undefined) {
      return { state: "failed", statusCode: "Decrypted Variables Error", message: `parameter does not exist: ${reference}` };
    }
    found[name] = value;
  }
  for (const [name, reference] of Object.entries(secrets)) {
    const id = secretIdIn(reference);
    const refusal = roleRefusal(scope, build, "secretsmanager:GetSecretValue", secretArnOf(scope, id) ?? id);
    if (refusal !== undefined) return { state: "failed", statusCode: "Secrets Manager Error", message: denied(refusal) };
    const value = resolved(scope, "secretsmanager", secretReference(reference));
    if (value === undefined) {
      const message = "ResourceNotFoundException: Secrets Manager can't find the specified secret.";
      return { state: "failed", statusCode: "Secrets Manager Error", message };
    }
    found[name] = value;
  }
  const variables = { ...buildspec.variables, ...found, ...Object.fromEntries(plain.map(({ name, value }) => [name!, value!])) };
  const git = buildspec.gitCredentialHelper ? credentialVariables(scope, build) : {};
  return { state: "done", variables: { ...variables, ...ownVariables(scope, build), ...git }, secrets: Object.values(found) };
}

const denied = (refusal: string): string => `AccessDeniedException: ${refusal}`;

function resolved(scope: Scope, kind: string, name: string): string | undefined {
  const found = scope.registry.reference(kind)?.resolve(scope, name);
  return found?.state === "value" ? found.value : undefined;
}

/** CodeBuild writes id:key:stage:version, CloudFormation's references id:SecretString:key:stage:version. */
function secretReference(reference: string): string {
  const id = secretIdIn(reference);
  return reference === id ? id : `${id}:SecretString${reference.slice(id.length)}`;
}

const secretIdIn = (reference: string): string =>
  reference
    .split(":")
    .slice(0, reference.startsWith("arn:") ? 7 : 1)
    .join(":");

function ownVariables(scope: Scope, build: Build): Record<string, string> {
  const { declaration, sourceVersion, resolvedSourceVersion, batch, webhook, isDebugged } = build;
  const project = projects.get(scope, build.project);
  return {
    CODEBUILD_CI: "true",
    CODEBUILD_BUILD_ARN: buildArn(scope, build.id),
    CODEBUILD_BUILD_ID: build.id,
    CODEBUILD_BUILD_IMAGE: declaration.environment?.image ?? "",
    CODEBUILD_BUILD_NUMBER: String(build.number),
    CODEBUILD_BUILD_URL: `https://${scope.region}.console.aws.amazon.com/codebuild/home?region=${scope.region}#/builds/${build.id}/view/new`,
    CODEBUILD_INITIATOR: build.initiator,
    CODEBUILD_KMS_KEY_ID: declaration.encryptionKey ?? "",
    CODEBUILD_LOG_PATH: logOf(build)?.stream ?? "",
    CODEBUILD_PROJECT_ARN: projectArn(scope, build.project),
    CODEBUILD_PUBLIC_BUILD_URL: (project && publicBuildUrl(scope, project, build.id)) ?? "",
    CODEBUILD_SOURCE_REPO_URL: declaration.source?.location ?? "",
    CODEBUILD_START_TIME: String(build.startedAt),
    ...(sourceVersion !== undefined && { CODEBUILD_SOURCE_VERSION: sourceVersion }),
    ...(resolvedSourceVersion !== undefined && { CODEBUILD_RESOLVED_SOURCE_VERSION: resolvedSourceVersion }),
    ...(batch && { CODEBUILD_BATCH_BUILD_IDENTIFIER: batch.identifier }),
    ...(batch?.shard && { SLIPWAY_SHARD: String(batch.shard.index), SLIPWAY_SHARDS: String(batch.shard.count) }),
    ...(isDebugged && { SLIPWAY_DEBUGGED: "true" }),
    ...webhook,
  };
}
