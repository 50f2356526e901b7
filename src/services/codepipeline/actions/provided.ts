import type { ActionProvider } from "../provider.ts";
import { cloudFormation } from "./cloudformation.ts";
import { codeBuild, codeBuildTest } from "./codebuild.ts";
import { codeCommit } from "./codecommit.ts";
import { codeDeploy } from "./codedeploy.ts";
import { commands } from "./commands.ts";
import { connectionSource } from "./connection.ts";
import { ec2Deploy } from "./ec2.ts";
import { ecrSource } from "./ecr.ts";
import { gitHub } from "./github.ts";
import { lambdaInvoke } from "./lambda.ts";
import { lambdaDeploy } from "./lambda-deploy.ts";
import { manualApproval } from "./manual-approval.ts";
import { pipelineInvoke } from "./pipeline-invoke.ts";
import { s3Source } from "./s3.ts";
import { s3Deploy } from "./s3-deploy.ts";
import { stackInstances, stackSet } from "./stack-set.ts";

/** Every kind of action of AWS's own, and of partners whom it takes in itself, a line each; asked for when they are needed, since what they work with knows them. */
export const actionProviders = (): readonly ActionProvider[] => [
  codeCommit,
  connectionSource,
  gitHub,
  ecrSource,
  s3Source,
  codeBuild,
  codeBuildTest,
  codeDeploy,
  ec2Deploy,
  cloudFormation,
  stackSet,
  stackInstances,
  commands,
  s3Deploy,
  manualApproval,
  lambdaInvoke,
  lambdaDeploy,
  pipelineInvoke,
];

/**
 * The types of AWS's whose services are not here, as category/provider: they are not listed, and are refused by name.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-valid-providers.html
 */
export const ABSENT_TYPES: readonly string[] = [
  "Build/ECRBuildAndPublish",
  "Test/DeviceFarm",
  "Deploy/AppConfig",
  "Deploy/CodeDeployToECS",
  "Deploy/ECS",
  "Deploy/EKS",
  "Deploy/ElasticBeanstalk",
  "Deploy/OpsWorks",
  "Deploy/ServiceCatalog",
  "Invoke/InspectorScan",
  "Invoke/StepFunctions",
];
