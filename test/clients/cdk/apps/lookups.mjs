import { App, CfnOutput, Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as route53 from "aws-cdk-lib/aws-route53";
import * as ssm from "aws-cdk-lib/aws-ssm";

// What the CLI finds out for an app before it is synthesized. With LOOKUP=everything it also asks for what this cloud does not have.

const account = process.env["CDK_DEFAULT_ACCOUNT"];
const app = new App({ analyticsReporting: false });
const stack = new Stack(app, "Looking", { env: { account, region: "eu-west-1" } });
const value = ssm.StringParameter.valueFromLookup(stack, "/looked/up");
new ssm.StringParameter(stack, "Found", { parameterName: "/found", stringValue: value });

if (process.env["LOOKUP"] === "everything") {
  new CfnOutput(stack, "Zones", { value: stack.availabilityZones.join() });
  ec2.Vpc.fromLookup(stack, "Vpc", { isDefault: true });
  new ec2.LookupMachineImage({ name: "al2023-*", owners: ["amazon"] }).getImage(stack);
  route53.HostedZone.fromLookup(stack, "Zone", { domainName: "example.com" });
}
