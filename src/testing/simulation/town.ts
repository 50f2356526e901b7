import type { BlobRef } from "../../kernel/blob.ts";
import { createStack } from "../../services/cloudformation/operation.ts";
import { zipOf } from "../../services/lambda/zip.ts";
import type { World } from "../world.ts";
import type { ThingProperties } from "./thing.ts";

const SERVICES = ["codepipeline", "codebuild", "cloudformation", "codedeploy", "lambda", "events"];
const trust = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: SERVICES.map((name) => `${name}.amazonaws.com`) }, Action: "sts:AssumeRole" }],
};
const BUILDSPEC = "version: 0.2\nphases: { build: { commands: [make] } }\nartifacts: { files: '**/*' }\n";
const arnOf = (name: string) => ({ "Fn::GetAtt": [name, "Arn"] });
const type = (category: string, provider: string) => ({ Category: category, Owner: "AWS", Provider: provider, Version: "1" });

const action = (Name: string, ActionTypeId: object, Configuration: object, more: object = {}) => ({
  Name,
  ActionTypeId,
  Configuration,
  RunOrder: 1,
  ...more,
});

const stages = [
  {
    Name: "Source",
    Actions: [
      action(
        "Commit",
        type("Source", "CodeCommit"),
        { RepositoryName: "shop", BranchName: "main", PollForSourceChanges: "false" },
        { OutputArtifacts: [{ Name: "Source" }] },
      ),
    ],
  },
  {
    Name: "Build",
    Actions: [
      action(
        "Make",
        type("Build", "CodeBuild"),
        { ProjectName: { Ref: "Project" } },
        { InputArtifacts: [{ Name: "Source" }], OutputArtifacts: [{ Name: "Built" }] },
      ),
    ],
  },
  { Name: "Agree", Actions: [action("Agree", type("Approval", "Manual"), {})] },
  {
    Name: "Deploy",
    Actions: [
      action(
        "Stack",
        type("Deploy", "CloudFormation"),
        { ActionMode: "CREATE_UPDATE", StackName: "Released", RoleArn: arnOf("Role"), TemplatePath: "Source::template.json" },
        { InputArtifacts: [{ Name: "Source" }] },
      ),
    ],
  },
];

const alarm = (name: string, metric: object, actions: object[] = []) => ({
  Type: "AWS::CloudWatch::Alarm",
  Properties: {
    AlarmName: name,
    ...metric,
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
    TreatMissingData: "notBreaching",
    AlarmActions: actions,
  },
});

