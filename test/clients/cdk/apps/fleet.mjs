import { App, NestedStack, Stack } from "aws-cdk-lib";
import * as sqs from "aws-cdk-lib/aws-sqs";
import * as ssm from "aws-cdk-lib/aws-ssm";

// Stacks that wait for one another, one of them with a stack inside.

const app = new App({ analyticsReporting: false });

const base = new Stack(app, "Base");
const queue = new sqs.Queue(base, "Queue", { queueName: "jobs" });

const left = new Stack(app, "Left");
new ssm.StringParameter(left, "Parameter", { parameterName: "/fleet/left", stringValue: queue.queueArn });

const right = new Stack(app, "Right");
const inner = new NestedStack(right, "Inner");
new ssm.StringParameter(inner, "Parameter", { parameterName: "/fleet/right", stringValue: queue.queueArn });

const own = new Stack(app, "Own");
new ssm.StringParameter(own, "Parameter", { parameterName: "/fleet/own", stringValue: "own" });
