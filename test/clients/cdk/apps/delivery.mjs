import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { App, RemovalPolicy, Stack, Stage } from "aws-cdk-lib";
import * as codecommit from "aws-cdk-lib/aws-codecommit";
import * as s3 from "aws-cdk-lib/aws-s3";
import * as ssm from "aws-cdk-lib/aws-ssm";
import * as pipelines from "aws-cdk-lib/pipelines";

// A pipeline that delivers itself and what it is for. It is in the repository it reads, as app.mjs beside its stages.json.

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const stages = JSON.parse(readFileSync(here("stages.json"), "utf8"));
// Packages come from this machine: the library from a folder, the tools that a pipeline installs from an address.
const { MODULES = "", PACKAGES = "" } = process.env;
const env = { account: process.env["CDK_DEFAULT_ACCOUNT"], region: "eu-west-1" };

const app = new App({ analyticsReporting: false });
const delivery = new Stack(app, "Delivery", { env });
const repository = new codecommit.Repository(delivery, "Repository", { repositoryName: "delivery" });
const pipeline = new pipelines.CodePipeline(delivery, "Pipeline", {
  pipelineName: "delivery",
  artifactBucket: new s3.Bucket(delivery, "Artifacts", { removalPolicy: RemovalPolicy.DESTROY }),
  cliVersion: `${PACKAGES}/aws-cdk.tgz`,
  synth: new pipelines.ShellStep("Synth", {
    input: pipelines.CodePipelineSource.codeCommit(repository, "main"),
    env: { MODULES, PACKAGES, CDK_DEFAULT_ACCOUNT: env.account, CDK_VALIDATION: "false" },
    commands: ['ln -s "$MODULES" node_modules', "node node_modules/aws-cdk/bin/cdk synth --quiet --app 'node app.mjs'"],
  }),
});

const wave = pipeline.addWave("Everywhere");
for (const name of stages) {
  const stage = new Stage(app, name, { env });
  const stack = new Stack(stage, "Stack");
  new ssm.StringParameter(stack, "Parameter", { parameterName: `/delivered/${name}`, stringValue: name });
  wave.addStage(stage);
}
