import type { Service } from "../kernel/service.ts";
import { autoScaling } from "./auto-scaling/index.ts";
import { cloudcontrol } from "./cloudcontrol/index.ts";
import { cloudformation } from "./cloudformation/index.ts";
import { cloudwatch } from "./cloudwatch/index.ts";
import { cloudwatchLogs } from "./cloudwatch-logs/index.ts";
import { codebuild } from "./codebuild/index.ts";
import { codecommit } from "./codecommit/index.ts";
import { codeconnections } from "./codeconnections/index.ts";
import { codedeploy } from "./codedeploy/index.ts";
import { codedeployCommands } from "./codedeploy-commands/index.ts";
import { codepipeline } from "./codepipeline/index.ts";
import { codestarConnections } from "./codestar-connections/index.ts";
import { codestarNotifications } from "./codestar-notifications/index.ts";
import { ec2 } from "./ec2/index.ts";
import { ecr } from "./ecr/index.ts";
import { elasticLoadBalancingV2 } from "./elastic-load-balancing-v2/index.ts";
import { eventbridge } from "./eventbridge/index.ts";
import { iam } from "./iam/index.ts";
import { kms } from "./kms/index.ts";
import { lambda } from "./lambda/index.ts";
import { organizations } from "./organizations/index.ts";
import { s3 } from "./s3/index.ts";
import { secretsManager } from "./secrets-manager/index.ts";
import { sns } from "./sns/index.ts";
import { sqs } from "./sqs/index.ts";
import { ssm } from "./ssm/index.ts";
import { sts } from "./sts/index.ts";

/** Every service, one line each. A service may use the api.ts of those above it. */
export const services: readonly Service[] = [
  iam,
  organizations,
  sts,
  kms,
  secretsManager,
  ssm,
  cloudwatchLogs,
  cloudwatch,
  sqs,
  s3,
  ecr,
  ec2,
  elasticLoadBalancingV2,
  autoScaling,
  eventbridge,
  lambda,
  sns,
  codecommit,
  codedeploy,
  codedeployCommands,
  cloudformation,
  cloudcontrol,
  codeconnections,
  codestarConnections,
  codestarNotifications,
  codebuild,
  codepipeline,
];
