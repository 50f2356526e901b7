import { App, Stack } from "aws-cdk-lib";
import * as sqs from "aws-cdk-lib/aws-sqs";
import * as ssm from "aws-cdk-lib/aws-ssm";

// What is in one region, used in another.

const account = process.env["CDK_DEFAULT_ACCOUNT"];
const app = new App({ analyticsReporting: false });

const far = new Stack(app, "Far", { env: { account, region: "us-east-1" }, crossRegionReferences: true });
const queue = new sqs.Queue(far, "Queue");

const near = new Stack(app, "Near", { env: { account, region: "eu-west-1" }, crossRegionReferences: true });
new ssm.StringParameter(near, "Parameter", { parameterName: "/near/queue", stringValue: queue.queueArn });
