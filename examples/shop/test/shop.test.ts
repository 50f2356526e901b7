import assert from "node:assert/strict";
import { test } from "node:test";
import { App, Stage } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { PipelineStack } from "../lib/pipeline-stack.ts";
import { ShopStack } from "../lib/shop-stack.ts";

const app = new App();
const service = new ShopStack(new Stage(app, "Service"), "Shop", { stackName: "Shop" });
const pipeline = Template.fromStack(new PipelineStack(app, "ShopPipeline", { service }));
const shop = Template.fromStack(service);

test("each release publishes a version", () => {
  shop.hasResource("AWS::Lambda::Version", { Properties: { Description: { Ref: "Release" } }, UpdateReplacePolicy: "Retain" });
  shop.hasResourceProperties("AWS::Lambda::Function", {
    FunctionName: "shop",
    Environment: { Variables: Match.objectLike({ RELEASE: { Ref: "Release" } }) },
  });
});

test("a version goes live by canary", () => {
  shop.hasResource("AWS::Lambda::Alias", {
    Properties: { Name: "live" },
    UpdatePolicy: { CodeDeployLambdaAliasUpdate: Match.anyValue() },
  });
  shop.hasResourceProperties("AWS::CodeDeploy::DeploymentGroup", {
    DeploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
    AutoRollbackConfiguration: { Enabled: true, Events: Match.arrayWith(["DEPLOYMENT_STOP_ON_ALARM"]) },
  });
});

test("an error of the version being released raises the alarm that rolls it back", () => {
  const [version] = Object.keys(shop.findResources("AWS::Lambda::Version"));
  const [alarm] = Object.keys(shop.findResources("AWS::CloudWatch::Alarm", { Properties: { AlarmName: "shop-canary-errors" } }));
  assert.ok(version && alarm);
  shop.hasResourceProperties("AWS::CloudWatch::Alarm", {
    Dimensions: Match.arrayWith([{ Name: "ExecutedVersion", Value: { "Fn::GetAtt": [version, "Version"] } }]),
    TreatMissingData: "notBreaching",
  });
  shop.hasResourceProperties("AWS::CodeDeploy::DeploymentGroup", {
    AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: alarm } }] },
  });
});

test("anyone may call the URL", () => {
  shop.hasResourceProperties("AWS::Lambda::Url", { AuthType: "NONE", Qualifier: "live" });
});

test("the pipeline deploys the template that was synthesized with it", () => {
  pipeline.hasResourceProperties("AWS::CodePipeline::Pipeline", {
    Stages: Match.arrayWith([
      Match.objectLike({
        Name: "Deploy",
        Actions: [
          Match.objectLike({
            Configuration: Match.objectLike({
              StackName: "Shop",
              TemplatePath: `Infrastructure::${service.templateFile}`,
              ParameterOverrides: Match.serializedJson({
                CodeBucket: { "Fn::GetArtifactAtt": ["Code", "BucketName"] },
                CodeKey: { "Fn::GetArtifactAtt": ["Code", "ObjectKey"] },
                Release: "#{Commit.CommitId}",
              }),
            }),
          }),
        ],
      }),
    ]),
  });
});
