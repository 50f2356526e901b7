import type { ResourceExample } from "../testing/resource-example.ts";
import { autoScalingExamples } from "./auto-scaling/resources.fixture.ts";
import { cloudwatchExamples } from "./cloudwatch/resources.fixture.ts";
import { logsExamples } from "./cloudwatch-logs/resources.fixture.ts";
import { codebuildExamples } from "./codebuild/resources.fixture.ts";
import { codecommitExamples } from "./codecommit/resources.fixture.ts";
import { connectionsExamples } from "./codeconnections/resources.fixture.ts";
import { codedeployExamples } from "./codedeploy/resources.fixture.ts";
import { codepipelineExamples } from "./codepipeline/resources.fixture.ts";
import { notificationExamples } from "./codestar-notifications/resources.fixture.ts";
import { ec2Examples } from "./ec2/resources.fixture.ts";
import { ecrExamples } from "./ecr/resources.fixture.ts";
import { elasticLoadBalancingExamples } from "./elastic-load-balancing-v2/resources.fixture.ts";
import { eventbridgeExamples } from "./eventbridge/resources.fixture.ts";
import { iamExamples } from "./iam/resources.fixture.ts";
import { kmsExamples } from "./kms/resources.fixture.ts";
import { lambdaExamples } from "./lambda/resources.fixture.ts";
import { s3Examples } from "./s3/resources.fixture.ts";
import { secretsManagerExamples } from "./secrets-manager/resources.fixture.ts";
import { snsExamples } from "./sns/resources.fixture.ts";
import { sqsExamples } from "./sqs/resources.fixture.ts";
import { ssmExamples } from "./ssm/resources.fixture.ts";

/** An example of each resource type, or several, from the folders of the services. */
export const resourceExamples: readonly ResourceExample[] = [
  ...cloudwatchExamples,
  ...logsExamples,
  ...codebuildExamples,
  ...codecommitExamples,
  ...connectionsExamples,
  ...codedeployExamples,
  ...codepipelineExamples,
  ...notificationExamples,
  ...ecrExamples,
  ...ec2Examples,
  ...elasticLoadBalancingExamples,
  ...autoScalingExamples,
  ...eventbridgeExamples,
  ...iamExamples,
  ...kmsExamples,
  ...lambdaExamples,
  ...s3Examples,
  ...secretsManagerExamples,
  ...snsExamples,
  ...sqsExamples,
  ...ssmExamples,
];
