import { type Aws, callAws } from "./aws.ts";

/** A command as CodeDeploy gives it. */
export interface Command {
  readonly HostCommandIdentifier: string;
  readonly DeploymentExecutionId: string;
  readonly CommandName: string;
}

export type CommandStatus = "Pending" | "InProgress" | "Succeeded" | "Failed";

const POLL_MAX_MS = 80_000;
const CALL_MAX_MS = 30_000;

/** What CodeDeploy's agents say to it. */
export class Control {
  readonly #aws: Aws;
  readonly #host: string;

  constructor(aws: Aws, host: string) {
    this.#aws = aws;
    this.#host = host;
  }

  async poll(): Promise<Command | undefined> {
    return (await this.#call("PollHostCommand", { HostIdentifier: this.#host }, POLL_MAX_MS)).HostCommand;
  }

  async specification({ DeploymentExecutionId }: Command): Promise<{ Format: string; Payload: string }> {
    const answer = await this.#call("GetDeploymentSpecification", { DeploymentExecutionId, HostIdentifier: this.#host });
    if (answer.DeploymentSystem !== "CodeDeploy") throw new Error(`Deployment System mismatch: CodeDeploy != ${answer.DeploymentSystem}`);
    return answer.DeploymentSpecification.GenericEnvelope;
  }

  async acknowledge({ HostCommandIdentifier }: Command, isNoop: boolean): Promise<CommandStatus | undefined> {
    const Diagnostics = { Format: "JSON", Payload: JSON.stringify({ IsCommandNoop: isNoop }) };
    return (await this.#call("PutHostCommandAcknowledgement", { HostCommandIdentifier, Diagnostics })).CommandStatus;
  }

  async complete(HostCommandIdentifier: string, CommandStatus: "Succeeded" | "Failed", report: object): Promise<void> {
    const Diagnostics = { Format: "JSON", Payload: JSON.stringify(report) };
    await this.#call("PutHostCommandComplete", { HostCommandIdentifier, CommandStatus, Diagnostics });
  }

  async #call(operation: string, input: object, timeoutMs = CALL_MAX_MS): Promise<any> {
    const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `CodeDeployCommandService_v20141006.${operation}` };
    const body = JSON.stringify(input);
    const answer = await callAws(this.#aws, { service: "codedeploy-commands", method: "POST", path: "/", headers, body, timeoutMs });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${operation}: ${answer.status} ${text.slice(0, 500)}`);
    return text === "" ? {} : JSON.parse(text);
  }
}
