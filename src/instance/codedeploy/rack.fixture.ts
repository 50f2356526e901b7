import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  AddTagsToOnPremisesInstancesCommand,
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  type CreateDeploymentCommandInput,
  CreateDeploymentGroupCommand,
  type Diagnostics,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  RegisterOnPremisesInstanceCommand,
  type RevisionLocation,
} from "@aws-sdk/client-codedeploy";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type RunningCloud, type StartOptions, startCloud } from "../../testing/running.ts";

const run = promisify(execFile);
const SOURCES = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** The files of a revision: texts, and links. */
export type Files = Readonly<Record<string, string | { readonly target: string }>>;

/** A cloud, and this machine as its on-premises instance, on which the agent runs as `slipway agent` starts it. */
export class Rack implements AsyncDisposable {
  readonly cloud: RunningCloud;
  readonly folder: string;
  readonly #codedeploy: CodeDeployClient;
  readonly #s3: S3Client;
  #agent: ChildProcess | undefined;
  #nth = 0;

  static async start(options: StartOptions): Promise<Rack> {
    const rack = new Rack(await startCloud(options), mkdtempSync(join(tmpdir(), "slipway-agent-")));
    await rack.#register();
    return rack;
  }

  private constructor(cloud: RunningCloud, folder: string) {
    this.cloud = cloud;
    this.folder = folder;
    this.#codedeploy = new CodeDeployClient(cloud.client);
    this.#s3 = new S3Client({ ...cloud.client, forcePathStyle: true });
  }

  /** Where the agent keeps what it has. */
  get home(): string {
    return join(this.folder, "home");
  }

  /** Starts the agent; `main` is the command. */
  startAgent({ env = {}, main = SOURCES }: { env?: Readonly<Record<string, string>>; main?: string } = {}): void {
    const args = [main, "agent", "--instance", "rack-1", "--home", this.home];
    this.#agent = spawn(process.execPath, args, { env: { ...this.cloud.env, ...env }, stdio: "inherit" });
  }

  /** Pack a revision with tar, deploy it, and answer how each of its events ended. */
  async deploy(files: Files, more: Partial<CreateDeploymentCommandInput> = {}, eTag?: string) {
    const key = `${++this.#nth}.tgz`;
    const file = join(this.folder, key);
    const source = join(this.folder, `revision-${this.#nth}`);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(source, path)), { recursive: true });
      if (typeof text === "string") writeFileSync(join(source, path), text);
      else symlinkSync(text.target, join(source, path));
    }
    await run("tar", ["-czf", file, "-C", source, "."]);
    await this.#s3.send(new PutObjectCommand({ Bucket: "releases", Key: key, Body: readFileSync(file) }));
    const s3Location = { bucket: "releases", key, bundleType: "tgz", ...(eTag && { eTag }) } as const;
    return this.release({ revisionType: "S3", s3Location }, more);
  }

  /** Deploy a revision that is there. */
  async release(revision: RevisionLocation, more: Partial<CreateDeploymentCommandInput> = {}) {
    const group = { applicationName: "web", deploymentGroupName: "rack" };
    const { deploymentId } = await this.#codedeploy.send(new CreateDeploymentCommand({ ...group, revision, ...more }));
    for (;;) {
      const { deploymentInfo } = await this.#codedeploy.send(new GetDeploymentCommand({ deploymentId: deploymentId! }));
      if (deploymentInfo!.completeTime !== undefined) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const target = { deploymentId: deploymentId!, targetId: "rack-1" };
    const { deploymentTarget } = await this.#codedeploy.send(new GetDeploymentTargetCommand(target));
    const failed = deploymentTarget!.instanceTarget!.lifecycleEvents!.findLast(({ status }) => status === "Failed");
    return {
      deploymentId: deploymentId!,
      ...(failed && { event: failed.lifecycleEventName!, diagnostics: failed.diagnostics as Diagnostics }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#agent !== undefined && this.#agent.exitCode === null) {
      this.#agent.kill("SIGTERM");
      await once(this.#agent, "exit");
    }
    await this.cloud.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #register(): Promise<void> {
    const { account, client } = this.cloud;
    await this.#s3.send(new CreateBucketCommand({ Bucket: "releases" }));
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [] });
    await new IAMClient(client).send(new CreateRoleCommand({ RoleName: "deployer", AssumeRolePolicyDocument }));
    const instance = { instanceName: "rack-1", iamUserArn: `arn:aws:iam::${account}:user/rack-1` };
    await this.#codedeploy.send(new RegisterOnPremisesInstanceCommand(instance));
    const tags = [{ Key: "place", Value: "cellar" }];
    await this.#codedeploy.send(new AddTagsToOnPremisesInstancesCommand({ instanceNames: ["rack-1"], tags }));
    await this.#codedeploy.send(new CreateApplicationCommand({ applicationName: "web" }));
    await this.#codedeploy.send(
      new CreateDeploymentGroupCommand({
        applicationName: "web",
        deploymentGroupName: "rack",
        serviceRoleArn: `arn:aws:iam::${account}:role/deployer`,
        onPremisesInstanceTagFilters: [{ Key: "place", Value: "cellar", Type: "KEY_AND_VALUE" }],
      }),
    );
  }
}
