import { cpSync, createReadStream, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CodePipelineClient,
  GetPipelineCommand,
  ListActionExecutionsCommand,
  ListPipelineExecutionsCommand,
} from "@aws-sdk/client-codepipeline";
import { CreateServiceSpecificCredentialCommand, CreateUserCommand, IAMClient } from "@aws-sdk/client-iam";
import { run, type Server, until } from "../server.ts";
import { type CdkUser, CLI } from "./cdk.ts";

const APP = fileURLToPath(new URL("apps/delivery.mjs", import.meta.url));
const PACKAGE = dirname(dirname(CLI));

/** The repository of an app that delivers itself, and an address from which its builds install the CLI. */
export class Delivery implements AsyncDisposable {
  readonly #cloud: Server;
  readonly #user: CdkUser;
  readonly #folder: string;
  readonly #packages: HttpServer;
  readonly #pipelines: CodePipelineClient;

  private constructor(cloud: Server, user: CdkUser, folder: string, packages: HttpServer) {
    this.#cloud = cloud;
    this.#user = user;
    this.#folder = folder;
    this.#packages = packages;
    this.#pipelines = new CodePipelineClient(user.config);
  }

  static async begin(cloud: Server, user: CdkUser): Promise<Delivery> {
    const folder = cloud.makeFolder(join(user.account, "repository"));
    cpSync(APP, join(folder, "app.mjs"));
    symlinkSync(realpathSync(dirname(PACKAGE)), join(folder, "node_modules"));
    writeFileSync(join(folder, ".gitignore"), "node_modules\ncdk.out\n");
    const packed = join(user.folder, "aws-cdk.tgz");
    const tar = ["--create", "--use-compress-program", "gzip -1", "--file", packed, "--transform", "s,^[^/]*,package,", "aws-cdk"];
    await run("tar", tar, { env: user.env, cwd: dirname(PACKAGE) });
    const packages = createServer((_, response) => void createReadStream(packed).pipe(response));
    await new Promise<void>((resolve) => packages.listen(0, "127.0.0.1", resolve));
    return new Delivery(cloud, user, folder, packages);
  }

  /** Deploy the pipeline by hand, for the given stages. */
  async deploy(stages: readonly string[]): Promise<void> {
    const address = `http://127.0.0.1:${(this.#packages.address() as AddressInfo).port}`;
    const env = { MODULES: realpathSync(dirname(PACKAGE)), PACKAGES: address };
    writeFileSync(join(this.#folder, "stages.json"), JSON.stringify(stages));
    const args = ["deploy", "Delivery", "--app", "node app.mjs", "--require-approval", "never"];
    const { code, stdout, stderr } = await this.#user.attempt(args, env, this.#folder);
    if (code !== 0) throw new Error(stdout + stderr);
  }

  /** From here on nothing is done by hand. */
  async push(stages: readonly string[]): Promise<void> {
    writeFileSync(join(this.#folder, "stages.json"), JSON.stringify(stages));
    const git = (...args: string[]) => run("git", args, { env: this.#user.env, cwd: this.#folder });
    const iam = new IAMClient(this.#user.config);
    await iam.send(new CreateUserCommand({ UserName: "developer" }));
    const wanted = { UserName: "developer", ServiceName: "codecommit.amazonaws.com" };
    const { ServiceSpecificCredential } = await iam.send(new CreateServiceSpecificCredentialCommand(wanted));
    const address = new URL(`${this.#cloud.endpoint}/v1/repos/delivery`);
    address.username = ServiceSpecificCredential!.ServiceUserName!;
    address.password = encodeURIComponent(ServiceSpecificCredential!.ServicePassword!);
    await git("init", "--quiet");
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "Two stages");
    await git("push", "--quiet", address.href, "main");
  }

  /** Wait until the pipeline that the pipeline has made of itself is through. */
  async delivered(): Promise<void> {
    const ask = { pipelineName: "delivery" };
    await until(
      "the delivery",
      async () => {
        const { pipelineExecutionSummaries = [] } = await this.#pipelines.send(new ListPipelineExecutionsCommand(ask));
        const [last] = pipelineExecutionSummaries;
        const isDone = pipelineExecutionSummaries.every(({ status }) => status !== "InProgress");
        if (!isDone || pipelineExecutionSummaries.length < 3) return undefined;
        if (last!.status === "Succeeded") return true;
        const { actionExecutionDetails } = await this.#pipelines.send(new ListActionExecutionsCommand(ask));
        throw new Error(JSON.stringify(actionExecutionDetails, undefined, 2));
      },
      60,
    );
  }

  async stages(): Promise<string[]> {
    const { pipeline } = await this.#pipelines.send(new GetPipelineCommand({ name: "delivery" }));
    return pipeline!.stages!.map(({ name }) => name!);
  }

  async actions(stage: string): Promise<string[]> {
    const { pipeline } = await this.#pipelines.send(new GetPipelineCommand({ name: "delivery" }));
    return pipeline!.stages!.find(({ name }) => name === stage)!.actions!.map(({ name }) => name!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#packages.closeAllConnections();
    await new Promise((resolve) => this.#packages.close(resolve));
  }
}
