import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
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

const PAGE_SIZE = 100;

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

export const listCommandExecutionsForSandbox = operation(
  ListCommandExecutionsForSandbox$,
  (scope, { sandboxId, sortOrder = "DESCENDING", nextToken: token, maxResults = PAGE_SIZE }) => {
    const { id } = requireSandbox(scope, sandboxId!);
    const own = commandExecutions.list(scope, `${id}/`);
    if (sortOrder === "DESCENDING") own.reverse();
    const placed = own.map((execution, index) => ({ execution, place: String(index).padStart(9, "0") }));
    const invalid = (): never => fault(InvalidInputException, "Invalid next token");
    const { items, nextToken } = page(placed, ({ place }) => place, maxResults, token, invalid);
    return { commandExecutions: items.map(({ execution }) => shown(scope, execution)), ...(nextToken && { nextToken }) };
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
