import type { ActionProvider } from "../provider.ts";
import { cloudFormation } from "./cloudformation.ts";
import { codeBuild, codeBuildTest } from "./codebuild.ts";
import { codeCommit } from "./codecommit.ts";
import { codeDeploy } from "./codedeploy.ts";
import { commands } from "./commands.ts";
import { connectionSource } from "./connection.ts";
import { ec2Deploy } from "./ec2.ts";
import { lambdaInvoke } from "./lambda.ts";
import { manualApproval } from "./manual-approval.ts";
import { s3Source } from "./s3.ts";
import { s3Deploy } from "./s3-deploy.ts";
import { stackInstances, stackSet } from "./stack-set.ts";

/** Every kind of action of AWS's own, a line each; asked for when they are needed, since what they work with knows them. */
export const actionProviders = (): readonly ActionProvider[] => [
  codeCommit,
  connectionSource,
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
];
