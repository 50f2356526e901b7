import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  BatchGetCommandExecutions$,
  type CommandExecution as CommandExecutionShape,
  InvalidInputException,
  ListCommandExecutionsForSandbox$,
  StartCommandExecution$,
} from "../../sdk/codebuild.js";
import { shownLogs } from "./build.ts";
import { listed } from "./listing.ts";
import { asBuild, requireSandbox, sandboxArn } from "./sandbox.ts";

/** A command that runs in a sandbox, or waits for the one before; its id is sandbox/number/uuid. */
export interface CommandExecution extends Row {
  readonly uuid: string;
  readonly sandbox: string;
  readonly command: string;
  readonly submittedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly status: "SUBMITTED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "STOPPED";
  readonly exitCode?: number;
  readonly standardOutput?: string;
  readonly standardError?: string;
}

export const commandExecutions = new Table<CommandExecution>("codebuild/command-execution");

export const startCommandExecution = operation(StartCommandExecution$, (scope, { sandboxId, command }) => {
  const sandbox = requireSandbox(scope, sandboxId!);
  if (sandbox.endedAt !== undefined || sandbox.stopRequested) fault(InvalidInputException, `Sandbox ${sandbox.id} is not running`);
  const number = String(commandExecutions.list(scope, `${sandbox.id}/`).length).padStart(6, "0");
  const uuid = scope.id.uuid();
  const execution = commandExecutions.put(scope, {
    id: `${sandbox.id}/${number}/${uuid}`,
    uuid,
    sandbox: sandbox.id,
    command: command!,
    submittedAt: scope.clock.now(),
    status: "SUBMITTED",
  });
  return { commandExecution: shown(scope, execution) };
});

export const batchGetCommandExecutions = operation(BatchGetCommandExecutions$, (scope, { sandboxId, commandExecutionIds = [] }) => {
  const { id } = requireSandbox(scope, sandboxId!);
  const own = commandExecutions.list(scope, `${id}/`);
  return {
    commandExecutions: own.filter(({ uuid }) => commandExecutionIds.includes(uuid)).map((execution) => shown(scope, execution)),
    commandExecutionsNotFound: commandExecutionIds.filter((wanted) => !own.some(({ uuid }) => uuid === wanted)),
  };
});

/** They are numbered as they were asked for. */
export const listCommandExecutionsForSandbox = operation(
  ListCommandExecutionsForSandbox$,
  (scope, { sandboxId, sortOrder = "DESCENDING", ...listing }) => {
    const own = commandExecutions.list(scope, `${requireSandbox(scope, sandboxId!).id}/`);
    const { items, next } = listed(own, ({ id }) => id, { sortOrder, ...listing });
    return { commandExecutions: items.map((execution) => shown(scope, execution)), ...next };
  },
);

const shown = (scope: Scope, execution: CommandExecution): CommandExecutionShape => {
  const { uuid, sandbox, command, submittedAt, startedAt, endedAt, status, exitCode, standardOutput, standardError } = execution;
  return {
    id: uuid,
    sandboxId: sandbox,
    sandboxArn: sandboxArn(scope, sandbox),
    submitTime: new Date(submittedAt),
    ...(startedAt !== undefined && { startTime: new Date(startedAt) }),
    ...(endedAt !== undefined && { endTime: new Date(endedAt) }),
    status,
    command,
    type: "SHELL",
    logs: shownLogs(scope, asBuild(requireSandbox(scope, sandbox))),
    ...(exitCode !== undefined && { exitCode: String(exitCode) }),
    ...(standardOutput !== undefined && { standardOutputContent: standardOutput }),
    ...(standardError !== undefined && { standardErrContent: standardError }),
  };
};
