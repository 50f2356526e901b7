import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { Make } from "./account.ts";
import { attempt, type Ended, REGION, type Server } from "./server.ts";
import { zip } from "./zip.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/terraform", import.meta.url));
const PROVIDER = join("registry.terraform.io", "hashicorp", "aws");
const PLATFORM = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;

/** A folder of providers that has the one for AWS: where Terraform itself would look, or where other software is put. */
function findMirror(): string | undefined {
  const shared = ["/usr/local/share/terraform", "/usr/share/terraform", join(homedir(), ".local/share/terraform")];
  const implied = [join(homedir(), ".terraform.d"), ...shared].map((folder) => join(folder, "plugins"));
  const others = existsSync("/opt") ? readdirSync("/opt").map((name) => join("/opt", name)) : [];
  return [process.env["TF_PLUGIN_CACHE_DIR"] ?? "", ...implied, ...others].find((folder) => {
    const versions = join(folder, PROVIDER);
    return folder !== "" && existsSync(versions) && readdirSync(versions).some((one) => existsSync(join(versions, one, PLATFORM)));
  });
}

const mirror = findMirror();
const { stdout } = spawnSync("terraform", ["version"], { encoding: "utf8", env: { ...process.env, CHECKPOINT_DISABLE: "1" } });
export const version = /Terraform v(\S+)/.exec(stdout ?? "")?.[1];

/** What Terraform with its provider for AWS lacks on this machine. */
export const lack =
  version === undefined ? "there is no terraform on PATH" : mirror === undefined ? "there is no provider for AWS" : undefined;

/** A copy of the example, for one account, with a bucket for its states. */
export class Workspace {
  readonly #server: Server;
  readonly #account: string;
  readonly folder: string;
  readonly states: string;
  variables: Readonly<Record<string, string>>;

  private constructor(server: Server, account: string, variables: Readonly<Record<string, string>>) {
    this.#server = server;
    this.#account = account;
    this.folder = join(server.folder, account);
    this.states = `terraform-${account}`;
    this.variables = variables;
  }

  static async make(server: Server, account: string, variables: Readonly<Record<string, string>>): Promise<Workspace> {
    const workspace = new Workspace(server, account, variables);
    const { folder, states } = workspace;
    cpSync(EXAMPLE, folder, { recursive: true });
    mkdirSync(join(folder, "build"), { recursive: true });
    const code = readFileSync(join(EXAMPLE, "src", "index.mjs"), "utf8");
    writeFileSync(join(folder, "build", "function.zip"), await zip({ "index.mjs": code }));
    workspace.write("terraform.rc", `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`);
    const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
    await workspace.client(S3Client).send(new CreateBucketCommand({ Bucket: states, CreateBucketConfiguration }));
    await workspace.terraform("init", `-backend-config=bucket=${states}`);
    return workspace;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Run terraform to its end, however it ends. */
  attempt(...args: string[]): Promise<Ended> {
    const variables = Object.entries(this.variables).map(([name, value]) => [`TF_VAR_${name}`, value]);
    const settings = {
      TF_CLI_CONFIG_FILE: join(this.folder, "terraform.rc"),
      TF_INPUT: "0",
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
    };
    const env = { ...this.#server.environment(this.#account), ...settings, ...Object.fromEntries(variables) };
    return attempt("terraform", [args[0]!, "-no-color", ...args.slice(1)], { env, cwd: this.folder });
  }

  /** Run a terraform that must end well; answers what it printed. */
  async terraform(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.attempt(...args);
    if (code !== 0) throw new Error(`terraform ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  }

  readonly client: Make = (make) => {
    const credentials = { accessKeyId: this.#account, secretAccessKey: "slipway" };
    return new make({ endpoint: this.#server.endpoint, region: REGION, credentials, forcePathStyle: true });
  };
}
