import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { InvalidInputException } from "../../sdk/codebuild.js";
import { passRoleRefusal } from "../iam/api.ts";
import type { Declaration } from "./project.ts";

const TIMEOUT_MIN = 5;
const TIMEOUT_MAX = 2160;
const QUEUED_TIMEOUT_MAX = 480;
const SECONDARY_MAX = 12;

const invalid = (message: string): never => fault(InvalidInputException, message);

/** Refuse what CodeBuild refuses. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html */
export function checkDeclaration(scope: Scope, name: string, declaration: Declaration): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9\-_]{1,149}$/.test(name)) {
    invalid("Invalid project name: must start with a letter or number, and contain 2 to 150 letters, numbers, dashes and underscores");
  }
  checkSources(declaration);
  checkArtifacts(declaration);
  checkTimeouts(declaration);
  const names = (declaration.environment?.environmentVariables ?? []).map((variable) => variable.name);
  if (new Set(names).size < names.length) invalid("Invalid input: environment variable names must be unique");
  const role = declaration.serviceRole;
  if (!role) return invalid("Service role is required");
  const arn = role.startsWith("arn:") ? role : `arn:aws:iam::${scope.account}:role/${role}`;
  if (passRoleRefusal(scope, arn, "codebuild.amazonaws.com") !== undefined) {
    invalid(
      "CodeBuild is not authorized to perform: sts:AssumeRole on service role. Please verify that: 1) The provided service role exists, 2) The role name is case-sensitive and matches exactly, and 3) The role has the necessary trust policy configured.",
    );
  }
}

function checkSources({ source, secondarySources = [], artifacts }: Declaration): void {
  if (source?.type === undefined) return invalid("Source type is required");
  const isPipeline = source.type === "CODEPIPELINE";
  if (isPipeline !== (artifacts?.type === "CODEPIPELINE")) {
    invalid("Invalid artifacts: artifact type CODEPIPELINE should be used with source type CODEPIPELINE only, and the other way round");
  }
  if (source.type === "NO_SOURCE" && !source.buildspec) invalid("Buildspec is required when source type is NO_SOURCE");
  if (!isPipeline && source.type !== "NO_SOURCE" && !source.location) invalid("Source location is required");
  if (secondarySources.length > SECONDARY_MAX) invalid(`There can be at most ${SECONDARY_MAX} secondary sources`);
  if (secondarySources.some(({ sourceIdentifier }) => !sourceIdentifier)) invalid("Source identifier is required for secondary sources");
}

function checkArtifacts({ artifacts, secondaryArtifacts = [] }: Declaration): void {
  if (artifacts?.type === undefined) return invalid("Artifacts type is required");
  for (const artifact of [artifacts, ...secondaryArtifacts]) {
    if (artifact.type === "S3" && !artifact.location) invalid("Invalid artifacts: location is required for artifacts of type S3");
  }
  if (secondaryArtifacts.length > SECONDARY_MAX) invalid(`There can be at most ${SECONDARY_MAX} secondary artifacts`);
  if (secondaryArtifacts.some(({ artifactIdentifier }) => !artifactIdentifier)) {
    invalid("Artifact identifier is required for secondary artifacts");
  }
}

/** Minutes. */
export function checkTimeouts(declared: { timeoutInMinutes?: number | undefined; queuedTimeoutInMinutes?: number | undefined }): void {
  const { timeoutInMinutes = TIMEOUT_MIN, queuedTimeoutInMinutes = TIMEOUT_MIN } = declared;
  if (timeoutInMinutes < TIMEOUT_MIN || timeoutInMinutes > TIMEOUT_MAX) {
    invalid(`Invalid timeout: must be between ${TIMEOUT_MIN} and ${TIMEOUT_MAX} minutes`);
  }
  if (queuedTimeoutInMinutes < TIMEOUT_MIN || queuedTimeoutInMinutes > QUEUED_TIMEOUT_MAX) {
    invalid(`Invalid queued timeout: must be between ${TIMEOUT_MIN} and ${QUEUED_TIMEOUT_MAX} minutes`);
  }
}
