import { EVENTS, events, type Fact } from "../../kernel/facts.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Entry, EntryQuery } from "../../kernel/stream.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CreateArchive$,
  DeleteArchive$,
  DescribeArchive$,
  ListArchives$,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateArchive$,
} from "../../sdk/eventbridge.js";
import { busArn, busName, DEFAULT_BUS, requireBus } from "./bus.ts";
import { eventOf } from "./event.ts";
import { compilePattern } from "./pattern.ts";

/** Which events of a bus are kept to be replayed, by its name. The events themselves are where all events are. */
export interface Archive extends Row {
  readonly bus: string;
  readonly pattern?: string;
  readonly description?: string;
  readonly keyId?: string;
  /** 0: for ever. */
  readonly retentionDays: number;
  readonly createdAt: number;
}

export const archives = new Table<Archive>("eventbridge/archive", {
  arn: ({ id }, { account, region }) => `arn:aws:events:${region}:${account}:archive/${id}`,
});

const DAY_MS = 86_400_000;

export const createArchive = operation(CreateArchive$, (scope, input) => {
  const { ArchiveName, EventSourceArn, Description, EventPattern, RetentionDays = 0, KmsKeyIdentifier } = input;
  const archive = newArchive(scope, ArchiveName!, EventSourceArn!);
  changeArchive(scope, archive.id, { Description, EventPattern, RetentionDays, KmsKeyIdentifier });
  return { ArchiveArn: archiveArn(scope, archive.id), State: "ENABLED" as const, CreationTime: new Date(archive.createdAt) };
});

export const updateArchive = operation(
  UpdateArchive$,
  (scope, { ArchiveName, Description, EventPattern, RetentionDays, KmsKeyIdentifier }) => {
    const { id, description, pattern, retentionDays, keyId, createdAt } = requireArchive(scope, ArchiveName!);
    changeArchive(scope, id, {
      Description: Description ?? description,
      EventPattern: EventPattern ?? pattern,
      RetentionDays: RetentionDays ?? retentionDays,
      KmsKeyIdentifier: KmsKeyIdentifier ?? keyId,
    });
    return { ArchiveArn: archiveArn(scope, id), State: "ENABLED" as const, CreationTime: new Date(createdAt) };
  },
);

export const describeArchive = operation(DescribeArchive$, (scope, { ArchiveName }) => {
  const archive = requireArchive(scope, ArchiveName!);
  const { id, description, pattern, keyId } = archive;
  return {
    ...shown(scope, archive),
    ArchiveArn: archiveArn(scope, id),
    ...(description !== undefined && { Description: description }),
    ...(pattern !== undefined && { EventPattern: pattern }),
    ...(keyId !== undefined && { KmsKeyIdentifier: keyId }),
  };
});

export const listArchives = operation(ListArchives$, (scope, { NamePrefix = "", EventSourceArn, Limit = 100, NextToken }) => {
  const found = archives.list(scope, NamePrefix).filter(({ bus }) => EventSourceArn === undefined || bus === busName(EventSourceArn));
  const invalid = (): never => fault("ValidationException", "Invalid NextToken.");
  const { items, nextToken } = page(found, ({ id }) => id, Limit, NextToken, invalid);
  return { Archives: items.map((archive) => shown(scope, archive)), ...(nextToken && { NextToken: nextToken }) };
});

export const deleteArchive = operation(DeleteArchive$, (scope, { ArchiveName }) => {
  archives.remove(scope, requireArchive(scope, ArchiveName!).id);
  return {};
});

export function newArchive(scope: Scope, name: string, sourceArn: string): Archive {
  if (archives.get(scope, name) !== undefined) fault(ResourceAlreadyExistsException, `Archive ${name} already exists.`);
  const { id: bus } = requireBus(scope, sourceArn);
  return archives.put(scope, { id: name, bus, retentionDays: 0, createdAt: scope.clock.now() });
}

interface Said {
  readonly Description: string | undefined;
  readonly EventPattern: string | undefined;
  readonly RetentionDays: number;
  readonly KmsKeyIdentifier: string | undefined;
}

export function changeArchive(scope: Scope, name: string, { Description, EventPattern, RetentionDays, KmsKeyIdentifier }: Said): void {
  if (EventPattern !== undefined) compilePattern(EventPattern);
  archives.patch(scope, name, { description: Description, pattern: EventPattern, retentionDays: RetentionDays, keyId: KmsKeyIdentifier });
}

/** The events in the archive, of those that a query finds; and the place that the query has come to. */
export function archivedEvents(scope: Scope, { bus, pattern, retentionDays, createdAt }: Archive, query: EntryQuery) {
  const kept = retentionDays === 0 ? createdAt : Math.max(createdAt, scope.clock.now() - retentionDays * DAY_MS);
  const matches = pattern === undefined ? () => true : compilePattern(pattern).matches;
  const found = events.peek(scope, EVENTS, { ...query, from: Math.max(query.from ?? 0, kept) });
  const wanted = ({ at, value }: Entry<Fact>): boolean => (value.bus ?? DEFAULT_BUS) === bus && matches(eventOf(scope, value, at));
  return { archived: found.filter(wanted), last: found.at(-1) };
}

export const archiveArn = (scope: Scope, name: string): string => scope.arn("events", `archive/${name}`);

export const requireArchive = (scope: Scope, name: string): Archive =>
  archives.get(scope, name) ?? fault(ResourceNotFoundException, `Archive ${name} does not exist.`);

function shown(scope: Scope, archive: Archive) {
  const { archived } = archivedEvents(scope, archive, {});
  return {
    ArchiveName: archive.id,
    EventSourceArn: busArn(scope, archive.bus),
    State: "ENABLED" as const,
    RetentionDays: archive.retentionDays,
    SizeBytes: archived.reduce((sum, { at, value }) => sum + Buffer.byteLength(JSON.stringify(eventOf(scope, value, at))), 0),
    EventCount: archived.length,
    CreationTime: new Date(archive.createdAt),
  };
}
