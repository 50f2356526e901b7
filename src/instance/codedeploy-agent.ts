import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Aws, type Credentials, callAws, credentialsIn, Metadata } from "./codedeploy/aws.ts";
import { type Command, Control } from "./codedeploy/control.ts";
import { Executor } from "./codedeploy/executor.ts";
import { ERROR, ScriptError } from "./codedeploy/hook.ts";
import { readSpecification } from "./codedeploy/specification.ts";
import { parse } from "./yaml.js";

// The CodeDeploy agent: it asks for commands, and carries them out. https://docs.aws.amazon.com/codedeploy/latest/userguide/codedeploy-agent.html

const ARCHIVES_KEPT = 5;
const AGAIN_AFTER_MS = 1_000;
const AGAIN_AFTER_MAX_MS = 10_000;

const home = process.env["CODEDEPLOY_AGENT_HOME"] ?? "/opt/codedeploy-agent";
const root = join(home, "deployment-root");
const ongoing = join(root, "ongoing-deployment");
const logFile = join(root, "deployment-logs", "codedeploy-agent-deployments.log");
mkdirSync(ongoing, { recursive: true });
mkdirSync(dirname(logFile), { recursive: true });

const say = (line: string): void => {
  console.log(`[codedeploy-agent] ${line}`);
  appendFileSync(logFile, `${new Date().toISOString()} ${line}\n`);
};

/** How many revisions it keeps: of the settings of AWS's agent, the one that it has. https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-agent-configuration.html */
function archivesKept(): number {
  const file = process.env["CODEDEPLOY_AGENT_CONFIG"] ?? "/etc/codedeploy-agent/conf/codedeployagent.yml";
  const said = existsSync(file) ? (parse(readFileSync(file, "utf8")) as Record<string, unknown> | null)?.[":max_revisions"] : undefined;
  const kept = said === undefined || said === null ? ARCHIVES_KEPT : Number(said);
  if (!Number.isInteger(kept) || kept < 1) throw new Error(`Invalid configuration :max_revision=${said}`);
  return kept;
}

/** Who this is: an on-premises instance says it in a file or its environment, an EC2 instance knows it from its metadata. */
async function identify(): Promise<{ aws: Aws; host: string }> {
  const env = process.env;
  const endpoint = env["AWS_ENDPOINT_URL_CODEDEPLOY_COMMANDS"] ?? env["AWS_ENDPOINT_URL"];
  if (endpoint === undefined) throw new Error("AWS_ENDPOINT_URL does not say where CodeDeploy is");
  const { AWS_REGION: region, CODEDEPLOY_INSTANCE_NAME: name } = env;
  if (region !== undefined && name !== undefined) {
    const credentials = async () => keysIn(env);
    const aws = { endpoint, region, credentials };
    return { aws, host: await hostOf(aws, name) };
  }
  const file = env["CODEDEPLOY_ON_PREMISES_CONFIG"] ?? "/etc/codedeploy-agent/conf/codedeploy.onpremises.yml";
  if (existsSync(file)) {
    const said = parse(readFileSync(file, "utf8")) as Record<string, string>;
    const fixed = { accessKeyId: said["aws_access_key_id"]!, secretAccessKey: said["aws_secret_access_key"]! };
    const credentials = async () => (said["iam_session_arn"] === undefined ? fixed : credentialsIn(said["aws_credentials_file"]!));
    return { aws: { endpoint, region: said["region"]!, credentials }, host: (said["iam_user_arn"] ?? said["iam_session_arn"])! };
  }
  const metadata = new Metadata(env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? "http://169.254.169.254");
  const known = await metadata.identity();
  return { aws: { endpoint, region: known.region, credentials: () => metadata.credentials() }, host: known.host };
}

function keysIn(env: NodeJS.ProcessEnv): Credentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  if (accessKeyId === undefined || secretAccessKey === undefined) throw new Error("Missing credentials - AWS_ACCESS_KEY_ID has none");
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

/** The ARN that a registered on-premises instance goes by. */
async function hostOf(aws: Aws, instanceName: string): Promise<string> {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "CodeDeploy_20141006.GetOnPremisesInstance" };
  const body = JSON.stringify({ instanceName });
  const answer = await callAws(aws, { service: "codedeploy", method: "POST", path: "/", headers, body, timeoutMs: 30_000 });
  const said = (await answer.json()) as any;
  if (!answer.ok) throw new Error(said.message ?? `CodeDeploy answered ${answer.status}`);
  return said.instanceInfo.iamUserArn ?? said.instanceInfo.iamSessionArn;
}

/** A command that was under way when the agent ended has failed: nobody knows how far its script came. */
async function recover(control: Control): Promise<void> {
  for (const name of readdirSync(ongoing)) {
    const file = join(ongoing, name);
    const message = "Failed: Failing in-progress lifecycle event after an agent restart.";
    await control.complete(readFileSync(file, "utf8"), "Failed", { error_code: ERROR.restarted, script_name: "", message, log: "" });
    rmSync(file);
  }
}

async function carryOut(control: Control, executor: Executor, command: Command): Promise<void> {
  const id = command.HostCommandIdentifier;
  let tracking: string | undefined;
  try {
    const specification = readSpecification(await control.specification(command));
    const status = await control.acknowledge(command, executor.isNoop(command.CommandName, specification));
    if (status === "Succeeded" || status === "Failed") return;
    say(`[${specification.deploymentId}] ${command.CommandName}`);
    tracking = join(ongoing, specification.deploymentId);
    writeFileSync(tracking, id);
    await executor.execute(command.CommandName, specification);
    await control.complete(id, "Succeeded", { error_code: 0, script_name: "", message: "Succeeded: ", log: "" });
  } catch (error) {
    const { message } = error as Error;
    say(`${command.CommandName} failed: ${message}`);
    const report =
      error instanceof ScriptError
        ? { error_code: error.code, script_name: error.scriptName, message, log: error.log }
        : { error_code: ERROR.unknown, script_name: "", message, log: "" };
    await control.complete(id, "Failed", report);
  } finally {
    if (tracking !== undefined) rmSync(tracking, { force: true });
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Tried again and again, later and later: CodeDeploy may not be there yet, or the instance may be given a role. */
async function insist<T>(work: () => Promise<T>): Promise<T> {
  let said = "";
  for (let delay = AGAIN_AFTER_MS; ; delay = Math.min(delay * 2, AGAIN_AFTER_MAX_MS)) {
    try {
      return await work();
    } catch (error) {
      const { message } = error as Error;
      if (message !== said) say(message);
      said = message;
      await pause(delay);
    }
  }
}

const { aws, host } = await insist(identify);
const control = new Control(aws, host);
const executor = new Executor(aws, root, archivesKept(), say);
await insist(() => recover(control));
say(`asks for commands as ${host}`);
for (;;) {
  const command = await insist(() => control.poll());
  if (command !== undefined) carryOut(control, executor, command).catch((error) => say(`${command.CommandName}: ${error.message}`));
}
