import { parseArn } from "../../kernel/arn.ts";
import { fault, isFault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { Tags } from "../../kernel/tag.ts";
import {
  CreateEventSourceMapping$,
  type CreateEventSourceMappingRequest,
  DeleteEventSourceMapping$,
  type EventSourceMappingConfiguration,
  type FunctionResponseType,
  GetEventSourceMapping$,
  ListEventSourceMappings$,
  ResourceConflictException,
  UpdateEventSourceMapping$,
} from "../../sdk/lambda.js";
import { compilePattern } from "../eventbridge/api.ts";
import { queueNamed } from "../sqs/api.ts";
import { functionArn } from "./name.ts";
import { type Qualified, requireQualified } from "./qualifier.ts";
import { invalid, invalidMarker, notFound, notImplemented } from "./refusal.ts";

/** What takes messages from a queue and gives them to a function, in batches; by its UUID. */
export interface EventSourceMapping extends Row, Settings {
  readonly sourceArn: string;
  readonly state: "Creating" | "Enabling" | "Updating" | "Enabled" | "Disabling" | "Disabled" | "Deleting";
  readonly modifiedAt: number;
  readonly lastResult: string;
  readonly tags: Tags;
  /** Batches begun. */
  readonly batches: number;
  /** When the first message of the next batch was seen, where it waits for more. */
  readonly gathersSince?: number;
  /** How its template names the function. */
  readonly functionGivenAs?: string;
}

/** What can be changed of one. */
export interface Settings {
  readonly functionName: string;
  readonly qualifier?: string;
  readonly batchSize: number;
  readonly windowSeconds: number;
  /** Batches at once; five where nobody says. */
  readonly maximumConcurrency?: number;
  readonly responseTypes: readonly FunctionResponseType[];
  /** Patterns of events: a message that none of them matches is deleted and not given. */
  readonly filters?: readonly string[];
}

export const mappings = new Table<EventSourceMapping>("lambda/event-source-mapping", {
  arn: ({ id }, { account, region }) => `arn:aws:lambda:${region}:${account}:event-source-mapping:${id}`,
});

const BATCH_SIZE = 10;
const BATCH_SIZE_MAX = 10_000;
const WINDOW_SECONDS_MAX = 300;
/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html */
const FILTERS_MAX = 10;

/** What a caller says of a mapping: all kinds of event sources are in one shape, and most members are for streams. */
export type Said = Partial<Omit<CreateEventSourceMappingRequest, "FunctionName" | "EventSourceArn" | "Enabled" | "Tags">>;

const KNOWN = ["FilterCriteria", "BatchSize", "MaximumBatchingWindowInSeconds", "ScalingConfig", "FunctionResponseTypes"];

export const createEventSourceMapping = operation(
  CreateEventSourceMapping$,
  (scope, { FunctionName, EventSourceArn, Enabled = true, Tags = {}, ...said }) => {
    const qualified = requireQualified(scope, FunctionName!);
    const settings = settingsOf(qualified, EventSourceArn, said);
    return shown(
      qualified.scope,
      newMapping(qualified.scope, scope.id.uuid(), { sourceArn: EventSourceArn!, settings, enabled: Enabled, tags: Tags }),
    );
  },
  { partial: "queues as event sources; everything that is for streams is refused by name" },
);

export const getEventSourceMapping = operation(GetEventSourceMapping$, (scope, { UUID }) => shown(scope, requireMapping(scope, UUID!)));

export const listEventSourceMappings = operation(
  ListEventSourceMappings$,
  (scope, { EventSourceArn, FunctionName, Marker, MaxItems = 100 }) => {
    const qualified = FunctionName === undefined ? undefined : requireQualified(scope, FunctionName);
    const found = mappings
      .list(scope)
      .filter(
        (mapping) =>
          (EventSourceArn === undefined || mapping.sourceArn === EventSourceArn) &&
          (qualified === undefined || (mapping.functionName === qualified.fn.id && mapping.qualifier === qualified.qualifier)),
      );
    const { items, nextToken } = page(found, ({ id }) => id, MaxItems, Marker, invalidMarker);
    return { EventSourceMappings: items.map((mapping) => shown(scope, mapping)), ...(nextToken && { NextMarker: nextToken }) };
  },
);

export const updateEventSourceMapping = operation(UpdateEventSourceMapping$, (scope, { UUID, FunctionName, Enabled, ...said }) => {
  const mapping = requireMapping(scope, UUID!);
  if (mapping.state === "Deleting") inUse();
  const { functionName, qualifier, sourceArn } = mapping;
  const named = FunctionName ?? functionArn(scope, functionName, qualifier);
  const before = { ...saidOf(mapping), ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) };
  return shown(scope, changeMapping(scope, mapping, settingsOf(requireQualified(scope, named), sourceArn, before), Enabled));
});

export const deleteEventSourceMapping = operation(DeleteEventSourceMapping$, (scope, { UUID }) => {
  const mapping = requireMapping(scope, UUID!);
  if (mapping.state === "Deleting") inUse();
  return shown(scope, mappings.patch(scope, mapping.id, { state: "Deleting", modifiedAt: scope.clock.now() }));
});

interface NewMapping {
  readonly sourceArn: string;
  readonly settings: Settings;
  readonly enabled: boolean;
  readonly tags: Tags;
}

