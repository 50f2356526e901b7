import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, Stage } from "aws-cdk-lib";
import * as codebuild from "aws-cdk-lib/aws-codebuild";
import * as codecommit from "aws-cdk-lib/aws-codecommit";
import * as codepipeline from "aws-cdk-lib/aws-codepipeline";
import * as actions from "aws-cdk-lib/aws-codepipeline-actions";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import * as logs from "aws-cdk-lib/aws-logs";
import * as s3 from "aws-cdk-lib/aws-s3";
import * as assets from "aws-cdk-lib/aws-s3-assets";
import * as sns from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import type { ShopStack } from "./shop-stack.ts";

export interface PipelineStackProps extends StackProps {
  /** The stack that the pipeline deploys: the one stack of a stage of its own. */
  readonly service: ShopStack;
}

/** The delivery: a repository, and the pipeline that takes each commit of `main` to production. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, props: PipelineStackProps) {
    super(scope, id, { description: "The way to production of the shop: repository, build, deployment", ...props });
    const { service } = props;

    const repository = new codecommit.Repository(this, "Repository", {
      repositoryName: "shop",
      description: "The shop's code. A push to main is released.",
    });
    const artifacts = new s3.Bucket(this, "Artifacts", {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [{ expiration: Duration.days(90) }],
      // What was released stays on record after the pipeline is gone, until it expires.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const project = new codebuild.PipelineProject(this, "BuildAndTest", {
      projectName: "shop",
      description: "Checks and tests the shop",
      environment: { buildImage: codebuild.LinuxBuildImage.AMAZON_LINUX_2023_5, computeType: codebuild.ComputeType.SMALL },
      buildSpec: codebuild.BuildSpec.fromSourceFilename("buildspec.yml"),
      timeout: Duration.minutes(10),
      logging: {
        cloudWatch: {
          logGroup: new logs.LogGroup(this, "BuildLogs", {
            logGroupName: "/shop/build",
            retention: logs.RetentionDays.ONE_MONTH,
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        },
      },
    });

    const source = new codepipeline.Artifact("Source");
    const infrastructure = new codepipeline.Artifact("Infrastructure");
    const code = new codepipeline.Artifact("Code");
    const template = this.template(service);
    const commit = new actions.CodeCommitSourceAction({
      actionName: "Commit",
      repository,
      branch: "main",
      output: source,
      variablesNamespace: "Commit",
    });

    const pipeline = new codepipeline.Pipeline(this, "Pipeline", {
      pipelineName: "shop",
      pipelineType: codepipeline.PipelineType.V2,
      // Each push is released, in its turn. No canary is overtaken by the next one.
      executionMode: codepipeline.ExecutionMode.QUEUED,
      artifactBucket: artifacts,
      stages: [
        {
          stageName: "Source",
          actions: [
            commit,
            new actions.S3SourceAction({
              actionName: "Infrastructure",
              bucket: template.asset.bucket,
              bucketKey: template.asset.s3ObjectKey,
              // The template changes with the pipeline itself; a push alone starts a release.
              trigger: actions.S3Trigger.NONE,
              output: infrastructure,
            }),
          ],
        },
        {
          stageName: "BuildAndTest",
          actions: [new actions.CodeBuildAction({ actionName: "BuildAndTest", project, input: source, outputs: [code] })],
        },
        {
          stageName: "Deploy",
          actions: [
            new actions.CloudFormationCreateUpdateStackAction({
              actionName: "Deploy",
              stackName: service.stackName,
              templatePath: infrastructure.atPath(template.fileName),
              extraInputs: [code],
              parameterOverrides: {
                ...service.code.assign(code.s3Location),
                [service.release.logicalId]: commit.variables.commitId,
              },
              adminPermissions: true,
            }),
          ],
        },
      ],
    });

    const notifications = new sns.Topic(this, "Notifications", { displayName: "Shop releases" });
    pipeline.onStateChange("Released", {
      description: "Tells the team how each release ended",
      eventPattern: { detail: { state: ["SUCCEEDED", "FAILED"] } },
      target: new targets.SnsTopic(notifications, {
        message: events.RuleTargetInput.fromText(
          `The release ${events.EventField.fromPath("$.detail.execution-id")} of ${events.EventField.fromPath("$.detail.pipeline")} has ${events.EventField.fromPath("$.detail.state")}.`,
        ),
      }),
    });

    new CfnOutput(this, "RepositoryUrl", { value: repository.repositoryCloneUrlHttp, description: "Push here" });
    new CfnOutput(this, "PipelineName", { value: pipeline.pipelineName });
    new CfnOutput(this, "NotificationTopic", { value: notifications.topicArn, description: "Subscribe here to hear of releases" });
  }

  /** The synthesized service stack as an asset: `cdk deploy` uploads it to the bootstrap bucket, where the pipeline picks it up. */
  private template(service: ShopStack) {
    const { directory } = Stage.of(service)!.synth();
    const asset = new assets.Asset(this, "Infrastructure", { path: directory, exclude: ["*", `!${service.templateFile}`] });
    return { asset, fileName: service.templateFile };
  }
}