/** What everything happens in: a way to production, a function behind a canary, queues, a topic, alarms. */
const TOWN = {
  Resources: {
    Role: { Type: "AWS::IAM::Role", Properties: { RoleName: "worker", AssumeRolePolicyDocument: trust } },
    Artifacts: { Type: "AWS::S3::Bucket", Properties: { BucketName: "town-artifacts" } },
    Repository: { Type: "AWS::CodeCommit::Repository", Properties: { RepositoryName: "shop" } },
    Project: {
      Type: "AWS::CodeBuild::Project",
      Properties: {
        Name: "shop",
        ServiceRole: arnOf("Role"),
        Source: { Type: "CODEPIPELINE", BuildSpec: BUILDSPEC },
        Artifacts: { Type: "CODEPIPELINE" },
        Environment: { Type: "LINUX_CONTAINER", ComputeType: "BUILD_GENERAL1_SMALL", Image: "aws/codebuild/standard:7.0" },
      },
    },
    Pipeline: {
      Type: "AWS::CodePipeline::Pipeline",
      DependsOn: ["Repository"],
      Properties: {
        Name: "shop",
        RoleArn: arnOf("Role"),
        PipelineType: "V2",
        ExecutionMode: "QUEUED",
        ArtifactStore: { Type: "S3", Location: { Ref: "Artifacts" } },
        Stages: stages,
      },
    },
    Pushed: {
      Type: "AWS::Events::Rule",
      Properties: {
        EventPattern: { source: ["aws.codecommit"], detail: { event: ["referenceCreated", "referenceUpdated"], referenceName: ["main"] } },
        Targets: [
          {
            Id: "pipeline",
            Arn: { "Fn::Sub": "arn:aws:codepipeline:${AWS::Region}:${AWS::AccountId}:${Pipeline}" },
            RoleArn: arnOf("Role"),
          },
        ],
      },
    },
    Function: {
      Type: "AWS::Lambda::Function",
      Properties: {
        FunctionName: "shop",
        Role: arnOf("Role"),
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Code: { ZipFile: "exports.handler = async () => 1;" },
      },
    },
    Version: { Type: "AWS::Lambda::Version", Properties: { FunctionName: { Ref: "Function" } } },
    Alias: {
      Type: "AWS::Lambda::Alias",
      Properties: { FunctionName: { Ref: "Function" }, FunctionVersion: { "Fn::GetAtt": ["Version", "Version"] }, Name: "live" },
    },
    Url: {
      Type: "AWS::Lambda::Url",
      DependsOn: ["Alias"],
      Properties: { AuthType: "NONE", Qualifier: "live", TargetFunctionArn: arnOf("Function") },
    },
    AnyoneMayAsk: {
      Type: "AWS::Lambda::Permission",
      Properties: { Action: "lambda:InvokeFunctionUrl", FunctionName: { Ref: "Alias" }, FunctionUrlAuthType: "NONE", Principal: "*" },
    },
    AnyoneMayInvoke: {
      Type: "AWS::Lambda::Permission",
      Properties: { Action: "lambda:InvokeFunction", FunctionName: { Ref: "Alias" }, InvokedViaFunctionUrl: true, Principal: "*" },
    },
    Application: { Type: "AWS::CodeDeploy::Application", Properties: { ApplicationName: "shop", ComputePlatform: "Lambda" } },
    Group: {
      Type: "AWS::CodeDeploy::DeploymentGroup",
      Properties: {
        ApplicationName: { Ref: "Application" },
        DeploymentGroupName: "live",
        DeploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        ServiceRoleArn: arnOf("Role"),
        DeploymentStyle: { DeploymentType: "BLUE_GREEN", DeploymentOption: "WITH_TRAFFIC_CONTROL" },
        AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: "Errors" } }] },
        AutoRollbackConfiguration: {
          Enabled: true,
          Events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
        },
      },
    },
    Dead: { Type: "AWS::SQS::Queue", Properties: { QueueName: "orders-dead" } },
    Orders: {
      Type: "AWS::SQS::Queue",
      Properties: { QueueName: "orders", RedrivePolicy: { deadLetterTargetArn: arnOf("Dead"), maxReceiveCount: 2 } },
    },
    Inbox: { Type: "AWS::SQS::Queue", Properties: { QueueName: "pages" } },
    InboxPolicy: {
      Type: "AWS::SQS::QueuePolicy",
      Properties: {
        Queues: [{ Ref: "Inbox" }],
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: "*" }],
        },
      },
    },
    Pages: {
      Type: "AWS::SNS::Topic",
      Properties: { TopicName: "pages", Subscription: [{ Protocol: "sqs", Endpoint: arnOf("Inbox") }] },
    },
    Errors: alarm("errors", {
      Namespace: "AWS/Lambda",
      MetricName: "Errors",
      Dimensions: [
        { Name: "FunctionName", Value: "shop" },
        { Name: "Resource", Value: "shop:live" },
      ],
    }),
    Load: alarm("load", { Namespace: "Town", MetricName: "Load" }, [{ Ref: "Pages" }]),
  },
};

/** Build the town, and let it come to rest. */
export async function buildTown(cloud: World): Promise<void> {
  await cloud.call(createStack, { StackName: "Town", TemplateBody: JSON.stringify(TOWN), Capabilities: ["CAPABILITY_NAMED_IAM"] });
  await cloud.advance("5m");
}

/** A template of real things and of one that takes its time and may resist. */
export const templateOf = (text: string, thing: Omit<ThingProperties, "Text">): string =>
  JSON.stringify({
    Resources: {
      Queue: { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: 30 + text.length } },
      Parameter: { Type: "AWS::SSM::Parameter", Properties: { Type: "String", Value: text } },
      Thing: { Type: "Testing::Slow::Thing", DependsOn: "Parameter", Properties: { Text: text, ...thing } },
      Topic: { Type: "AWS::SNS::Topic", DependsOn: "Thing", Properties: { DisplayName: text } },
    },
  });

/** The archives that commits may have: some with a template that does not want to. */
const ARCHIVES = [
  templateOf("one", { Seconds: 30, Resists: "nothing" }),
  templateOf("two", { Seconds: 90, Resists: "nothing" }),
  templateOf("three", { Seconds: 10, Resists: "update" }),
  templateOf("four", { Seconds: 5, Resists: "create" }),
].map((template) => zipOf([{ name: "template.json", bytes: Buffer.from(template) }]));

/** Write the archives; answers which one a commit has. */
export function archivesOf({ blobs }: Pick<World, "blobs">): (commit: string) => BlobRef {
  const refs = ARCHIVES.map((bytes) => blobs.write(bytes));
  return (commit) => refs[Number.parseInt(commit.slice(0, 2) || "0", 16) % refs.length]!;
}