export function newMapping(scope: Scope, id: string, { sourceArn, settings, enabled, tags }: NewMapping): EventSourceMapping {
  const { functionName, qualifier } = settings;
  const twin = mappings
    .list(scope)
    .find((one) => one.sourceArn === sourceArn && one.functionName === functionName && one.qualifier === qualifier);
  if (twin !== undefined) {
    fault(
      ResourceConflictException,
      `An event source mapping with SQS arn (" ${sourceArn} ") and function (" ${functionName} ") already exists. Please update or delete the existing mapping with UUID ${twin.id}`,
      { Type: "User" },
    );
  }
  return mappings.put(scope, {
    id,
    sourceArn,
    ...settings,
    state: enabled ? "Creating" : "Disabled",
    modifiedAt: scope.clock.now(),
    lastResult: "No records processed",
    tags,
    batches: 0,
  });
}

/** `enabled` undefined: as it is. */
export function changeMapping(
  scope: Scope,
  mapping: EventSourceMapping,
  settings: Settings,
  enabled: boolean | undefined,
): EventSourceMapping {
  const isOff = mapping.state === "Disabled" || mapping.state === "Disabling";
  const state = (enabled ?? !isOff) ? (isOff ? "Enabling" : "Updating") : isOff ? mapping.state : "Disabling";
  return mappings.patch(scope, mapping.id, {
    maximumConcurrency: undefined,
    qualifier: undefined,
    filters: undefined,
    ...settings,
    state,
    modifiedAt: scope.clock.now(),
  });
}

/** Refuse what Lambda would not take, and by name what Slipway does not do. */
export function settingsOf({ scope, fn, qualifier }: Qualified, sourceArn: string | undefined, said: Said): Settings {
  const service = sourceArn === undefined ? undefined : parseArn(sourceArn)?.service;
  if (service === undefined) return notImplemented("An event source that is not a queue");
  if (service !== "sqs") return notImplemented(`An event source of the service ${service}`);
  const strange = Object.entries(said).find(([name, value]) => value !== undefined && !KNOWN.includes(name));
  if (strange !== undefined) return notImplemented(`${strange[0]} of event source mappings`);
  const queue =
    queueNamed(scope, sourceArn!) ??
    invalid(
      "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.",
    );
  const { BatchSize = BATCH_SIZE, MaximumBatchingWindowInSeconds: windowSeconds = 0, FunctionResponseTypes = [] } = said;
  const most = queue.isFifo ? BATCH_SIZE : BATCH_SIZE_MAX;
  if (BatchSize < 1 || BatchSize > most) invalid(`Batch size must be between 1 and ${most}.`);
  if (queue.isFifo && windowSeconds > 0) invalid("Batching window is not supported for FIFO queues.");
  if (windowSeconds < 0 || windowSeconds > WINDOW_SECONDS_MAX)
    invalid(`Maximum batch window in seconds must be between 0 and ${WINDOW_SECONDS_MAX}.`);
  if (BatchSize > BATCH_SIZE && windowSeconds === 0)
    invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
  const { Timeout } = fn.configuration;
  if (queue.visibilitySeconds < Timeout)
    invalid(`Queue visibility timeout: ${queue.visibilitySeconds} seconds is less than Function timeout: ${Timeout} seconds`);
  const maximumConcurrency = said.ScalingConfig?.MaximumConcurrency;
  const filters = (said.FilterCriteria?.Filters ?? []).map(({ Pattern = "" }) => checkedFilter(Pattern));
  if (filters.length > FILTERS_MAX) invalid(`There can be at most ${FILTERS_MAX} filters.`);
  return {
    functionName: fn.id,
    ...(qualifier !== undefined && { qualifier }),
    batchSize: BatchSize,
    windowSeconds,
    ...(maximumConcurrency !== undefined && { maximumConcurrency }),
    responseTypes: FunctionResponseTypes,
    ...(filters.length > 0 && { filters }),
  };
}

const saidOf = ({ batchSize, windowSeconds, maximumConcurrency, responseTypes, filters }: EventSourceMapping): Said => ({
  BatchSize: batchSize,
  MaximumBatchingWindowInSeconds: windowSeconds,
  FunctionResponseTypes: [...responseTypes],
  ...(maximumConcurrency !== undefined && { ScalingConfig: { MaximumConcurrency: maximumConcurrency } }),
  ...(filters && { FilterCriteria: { Filters: filters.map((Pattern) => ({ Pattern })) } }),
});

function checkedFilter(pattern: string): string {
  try {
    compilePattern(pattern);
  } catch (error) {
    if (!isFault(error)) throw error;
    invalid("Invalid filter pattern definition.");
  }
  return pattern;
}

export const mappingArn = (scope: Scope, id: string): string => scope.arn("lambda", `event-source-mapping:${id}`);

const requireMapping = (scope: Scope, id: string): EventSourceMapping =>
  mappings.get(scope, id) ?? notFound("The resource you requested does not exist.");

const inUse = (): never => fault("ResourceInUseException", "Cannot update the event source mapping because it is in use.", 400);

function shown(scope: Scope, mapping: EventSourceMapping): EventSourceMappingConfiguration {
  const { id, functionName, qualifier, sourceArn, state, modifiedAt, lastResult } = mapping;
  return {
    UUID: id,
    EventSourceMappingArn: mappingArn(scope, id),
    EventSourceArn: sourceArn,
    FunctionArn: functionArn(scope, functionName, qualifier),
    ...saidOf(mapping),
    State: state,
    StateTransitionReason: "USER_INITIATED",
    LastModified: new Date(modifiedAt),
    LastProcessingResult: lastResult,
  };
}
