import { readFileSync } from "node:fs";
import { wordsFrom } from "../../../src/kernel/id.ts";
import { describeStackEvents } from "../../../src/services/cloudformation/event.ts";
import { createStack } from "../../../src/services/cloudformation/operation.ts";
import { describeStacks } from "../../../src/services/cloudformation/stack.ts";
import { mirrorRefs, repositoryOf } from "../../../src/services/codecommit/api.ts";
import { batchGetDeployments, listDeployments } from "../../../src/services/codedeploy/deployment.ts";
import { listActionExecutions } from "../../../src/services/codepipeline/action-run.ts";
import { listPipelineExecutions } from "../../../src/services/codepipeline/history.ts";
import { services } from "../../../src/services/index.ts";
import { zipOf } from "../../../src/services/lambda/zip.ts";
import { putObject } from "../../../src/services/s3/api.ts";
import { createBucket } from "../../../src/services/s3/bucket.ts";
import { putParameter } from "../../../src/services/ssm/parameter.ts";
import { handsThat, World } from "../../../src/testing/index.ts";

// examples/shop as `cdk synth` gives it, in a world in memory. After a change there, synthesize again:
// ShopPipeline.template.json is pipeline.template.json, assembly-Service/ServiceShop*.template.json is service.template.json.

const templateAt = (name: string): string => readFileSync(new URL(`${name}.template.json`, import.meta.url), "utf8");
const pipelineTemplate = templateAt("pipeline");

/** Whether an invocation of a bad release is one of the third that throws. */
const isUnlucky = (id: string): boolean => wordsFrom(id)(0) % 3 === 0;

/** A shop whose code is never run: builds go well, and of the releases in `bad` every third invocation throws. */
export class Shop {
  readonly bad = new Set<string>();
  readonly cloud: World;
  #commits = 0;

  constructor() {
    const code = zipOf([{ name: "handler.mjs", bytes: Buffer.from("export const handler = () => {};") }]);
    const hands = handsThat({
      files: () => this.cloud.blobs.write(code),
      buildspec: "version: 0.2\nphases: { build: { commands: [node --test] } }\nartifacts: { files: '**/*' }\n",
      build: () => ({ takesMs: 40_000 }),
      invoke: ({ env }, id) =>
        this.bad.has(env["RELEASE"] ?? "") && isUnlucky(id)
          ? { takesMs: 3, throws: "Cannot read properties of undefined (reading 'price')" }
          : { takesMs: 5, returns: { statusCode: 200, body: "Prices" } },
    });
    this.cloud = new World({ services, hands });
  }

  /** What `cdk bootstrap` and `cdk deploy` come to. */
  async deploy(): Promise<void> {
    const { cloud } = this;
    const assets = `cdk-hnb659fds-assets-${cloud.account}-${cloud.region}`;
    await cloud.call(putParameter, { Name: "/cdk-bootstrap/hnb659fds/version", Value: "33", Type: "String" });
    await cloud.call(createBucket, { Bucket: assets, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
    const { S3ObjectKey: key } = /"S3ObjectKey": "(?<S3ObjectKey>[^"]+)"/.exec(pipelineTemplate)!.groups!;
    const { file } = /"TemplatePath": "Infrastructure::(?<file>[^"]+)"/.exec(pipelineTemplate)!.groups!;
    const infrastructure = zipOf([{ name: file!, bytes: Buffer.from(templateAt("service")) }]);
    cloud.change((scope) => putObject(scope, assets, key!, scope.blobs.write(infrastructure)));
    await cloud.call(createStack, { StackName: "ShopPipeline", TemplateBody: pipelineTemplate, Capabilities: ["CAPABILITY_NAMED_IAM"] });
    await cloud.advance("1m");
  }

  /** Push a commit to main; answers its id. */
  push(): string {
    const commit = String(++this.#commits).repeat(40);
    const { repositoryId } = repositoryOf(this.cloud.scope(), "shop")!;
    this.cloud.change((scope) => mirrorRefs(scope, repositoryId, new Map([["refs/heads/main", commit]])));
    return commit;
  }

  stack = async () => (await this.cloud.call(describeStacks, { StackName: "Shop" })).Stacks![0]!;

  stackEvents = () => this.cloud.call(describeStackEvents, { StackName: "Shop" });

  url = async (): Promise<string> => (await this.stack()).Outputs!.find(({ OutputKey }) => OutputKey === "Url")!.OutputValue!;

  /** The execution that was started by a commit. */
  async execution(commit: string) {
    const { pipelineExecutionSummaries } = await this.cloud.call(listPipelineExecutions, { pipelineName: "shop" });
    return pipelineExecutionSummaries!.find(({ sourceRevisions = [] }) => sourceRevisions.some(({ revisionId }) => revisionId === commit))!;
  }

  /** The actions of the execution that was started by a commit. */
  async actions(commit: string) {
    const { pipelineExecutionId } = await this.execution(commit);
    return this.cloud.call(listActionExecutions, { pipelineName: "shop", filter: { pipelineExecutionId } });
  }

  /** The last deployment that was no rollback. */
  async canary() {
    const { deployments } = await this.cloud.call(listDeployments, { applicationName: "shop", deploymentGroupName: "live" });
    const { deploymentsInfo } = await this.cloud.call(batchGetDeployments, { deploymentIds: deployments! });
    const own = deploymentsInfo!.filter(({ creator }) => creator !== "codeDeployRollback");
    return own.sort((one, other) => other.createTime!.getTime() - one.createTime!.getTime())[0]!;
  }
}
