import { fileURLToPath } from "node:url";
import { App, CustomResource, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import * as s3 from "aws-cdk-lib/aws-s3";
import * as deployment from "aws-cdk-lib/aws-s3-deployment";
import * as custom from "aws-cdk-lib/custom-resources";

// The functions that aws-cdk-lib brings to do what CloudFormation does not.

const app = new App({ analyticsReporting: false });

const emptying = new Stack(app, "Emptying");
new s3.Bucket(emptying, "Bucket", { bucketName: "emptied", removalPolicy: RemovalPolicy.DESTROY, autoDeleteObjects: true });

const calling = new Stack(app, "Calling");
const parameter = { Name: "/called", Type: "String", Overwrite: true };
new custom.AwsCustomResource(calling, "Call", {
  onUpdate: {
    service: "SSM",
    action: "PutParameter",
    parameters: { ...parameter, Value: "made by a call" },
    physicalResourceId: custom.PhysicalResourceId.of("/called"),
  },
  onDelete: { service: "SSM", action: "DeleteParameter", parameters: { Name: "/called" } },
  policy: custom.AwsCustomResourcePolicy.fromSdkCalls({ resources: custom.AwsCustomResourcePolicy.ANY_RESOURCE }),
  installLatestAwsSdk: false,
});

const retaining = new Stack(app, "Retaining");
new logs.LogRetention(retaining, "Retention", { logGroupName: "/retained", retention: logs.RetentionDays.ONE_WEEK });

const providing = new Stack(app, "Providing");
const onEventHandler = new lambda.Function(providing, "OnEvent", {
  runtime: lambda.Runtime.NODEJS_22_X,
  handler: "index.handler",
  code: lambda.Code.fromInline(
    'exports.handler = async ({ RequestType, ResourceProperties }) => ({ PhysicalResourceId: "provided", Data: { Answer: RequestType + ResourceProperties.Question } });',
  ),
});
const provider = new custom.Provider(providing, "Provider", { onEventHandler });
const provided = new CustomResource(providing, "Provided", { serviceToken: provider.serviceToken, properties: { Question: "?" } });
providing.exportValue(provided.getAttString("Answer"), { name: "provided-answer" });

const copying = new Stack(app, "Copying");
new deployment.BucketDeployment(copying, "Deployment", {
  destinationBucket: new s3.Bucket(copying, "Bucket", { bucketName: "copied", removalPolicy: RemovalPolicy.DESTROY }),
  sources: [deployment.Source.asset(fileURLToPath(new URL("function", import.meta.url))), deployment.Source.data("data.txt", "data")],
});
