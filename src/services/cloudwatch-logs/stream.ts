import { logLines, logSeries } from "../../kernel/facts.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CreateLogStream$,
  DeleteLogStream$,
  DescribeLogStreams$,
  InvalidParameterException,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from "../../sdk/cloudwatch-logs.js";
import { groupArn, requireGroup } from "./group.ts";

/** A log stream, by group and name. */
export interface LogStream extends Row {
  readonly group: string;
  readonly name: string;
  readonly createdAt: number;
}

export const logStreams = new Table<LogStream>("cloudwatch-logs/stream", { indexes: { group: ({ group }) => group } });

export const createLogStream = operation(CreateLogStream$, (scope, { logGroupName, logStreamName }) => {
  const { id: group } = requireGroup(scope, logGroupName);
  checkStreamName(logStreamName!);
  if (logStreams.get(scope, streamId(group, logStreamName!)))
    fault(ResourceAlreadyExistsException, "The specified log stream already exists");
  ensureStream(scope, group, logStreamName!);
  return {};
});

export const deleteLogStream = operation(DeleteLogStream$, (scope, { logGroupName, logStreamName }) => {
  removeStream(scope, requireStream(scope, logGroupName, logStreamName!));
  return {};
});

export const describeLogStreams = operation(DescribeLogStreams$, (scope, input) => {
  const {
    logGroupName,
    logGroupIdentifier,
    logStreamNamePrefix = "",
    orderBy = "LogStreamName",
    descending = false,
    limit = 50,
    nextToken,
  } = input;
  const { id: group } = requireGroup(scope, logGroupName ?? logGroupIdentifier);
  const described = logStreams
    .by(scope, "group", group)
    .filter(({ name }) => name.startsWith(logStreamNamePrefix))
    .map((stream) => shown(scope, stream));
  const keyOf = ({ logStreamName, lastEventTimestamp = 0 }: (typeof described)[number]): string =>
    orderBy === "LastEventTime" ? `${String(lastEventTimestamp).padStart(15, "0")} ${logStreamName}` : logStreamName;
  const invert = (text: string): string =>
    descending ? [...text].map((letter) => String.fromCharCode(0xffff - letter.charCodeAt(0))).join("") : text;
  const sorted = described.map((stream) => ({ stream, key: invert(keyOf(stream)) })).sort((one, other) => (one.key < other.key ? -1 : 1));
  const paged = page(
    sorted,
    ({ key }) => key,
    limit,
    nextToken,
    () => fault(InvalidParameterException, "The specified nextToken is invalid."),
  );
  return { logStreams: paged.items.map(({ stream }) => stream), ...(paged.nextToken && { nextToken: paged.nextToken }) };
});

export function removeStream(scope: Scope, { id, group, name }: LogStream): void {
  logLines.trim(scope, logSeries(group, name));
  logStreams.remove(scope, id);
}

export function checkStreamName(name: string): void {
  if (/[:*]/.test(name)) fault(InvalidParameterException, "Log stream name must not contain ':' or '*'.");
}

export const streamId = (group: string, name: string): string => `${group}:${name}`;

export function requireStream(scope: Scope, group: string | undefined, name: string): LogStream {
  const { id } = requireGroup(scope, group);
  return logStreams.get(scope, streamId(id, name)) ?? fault(ResourceNotFoundException, "The specified log stream does not exist.");
}

export function ensureStream(scope: Scope, group: string, name: string): void {
  const id = streamId(group, name);
  if (logStreams.get(scope, id) === undefined) logStreams.put(scope, { id, group, name, createdAt: scope.clock.now() });
}

function shown(scope: Scope, { group, name, createdAt }: LogStream) {
  const series = logSeries(group, name);
  const [first] = logLines.read(scope, series, { limit: 1 });
  const [last] = logLines.read(scope, series, { limit: 1, newestFirst: true });
  return {
    logStreamName: name,
    creationTime: createdAt,
    ...(first && { firstEventTimestamp: first.at }),
    ...(last && { lastEventTimestamp: last.at, lastIngestionTime: last.value.ingestedAt }),
    arn: `${groupArn(scope, group)}:log-stream:${name}`,
  };
}
