import { App, Stack } from "aws-cdk-lib";
import * as sns from "aws-cdk-lib/aws-sns";
import * as sqs from "aws-cdk-lib/aws-sqs";

// A queue that release 2 has in another stack, under another name; a topic that refers to it stays where it is.

const release = Number(process.env["RELEASE"] ?? 1);
const app = new App({ analyticsReporting: false });
const env = { account: process.env["CDK_DEFAULT_ACCOUNT"], region: "eu-west-1" };

const giving = new Stack(app, "Giving", { env });
const taking = new Stack(app, "Taking", { env });
new sqs.Queue(taking, "Stays", { queueName: "stays" });
const orders =
  release > 1 ? new sqs.Queue(taking, "Renamed", { queueName: "orders" }) : new sqs.Queue(giving, "Queue", { queueName: "orders" });
new sns.Topic(giving, "Topic", { displayName: orders.queueName });
