import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { BatchGetBuildsCommand, CodeBuildClient } from "@aws-sdk/client-codebuild";
import type { RunningCloud } from "../../src/testing/index.ts";

const trust = (service: string) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
});

/** Answers CloudFormation after half a second, as a custom resource does. */
const SLOW = `exports.handler = async (event) => {
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { StackId, RequestId, LogicalResourceId, ResponseURL, ResourceProperties } = event;
  const Data = { Release: ResourceProperties.Release };
  const body = JSON.stringify({ Status: "SUCCESS", PhysicalResourceId: "slow", StackId, RequestId, LogicalResourceId, Data });
  await fetch(ResponseURL, { method: "PUT", body });
};`;

const arnOf = (name: string) => ({ "Fn::GetAtt": [name, "Arn"] });
const code = (ZipFile: string) => ({ Handler: "index.handler", Runtime: "nodejs22.x", Role: arnOf("Role"), Code: { ZipFile } });

/** A function whose alias moves by canary, a custom resource whose function really runs, a repository and a project. */
export const TEMPLATE = JSON.stringify({
  Parameters: { Release: { Type: "String" } },
  Resources: {
    Role: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: trust("lambda.amazonaws.com") } },
    Slow: { Type: "AWS::Lambda::Function", Properties: code(SLOW) },
    Waiter: { Type: "Custom::Waiter", Properties: { ServiceToken: arnOf("Slow"), Release: { Ref: "Release" } } },
    Queue: {
      Type: "AWS::SQS::Queue",
      DependsOn: "Waiter",
      Properties: { QueueName: "orders", DelaySeconds: { Ref: "Release" } },
    },
    Function: {
      Type: "AWS::Lambda::Function",
      Properties: {
        ...code("exports.handler = async () => process.env.RELEASE;"),
        FunctionName: "shop",
        Environment: { Variables: { RELEASE: { Ref: "Release" } } },
      },
    },
    Version: {
      Type: "AWS::Lambda::Version",
      DeletionPolicy: "Retain",
      UpdateReplacePolicy: "Retain",
      Properties: { FunctionName: { Ref: "Function" }, Description: { Ref: "Release" } },
    },
    Live: {
      Type: "AWS::Lambda::Alias",
      Properties: { FunctionName: { Ref: "Function" }, FunctionVersion: { "Fn::GetAtt": ["Version", "Version"] }, Name: "live" },
      UpdatePolicy: { CodeDeployLambdaAliasUpdate: { ApplicationName: { Ref: "Application" }, DeploymentGroupName: { Ref: "Canary" } } },
    },
    Application: { Type: "AWS::CodeDeploy::Application", Properties: { ApplicationName: "shop", ComputePlatform: "Lambda" } },
    Canary: {
      Type: "AWS::CodeDeploy::DeploymentGroup",
      Properties: {
        ApplicationName: { Ref: "Application" },
        DeploymentGroupName: "live",
        DeploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        DeploymentStyle: { DeploymentType: "BLUE_GREEN", DeploymentOption: "WITH_TRAFFIC_CONTROL" },
        ServiceRoleArn: arnOf("Role"),
      },
    },
    Repository: { Type: "AWS::CodeCommit::Repository", Properties: { RepositoryName: "shop" } },
    Project: {
      Type: "AWS::CodeBuild::Project",
      Properties: {
        Name: "shop",
        ServiceRole: arnOf("Role"),
        Source: { Type: "CODECOMMIT", Location: { "Fn::GetAtt": ["Repository", "CloneUrlHttp"] } },
        SourceVersion: "refs/heads/main",
        Artifacts: { Type: "NO_ARTIFACTS" },
        Environment: { Type: "LINUX_CONTAINER", ComputeType: "BUILD_GENERAL1_SMALL", Image: "aws/codebuild/standard:7.0" },
      },
    },
  },
  Outputs: {
    Waited: { Value: { "Fn::GetAtt": ["Waiter", "Release"] } },
    Version: { Value: { "Fn::GetAtt": ["Version", "Version"] } },
  },
});

const BUILDSPEC = "version: 0.2\nphases:\n  build:\n    commands:\n      - sleep 1\n      - cat release.txt\n";

/** A clone of the scene's repository, as a developer has it. */
export class Clone {
  readonly folder: string;
  readonly #cloud: RunningCloud;

  constructor(cloud: RunningCloud, folder: string) {
    this.#cloud = cloud;
    this.folder = folder;
  }

  async begin(): Promise<void> {
    mkdirSync(this.folder);
    await this.git("init", "--quiet", "--initial-branch=main");
    writeFileSync(join(this.folder, "buildspec.yml"), BUILDSPEC);
    await this.commit("1");
    await this.push();
  }

  async commit(release: string): Promise<void> {
    writeFileSync(join(this.folder, "release.txt"), `${release}\n`);
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--message", `Release ${release}`);
  }

  head = async (): Promise<string> => (await this.git("rev-parse", "HEAD")).trim();

  push(): Promise<string> {
    const { host } = new URL(this.#cloud.endpoint);
    return this.git("push", "--quiet", `http://${this.#cloud.account}:any@${host}/v1/repos/shop`, "HEAD:refs/heads/main");
  }

  git = (...args: string[]): Promise<string> => git(this.folder, args);
}

/** Run git without any setting of the user's; fails with what it said. */
export function git(cwd: string, args: readonly string[]): Promise<string> {
  const who = ["-c", "user.name=Developer", "-c", "user.email=developer@example.com"];
  const env = { PATH: process.env["PATH"], GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", GIT_TERMINAL_PROMPT: "0" };
  return new Promise((resolve, reject) => {
    const child = spawn("git", [...who, ...args], { cwd, env });
    let said = "";
    child.stdout.on("data", (chunk) => (said += chunk));
    child.stderr.on("data", (chunk) => (said += chunk));
    child.once("close", (status) => (status === 0 ? resolve(said) : reject(new Error(`git ${args.join(" ")}: ${said}`))));
  });
}

/** The scene at release 1: a stack that has come to be, and a repository with a commit. */
export async function setScene(cloud: RunningCloud, clone: Clone): Promise<void> {
  const stacks = new CloudFormationClient(cloud.client);
  const Parameters = [{ ParameterKey: "Release", ParameterValue: "1" }];
  const Capabilities = ["CAPABILITY_IAM" as const];
  await stacks.send(new CreateStackCommand({ StackName: "Shop", TemplateBody: TEMPLATE, Parameters, Capabilities }));
  await stackAtRest(cloud);
  await clone.begin();
}

/** The stack once nothing is being done to it. */
export function stackAtRest(cloud: RunningCloud) {
  const stacks = new CloudFormationClient(cloud.client);
  return until("the stack rests", cloud, async () => {
    const [stack] = (await stacks.send(new DescribeStacksCommand({ StackName: "Shop" }))).Stacks!;
    return stack!.StackStatus!.endsWith("_IN_PROGRESS") ? undefined : stack!;
  });
}

/** The build once it is over. */
export function buildAtRest(cloud: RunningCloud, id: string) {
  const builds = new CodeBuildClient(cloud.client);
  return until("the build is over", cloud, async () => {
    const [build] = (await builds.send(new BatchGetBuildsCommand({ ids: [id] }))).builds!;
    return build!.buildComplete ? build! : undefined;
  });
}

/** Ask until there is an answer; where there is none in half a minute, fail with what everything waits for. */
async function until<T>(what: string, cloud: RunningCloud, ask: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const waits = (await cloud.why()).map(({ what: path, because }) => `${path}: ${because}`);
  throw new Error(`not within half a minute: ${what}; what waits:\n${waits.join("\n")}`);
}
