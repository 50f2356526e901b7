import { parseArn } from "../../kernel/arn.ts";
import { fault } from "../../kernel/fault.ts";
import { lateOperation, operation, Waiting } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  ClientException,
  type DeploymentCommandStatus,
  type Envelope,
  PollHostCommand$,
  PostHostCommandUpdate$,
  PutHostCommandAcknowledgement$,
  PutHostCommandComplete$,
} from "../../sdk/codedeploy-commands.js";
import { acknowledgeCommand, completeCommand, hostOfCommand, offerCommand, postponeCommand } from "../codedeploy/api.ts";

// What AWS's agent says is documented by the agent itself: https://github.com/aws/aws-codedeploy-agent

/** CodeDeploy keeps a poll waiting for so long. */
const POLL_MS = 45_000;

export const pollHostCommand = lateOperation(PollHostCommand$, {
  begin(scope, { HostIdentifier }) {
    checkHost(scope, HostIdentifier!);
    return { host: HostIdentifier!, until: scope.clock.now() + POLL_MS };
  },
  answer(scope, { host, until }: { host: string; until: number }) {
    const offered = offerCommand(scope, host);
    if ("id" in offered)
      return {
        HostCommand: {
          HostIdentifier: host,
          HostCommandIdentifier: Buffer.from(offered.id).toString("base64"),
          DeploymentExecutionId: executionIdOf(scope, offered.deploymentId),
          CommandName: offered.event,
          Nonce: 1,
        },
      };
    if (scope.clock.now() >= until) return {};
    return new Waiting({ wakeAt: Math.min(until, offered.againAt ?? until), kind: "deadline", because: `there is no command for ${host}` });
  },
  expire: () => ({}),
});

export const putHostCommandAcknowledgement = operation(PutHostCommandAcknowledgement$, (scope, { HostCommandIdentifier, Diagnostics }) => {
  const isNoop = (payloadOf(Diagnostics) as { IsCommandNoop?: boolean }).IsCommandNoop === true;
  return { CommandStatus: known(acknowledgeCommand(scope, requireCommand(scope, HostCommandIdentifier), isNoop)) };
});

export const postHostCommandUpdate = operation(PostHostCommandUpdate$, (scope, { HostCommandIdentifier, EstimatedCompletionTime }) => {
  const until = EstimatedCompletionTime?.getTime() ?? Number.MAX_SAFE_INTEGER;
  return { CommandStatus: known(postponeCommand(scope, requireCommand(scope, HostCommandIdentifier), until)) };
});

export const putHostCommandComplete = operation(PutHostCommandComplete$, (scope, { HostCommandIdentifier, CommandStatus, Diagnostics }) => {
  if (CommandStatus !== "Succeeded" && CommandStatus !== "Failed")
    fault(ClientException, "The command status must be Succeeded or Failed.");
  const id = requireCommand(scope, HostCommandIdentifier);
  if (!completeCommand(scope, id, CommandStatus === "Succeeded", payloadOf(Diagnostics))) noCommand();
  return {};
});

/**
 * An agent asks for its own host: an instance by the session of its role, which is called after it; an on-premises instance by the user or the
 * session that it was registered with. Where any key is taken, any key of the account is taken here.
 */
export function checkHost(scope: Scope, host: string): void {
  const parsed = parseArn(host);
  if (parsed === undefined) fault(ClientException, `The host identifier is not an ARN: ${host}`);
  if (parsed!.account !== scope.account) fault(ClientException, `The host ${host} is not one of the account ${scope.account}.`);
  const { arn } = scope.caller;
  const isItself = arn === host || (parsed!.service === "ec2" && arn.split("/").at(-1) === parsed!.resource.split("/").at(-1));
  if (scope.settings.trust === "enforced" && !isItself) fault(ClientException, `${arn} is not the host ${host}.`);
}

/** Such as 111122223333/eu-west-1/deployment/d-XXXXXXXXX. */
export const executionIdOf = ({ account, region }: Scope, deploymentId: string): string =>
  `${account}/${region}/deployment/${deploymentId}`;

/** The id of a command that the caller's host was given. */
function requireCommand(scope: Scope, identifier: string | undefined): string {
  const id = Buffer.from(identifier ?? "", "base64").toString();
  checkHost(scope, hostOfCommand(scope, id) ?? noCommand());
  return id;
}

const noCommand = (): never => fault(ClientException, "The host command does not exist.");

/** What became of an event nobody asks for any more is a failure to the agent: it goes no further. */
function known(status: ReturnType<typeof acknowledgeCommand>): DeploymentCommandStatus {
  if (status === undefined) return noCommand();
  return status === "Skipped" || status === "Unknown" ? "Failed" : status;
}

function payloadOf(envelope: Envelope | undefined): object {
  try {
    const payload: unknown = JSON.parse(envelope?.Payload ?? "{}");
    return typeof payload === "object" && payload !== null ? payload : {};
  } catch {
    return fault(ClientException, "The diagnostics are not JSON.");
  }
}
