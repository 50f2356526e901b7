import { fileURLToPath } from "node:url";
import { App, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as s3 from "aws-cdk-lib/aws-s3";
import * as sns from "aws-cdk-lib/aws-sns";
import * as sqs from "aws-cdk-lib/aws-sqs";
import * as ssm from "aws-cdk-lib/aws-ssm";

// What the CLI is asked to bring from one release to the next. RELEASE says which this is.

const release = Number(process.env["RELEASE"] ?? 1);
const app = new App({ analyticsReporting: false });

const changing = new Stack(app, "Changing");
new ssm.StringParameter(changing, "Release", { parameterName: "/changing/release", stringValue: String(release) });
if (release > 1) new sns.Topic(changing, "News", { topicName: "news" });

// Release 2 wants a topic that cannot be made, after a queue that can.
const failing = new Stack(app, "Failing");
const queue = new sqs.Queue(failing, "Queue", { queueName: "failing", visibilityTimeout: Duration.seconds(30 * release) });
if (release > 1) new sns.CfnSubscription(failing, "Never", { topicArn: queue.queueArn, protocol: "sqs", endpoint: queue.queueArn });

const code = fileURLToPath(new URL(release > 1 ? "function-2" : "function", import.meta.url));
const serving = new Stack(app, "Serving");
new lambda.Function(serving, "Function", {
  functionName: "serving",
  runtime: lambda.Runtime.NODEJS_22_X,
  handler: "index.handler",
  code: lambda.Code.fromAsset(code),
  environment: { RELEASE: String(release) },
});

const importing = new Stack(app, "Importing");
new s3.Bucket(importing, "Bucket", { removalPolicy: RemovalPolicy.RETAIN });

const moving = new Stack(app, "Moving");
new sqs.Queue(moving, "Queue", { queueName: "moving" });
new ssm.StringParameter(moving, "Kept", { parameterName: "/moving/kept", stringValue: "kept" });
