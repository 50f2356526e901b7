import { parseArn } from "../../kernel/arn.ts";
import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { InvalidInputException } from "../../sdk/codebuild.js";
import { passRoleRefusal } from "../iam/api.ts";
import { checkVpc } from "./network.ts";
import type { Declaration } from "./project.ts";
import { isTold } from "./status-report.ts";

const TIMEOUT_MIN = 5;
const TIMEOUT_MAX = 2160;
const QUEUED_TIMEOUT_MAX = 480;
const SECONDARY_MAX = 12;
const AUTO_RETRY_MAX = 10;
/** Images of CodeBuild's own. */
const CURATED = /^aws\/codebuild\//;

const invalid = (message: string): never => fault(InvalidInputException, message);

/** Refuse what CodeBuild refuses. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html */
export function checkDeclaration(scope: Scope, name: string, declaration: Declaration): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9\-_]{1,149}$/.test(name)) {
    invalid("Invalid project name: must start with a letter or number, and contain 2 to 150 letters, numbers, dashes and underscores");
  }
  checkBuildable(declaration);
  const role = declaration.serviceRole;
  if (!role) return invalid("Service role is required");
  const arn = role.startsWith("arn:") ? role : `arn:aws:iam::${scope.account}:role/${role}`;
  if (parseArn(arn)?.account !== scope.account) invalid("Invalid service role: Service role account ID does not match caller's account");
  if (passRoleRefusal(scope, arn, "codebuild.amazonaws.com") !== undefined) {
    invalid(
      "CodeBuild is not authorized to perform: sts:AssumeRole on service role. Please verify that: 1) The provided service role exists, 2) The role name is case-sensitive and matches exactly, and 3) The role has the necessary trust policy configured.",
    );
  }
  checkNetwork(scope, declaration, arn);
}

/** Refuse what a project may not declare, nor a build override. */
export function checkBuildable(declaration: Declaration): void {
  checkSources(declaration);
  checkArtifacts(declaration);
  checkTimeouts(declaration);
  checkEnvironment(declaration);
  checkFileSystems(declaration);
  checkLogs(declaration);
  const names = (declaration.environment?.environmentVariables ?? []).map((variable) => variable.name);
  if (new Set(names).size < names.length) invalid("Invalid input: environment variable names must be unique");
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectEnvironment.html */
function checkEnvironment({ environment, encryptionKey, autoRetryLimit = 0 }: Declaration): void {
  const { image = "", imagePullCredentialsType: pulls, registryCredential, certificate } = environment ?? {};
  if (CURATED.test(image) && pulls === "SERVICE_ROLE") {
    invalid("Invalid image pull credentials type: a curated image of CodeBuild is pulled with the credentials of type CODEBUILD");
  }
  if (registryCredential !== undefined && pulls !== "SERVICE_ROLE") {
    invalid("Invalid registry credential: it requires image pull credentials of type SERVICE_ROLE");
  }
  if (certificate && !/^(arn:[^:]*:s3:::)?[^/]+\/.+/.test(certificate)) invalid(`Invalid certificate: ${certificate} is no object in S3`);
  if (encryptionKey && !/^(arn:[^:]*:kms:|alias\/)/.test(encryptionKey)) {
    invalid("Invalid encryption key: it has to be the ARN of a key or alias/<alias-name>");
  }
  if (autoRetryLimit < 0 || autoRetryLimit > AUTO_RETRY_MAX) invalid(`Invalid auto retry limit: must be between 0 and ${AUTO_RETRY_MAX}`);
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/sample-efs.html */
function checkFileSystems({ fileSystemLocations = [], vpcConfig }: Declaration): void {
  if (fileSystemLocations.length === 0) return;
  if (!vpcConfig?.vpcId) invalid("Invalid file system locations: a VPC is required to mount file systems of Amazon EFS");
  invalid("File systems of builds are not implemented by Slipway.");
}

function checkLogs({ logsConfig }: Declaration): void {
  const { status, location } = logsConfig?.s3Logs ?? {};
  if (status === "ENABLED" && !location) invalid("Invalid logs config: a location is required for logs in S3");
}

/** The role is asked at once, as whoever has made it just before knows: it may take a while to be known. */
function checkNetwork(scope: Scope, { vpcConfig }: Declaration, roleArn: string): void {
  if (!checkVpc(scope, vpcConfig)) return;
  const session = `arn:aws:sts::${scope.account}:assumed-role/${roleArn.split("/").at(-1)}/AWSCodeBuild`;
  const role = scope.as({ ...scope.caller, arn: session, type: "assumed-role" });
  if (role.refusal("ec2:DescribeSecurityGroups", "*") !== undefined) invalid("Not authorized to perform DescribeSecurityGroups");
}

function checkSources({ source, secondarySources = [], artifacts }: Declaration): void {
  if (source?.type === undefined) return invalid("Source type is required");
  const isPipeline = source.type === "CODEPIPELINE";
  if (isPipeline !== (artifacts?.type === "CODEPIPELINE")) {
    invalid("Invalid artifacts: artifact type CODEPIPELINE should be used with source type CODEPIPELINE only, and the other way round");
  }
  if (source.type === "NO_SOURCE" && !source.buildspec) invalid("Buildspec is required when source type is NO_SOURCE");
  if (!isPipeline && source.type !== "NO_SOURCE" && !source.location) invalid("Source location is required");
  for (const { type, reportBuildStatus } of [source, ...secondarySources]) {
    if (reportBuildStatus && !isTold(type)) invalid(`Reporting build status is not supported for source type ${type}`);
  }
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
function checkTimeouts(declared: { timeoutInMinutes?: number | undefined; queuedTimeoutInMinutes?: number | undefined }): void {
  const { timeoutInMinutes = TIMEOUT_MIN, queuedTimeoutInMinutes = TIMEOUT_MIN } = declared;
  if (timeoutInMinutes < TIMEOUT_MIN || timeoutInMinutes > TIMEOUT_MAX) {
    invalid(`Invalid timeout: must be between ${TIMEOUT_MIN} and ${TIMEOUT_MAX} minutes`);
  }
  if (queuedTimeoutInMinutes < TIMEOUT_MIN || queuedTimeoutInMinutes > QUEUED_TIMEOUT_MAX) {
    invalid(`Invalid queued timeout: must be between ${TIMEOUT_MIN} and ${QUEUED_TIMEOUT_MAX} minutes`);
  }
}
