import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  CreateEventBus$,
  DeleteEventBus$,
  DescribeEventBus$,
  ListEventBuses$,
  PutPermission$,
  RemovePermission$,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateEventBus$,
} from "../../sdk/eventbridge.js";
import { rules } from "./rule.ts";

/** An event bus other than `default`, by its name; the default one is in every account and region. */
export interface EventBus extends Row {
  readonly description?: string;
  readonly keyId?: string;
  readonly policy?: string;
  /** Whether the policy is that of its own properties in a template. */
  readonly hasOwnPolicy?: boolean;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly tags: Tags;
}

export const buses = new Table<EventBus>("eventbridge/bus");

export const DEFAULT_BUS = "default";

export const createEventBus = operation(CreateEventBus$, (scope, { Name, Description, KmsKeyIdentifier, Tags }) => {
  if (Name === DEFAULT_BUS || buses.get(scope, Name!)) fault(ResourceAlreadyExistsException, `Event bus ${Name} already exists.`);
  newBus(scope, Name!, { description: Description, keyId: KmsKeyIdentifier }, tagsOf(Tags));
  return { EventBusArn: busArn(scope, Name!), ...(Description !== undefined && { Description }) };
});

export const updateEventBus = operation(UpdateEventBus$, (scope, { Name = DEFAULT_BUS, Description, KmsKeyIdentifier }) => {
  const bus = requireBus(scope, Name);
  buses.put(scope, { ...bus, modifiedAt: scope.clock.now() });
  buses.patch(scope, bus.id, {
    ...(Description !== undefined && { description: Description }),
    ...(KmsKeyIdentifier !== undefined && { keyId: KmsKeyIdentifier }),
  });
  return {
    Arn: busArn(scope, bus.id),
    Name: bus.id,
    ...(Description !== undefined && { Description }),
    ...(KmsKeyIdentifier !== undefined && { KmsKeyIdentifier }),
  };
});

export const deleteEventBus = operation(DeleteEventBus$, (scope, { Name }) => {
  if (Name === DEFAULT_BUS) fault("ValidationException", "Cannot delete event bus default.");
  if (rules.by(scope, "bus", Name!).length > 0) fault("ValidationException", "Event bus can't be deleted since it has rules.");
  buses.remove(scope, Name!);
  return {};
});

export const describeEventBus = operation(DescribeEventBus$, (scope, { Name = DEFAULT_BUS }) => described(scope, requireBus(scope, Name)));

export const listEventBuses = operation(ListEventBuses$, (scope, { NamePrefix = "", Limit = 100, NextToken }) => {
  const all = [defaultBus(scope), ...buses.list(scope)]
    .filter(({ id }) => id.startsWith(NamePrefix))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
  const { items, nextToken } = page(
    all,
    ({ id }) => id,
    Limit,
    NextToken,
    () => fault("ValidationException", "Invalid NextToken."),
  );
  return { EventBuses: items.map((bus) => described(scope, bus)), ...(nextToken && { NextToken: nextToken }) };
});

export const putPermission = operation(
  PutPermission$,
  (scope, { EventBusName = DEFAULT_BUS, Policy, StatementId, Principal, Action, Condition }) => {
    const bus = requireBus(scope, EventBusName);
    const statement = {
      Sid: StatementId,
      Effect: "Allow",
      Principal: Principal === "*" ? "*" : { AWS: `arn:aws:iam::${Principal}:root` },
      Action,
      Resource: busArn(scope, bus.id),
      ...(Condition && { Condition: { [Condition.Type!]: { [Condition.Key!]: Condition.Value } } }),
    };
    const others = statementsOf(bus).filter(({ Sid }) => Sid !== StatementId);
    buses.put(scope, { ...bus, policy: Policy ?? JSON.stringify({ Version: "2012-10-17", Statement: [...others, statement] }) });
    return {};
  },
  { partial: "the policy is kept, and not evaluated" },
);

export const removePermission = operation(RemovePermission$, (scope, { EventBusName = DEFAULT_BUS, StatementId, RemoveAllPermissions }) => {
  const { policy, ...bus } = requireBus(scope, EventBusName);
  const left = RemoveAllPermissions ? [] : statementsOf({ ...bus, ...(policy && { policy }) }).filter(({ Sid }) => Sid !== StatementId);
  buses.put(scope, left.length === 0 ? bus : { ...bus, policy: JSON.stringify({ Version: "2012-10-17", Statement: left }) });
  return {};
});

type Settings = { readonly [K in "description" | "keyId"]: string | undefined };

export function newBus(scope: Scope, name: string, settings: Settings, tags: Tags): EventBus {
  const now = scope.clock.now();
  buses.put(scope, { id: name, createdAt: now, modifiedAt: now, tags });
  return buses.patch(scope, name, settings);
}

/** By name or ARN. */
export function requireBus(scope: Scope, reference: string): EventBus {
  const name = busName(reference);
  const bus = buses.get(scope, name) ?? (name === DEFAULT_BUS ? defaultBus(scope) : undefined);
  return bus ?? fault(ResourceNotFoundException, `Event bus ${name} does not exist.`);
}

export const busName = (reference: string | undefined): string => (reference ?? DEFAULT_BUS).split("event-bus/").at(-1)!;

export const busArn = (scope: Scope, name: string): string => scope.arn("events", `event-bus/${name}`);

const defaultBus = (scope: Scope): EventBus => buses.get(scope, DEFAULT_BUS) ?? { id: DEFAULT_BUS, createdAt: 0, modifiedAt: 0, tags: {} };

export const statementsOf = ({ policy }: Pick<EventBus, "policy">): { Sid?: string }[] =>
  policy === undefined ? [] : JSON.parse(policy).Statement;

const described = (scope: Scope, { id, description, keyId, policy, createdAt, modifiedAt }: EventBus) => ({
  Name: id,
  Arn: busArn(scope, id),
  ...(description !== undefined && { Description: description }),
  ...(keyId !== undefined && { KmsKeyIdentifier: keyId }),
  ...(policy !== undefined && { Policy: policy }),
  ...(createdAt > 0 && { CreationTime: new Date(createdAt), LastModifiedTime: new Date(modifiedAt) }),
});
