import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AppSpec, appSpecIn } from "./appspec.ts";
import type { Aws } from "./aws.ts";
import { download } from "./bundle.ts";
import { runScripts } from "./hook.ts";
import { install } from "./installer.ts";
import type { Specification } from "./specification.ts";

/** Which revision's scripts an event runs: the one that was installed last, or the one that is being deployed. */
const OF_LAST_INSTALLED = ["BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop"];
const HOOKS = [
  ...OF_LAST_INSTALLED,
  "BeforeInstall",
  "AfterInstall",
  "ApplicationStart",
  "BeforeAllowTraffic",
  "AfterAllowTraffic",
  "ValidateService",
];

/** Carries out commands of CodeDeploy. What it keeps lies where AWS's agent has it. https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-view-logs.html */
export class Executor {
  readonly #aws: Aws;
  readonly #root: string;
  readonly #archivesKept: number;
  readonly #say: (line: string) => void;

  /** `root` is the folder deployment-root. */
  constructor(aws: Aws, root: string, archivesKept: number, say: (line: string) => void) {
    this.#aws = aws;
    this.#root = root;
    this.#archivesKept = archivesKept;
    this.#say = say;
    mkdirSync(this.#instructions, { recursive: true });
  }

  /** Whether a command has nothing to run. */
  isNoop(command: string, specification: Specification): boolean {
    if (command === "Install" || command === "DownloadBundle") return false;
    const found = this.#hookOf(command, specification);
    return found === undefined || (found.appSpec.hooks[command]?.length ?? 0) === 0;
  }

  async execute(command: string, specification: Specification): Promise<void> {
    mkdirSync(this.#folderOf(specification), { recursive: true });
    if (command === "DownloadBundle") return this.#download(specification);
    if (command === "Install") return this.#install(specification);
    if (!HOOKS.includes(command)) throw new Error(`Unsupported command type: ${command}.`);
    const found = this.#hookOf(command, specification);
    const scripts = found?.appSpec.hooks[command] ?? [];
    if (found === undefined || scripts.length === 0) return;
    const logFile = join(this.#folderOf(specification), "logs", "scripts.log");
    const say = (line: string): void => this.#say(`[${specification.deploymentId}]${line}`);
    await runScripts(command, scripts, found.archive, environmentOf(command, specification), logFile, say);
  }

  get #instructions(): string {
    return join(this.#root, "deployment-instructions");
  }

  #folderOf({ groupId, deploymentId }: Specification): string {
    return join(this.#root, groupId, deploymentId);
  }

  /** The folder of the deployment that installed last, or that downloaded last. */
  #lastOf({ groupId }: Specification, what: "last_successful_install" | "most_recent_install"): string | undefined {
    const file = join(this.#instructions, `${groupId}_${what}`);
    return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
  }

  #note({ groupId }: Specification, what: "last_successful_install" | "most_recent_install", folder: string): void {
    writeFileSync(join(this.#instructions, `${groupId}_${what}`), folder);
  }

  /** The AppSpec file that an event's scripts are in; undefined where there is no revision yet. */
  #hookOf(command: string, specification: Specification): { archive: string; appSpec: AppSpec } | undefined {
    const own = join(this.#folderOf(specification), "deployment-archive");
    const isRestoring = specification.creator === "codeDeployRollback" && specification.type === "BLUE_GREEN";
    let archive: string | undefined = own;
    if (!existsSync(own)) {
      const isTraffic = /Traffic$/.test(command);
      const folder =
        isRestoring && isTraffic
          ? this.#lastOf(specification, /Block/.test(command) ? "most_recent_install" : "last_successful_install")
          : OF_LAST_INSTALLED.includes(command)
            ? this.#lastOf(specification, "last_successful_install")
            : this.#folderOf(specification);
      archive = folder && join(folder, "deployment-archive");
    }
    if (archive === undefined) return undefined;
    const appSpec = appSpecIn(archive);
    if (appSpec !== undefined) return { archive, appSpec };
    throw new Error(
      `The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at revision-relative path "appspec.yml". The revision was unpacked to directory "${archive}", and the AppSpec file was expected but not found at path "${archive}/appspec.yml". Consult the AWS CodeDeploy Appspec documentation for more information at http://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html`,
    );
  }

  async #download(specification: Specification): Promise<void> {
    const folder = this.#folderOf(specification);
    this.#forgetOldest(specification);
    await download(this.#aws, specification.revision, folder, join(folder, "deployment-archive"));
    this.#note(specification, "most_recent_install", folder);
  }

  #install(specification: Specification): void {
    const folder = this.#folderOf(specification);
    const archive = join(folder, "deployment-archive");
    const { appSpec } = this.#hookOf("Install", specification)!;
    install(appSpec, archive, this.#instructions, specification.groupId, specification.fileExistsBehavior);
    this.#note(specification, "last_successful_install", folder);
  }

  /** Room for one more; never the one whose scripts will stop the application. */
  #forgetOldest(specification: Specification): void {
    const group = join(this.#root, specification.groupId);
    const own = this.#folderOf(specification);
    const kept = this.#lastOf(specification, "last_successful_install");
    const others = readdirSync(group)
      .map((name) => join(group, name))
      .filter((path) => path !== own);
    const extra = others.length - this.#archivesKept + 1;
    if (extra <= 0) return;
    const oldest = others.filter((path) => path !== kept).sort((one, other) => statSync(one).mtimeMs - statSync(other).mtimeMs);
    for (const path of oldest.slice(0, extra)) rmSync(path, { recursive: true, force: true });
  }
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#reference-appspec-file-structure-environment-variable-availability */
function environmentOf(event: string, { application, deploymentId, groupName, groupId, revision }: Specification): Record<string, string> {
  const bundle =
    revision.type === "S3"
      ? {
          BUNDLE_BUCKET: revision.bucket,
          BUNDLE_KEY: revision.key,
          ...(revision.version && { BUNDLE_VERSION: revision.version }),
          ...(revision.etag && { BUNDLE_ETAG: revision.etag }),
        }
      : revision.type === "GitHub"
        ? { BUNDLE_COMMIT: revision.commit }
        : {};
  return {
    LIFECYCLE_EVENT: event,
    DEPLOYMENT_ID: deploymentId,
    APPLICATION_NAME: application,
    DEPLOYMENT_GROUP_NAME: groupName,
    DEPLOYMENT_GROUP_ID: groupId,
    ...bundle,
  };
}
